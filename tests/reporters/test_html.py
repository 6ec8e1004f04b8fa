from __future__ import annotations

import base64
import hashlib
import re
from html.parser import HTMLParser

import sample_reports as samples
from hypothesis import given, settings
from sample_reports import finding, hostile_report, occurrence, report

from keysieve.finding import Passed, SetAside, Unread
from keysieve.reporters import html, render

VOID = {"meta", "br", "input", "link", "img"}
ALLOWED = {
    *("html", "head", "meta", "title", "style", "script", "body", "header", "main", "footer", "section", "article"),
    *(
        "h1",
        "h2",
        "h3",
        "p",
        "a",
        "time",
        "strong",
        "code",
        "pre",
        "ol",
        "ul",
        "li",
        "br",
        "details",
        "summary",
        "form",
    ),
    *("label", "input", "select", "option", "fieldset", "legend", "button", "span", "svg", "rect", "line"),
    *("div", "table", "thead", "tbody", "tr", "th", "td"),
}


class Page(HTMLParser):
    """Elements of a page; refuses what is not nested well, and every element and attribute that we do not write."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.stack: list[str] = []
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[str] = []
        self.feed(text)
        self.close()
        assert not self.stack

    def handle_starttag(self, tag, attrs) -> None:
        assert tag in ALLOWED
        assert not [name for name, _ in attrs if name.startswith("on") or name in ("src", "style", "srcdoc")]
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.stack.append(tag)

    def handle_startendtag(self, tag, attrs) -> None:
        assert tag in ALLOWED
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag) -> None:
        assert self.stack.pop() == tag

    def handle_data(self, data) -> None:
        self.texts.append(data)

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attrs for name, attrs in self.elements if name == tag]


def page_of(one) -> Page:
    return Page(render(one, "html"))


def test_nothing_found() -> None:
    page = page_of(report())
    assert "Nothing to do about what was read." in page.texts
    assert not page.all("form")
    assert not page.all("script")


def test_every_target_and_label_exists_once() -> None:
    page = page_of(report(*(finding(number) for number in range(8)), not_read=(Unread("a", "gone"),)))
    ids = [attrs["id"] for _, attrs in page.elements if "id" in attrs]
    assert len(ids) == len(set(ids))
    for _, attrs in page.elements:
        href = attrs.get("href")
        assert href is None or href.removeprefix("#") in ids
        assert attrs.get("aria-labelledby", ids[0]) in ids


def test_first_things_stand_on_top() -> None:
    text = render(report(*(finding(number) for number in range(8))), "html")
    assert text.index("What to do first") < text.index('id="filters"') < text.index('<article class="finding"')
    assert "Then the other 3" in text


def test_policy_allows_the_pages_own_style_and_script_and_nothing_else() -> None:
    text = render(report(finding()), "html")
    (policy,) = re.findall(r'http-equiv="Content-Security-Policy" content="([^"]*)"', text)
    assert policy.startswith("default-src 'none'; ")
    for tag in ("style", "script"):
        (content,) = re.findall(f"<{tag}>(.*?)</{tag}>", text, re.S)
        digest = base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()
        assert f"{tag}-src 'sha256-{digest}'" in policy


def test_no_address_leads_out() -> None:
    text = render(report(finding()), "html")
    assert not re.search(r"(?:https?:)?//[a-z]", re.sub(r"<script>.*?</script>", "", text, flags=re.S))


def test_hostile_report_breaks_out_of_nothing() -> None:
    one = hostile_report()
    page = page_of(one)
    assert len(page.all("article")) == len(one.findings)


@settings(max_examples=25, deadline=None)
@given(samples.reports())
def test_any_report_breaks_out_of_nothing(one) -> None:
    assert len(page_of(one).all("article")) == len(one.findings)


def test_exposure_is_from_the_introduction_to_the_removal_or_to_now() -> None:
    removed = samples.Event(samples.OID, "A", "2024-06-01T12:00:00+00:00")
    text = html.render(report(finding(1), finding(2, live=False, removed=removed)), 1_735_732_800.0)
    assert "In the open since 2024-05-01: 245 days so far" in text
    assert "31 days from 2024-05-01 to 2024-06-01" in text


def test_no_picture_without_dates() -> None:
    page = page_of(report(finding(introduced=None, occurrences=(occurrence(date=None, commit=None),))))
    assert not page.all("svg")


def test_what_was_not_looked_at_is_told() -> None:
    one = report(
        set_aside=(SetAside("pragma", "why", finding()),),
        not_read=(Unread("a", "gone"),),
        out_of_scope=(Passed("vendor", "submodule", 3),),
    )
    page = page_of(one)
    assert {"set-aside", "not-read", "out-of-scope"} <= {attrs.get("id") for _, attrs in page.elements}
    assert "Incomplete." in page.texts


def test_steps_show_their_commands_as_code() -> None:
    assert "<li>Delete it: <code>aws x</code>.</li>" in render(report(finding()), "html")
