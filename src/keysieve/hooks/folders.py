"""Where git looks for hooks: in the repository, where core.hooksPath says, or what a new repository starts with."""

from __future__ import annotations

import os
from dataclasses import dataclass

from keysieve.errors import KeysieveError, UsageError
from keysieve.git import run
from keysieve.git.repository import Repository
from keysieve.hooks.script import Behind

_HOOKS_PATH = "core.hooksPath"
_TEMPLATE = "init.templateDir"


def repository_folder(repository: Repository) -> str:
    """The folder that git runs this repository's hooks from; all its work trees share it."""
    out = repository.output(["rev-parse", "--path-format=absolute", "--git-path", "hooks"])
    return os.fsdecode(out.rstrip(b"\n"))


def refuse_shared(repository: Repository, folder: str) -> None:
    """Refuse to put hooks of one repository where they would run in others, or be overwritten.

    Raises:
        KeysieveError: The folder belongs to the user's configuration, or to Husky.
    """
    if os.path.basename(folder) == ".husky" or os.path.basename(os.path.dirname(folder)) == ".husky":
        raise KeysieveError(
            "Husky manages the hooks of this repository, and writes them anew.",
            "Add keysieve to .husky/pre-commit instead: docs/hooks.md has the lines.",
        )
    status, out, _ = repository.run(["config", "--show-scope", "--get", _HOOKS_PATH])
    scope = out.partition(b"\t")[0].decode()
    if status == 0 and scope in ("global", "system"):
        raise UsageError(
            f"{_HOOKS_PATH} of your {scope} configuration makes every repository run the hooks in {folder}.",
            "Install them there: keysieve install --global",
        )


@dataclass(frozen=True, slots=True)
class GlobalFolder:
    """A folder of hooks for all repositories of the user.

    Attributes:
        folder: Where hooks go.
        setting: The setting of git that leads there; `value` is its value.
        is_ours: Whether keysieve made the folder and the setting.
        behind: Where the hooks lie that it hides; None where it hides none.
    """

    folder: str
    setting: str
    value: str
    is_ours: bool
    behind: Behind | None = None


def global_folder(*, is_template: bool) -> GlobalFolder:
    """The folder for all repositories: the one that the user's configuration names, else one of our own.

    Args:
        is_template: What new repositories start with (`init.templateDir`), not what all use (`core.hooksPath`).
    """
    setting = _TEMPLATE if is_template else _HOOKS_PATH
    own = os.path.join(_home(), "template" if is_template else "hooks")
    value = _configured(setting, "--global")
    is_ours = value is None or os.path.normpath(value) == own
    value = own if value is None else value
    folder = os.path.join(value, "hooks") if is_template else value
    # A folder that the administrator names hides the repositories' own hooks already; then it is the one behind.
    behind = Behind(_configured(setting, "--system") or "") if is_ours and not is_template else None
    return GlobalFolder(folder, setting, value, is_ours, behind)


def _configured(setting: str, scope: str) -> str | None:
    status, out, _ = run.run(["config", scope, "--type=path", "--get", setting])
    return os.fsdecode(out.rstrip(b"\n")) if status == 0 and out.strip() else None


def _home() -> str:
    base = os.environ.get("XDG_DATA_HOME") or os.path.join(os.path.expanduser("~"), ".local", "share")
    return os.path.normpath(os.path.join(base, "keysieve"))


def point_to(place: GlobalFolder) -> None:
    """Make the user's configuration lead to the folder.

    Raises:
        GitError: git cannot write it.
    """
    if place.is_ours:
        run.output(["config", "--global", place.setting, place.value])


def forget(place: GlobalFolder) -> None:
    """Take the setting and the folder away, as far as they are ours."""
    if not place.is_ours:
        return
    run.run(["config", "--global", "--unset-all", place.setting])
    for folder in dict.fromkeys((place.folder, place.value)):
        try:
            os.rmdir(folder)
        except OSError:  # something is in it that is not ours, or it is gone
            return
