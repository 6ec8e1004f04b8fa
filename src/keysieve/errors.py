"""The errors that end a command with exit status 2, in the user's words."""

from __future__ import annotations


class KeysieveError(Exception):
    """Something that stops the job, with what to type next.

    Args:
        message: What happened, one sentence in the user's words.
        hint: What to do next; empty when the message says it all.
    """

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class UsageError(KeysieveError):
    """The command line asks for something that cannot be."""


class ConfigurationError(KeysieveError):
    """A rule, configuration or baseline file is wrong."""


class GitError(KeysieveError):
    """Git could not do what was asked of it."""
