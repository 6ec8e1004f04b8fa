"""The short form of a remedy: a handful of lines, in the order in which they help."""

from __future__ import annotations

import shlex

from keysieve.finding import Remedy
from keysieve.remedies.advice import Advice
from keysieve.remedies.catalogue import catalogue
from keysieve.remedies.choice import Choice, choose
from keysieve.remedies.situation import Situation
from keysieve.remedies.wording import fill, known_values, words_for

MOST_STEPS = 9
_FILES = ("file", "staged", "archive-member", "stdin")


def remedy_for(situation: Situation) -> Remedy:
    """What to do about a credential: four to nine steps, one line each.

    The first does away with the long-term credential, the second says where it belongs otherwise (the
    credentials file, the user's environment); then come its rotation, getting it out of git, and what else
    the situation asks for.

    Raises:
        ConfigurationError: The rule names a remedy that does not exist.
    """
    choice = choose(situation)
    steps = _steps(choice, situation)
    words = words_for(known_values(situation), steps)
    return Remedy(
        id=choice.language.id,
        title=_title(choice),
        steps=tuple(fill(step, words) for step in steps),
        replacement=replacement_for(choice) if situation.kind in _FILES else None,
    )


def first_two(choice: Choice) -> tuple[str, str]:
    """How to do without the credential, and where it belongs otherwise; placeholders unfilled."""
    return _without(choice), _elsewhere(choice)


def replacement_for(choice: Choice) -> str | None:
    """Code that takes the literal's place, in the language of the file."""
    credential, language = choice.credential, choice.language
    if credential.replacement:
        return credential.replacement
    if credential.lookup_name:
        lookup = language.lookup or _default_language().lookup
        return lookup.replace("{name}", credential.lookup_name)
    return language.replacement


def _steps(choice: Choice, situation: Situation) -> list[str]:
    steps = [
        _without(choice),
        _elsewhere(choice),
        *_in_this_file(choice),
        *_rotation(choice),
        *choice.place.steps,
    ]
    if choice.language.gitignore and situation.kind in ("file", "staged"):
        steps.append(_keep_out(choice.language))
    steps.extend(step for advice in choice.circumstances for step in advice.steps_also)
    return steps[:MOST_STEPS]


def _without(choice: Choice) -> str:
    primary = choice.primary
    return (
        choice.credential.steps_remove or (primary.steps_remove if primary else ()) or choice.language.steps_remove
    )[0]


def _elsewhere(choice: Choice) -> str:
    primary = choice.primary
    own = choice.credential.steps_local or (primary.steps_local if primary else ()) or choice.language.steps_local
    return (own or _default_language().steps_local)[0]


def _in_this_file(choice: Choice) -> tuple[str, ...]:
    """The language's way to do without, where the first step is about the place that the code runs in."""
    primary, language = choice.primary, choice.language
    if choice.credential.steps_remove or primary is None or language.id in ("any", *primary.when.languages):
        return ()
    return language.steps_remove


def _rotation(choice: Choice) -> tuple[str, ...]:
    steps = next((advice.steps for advice in choice.circumstances if advice.steps), choice.credential.steps)
    prefix = choice.place.rotate
    if not prefix or choice.credential.ends_by_itself:
        return steps
    first, *rest = steps
    return (prefix + _lower(first), *rest)


def _keep_out(language: Advice) -> str:
    patterns = " ".join(shlex.quote(pattern) for pattern in language.gitignore)
    return f"Keep it out of git: `printf '%s\\n' {patterns} >> .gitignore && git rm --cached -- {{path}}`"


def _title(choice: Choice) -> str:
    title, primary = choice.credential.title, choice.primary
    title += f", {_lower(choice.place.title)}" if choice.language.id == "any" else f" in {choice.language.title}"
    told = primary and primary.when.asks_for_a_place and not choice.credential.steps_remove
    return f"{title} ({_lower(primary.title)})" if primary and told else title


def _lower(text: str) -> str:
    """A sentence's beginning inside another; `AWS` and its like stay."""
    return text if text[:2].isupper() else text[:1].lower() + text[1:]


def _default_language() -> Advice:
    return next(advice for advice in catalogue().languages if advice.id == "any")
