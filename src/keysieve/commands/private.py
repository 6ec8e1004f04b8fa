"""Files that hold a secret: outside the repository, for their owner only, never over another file."""

from __future__ import annotations

import os

from keysieve.errors import GitError, UsageError
from keysieve.git.repository import Repository, discover


def create(path: str, data: bytes) -> None:
    """Write a new file that only its owner can read.

    Raises:
        UsageError: It exists, lies in the repository, or cannot be written.
    """
    require_outside(path)
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0), 0o600)
        with open(descriptor, "wb") as stream:
            stream.write(data)
    except FileExistsError:
        raise UsageError(f"{path} exists; a secret is not written over it.", "Name a new file.") from None
    except OSError as error:
        raise UsageError(f"{path} cannot be written: {error.strerror}.", "Name a file that can be.") from None


def create_folder(path: str | None) -> str:
    """Make a new folder that only its owner can read; a temporary one by default.

    Raises:
        UsageError: It exists, lies in the repository, or cannot be made.
    """
    import tempfile

    try:
        if path is None:
            require_outside(os.path.join(tempfile.gettempdir(), "x"))
            return tempfile.mkdtemp(prefix="keysieve-purge-")
        require_outside(path)
        os.mkdir(path, 0o700)
    except FileExistsError:
        raise UsageError(f"{path} exists; secrets are not written over it.", "Name a new folder.") from None
    except OSError as error:
        raise UsageError(f"{path} cannot be made: {error.strerror}.", "Name a folder that can be.") from None
    return path


def require_outside(path: str) -> None:
    """Refuse a path inside the repository: what lies there is committed one day.

    Raises:
        UsageError: It lies there.
    """
    repository = here()
    if repository is None:
        return
    real = os.path.realpath(os.fsencode(path))
    for folder in (repository.directory, repository.git_dir, repository.common_dir):
        if os.path.commonpath([real, os.path.realpath(folder)]) == os.path.realpath(folder):
            raise UsageError(f"{path} lies in the repository.", "Name a place outside of it, such as ../NAME.")


def here() -> Repository | None:
    """The repository that we were started in, if any."""
    try:
        return discover()
    except GitError:
        return None
