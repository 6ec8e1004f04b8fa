"""Writes docs/incident.md: runs every command of an incident in real repositories, and records what they say.

    python docs/make_incident.py            write docs/incident.md
    python docs/make_incident.py --check    exit 1 if it is out of date

The key is made from a seed and is shown redacted; clock and identities are fixed, so that the page comes out the same.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

from keysieve.engine.generator import Generator
from keysieve.engine.redaction import redact

PAGE = Path(__file__).with_name("incident.md")
EPOCH = 1_760_000_000
HOOK = "#!/bin/sh\nexec keysieve staged\n"
SCRIPT = """\
import sys

import boto3

s3 = boto3.client(
    "s3",
    aws_access_key_id="{access_key_id}",
    aws_secret_access_key="{secret_access_key}",
    region_name="eu-west-1",
)
s3.upload_file(sys.argv[1], "reports", sys.argv[1])
"""
NOTEBOOK = (
    "# Upload by hand\n\nexport AWS_ACCESS_KEY_ID={access_key_id}\nexport AWS_SECRET_ACCESS_KEY={secret_access_key}\n"
)
HEAD = """\
# One incident, from refused commit to clean history

Recorded by running these commands in real repositories: `python docs/make_incident.py` writes this page, and a test
fails when it is out of date. The key is made up, and opens nothing. Where a command prints its id in full, the page
shows it shortened. The `aws` commands are the only ones that were not run.
"""


class Incident:
    """A folder with a shared repository and a clone, and the page that is being written."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.clone = folder / "reports"
        self.lines = [HEAD]
        self._clock = EPOCH
        keys = Generator(2026)
        self._values = {"access_key_id": keys.access_key_id(), "secret_access_key": keys.secret_access_key()}
        self._set_up()

    def _set_up(self) -> None:
        self.quietly("git init -q --bare -b main shared.git && git clone -q shared.git reports", self.folder)
        self.write("README.md", "# Reports\n")
        self.quietly("git add -A && git commit -q -m 'Begin'")
        self.write("docs/upload.md", NOTEBOOK)
        self.quietly("git add -A && git commit -q -m 'Say how to upload by hand'")
        self.write("docs/upload.md", "# Upload by hand\n\nAsk Ada.\n")
        self.quietly("git add -A && git commit -q -m 'Shorten the page' && git tag v1 && git push -q origin main v1")
        self.write(".git/hooks/pre-commit", HOOK)
        (self.clone / ".git/hooks/pre-commit").chmod(0o755)
        self.write("upload.py", SCRIPT)

    def write(self, name: str, text: str) -> None:
        file = self.clone / name
        file.parent.mkdir(parents=True, exist_ok=True)
        for key, value in self._values.items():
            text = text.replace("{%s}" % key, value)  # noqa: UP031  (braces)
        file.write_text(text)

    def run(self, command: str, folder: Path | None = None) -> subprocess.CompletedProcess[str]:
        self._clock += 600
        kept = {
            name: value for name, value in os.environ.items() if not name.startswith(("GIT_", "PRE_COMMIT", "AWS_"))
        }
        env = kept | {
            "HOME": str(self.folder),
            "GIT_CONFIG_GLOBAL": os.devnull,
            "GIT_CONFIG_NOSYSTEM": "1",
            "GIT_AUTHOR_NAME": "Ada",
            "GIT_AUTHOR_EMAIL": "ada@example.com",
            "GIT_COMMITTER_NAME": "Ada",
            "GIT_COMMITTER_EMAIL": "ada@example.com",
            "GIT_AUTHOR_DATE": f"{self._clock} +0000",
            "GIT_COMMITTER_DATE": f"{self._clock} +0000",
            "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]]),
        }
        return subprocess.run(
            ["bash", "-c", command],
            cwd=folder or self.clone,
            env=env,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def quietly(self, command: str, folder: Path | None = None) -> None:
        done = self.run(command, folder)
        assert done.returncode == 0, done.stdout

    def say(self, text: str) -> None:
        self.lines += ["", text.strip()]

    def show(
        self, command: str, status: int = 0, *, folder: Path | None = None, most: int = 60, quiet: bool = False
    ) -> str:
        """Run a command, put it and what it says on the page, and give what it really said."""
        done = self.run(command, folder)
        assert done.returncode == status, (command, done.returncode, done.stdout)
        text = "" if quiet else self.shown(done.stdout).rstrip()
        said = [line.rstrip() for line in text.split("\n")] if text else []
        more = [f"[… {len(said) - most} more lines]"] if len(said) > most else []
        end = [f"[exit status {status}]"] if status else []
        self.lines += ["", "```console", f"$ {self.shown(command)}", *said[:most], *more, *end, "```"]
        return done.stdout

    def shown(self, text: str) -> str:
        text = text.replace(str(self.folder), "~")
        for name, value in self._values.items():
            text = text.replace(value, redact(value.encode(), is_secret=name != "access_key_id"))
        return re.sub(r"in [0-9]+\.[0-9] s\.", "in 0.1 s.", text)


def record(folder: Path) -> str:
    """The whole page."""
    page = Incident(folder)
    page.say("## The commit is refused\n\nThe pre-commit hook runs `keysieve staged`:")
    said = page.show("git add upload.py && git commit -m 'Upload the reports'", 1)
    name = re.findall(r"ks1:[0-9a-f]{32}", said)[-1]
    page.say("## How far did it get?\n\nThe commit was stopped, but is this the first time that the key was here?")
    page.show("keysieve history", 1)
    page.say("It is not: a page of documentation had it, and was pushed. That makes it an incident.")
    page.say("## What to do, in order\n\nThe whole list, for a ticket; rotation comes before all else:")
    page.show(f"keysieve explain {name} --format markdown > ../ticket.md; head -42 ../ticket.md")
    page.say("The administrator of the account does the `aws` part. Meanwhile the code learns to do without the key.")
    page.say("## The code\n\nFirst a look at the change; it is masked:")
    page.show(f"keysieve fix {name}")
    page.say("On this machine the script still has to work until the role is there. The pair moves to a profile:")
    page.show(f"keysieve fix {name} --to-profile reports && stat -c '%a %n' ~/.aws/credentials")
    page.show(
        f"keysieve fix {name} --apply && git diff --stat && git add upload.py && git commit -q -m 'Upload the reports'"
    )
    page.say("This time the hook lets it pass.")
    page.show("git push -q origin main", quiet=True)
    page.say("## The history\n\nWhat git filter-repo needs, and the commands to type:")
    plan = page.show(f"keysieve purge {name} --output ../purge")
    commands = [line.strip()[2:] for line in plan.splitlines() if line.startswith("  $ ")]
    clone, rewrite, prove, push, again, proof, remove = commands
    page.say("They are typed as they stand there (what git filter-repo says is left out):")
    page.show(clone, quiet=True)
    purged = page.folder / "purge.git"
    page.show(rewrite, folder=purged, quiet=True)
    page.show(prove, folder=purged)
    page.show(push, folder=purged, quiet=True)
    page.say("The shared repository is clean. This clone is not yet, and holds work that is worth keeping:")
    page.show(prove, 1)
    page.show(again, quiet=True)
    page.show(proof)
    page.show(remove, quiet=True)
    page.say("## The proof\n\nThe server drops the old objects, which no ref reaches any more. Then a fresh clone:")
    page.show("git -C ~/shared.git gc --quiet --prune=now", quiet=True)
    page.show("git clone -q ~/shared.git ../fresh && cd ../fresh && keysieve history")
    page.say(
        "What nobody can rewrite from here is in the list above: other clones, forks, caches. The key is dead anyway."
    )
    return "\n".join(page.lines) + "\n"


def main(arguments: list[str]) -> int:
    with tempfile.TemporaryDirectory() as folder:
        text = record(Path(folder).resolve())
    if "--check" in arguments:
        return 0 if PAGE.read_text("utf-8") == text else 1
    PAGE.write_text(text, "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
