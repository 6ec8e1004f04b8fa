"""Which advice fits a situation: language by file, place by how it was found, circumstances by both."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase

from keysieve.errors import ConfigurationError
from keysieve.remedies.advice import Advice, Conditions
from keysieve.remedies.catalogue import Catalogue, catalogue, nearest
from keysieve.remedies.situation import Situation

_TEMPORARY = "ASIA"  # prefix of ids that STS issues: IAM User Guide, "IAM identifiers"

# The parts of a language's score, far enough apart: a name beats an extension with matching content, which
# beats the extension alone. Lengths of patterns decide among equals (`*.gradle.kts` beats `*.kts`).
_WEIGHT, _NAME, _CONTENT = 1_000_000, 1_000, 500


@dataclass(frozen=True, slots=True)
class Choice:
    """The advice that was chosen. `circumstances` stand in order, the most telling first."""

    language: Advice
    credential: Advice
    place: Advice
    circumstances: tuple[Advice, ...]

    @property
    def primary(self) -> Advice | None:
        """The first circumstance that knows how to do without the credential."""
        return next((advice for advice in self.circumstances if advice.steps_remove), None)


@dataclass(frozen=True, slots=True)
class _Seen:
    """A situation with what is asked of it again and again worked out once."""

    situation: Situation
    components: tuple[str, ...]
    context: bytes


def choose(situation: Situation) -> Choice:
    """Picks the advice for a situation.

    Raises:
        ConfigurationError: The rule names a remedy that does not exist.
    """
    everything = catalogue()
    credential = _credential(everything, situation)
    # Without its zero bytes UTF-16 reads like ASCII, which is all that the content hints ask for.
    context = (situation.context or b"").replace(b"\0", b"")
    found = _Seen(replace(situation, remedy=credential.id), components(situation.path), context)
    language = _best(everything.languages, lambda advice: _language_score(advice.when, found))
    place = _best(everything.places, lambda advice: _place_score(advice.when, found))
    fitting = (advice for advice in everything.situations if _applies(advice.when, found, language.id))
    circumstances = tuple(sorted(fitting, key=lambda advice: -advice.when.weight))
    return Choice(language, credential, place, circumstances)


def _credential(everything: Catalogue, situation: Situation) -> Advice:
    remedy = situation.remedy
    if remedy == "access-key" and (situation.access_key_id or "").startswith(_TEMPORARY):
        remedy = "session-credentials"
    advice = everything.credentials.get(remedy)
    if advice is None:
        hint = nearest(remedy, everything.credentials)
        raise ConfigurationError(f"the rule {situation.rule} names the remedy {remedy!r}, which does not exist", hint)
    return advice


def _best(advice: Iterable[Advice], score: Callable[[Advice], int | None]) -> Advice:
    """The advice with the highest score, the first of equals. One without conditions always takes part."""
    scored = [(value, item) for item in advice if (value := score(item)) is not None]
    return max(scored, key=lambda pair: pair[0])[1]


def _language_score(when: Conditions, seen: _Seen) -> int | None:
    by_path = path_score(when.paths, seen.components)
    by_content = _has_content(when, seen)
    asks_content = bool(when.contents or when.contents_pattern)
    if (when.paths and not by_path) or (asks_content and not by_content):
        return None
    if not when.paths:
        return 1 if asks_content else 0
    return when.weight * _WEIGHT + by_path + (_CONTENT if asks_content else 0)


def _place_score(when: Conditions, seen: _Seen) -> int | None:
    return when.weight if _gates_open(when, seen) else None


def _applies(when: Conditions, seen: _Seen, language: str) -> bool:
    if not _gates_open(when, seen):
        return False
    return not when.asks_for_a_place or (
        language in when.languages
        or path_score(when.paths, seen.components) > 0
        or not set(when.folders).isdisjoint(seen.components[:-1])
        or _has_content(when, seen)
    )


def _gates_open(when: Conditions, seen: _Seen) -> bool:
    situation = seen.situation
    return (
        (not when.remedies or situation.remedy in when.remedies)
        and (not when.rules or situation.rule in when.rules)
        and (not when.commands or situation.command in when.commands)
        and (not when.kinds or situation.kind in when.kinds)
        and when.live in (None, situation.live)
        and when.pushed in (None, situation.pushed)
        and when.reachable in (None, situation.reachable)
    )


def _has_content(when: Conditions, seen: _Seen) -> bool:
    if any(text.encode() in seen.context for text in when.contents):
        return True
    return bool(when.contents_pattern and re.search(when.contents_pattern.encode(), seen.context))


def path_score(patterns: Iterable[str], components: tuple[str, ...]) -> int:
    """How exactly the best of some patterns matches the end of a path; 0 when none does.

    A pattern `*.ext` asks for an extension; any other is a name, possibly with folders before it.
    """
    return max((_pattern_score(pattern, components) for pattern in patterns), default=0) if components else 0


def _pattern_score(pattern: str, components: tuple[str, ...]) -> int:
    if pattern.startswith("*.") and "/" not in pattern and "*" not in pattern[1:]:
        return len(pattern) if components[-1].endswith(pattern[1:]) else 0
    wanted = pattern.split("/")
    tail = components[-len(wanted) :]
    if len(tail) < len(wanted) or not all(map(_name_matches, tail, wanted)):
        return 0
    return len(pattern) + _NAME * len(wanted)


def _name_matches(name: str, pattern: str) -> bool:
    return fnmatchcase(name, pattern) if "*" in pattern else name == pattern


def components(path: bytes | None) -> tuple[str, ...]:
    """A path's folders and name in lower case, for `path_score`."""
    return tuple(path.decode("utf-8", "replace").replace("\\", "/").lower().split("/")) if path else ()
