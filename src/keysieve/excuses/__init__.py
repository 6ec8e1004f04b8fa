"""What sets a credential aside, each for a stated reason."""

from __future__ import annotations

from dataclasses import dataclass

from keysieve.engine.match import Match


@dataclass(frozen=True, slots=True)
class Excuse:
    """Why a value is set aside: a reason of the JSON report, and a few words more."""

    reason: str
    detail: str


def excuse_of_value(match: Match) -> Excuse | None:
    """The excuse that a value carries in itself: a documented example, a placeholder, an unlikely key."""
    from keysieve.engine.judge import judge_access_key_id
    from keysieve.engine.key_id import account_id
    from keysieve.engine.knowledge import embedded_key_id
    from keysieve.excuses.examples import documentation_account, example_of

    example = example_of(match.value)
    if example:
        return Excuse("example", example)
    key_id = match.value if match.name == "access_key_id" else embedded_key_id(match.name, match.value)
    if key_id:
        judged = judge_access_key_id(key_id)
        if judged:
            return Excuse(*judged)
        documented = documentation_account(account_id(key_id) or "") or example_of(key_id)
        if documented:
            return Excuse("example", documented)
    if match.name == "user_name":
        documented = documentation_account(match.value.decode("utf-8", "replace")[-12:])
        if documented:
            return Excuse("example", documented)
    return Excuse("unlikely", match.unlikely) if match.unlikely else None
