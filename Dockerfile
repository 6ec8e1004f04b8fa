# keysieve for CI systems that want an image:
#   docker build -t keysieve .
#   docker run --rm --user "$(id -u):$(id -g)" -v "$PWD:/repo:ro" keysieve
# The user has to be the repository's owner: git, and so keysieve, opens no repository of somebody else's unasked.
# Pin the base by digest where builds have to be the same to the bit: FROM python:3.13.9-slim-bookworm@sha256:…
ARG PYTHON=3.13.9-slim-bookworm
FROM python:${PYTHON} AS build
COPY . /source
RUN python -m venv /opt/keysieve \
 && /opt/keysieve/bin/python -m pip install --no-cache-dir --disable-pip-version-check \
      --constraint /source/.github/constraints.txt /source

FROM python:${PYTHON}
RUN apt-get update \
 && apt-get install --yes --no-install-recommends git \
 && rm -rf /var/lib/apt/lists/*
COPY --from=build /opt/keysieve /opt/keysieve
RUN useradd --uid 10001 --create-home keysieve
USER 10001
ENV PATH=/opt/keysieve/bin:$PATH PYTHONDONTWRITEBYTECODE=1
WORKDIR /repo
ENTRYPOINT ["keysieve"]
CMD ["history"]
