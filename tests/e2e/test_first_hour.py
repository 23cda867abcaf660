"""The likeliest mistakes of a first hour: each is made, what it says stands word for word in docs/first-hour.md, and
the remedy that stands beside it is pasted and has to work. `GOLDEN=update` writes the rows of the page anew.
"""

from __future__ import annotations

import os
import re
import shlex
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.e2e.clerk import Clerk, Told, assert_clean
from tests.golden import normal

if TYPE_CHECKING:
    from tests.e2e.conftest import Offices

PAGE = Path(__file__).parents[2] / "docs/first-hour.md"
SHOWN_PROPOSAL, SHOWN_KEY = "fraud-2-production-3f2a", "~/.ssh/id_ed25519"
SECRET, SHOWN_SECRET = "AKIAIOSFODNN7EXAMPLE", "AKIA…"  # the example of AWS's own documentation

SHOWN_RUN = "4d5a62f5"
_NAME = re.compile(r"\b[a-z]+-[a-z]+-[0-9]{1,3}\b")
_SHORT = re.compile(r"\b[0-9a-f]{8}\b")


@dataclass(frozen=True)
class Mistake:
    """A line that somebody types, and what she pastes then; `before` is what led to it.

    `again`: the line is typed once more after the remedy and has to work. Elsewhere the remedy is the line as it was
    meant. `office` is where (tests/e2e/conftest.py), or "nowhere": an empty folder.
    """

    typed: str
    remedy: tuple[str, ...]
    before: tuple[str, ...] = ()
    again: bool = False
    office: str = "alone"
    who: str = "ada"


def mistake(
    typed: str, *remedy: str, before: tuple[str, ...] = (), again: bool = False, office: str = "alone", who: str = "ada"
) -> Mistake:
    return Mistake(typed, remedy, before, again, office, who)


BEGUN = "gitreg runs start -e churn"
MODEL = ("mkdir model", "cp gitreg.json model/weights.bin")
PROPOSED = "gitreg promote fraud 2 --to production -m better --key {key}"
SIGNED = "gitreg approve {proposal} --key {key}"

MISTAKES = [
    # --- where am I
    mistake("gitreg status", "gitreg init .", office="nowhere", again=True),
    mistake("gitreg init", "gitreg status"),
    mistake(
        "gitreg init",
        "gitreg init --here",
        before=("git init -q", "git commit -qm code --allow-empty"),
        office="nowhere",
    ),
    mistake(
        "gitreg status",
        "gitreg init --here",
        before=("git init -q", "git commit -qm code --allow-empty"),
        office="nowhere",
        again=True,
    ),
    mistake("gitreg -C registri status", "gitreg -C . status"),
    mistake("gitreg promot fraud 2 --to staging -m why", "gitreg promote fraud 2 --to staging -m why"),
    mistake("gitreg history fraud", "gitreg log fraud"),
    mistake("gitreg runs search -e chrun", "gitreg runs list -e churn", before=(BEGUN,)),
    mistake("gitreg show fraud", "gitreg models show fraud"),
    # --- recording
    mistake("gitreg run train.py", "gitreg run -- python train.py", before=("touch train.py",)),
    mistake("gitreg runs record @last --metric auc", "gitreg runs record @last --metric auc=0.93", before=(BEGUN,)),
    mistake("gitreg runs record @last --metric auc=high", "gitreg runs record @last --tag auc=high", before=(BEGUN,)),
    mistake("gitreg runs record @last --param depth", "gitreg runs record @last --param depth=4", before=(BEGUN,)),
    mistake("gitreg runs record @last --metric auc=0.93", BEGUN, "gitreg runs record @last --metric auc=0.93"),
    mistake(
        "gitreg runs record 12345678 --param depth=4",
        "gitreg runs list",
        BEGUN,
        "gitreg runs record @last --param depth=4",
    ),
    mistake(
        "gitreg runs record @last --param depth=5",
        "gitreg runs record @last --param depth_2=5",
        before=(BEGUN, "gitreg runs record @last --param depth=4"),
    ),
    mistake(
        "gitreg runs record @last --param token={secret}",
        "gitreg runs record @last --param token=from-the-vault",
        before=(BEGUN,),
    ),
    mistake(
        "gitreg runs record @last --artifact plot.png", "gitreg runs record @last --artifact README.md", before=(BEGUN,)
    ),
    mistake(
        "gitreg runs record @last --model model.pkl", *MODEL, "gitreg runs record @last --model model", before=(BEGUN,)
    ),
    mistake("gitreg runs finish @last", "gitreg runs show @last"),
    mistake("gitreg runs show 12345678", "gitreg runs list", "gitreg runs show @last"),
    # --- finding
    mistake("gitreg runs search 'auc > 0.9'", "gitreg runs search 'metrics.auc > 0.9'"),
    mistake("gitreg runs search 'params.name = big'", "gitreg runs search \"params.name = 'big'\""),
    mistake(
        "gitreg runs search 'metrics.auc > 0.9 ADN params.depth = 4'",
        "gitreg runs search 'metrics.auc > 0.9 AND params.depth = 4'",
    ),
    mistake("gitreg runs search 'metrics.auc >'", "gitreg runs search 'metrics.auc > 0'"),
    # --- registering and resolving
    mistake("gitreg register runs:/@last/model", "gitreg register runs:/@last/model --name fraud"),
    mistake("gitreg register @last --name fraud", "gitreg register runs:/@last/model --name fraud"),
    mistake(
        "gitreg register runs:/@last/weights --name fraud",
        "gitreg artifacts list @last",
        "gitreg register runs:/@last/model --name fraud",
    ),
    mistake("gitreg register runs:/@last/model --name fraud/eu", "gitreg register runs:/@last/model --name fraud-eu"),
    mistake("gitreg models show frauds", "gitreg models list", "gitreg models show fraud"),
    mistake("gitreg log frauds", "gitreg log fraud"),
    mistake("gitreg resolve model:/fraud/1", "gitreg resolve models:/fraud/1"),
    mistake("gitreg resolve models:/fraud", "gitreg resolve models:/fraud/latest"),
    mistake("gitreg resolve models:/fraud/9", "gitreg versions fraud", "gitreg resolve models:/fraud/2"),
    mistake("gitreg resolve models:/fraud@prod", "gitreg models show fraud", "gitreg resolve models:/fraud@production"),
    mistake(
        "gitreg resolve models:/fraud@staging", "gitreg promote fraud 1 --to staging -m 'for the testers'", again=True
    ),
    mistake(
        "gitreg pull models:/fraud/1 -o served",
        "gitreg pull models:/fraud/1 -o served-anew",
        before=("mkdir served", "touch served/mine"),
    ),
    # --- deciding
    mistake("gitreg promote fraud 2 --to prod -m better", "gitreg promote fraud 2 --to production -m better"),
    mistake("gitreg promote fraud 2 --to production", "gitreg promote fraud 2 --to production -m better"),
    mistake("gitreg promote fraud/2 --to production -m better", "gitreg promote fraud 2 --to production -m better"),
    mistake("gitreg promote fraud 1 --to production -m again", "gitreg resolve models:/fraud@production"),
    mistake("gitreg alias fraud production 1", "gitreg alias fraud champion 1"),
    mistake("gitreg rollback fraud --stage production -m worse", "gitreg withdraw fraud --stage production -m worse"),
    mistake(
        "gitreg rollback fraud -m worse",
        "gitreg rollback fraud --stage production -m worse",
        before=("gitreg promote fraud 2 --to production -m better",),
    ),
    mistake("gitreg validate --base master", "gitreg validate --base main"),
    # --- with others
    mistake(
        "gitreg merge {proposal}",
        SIGNED,
        "git status",
        before=("gitreg promote fraud 2 --to production -m better",),
        office="protected",
    ),
    mistake("gitreg merge {proposal}", "gitreg proposals show {proposal}", before=(PROPOSED,), office="protected"),
    mistake("gitreg approve {proposal}", SIGNED, before=(PROPOSED,), office="protected", who="ben"),
    mistake(
        "gitreg approve fraud-3 --key {key}",
        "gitreg proposals list",
        SIGNED,
        before=(PROPOSED,),
        office="protected",
        who="ben",
    ),
    mistake("gitreg approve {proposal} --key missing", SIGNED, before=(PROPOSED,), office="protected", who="ben"),
]


@dataclass
class Hour:
    """Somebody who types, where the mistake is made."""

    clerk: Clerk

    def types(self, line: str) -> Told:
        """One line of a shell: gitreg in this process, everything else by bash."""
        proposal = self.proposal if "{proposal}" in line else ""
        meant = line.format(proposal=proposal, key=self.clerk.key, secret=SECRET)
        words = shlex.split(meant)
        if words[0] == "gitreg":
            return self.clerk.run(*words[1:])
        done = subprocess.run(
            ["bash", "-c", meant],
            cwd=self.clerk.folder,
            env=self.clerk.desk.environment,
            capture_output=True,
            text=True,
            check=False,
        )
        return Told(done.returncode, done.stdout, done.stderr)

    def does(self, line: str) -> None:
        told = self.types(line)
        assert told.code == 0, f"{line}: exit {told.code}\n{told.out}{told.err}"

    @property
    def proposal(self) -> str:
        [listed] = self.clerk.reads("proposals", "list")
        return str(listed["id"])

    def shown(self, text: str) -> str:
        """As the page has it: nothing of this machine, ids by kind."""
        known = {str(self.clerk.key): SHOWN_KEY, str(self.clerk.folder): "/home/ada/registry"}
        if SHOWN_PROPOSAL[:-4] in text:
            known[self.proposal] = SHOWN_PROPOSAL
        for found, name in known.items():
            text = text.replace(found, name)
        text = _SHORT.sub(SHOWN_RUN, _NAME.sub("deft-kite-711", text))
        return normal(text).replace("<id>", SHOWN_RUN).strip()


def _cell(lines: list[str]) -> str:
    """Code that a table takes: a bar would end the cell, and a backtick the code."""
    return "<br>".join(f"`{line.replace('|', chr(92) + '|')}`" for line in lines)


def _row(hour: Hour, made: Mistake, told: Told) -> str:
    names = {"proposal": SHOWN_PROPOSAL, "key": SHOWN_KEY, "secret": SHOWN_SECRET}
    cells = [[made.typed.format(**names)], hour.shown(told.err).splitlines()]
    return " | ".join(["", *map(_cell, [*cells, [line.format(**names) for line in made.remedy]]), ""]).strip()


def _rows() -> list[str]:
    return [line for line in PAGE.read_text().splitlines() if line.startswith("| `")]


def _write(number: int, row: str) -> None:
    lines = PAGE.read_text().splitlines()
    rows = [at for at, line in enumerate(lines) if line.startswith("| `")]
    if number < len(rows):
        lines[rows[number]] = row
    else:
        lines.append(row)
    PAGE.write_text("\n".join(lines) + "\n")


@pytest.mark.parametrize("number", range(len(MISTAKES)), ids=[each.typed for each in MISTAKES])
def test_a_mistake_is_told_as_the_page_says_and_its_remedy_works(number: int, offices: Offices, tmp_path: Path) -> None:
    made = MISTAKES[number]
    (tmp_path / "empty").mkdir()
    clerk = Clerk.of("ada", tmp_path, tmp_path / "empty") if made.office == "nowhere" else None
    hour = Hour(clerk or offices(made.office).clerk(made.who))
    for line in made.before:
        hour.does(line)
    told = hour.types(made.typed)
    assert told.code != 0
    assert_clean(told.err)
    row = _row(hour, made, told)
    if os.environ.get("GOLDEN") == "update":
        _write(number, row)
    assert row == _rows()[number], "GOLDEN=update make unit PYTEST_ARGS=tests/e2e/test_first_hour.py"
    for line in made.remedy:
        hour.does(line)
    if made.again:
        hour.does(made.typed)


def test_the_page_has_these_mistakes_and_no_others() -> None:
    assert len(_rows()) == len(MISTAKES) >= 40
