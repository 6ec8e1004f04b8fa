"""Takes a credential out of a file's text: the literal goes, the language's idiomatic lookup comes.

Pure: bytes in, bytes out. What is not certain is left alone and told.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from keysieve.engine.match import Credential, Match
from keysieve.remedies import python_source
from keysieve.remedies.replacement import Replacement
from keysieve.remedies.tokens import Token, token_at

Sift = Callable[[bytes], Iterable[Credential]]
"""Finds the credentials in bytes."""

_SPELLINGS = frozenset(("plain", "concatenation", "json-escape", "html-entity", "percent"))
"""Encodings in which a literal stands for itself; a lookup cannot take the place of base64."""
_WIDE = ("utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be")


@dataclass(frozen=True, slots=True)
class ByHand:
    """A place that could not be changed; `line` is 1-based, in the text as it was."""

    line: int
    reason: str


@dataclass(frozen=True, slots=True)
class Rewritten:
    """A file before and after. Both may hold secrets, the credential's own and others.

    Attributes:
        old: The bytes; `new` likewise.
        old_text: The same in UTF-8, without a byte order mark; `new_text` likewise.
        names: Variables that the file now reads.
    """

    old: bytes = field(repr=False)
    new: bytes = field(repr=False)
    old_text: bytes = field(repr=False)
    new_text: bytes = field(repr=False)
    by_hand: tuple[ByHand, ...] = ()
    names: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Edit:
    start: int
    end: int
    text: bytes = field(repr=False)


def rewrite(data: bytes, variables: Mapping[bytes, str], language: Replacement | None, sift: Sift) -> Rewritten:
    """A file's content without a credential.

    Args:
        data: The content.
        variables: The credential's values, each with the environment variable that it is looked up in.
        language: How the file's language does without a literal; None where that is not known.
        sift: Finds the credentials in bytes.
    """
    mark, text, codec = _decoded(data, variables, sift)
    work = _Work(text, variables, language, sift)
    work.run()
    new = data if work.text == text else mark + _encoded(work.text, codec)
    by_hand = work.by_hand or [ByHand(match.line, "it is still there") for match in work.pending()]
    return Rewritten(data, new, text, work.text, tuple(by_hand), tuple(dict.fromkeys(work.names)))


def _decoded(data: bytes, variables: Mapping[bytes, str], sift: Sift) -> tuple[bytes, bytes, str]:
    """Byte order mark, text in UTF-8 (or whatever bytes there are), and the codec that it has to go back to."""
    import codecs

    if data.startswith(codecs.BOM_UTF8):
        return codecs.BOM_UTF8, data[3:], ""
    firsts = (match.encoding.partition("+")[0] for match in _matches(data, variables, sift))
    codec = next((first for first in firsts if first in _WIDE), "")
    if not codec:
        return b"", data, ""
    try:
        text = data.decode(codec, "surrogatepass")
    except UnicodeDecodeError:
        return b"", data, ""
    mark = "\ufeff" if text.startswith("\ufeff") else ""
    plain = text.removeprefix(mark).encode("utf-8", "surrogatepass")
    # A file that does not come back as it was is left alone.
    same = _encoded(plain, codec) == data[len(mark.encode(codec)) :]
    return (mark.encode(codec), plain, codec) if same else (b"", data, "")


def _encoded(text: bytes, codec: str) -> bytes:
    return text.decode("utf-8", "surrogatepass").encode(codec, "surrogatepass") if codec else text


def _matches(text: bytes, variables: Mapping[bytes, str], sift: Sift) -> list[Match]:
    found = {
        (match.start, match.end): match
        for credential in sift(text)
        for match in credential.matches
        if match.value in variables
    }
    return [found[span] for span in sorted(found)]


class _Work:
    """One file at work; `text` changes from its end to its beginning, so that earlier offsets stay true."""

    def __init__(self, text: bytes, variables: Mapping[bytes, str], language: Replacement | None, sift: Sift) -> None:
        self.text = text
        self.by_hand: list[ByHand] = []
        self.names: list[str] = []
        self._variables = variables
        self._language = language
        self._sift = sift
        self._break = b"\r\n" if b"\r\n" in text else b"\n"

    def run(self) -> None:
        before = self.text
        language = self._language
        if language and "python" in language.languages:
            self.text = python_source.without_arguments(self.text, self._variables)
        self._replace()
        if language and self.names:
            self._bring_in(language)
        self._append()
        if language and "python" in language.languages and _spoils(before, self.text):
            self._give_up(before, "the change would not parse")

    def _give_up(self, before: bytes, reason: str) -> None:
        self.text, self.names = before, []
        self.by_hand = [ByHand(match.line, reason) for match in self.pending()]

    def pending(self) -> list[Match]:
        """The places that still hold a value, in order."""
        return _matches(self.text, self._variables, self._sift)

    def _replace(self) -> None:
        pending = self.pending()
        left: set[int] = set()  # distances from the end of places that are left for the hand; the rest may move
        budget = 2 * len(pending) + 8
        while pending and budget:
            budget -= 1
            match = pending.pop()
            distance = len(self.text) - match.start
            if distance in left:
                continue
            edit = self._edit(match)
            if isinstance(edit, str):
                left.add(distance)
                self.by_hand.append(ByHand(match.line, edit))
                continue
            self.text = self.text[: edit.start] + edit.text + self.text[edit.end :]
            if pending and edit.start < pending[-1].end:
                pending = self.pending()
        self.by_hand.sort(key=lambda one: one.line)

    def _edit(self, match: Match) -> _Edit | str:
        """The change for one place, or why there is none."""
        language = self._language
        if language is None:
            return "no lookup is known for this kind of file"
        start, end = self._line(match.start, match.end)
        name = self._variables[match.value]
        whole = self._by_line(match, language, start, end, name)
        if whole:
            return whole
        line = self.text[start:end]
        for pattern, reason in language.by_hand:
            if re.search(pattern.encode(), line):
                return reason
        for pattern, reason in language.by_hand_after:
            if re.search(pattern.encode(), self.text[:start]):
                return reason
        if not set(match.encoding.split("+")) <= _SPELLINGS:
            return f"it stands there as {match.encoding}"
        edit = self._by_token(match, language, name)
        return edit if isinstance(edit, str) else self._adjusted(edit, language, start)

    def _line(self, start: int, end: int) -> tuple[int, int]:
        """Where the lines of a span begin and end, without the last one's break."""
        first = self.text.rfind(b"\n", 0, start) + 1
        last = self.text.find(b"\n", end)
        last = len(self.text) if last < 0 else last
        return first, last - 1 if self.text[last - 1 : last] == b"\r" else last

    def _by_line(self, match: Match, language: Replacement, start: int, end: int, name: str) -> _Edit | None:
        line = self.text[start:end]
        section = self._section(start, end)
        for rule in language.line:
            found = re.search(_filled(rule.match, name).encode().replace(b"{value}", re.escape(match.raw)), line)
            around = self.text[section[0] : start] + self.text[end : section[1]]
            if found is None or (rule.unless and re.search(rule.unless.encode(), around)):
                continue
            if rule.becomes is not None:
                return _Edit(start, end, found.expand(_filled(rule.becomes, name).encode()))
            return self._line_out(start, end, section, rule.also)
        return None

    def _line_out(self, start: int, end: int, section: tuple[int, int], also: tuple[str, ...]) -> _Edit:
        after = self.text.find(b"\n", end) + 1 or len(self.text)
        if not also:
            return _Edit(start, after, b"")
        pattern, new = also[0].encode(), also[1].encode()
        first, last = section
        pieces = self.text[first:start], self.text[after:last]
        return _Edit(first, last, b"".join(re.sub(pattern, new, piece) for piece in pieces))

    def _section(self, start: int, end: int) -> tuple[int, int]:
        """From the last line that begins with `[` to the next one."""
        first = self.text.rfind(b"\n[", 0, start) + 1
        last = self.text.find(b"\n[", end) + 1
        return first, last or len(self.text)

    def _by_token(self, match: Match, language: Replacement, name: str) -> _Edit | str:
        token = token_at(self.text, match.start, language)
        if token is None:
            return self._bare(match, language, name)
        if not token.delimiter:
            return _Edit(match.start, match.end, name.encode())
        last = token if match.end <= token.end else token_at(self.text, match.end - 1, language)
        if last is None or not last.delimiter:
            return "the string that it stands in has no end"
        if token.inner == match.start and last.inner_end == match.end and language.quoted:
            self.names.append(name)
            template = next(
                (new for letters, new in language.quoted_with_prefix if letters in token.prefix.decode().lower()),
                language.quoted,
            )
            return _Edit(token.start, last.end, _filled(template, name).encode())
        return self._within(match, token, language, name) if last is token else "it is taken apart there"

    def _bare(self, match: Match, language: Replacement, name: str) -> _Edit | str:
        if not language.bare:
            return "it does not stand in a string there"
        self.names.append(name)
        return _Edit(match.start, match.end, _filled(language.bare, name).encode())

    def _within(self, match: Match, token: Token, language: Replacement, name: str) -> _Edit | str:
        """The change for a value that is only a part of a string."""
        inside = dict(language.inside).get(token.delimiter.decode())
        if inside is not None:
            self.names.append(name)
            return _Edit(match.start, match.end, _filled(inside, name).encode())
        if language.joined is None or not language.quoted or b"b" in token.prefix.lower():
            return "it is a part of a longer text"
        self.names.append(name)
        pieces = [self.text[token.inner : match.start], self.text[match.end : token.inner_end]]
        first, last = (token.prefix + token.delimiter + piece + token.delimiter if piece else b"" for piece in pieces)
        parts = (part for part in (first, _filled(language.quoted, name).encode(), last) if part)
        joined = language.joined.encode().join(parts)
        return _Edit(token.start, token.end, b"(" + joined + b")" if language.joined else joined)

    def _adjusted(self, edit: _Edit, language: Replacement, start: int) -> _Edit:
        """The change, with what has to change before it: a call is no constant."""
        begin = min(start, edit.start)
        head = before = self.text[begin : edit.start]
        for pattern, new in language.adjust:
            head = re.sub(pattern.encode(), new.encode(), head, count=1)
        if head != before:
            return _Edit(begin, edit.end, head + edit.text)
        for pattern, new in language.adjust_block:
            above = re.sub(pattern.encode(), new.encode(), self.text[: edit.start], count=1)
            if above != self.text[: edit.start]:
                return _Edit(0, edit.end, above + edit.text)
        return edit

    def _bring_in(self, language: Replacement) -> None:
        if not language.imports or re.search(language.import_present.encode(), self.text):
            return
        if "python" in language.languages:
            with_import = python_source.with_import(self.text, "os", self._break)
            if with_import is not None:
                self.text = with_import
                return
        for pattern, new in language.imports:
            changed, count = re.subn(pattern.encode(), new.encode().replace(b"\n", self._break), self.text, count=1)
            if count:
                self.text = changed
                return

    def _append(self) -> None:
        language = self._language
        if language is None or not language.append:
            return
        for name in dict.fromkeys(self._variables.values()):
            unless, when = (_filled(text, name).encode() for text in (language.append_unless, language.append_if))
            if re.search(when, self.text) and not re.search(unless, self.text):
                added = _filled(language.append, name).encode().removesuffix(b"\n")
                self.text = self.text.rstrip() + added.replace(b"\n", self._break) + self._break


def _spoils(before: bytes, after: bytes) -> bool:
    return python_source.is_valid(before) and not python_source.is_valid(after)


def _filled(template: str, name: str) -> str:
    return template.replace("{name}", name).replace("{lower}", name.lower())
