"""A pull request's text stays below what forges take, and keeps what matters."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from gitreg.report import MAX_MARKDOWN, Command, Diff, Heading, Line, Table, fitted_markdown, markdown, proposal_page
from tests.report import builders

MORE = "gitreg proposals show x"


def large(groups: int, reason: str = "why") -> str:
    observations = tuple(builders.compared(f"shop={place}", 0.01, 0.02, 100) for place in range(groups))
    found = builders.page(
        evidence=(builders.evidence(observations=observations),), decision=builders.decision(reason=reason)
    )
    return fitted_markdown(proposal_page(found), MORE)


def test_a_short_page_is_left_as_it_is() -> None:
    found = builders.page()
    assert fitted_markdown(proposal_page(found), MORE) == markdown(proposal_page(found))


def test_a_long_table_is_cut_and_says_how_to_see_the_rest() -> None:
    text = large(3000)
    assert len(text) <= MAX_MARKDOWN
    assert f"more: {MORE} |" in text
    assert "gitreg approve fraud-2-production-3f2a --decision sha256:" in text.splitlines()[-2]


def test_a_long_reason_does_not_push_the_page_out() -> None:
    text = large(3, "because " * 12_000)
    assert len(text) <= MAX_MARKDOWN
    assert "shop=2" in text


def test_so_many_parts_that_nothing_helps_keep_the_verdict_and_the_command() -> None:
    parts = [piece for place in range(4000) for piece in (Heading(f"policies/{place}.json"), Diff(("+x" * 40,)))]
    text = fitted_markdown(["Waits for ben.", *parts, "To approve it:", Command("gitreg approve x")], MORE)
    assert len(text) <= MAX_MARKDOWN
    assert text.startswith("Waits for ben.")
    assert text.endswith("```console\n$ gitreg approve x\n```\n")
    assert text.count("```") % 2 == 0


BLOCKS = st.lists(
    st.one_of(
        st.text(max_size=300),
        st.builds(Line, st.text(max_size=300)),
        st.builds(Diff, st.lists(st.text(max_size=60), max_size=30).map(tuple)),
        st.builds(lambda rows: Table(("a",), tuple((row,) for row in rows)), st.lists(st.text(max_size=40))),
    ),
    max_size=30,
)


@settings(max_examples=50)
@given(BLOCKS)
def test_any_page_fits(blocks: list[str | Line | Diff | Table]) -> None:
    text = fitted_markdown([*blocks, "To approve it:", Command("gitreg approve x")], MORE, limit=3_000)
    assert len(text) <= 3_000
    assert text.endswith("$ gitreg approve x\n```\n")
