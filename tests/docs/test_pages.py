"""Docs fail when they lie: every command of every page is run, in its order, in an empty folder."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.docs.pages import Step, matches, steps

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
WITH_STEPS = [page for page in PAGES if any(True for _ in steps(page.read_text()))]
MARK = "@@@gitreg-docs@@@"


def _script(page: list[Step]) -> str:
    """One shell for the whole page, so that variables and folders last; a mark and the exit code after each step."""
    return "".join(f"{step.shell.rstrip()}\necho '{MARK}' $? >&2; echo '{MARK}'\n" for step in page)


def _environment(home: Path) -> dict[str, str]:
    """A new user's: no git configuration but a name, our interpreter first in the path."""
    kept = {
        key: os.environ[key]
        for key in ("LANG", "TMPDIR", "COVERAGE_PROCESS_START", "COVERAGE_PROCESS_CONFIG")
        if key in os.environ
    }
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
    (home / ".gitconfig").write_text(
        "[user]\n\tname = Ada\n\temail = ada@example.org\n[init]\n\tdefaultBranch = main\n"
    )
    return {**kept, "PATH": path, "HOME": str(home), "COLUMNS": "120", "PYTHONWARNINGS": "error"}


@pytest.mark.timeout(300)
@pytest.mark.parametrize("page", WITH_STEPS, ids=[str(page.relative_to(ROOT)) for page in WITH_STEPS])
def test_every_command_of_a_page_does_what_the_page_says(page: Path, tmp_path: Path) -> None:
    home, folder = tmp_path / "home", tmp_path / "here"
    home.mkdir()
    folder.mkdir()
    found = list(steps(page.read_text()))
    done = subprocess.run(
        ["bash", "-c", _script(found)], cwd=folder, env=_environment(home), capture_output=True, text=True, check=False
    )
    printed = done.stdout.split(MARK + "\n")
    errors = re.split(rf"{MARK} (\d+)\n", done.stderr)
    assert len(printed) == len(found) + 1, f"{page.name} ended early:\n{done.stderr[-2000:]}"
    for number, step in enumerate(found):
        code, said = errors[2 * number + 1], errors[2 * number]
        where = f"{page.relative_to(ROOT)}:{step.line}\n$ {step.shell}{printed[number]}{said}"
        assert code == "0" or "# exit " + code in step.shell, f"exit {code} at {where}"
        assert step.prints is None or matches(step.prints, printed[number] + said), f"other output at {where}"


@pytest.mark.parametrize("page", PAGES, ids=[str(page.relative_to(ROOT)) for page in PAGES])
def test_every_link_inside_the_repository_leads_somewhere(page: Path) -> None:
    targets = re.findall(r"\]\((?!https?:|mailto:|#)([^)#\s]+)", page.read_text())
    assert [target for target in targets if not (page.parent / target).exists()] == []


def test_a_step_is_found_with_what_it_prints() -> None:
    shown = "<!-- run:\ncd x\n-->\n```console\n$ a \\\n    b\nout …\n$ c\n```\n"
    page = f"{shown}<!-- not run: why -->\n```console\n$ d\n```\n"
    assert [(step.shell, step.prints) for step in steps(page)] == [
        ("cd x\n", None),
        ("a \\\n    b\n", "out …"),
        ("c\n", None),
    ]


def test_dots_stand_for_anything() -> None:
    assert matches("run … started", "run brave-otter started\n")
    assert not matches("run … ended", "run brave-otter started\n")
