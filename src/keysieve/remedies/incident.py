"""The long form of a remedy: an incident from "whose is it" to "never again", as data for any format."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from keysieve.remedies.advice import SECTIONS, Part
from keysieve.remedies.catalogue import catalogue
from keysieve.remedies.choice import Choice, choose
from keysieve.remedies.situation import Line, Section, Situation
from keysieve.remedies.steps import first_two, replacement_for
from keysieve.remedies.wording import fill, known_values, lacks, words_for

_COMMAND = "$ "


def incident(situation: Situation) -> tuple[Section, ...]:
    """All that has to be done about a credential, in the order in which to do it.

    Sections that mean nothing for the kind of credential are absent. Commands hold the key id where it is
    known and a word in capitals where something is not; sentences about what is unknown are left out.

    Raises:
        ConfigurationError: The rule names a remedy that does not exist.
    """
    choice = choose(situation)
    parts = {part.id: part for part in _parts(choice)}
    values = known_values(situation)
    words = words_for(values, (line for part in parts.values() for line in part.lines))
    sections = [_section(parts[name], values, words) for name in SECTIONS if name in parts]
    if "replacement" in parts:
        sections = [_with_code(section, choice) for section in sections]
    return tuple(section for section in sections if section.lines)


def _parts(choice: Choice) -> Iterator[Part]:
    own = {part.id: part for part in choice.credential.parts}
    own |= {part.id: part for advice in reversed(choice.circumstances) for part in advice.parts}
    first = next(name for name in SECTIONS if name in own)
    for part in own.values():
        note = (choice.place.note,) if part.id == first and choice.place.note else ()
        extra = first_two(choice) if part.id == "replacement" else ()
        yield Part(part.id, part.title, (*note, *part.lines, *extra))
    if "replacement" not in own:
        yield Part("replacement", "Replace it", first_two(choice))
    yield Part(
        "purge",
        f"Get it out of git: {choice.place.title[:1].lower()}{choice.place.title[1:]}",
        choice.place.lines,
    )
    for advice in catalogue().sections:
        also = tuple(step for circumstance in choice.circumstances for step in circumstance.steps_also)
        yield Part(advice.id, advice.title, (*also, *advice.lines))


def _section(part: Part, values: Mapping[str, str], words: Mapping[str, str]) -> Section:
    lines = (_line(text, words) for text in part.lines if text.startswith(_COMMAND) or not lacks(text, values))
    return Section(part.id, part.title, tuple(lines))


def _line(text: str, words: Mapping[str, str]) -> Line:
    filled = fill(text, words)
    return Line("command", filled.removeprefix(_COMMAND)) if text.startswith(_COMMAND) else Line("text", filled)


def _with_code(section: Section, choice: Choice) -> Section:
    code = replacement_for(choice)
    if section.id != "replacement" or not code:
        return section
    return Section(section.id, section.title, (*section.lines, *(Line("code", line) for line in code.split("\n"))))
