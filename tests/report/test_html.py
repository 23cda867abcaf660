"""The offline file: whole, harmless whatever a document says, and asking nothing of anybody."""

from __future__ import annotations

import re
from dataclasses import replace
from html.parser import HTMLParser
from typing import TYPE_CHECKING
from unicodedata import normalize

from hypothesis import given
from hypothesis import strategies as st

from gitreg.report import Command, Diff, FileChange, Heading, Line, Opinion, Picture, Table, html, proposal_page
from tests.report import builders

if TYPE_CHECKING:
    from gitreg.report import Block

VOID = {"meta", "br"}
HOSTILE = st.one_of(
    st.text(st.characters(exclude_categories=["Cs"])),
    st.sampled_from(
        [
            "<script>alert(1)</script>",
            "</title></svg></style><img src=https://evil.example/x onerror=alert(1)>",
            '" onmouseover="alert(1)',
            "&lt;script&gt; &amp;",
            "\u202egnp.exe",
            "]]><!--",
            "\ud800",
        ]
    ),
)


class Reader(HTMLParser):
    """What a browser would see: elements with their attributes, text, and whether every element is closed."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self.comments: list[str] = []
        self._open: list[str] = []
        self.feed(text)
        self.close()
        assert self._open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self._open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        if "style" not in self._open:
            self.words.append(data)

    def handle_comment(self, data: str) -> None:
        self.comments.append(data)


def page() -> str:
    found = builders.reviewed()
    return html(found.title, proposal_page(found))


def test_nothing_is_fetched_and_nothing_runs() -> None:
    found = Reader(page())
    names = {tag for tag, _ in found.elements}
    assert names.isdisjoint({"script", "link", "img", "iframe", "object", "embed", "form", "base", "a", "image", "use"})
    attributes = [(name, value or "") for _, each in found.elements for name, value in each.items()]
    assert not [name for name, _ in attributes if name.startswith("on") or name in ("src", "href", "xlink:href")]
    assert not [value for _, value in attributes if "://" in value or "url(" in value]
    assert "url(" not in page()
    assert "@import" not in page()


def test_the_browser_is_told_to_fetch_and_run_nothing() -> None:
    policy = next(each["content"] for tag, each in Reader(page()).elements if "http-equiv" in each and tag == "meta")
    assert policy is not None
    assert policy.startswith("default-src 'none'; ")
    assert "script" not in policy


def test_the_last_line_is_the_command_that_approves_what_was_read() -> None:
    found = builders.reviewed()
    last = [words.strip() for words in Reader(page()).words if words.strip()][-1]
    assert last == f"gitreg approve {found.id} --decision {found.digest}"


def test_a_drawing_says_in_words_what_it_shows() -> None:
    text = page()
    assert text.count("<svg ") == 4
    assert text.count('role="img"') == text.count("<title>") - 1 == text.count("<desc>") == 4


def test_a_page_has_one_title_of_its_own() -> None:
    assert [tag for tag, _ in Reader(page()).elements].count("h1") == 1


def structure(text: str) -> list[tuple[str, dict[str, str | None]]]:
    return Reader(text).elements


def hostile_page(text: str) -> str:
    observations = (builders.compared("", 0.1, 0.2, 10), builders.compared(text, 0.1, 0.2, 10, method="m"))
    rules = (builders.rule("rule", "cannot tell", text, "warn"),)
    found = builders.reviewed(
        title=text,
        evidence=(builders.evidence(observations=observations, rules=rules),),
        curves=(replace(builders.curves(), dataset=text),),
        drifts=((text, replace(builders.drift(), name=text)),),
        decision=builders.decision(reason=text),
        opinions=(Opinion(text, "approve", text, (text,), text),),
        files=(FileChange(text, text, f"{text}x"),),
        holds=(text,),
    )
    return html(found.title, proposal_page(found))


@given(HOSTILE.filter(lambda text: "\ud800" not in text and len(f"x{text}".splitlines()) == 1))
def test_whatever_a_document_says_is_text(text: str) -> None:
    """The elements are those of a harmless page."""
    found = Reader(hostile_page(normalize("NFC", f"x{text}")))
    assert found.elements == structure(hostile_page("x"))
    assert found.comments == []


@given(HOSTILE)
def test_every_block_holds_hostile_text(text: str) -> None:
    blocks: list[Block] = [
        Heading("title"),
        Heading(text),
        Line(text, "bad"),
        text,
        Command(text),
        Diff((text,)),
        Table((text,), ((text,),)),
        Picture(text, "<svg></svg>", (text,)),
    ]
    made = html(text, blocks)
    names = {tag for tag, _ in Reader(made).elements}
    assert names <= {
        *("html", "head", "meta", "title", "style", "body", "main", "h1", "h2", "p", "pre", "code"),
        *("div", "table", "tr", "th", "td", "figure", "figcaption", "svg"),
    }
    made.encode()
    assert not re.search("[\u202a-\u202e\u2066-\u2069]", made)
