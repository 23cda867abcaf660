"""What holds for every command: the catalogue, help, errors, exit codes."""

from __future__ import annotations

import json
import os
import pty
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click
import pytest

from gitreg.cli import make_root
from gitreg.cli.catalogue import ENTRIES, SECTIONS, Entry
from gitreg.cli.failures import failure_of, guarded, tell, wants_json
from gitreg.cli.tree import Command, load
from gitreg.errors import GitregError, NotFound, VersionNotFound

if TYPE_CHECKING:
    from tests.cli.conftest import Gitreg

COMMANDS = Path(__file__).parents[2] / "gitreg/cli/commands"
each_command = pytest.mark.parametrize("entry", ENTRIES.values(), ids=ENTRIES)


@each_command
def test_the_catalogue_says_what_the_command_says(entry: Entry) -> None:
    command = load(entry)
    assert (command.help or "").partition("\n")[0] == entry.help
    assert command.entry.path == (entry.same_as or entry.path)
    assert entry.section in SECTIONS


@each_command
def test_every_example_is_of_its_command(entry: Entry) -> None:
    assert f"gitreg {entry.same_as or entry.path} " in f"{entry.example} " or f"gitreg {entry.name} " in entry.example


@each_command
def test_every_command_has_help_with_an_example(entry: Entry, gitreg: Gitreg) -> None:
    told = gitreg(*entry.path.split(), "--help")
    assert told.code == 0
    assert entry.example in told.out
    assert ("--json" in told.out) == bool(entry.shape)


def test_the_help_shows_the_day_in_order(gitreg: Gitreg) -> None:
    told = gitreg("--help")
    places = [told.out.index(f"\n{section}:\n") for section in SECTIONS]
    assert places == sorted(places)
    assert gitreg().out == told.out


def test_help_loads_neither_the_documents_nor_git(person: dict[str, str]) -> None:
    code = (
        "import sys; from gitreg.cli import make_root\n"
        "try: make_root().main(['--help'])\n"
        "except SystemExit: pass\n"
        "heavy = {'pydantic', 'dulwich', 'rich', 'cryptography', 'sqlite3'}\n"
        "print(*sorted(heavy & sys.modules.keys()), file=sys.stderr)"
    )
    # Coverage, where it measures, would load things of its own into every process.
    around = {name: value for name, value in os.environ.items() if not name.startswith("COVERAGE")}
    done = subprocess.run([sys.executable, "-c", code], env={**around, **person}, capture_output=True, check=True)
    assert done.stderr.decode().strip() == ""


def test_every_command_module_is_in_the_catalogue() -> None:
    modules = {path.stem for path in COMMANDS.glob("*.py")} - {"__init__"}
    assert modules == {entry.module for entry in ENTRIES.values()}


def test_a_wrong_word_is_answered_with_the_nearest_right_one(gitreg: Gitreg) -> None:
    told = gitreg("promot", "fraud")
    assert told.code == 2
    assert told.err == (
        "error: There is no command 'promot' in gitreg. Did you mean 'promote'?\nhint: gitreg promote fraud\n"
    )


def test_a_wrong_option_with_json_is_json(gitreg: Gitreg) -> None:
    told = gitreg("runs", "list", "--json", "--nope")
    assert told.code == 2
    assert told.error["code"] == "usage-error"
    assert told.error["hint"] == "gitreg runs list --help"


def test_a_group_alone_is_a_mistake(gitreg: Gitreg) -> None:
    told = gitreg("runs")
    assert (told.code, told.out) == (2, "")
    assert "Usage: gitreg runs" in told.err


def test_the_version_is_printed(gitreg: Gitreg) -> None:
    assert gitreg("--version").out.startswith("gitreg 0.")


def _families(of: type[GitregError]) -> set[type[GitregError]]:
    return {of}.union(*(_families(each) for each in of.__subclasses__()))


@pytest.mark.parametrize("error", sorted(_families(GitregError), key=str))
def test_an_error_keeps_its_exit_code_message_and_hint(error: type[GitregError]) -> None:
    failure = failure_of(error("No.", subject="it", hint="Do."))
    assert failure == (error.exit_code, error("x").code, "No.", "Do.", "it")
    assert 1 <= failure.exit_code <= 6


def test_an_error_is_told_in_two_lines_or_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    failure = failure_of(VersionNotFound("fraud has no version 9.", subject="fraud/9", hint="gitreg versions fraud"))
    tell(failure, as_json=False)
    assert capsys.readouterr().err == "error: fraud has no version 9.\nhint: gitreg versions fraud\n"
    tell(failure, as_json=True)
    assert json.loads(capsys.readouterr().err) == {
        "error": {
            "code": "version-not-found",
            "message": "fraud has no version 9.",
            "hint": "gitreg versions fraud",
            "subject": "fraud/9",
        }
    }


def test_an_error_cannot_command_the_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    hostile = NotFound("\x1b[2J\u202egnp.\x9b1m\udcff", hint="a\nhint: b")
    tell(failure_of(hostile), as_json=False)
    assert capsys.readouterr().err == "error: \\x1b[2J\\u202egnp.\\x9b1m\\udcff\nhint: a\\nhint: b\n"
    tell(failure_of(hostile), as_json=True)
    shown = capsys.readouterr().err
    assert shown.isprintable() or shown.removesuffix("\n").isprintable()
    assert json.loads(shown)["error"]["message"] == hostile.message


def test_a_defect_is_told_without_its_traceback() -> None:
    failure = failure_of(KeyError("x"))
    assert failure.exit_code == 70
    assert "GITREG_DEBUG=1" in failure.hint


def test_what_the_system_refuses_is_storage() -> None:
    failure = failure_of(OSError(28, "No space left on device", "/data/x"))
    assert failure == (5, "storage-error", "/data/x: No space left on device.", "", "/data/x")


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["runs", "list", "--json"], True),
        (["validate", "--format", "json"], True),
        (["validate", "--format=json"], True),
        (["run", "--", "x", "--json"], False),
        (["runs", "list"], False),
    ],
)
def test_whether_json_was_asked_for_is_seen_before_parsing(words: list[str], expected: object) -> None:
    assert wants_json(words) is expected


def raising(error: BaseException) -> click.Group:
    """A tree in which every command fails in one way."""
    root = make_root()

    def fail(*_: object) -> Command:
        raise error

    root.get_command = fail  # type: ignore[assignment,method-assign]
    return root


@pytest.mark.parametrize(
    ("error", "code"),
    [(KeyboardInterrupt(), 130), (click.Abort(), 130), (KeyError("x"), 70), (PermissionError(13, "No"), 5)],
)
def test_whatever_happens_has_its_exit_code(error: BaseException, code: int) -> None:
    with pytest.raises(SystemExit) as ended:
        raising(error).main(["status"])
    assert ended.value.code == code


def test_a_file_that_ends_too_soon_is_no_interruption(capsys: pytest.CaptureFixture[str]) -> None:
    def call(_: list[str]) -> None:
        raise click.Abort from EOFError("marshal data too short")  # as click does

    with pytest.raises(SystemExit) as ended:
        guarded(call, [])
    assert ended.value.code == 70
    assert "marshal data too short" in capsys.readouterr().err


def test_a_traceback_is_there_for_who_asks(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("GITREG_DEBUG", "1")
    with pytest.raises(SystemExit):
        raising(KeyError("x")).main(["status"])
    assert "Traceback" in capsys.readouterr().err


def test_a_reader_that_goes_away_is_no_failure_to_tell(person: dict[str, str]) -> None:
    program = [sys.executable, "-c", "from gitreg.cli import main; main()", "schema", "decision"]
    with subprocess.Popen(
        program, env={**os.environ, **person}, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        assert process.stderr.read() == b""
        assert process.wait() == 141


def on_a_terminal(args: list[str], environ: dict[str, str]) -> str:
    """What the program writes when a terminal reads it."""
    master, slave = pty.openpty()
    program = [sys.executable, "-c", "from gitreg.cli import main; main()", *args]
    done = subprocess.run(program, env={**os.environ, **environ}, stdout=slave, stderr=slave, check=False)
    os.close(slave)
    text = os.read(master, 100_000).decode()
    os.close(master)
    assert done.returncode
    return text


def test_colour_is_for_terminals_that_want_it(person: dict[str, str]) -> None:
    plain = {key: value for key, value in person.items() if key != "NO_COLOR"}
    assert "\x1b[" in on_a_terminal(["nope"], {**plain, "TERM": "xterm"})
    assert "\x1b[" not in on_a_terminal(["nope"], {**plain, "TERM": "xterm", "NO_COLOR": "1"})
