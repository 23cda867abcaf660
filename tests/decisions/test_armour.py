"""A statement as text: whatever surrounds it and whatever a forge does to its line ends, it comes back as it was."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from gitreg.decisions import armoured, offered_in
from gitreg.decisions.armour import MAX_BLOCKS

SIGNATURE = b"-----BEGIN SSH SIGNATURE-----\nU1NIU0lH\n-----END SSH SIGNATURE-----\n"
documents = st.dictionaries(st.from_regex(r"[a-z]{1,8}", fullmatch=True), st.sampled_from(["```", "x", "`", "é"])).map(
    lambda fields: ("{\n" + "".join(f'  "{key}": "{value}"\n' for key, value in fields.items()) + "}\n").encode()
)
LINES = ["Fine.", "", "```python", "```", "> ```gitreg-statement", "x ```", "    y"]
prose = st.lists(st.sampled_from(["Fine.", "", "```python", "```", "> ```gitreg-statement", "x ```", "    y"])).map(
    "\n".join
)


@given(documents, st.sampled_from(["\n", "\r\n"]))
def test_what_was_armoured_comes_back(document: bytes, ends: str) -> None:
    text = armoured(document, SIGNATURE).replace("\n", ends)
    (found,) = offered_in(f"Looks good.{ends}{ends}{text}{ends}Thanks.", "a comment")
    assert (found.data, found.signature, found.where) == (document, SIGNATURE, "a comment")


@given(st.text())
def test_no_text_is_an_error(text: str) -> None:
    assert all(each.where == "x" for each in offered_in(text, "x"))


@given(prose, documents)
def test_what_stands_around_it_changes_nothing_of_what_is_found(around: str, document: bytes) -> None:
    found = offered_in(f"{around}\n{armoured(document, SIGNATURE)}", "x")
    assert [each.data for each in found] in ([], [document])


def test_several_are_found_in_their_order_and_no_more_than_a_person_writes() -> None:
    one, two = armoured(b"{1}\n", SIGNATURE), armoured(b"{2}\n", SIGNATURE)
    assert [each.data for each in offered_in(one + two, "x")] == [b"{1}\n", b"{2}\n"]
    assert len(offered_in(one * (MAX_BLOCKS + 1), "x")) == MAX_BLOCKS


def test_a_block_inside_of_another_one_is_an_example_and_no_statement() -> None:
    assert offered_in(f"````markdown\n{armoured(b'{}', SIGNATURE)}````\n", "x") == []


def test_a_damaged_block_is_there_to_be_refused() -> None:
    (found,) = offered_in("```gitreg-statement\n{}\n", "x")
    assert (found.data, found.signature) == (b"{}\n\n", b"")
