"""Pages on terminals and in pipes."""

from __future__ import annotations

import io
import json
import re
import sys
from typing import TYPE_CHECKING

from hypothesis import given
from hypothesis import strategies as st

from gitreg import terminal as terminal_module
from gitreg.cli.printing import lines_of, print_json, print_page
from gitreg.cli.text import safe, safe_json
from gitreg.report import Cell, Command, Diff, Heading, Line, Table
from gitreg.terminal import Terminal, progress

if TYPE_CHECKING:
    import pytest

    from gitreg.report import Block

PIPE = Terminal(is_terminal=False, colour=False, width=80)
NARROW = Terminal(is_terminal=True, colour=True, width=40)
PLAIN = Terminal(is_terminal=True, colour=False, width=40)
LONG = "a long sentence that cannot possibly stand on one line of a narrow terminal"
TABLE = Table(("run", "what"), (("0123456789abcdef", LONG), (Cell("fedcba9876543210", "good"), "短い")), whole=("run",))
_ESCAPE = re.compile(r"\x1b\[[0-9;]*m")


def shown(block: Block, terminal: Terminal) -> list[str]:
    return list(lines_of(block, terminal))


def test_in_a_pipe_no_cell_is_cut_and_columns_stand_under_their_names() -> None:
    lines = shown(TABLE, PIPE)
    assert lines[1] == f"0123456789abcdef  {LONG}"
    assert [line.index(word) for line, word in zip(lines, ("what", LONG, "短い"), strict=True)] == [18, 18, 18]


def test_wide_characters_take_two_columns() -> None:
    lines = shown(Table(("a", "b"), (("短い", "x"), ("e\u0301", "y"))), PIPE)
    assert lines == ["a     b", "短い  x", "e\u0301     y"]


def test_on_a_terminal_a_table_fits_and_ids_stay_whole() -> None:
    for terminal in (NARROW, PLAIN):
        lines = [_ESCAPE.sub("", line) for line in shown(TABLE, terminal)]
        assert all(len(line) <= 40 for line in lines)
        assert sum("0123456789abcdef" in line for line in lines) == 1
        assert "".join(LONG.split()) in "".join("".join(line[16:].split()) for line in lines)


def test_colour_is_where_the_terminal_has_it() -> None:
    assert any("\x1b[" in line for line in shown(TABLE, NARROW))
    assert shown(Line("x", "bad"), NARROW) == ["\x1b[31m\x1b[1mx\x1b[0m"]
    assert shown(Line("x", "bad"), PLAIN) == ["x"]
    assert "\x1b" not in "".join(shown(TABLE, PLAIN))


def test_every_block_has_its_lines() -> None:
    assert shown("x", PIPE) == ["x"]
    assert shown(Heading("x"), PIPE) == ["", "x"]
    assert shown(Command("gitreg x"), PIPE) == ["    gitreg x"]
    assert shown(Diff(("+a", "-b", " c")), PIPE) == ["+a", "-b", " c"]


HOSTILE = st.text(st.characters(codec=None) | st.sampled_from("\x1b\x9b\r\n\x07\u202e\u2028\udcff"))


@given(HOSTILE)
def test_no_text_can_command_a_terminal(text: str) -> None:
    blocks: list[Block] = [
        text,
        Line(text, "bad"),
        Heading(text),
        Command(text),
        Diff((text,)),
        Table((text,), ((text,),)),
    ]
    for block in blocks:
        for terminal in (PIPE, PLAIN):
            for line in lines_of(block, terminal):
                assert safe(line) == line
                line.encode()


@given(HOSTILE)
def test_what_is_safe_is_left_as_it_is(text: str) -> None:
    assert safe(safe(text)) == safe(text)
    assert len(safe(text)) >= len(text)


@given(HOSTILE)
def test_safe_json_is_the_same_json(text: str) -> None:
    made = safe_json(json.dumps(text, ensure_ascii=False))
    assert json.loads(made) == text
    assert safe(made) == made


def test_a_page_begins_without_a_gap(capsys: pytest.CaptureFixture[str]) -> None:
    print_page([Heading("a"), "b", Heading("c")])
    assert capsys.readouterr().out == "a\nb\n\nc\n"
    print_page(["x"], err=True)
    assert capsys.readouterr().err == "x\n"


def test_json_is_readable(capsys: pytest.CaptureFixture[str]) -> None:
    print_json([{"a": "ä\x9b"}])
    assert capsys.readouterr().out == '[\n  {\n    "a": "ä\\u009b"\n  }\n]\n'


def test_what_a_stream_is() -> None:
    class Screen(io.StringIO):
        def isatty(self) -> bool:
            return True

    assert not Terminal.of(io.StringIO(), {}).is_terminal
    assert Terminal.of(Screen(), {}).colour
    assert not Terminal.of(Screen(), {"NO_COLOR": "1"}).colour
    assert not Terminal.of(Screen(), {"TERM": "dumb"}).colour


def test_nothing_is_drawn_where_nobody_watches(capsys: pytest.CaptureFixture[str]) -> None:
    with progress("fetching", 10) as bar:
        assert bar is None
    assert capsys.readouterr() == ("", "")


def test_a_bar_is_drawn_where_somebody_watches(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    class Watched(Terminal):
        @classmethod
        def of(cls, stream: object, environ: object) -> Terminal:
            del environ
            assert stream is sys.stderr
            return Terminal(is_terminal=True, colour=False, width=80)

    monkeypatch.setattr(terminal_module, "Terminal", Watched)
    monkeypatch.setenv("FORCE_COLOR", "1")
    with progress("fetching", 10) as bar:
        assert bar is not None
        bar.add(4)
        bar.add(6)
    assert "fetching" in capsys.readouterr().err
