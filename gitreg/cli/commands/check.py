"""Check: validate, changes, fsck, schema."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Literal, TypedDict, Unpack

import click

from gitreg.cli import forging
from gitreg.cli.params import SPAN
from gitreg.cli.session import Reply, Session, exit_code_of
from gitreg.cli.tree import command
from gitreg.cli.views import checks
from gitreg.decisions import awaited, outcome_of
from gitreg.errors import NotFound, UsageError
from gitreg.resources import schema_names, schema_text
from gitreg.terminal import progress

if TYPE_CHECKING:
    from gitreg.decisions import Finding
    from gitreg.report import Blocks

__all__ = ["changes", "fsck", "schema", "validate"]

Format = Literal["text", "json", "github"]


class _Asked(TypedDict):
    """What is to be judged, and how strictly."""

    base: str | None
    head: str
    is_push: bool
    awaiting: Literal["fail", "pass"]
    is_told: bool


@command("validate")
@click.option("--base", metavar="REF", help="What it would be merged into; main as the remote has it.")
@click.option("--head", metavar="REF", default="HEAD", show_default=True, help="The proposal.")
@click.option("--push", "is_push", is_flag=True, help="Judge every commit from base to head, not the whole as one.")
@click.option(
    "--awaiting",
    type=click.Choice(["fail", "pass"]),
    default="fail",
    show_default=True,
    help="The answer of a proposal that only waits for people.",
)
@click.option("--publish", "is_told", is_flag=True, help="Set the check gitreg beside the head on the forge, too.")
@click.option("--facts", type=SPAN, metavar="A..B", help="Check the ledger instead, from A to B.")
@click.option("--format", "layout", type=click.Choice(["text", "json", "github"]), default="text", show_default=True)
def validate(session: Session, facts: tuple[str, str] | None, layout: Format, **asked: Unpack[_Asked]) -> Reply:
    """Check a proposal, or what was recorded, by the rules of the base.

    People, keys, policies and holds are those of the base, never the proposal's. Exit code 1 where a rule says no, 6
    where it cannot be told. With `--awaiting pass` what only people's word is missing of is told as a warning, and the
    answer is yes: for the job of a pull request whose merge waits for the check `gitreg`.
    """
    registry = session.registry
    may_wait = asked["awaiting"] == "pass"
    if may_wait and (facts is not None or asked["is_push"]):
        raise UsageError("--awaiting is of a proposal; what is pushed to main, and facts, wait for nobody.")
    if facts is not None:
        return _judged(registry.check_facts(*facts), layout)
    base = asked["base"] or checks.default_base(registry.store)
    found = registry.validate(base, asked["head"], is_push=asked["is_push"])
    if asked["is_told"]:
        forging.publish(registry, asked["head"], found, may_wait=may_wait)
    return _judged(_waiting(found) if may_wait else found, layout)


def _waiting(found: list[Finding]) -> list[Finding]:
    """What is only missing of people's word as warnings, where nothing else stands in the way."""
    waiting = awaited(found)
    return [replace(each, severity="warn") if each in waiting else each for each in found]


def _judged(found: list[Finding], layout: Format) -> Reply:
    pages: dict[Format, Blocks] = {
        "text": checks.findings_page(found),
        "json": checks.json_lines(found),
        "github": checks.annotation_lines(found),
    }
    return Reply(checks.findings(found), pages[layout], exit_code=exit_code_of(outcome_of(found)))


@command("changes")
@click.argument("span", type=SPAN, metavar="BASE..HEAD")
def changes(session: Session, span: tuple[str, str]) -> Reply:
    """List what moved between two commits.

    Stages in which another version is in force, not what merely stands there: what a deployment has to do.
    """
    found = session.registry.changes(*span)
    return Reply([checks.change(each) for each in found], checks.changes_page(found))


@command("fsck")
def fsck(session: Session) -> Reply:
    """Check every document and every stored byte."""
    with progress("checking") as bar:
        found = session.registry.fsck(bar)
    return Reply(checks.checkup(found), checks.checkup_page(found), exit_code=0 if found.is_sound else 1)


@command("schema")
@click.argument("name", required=False)
def schema(session: Session, name: str | None) -> Reply:
    """Print a JSON Schema, or list them.

    Schemas of documents (`decision`, or `decision-v1`) and of what `--json` prints (`cli/runs`).
    """
    del session
    if name is None:
        return Reply([*schema_names()], schema_names())
    text = schema_text(_full_name(name))
    return Reply(checks.parsed(text), text.splitlines())


def _full_name(name: str) -> str:
    """`decision` is the newest of its versions."""
    fitting = [each for each in schema_names() if name in (each, each.rpartition("-v")[0])]
    if not fitting:
        raise NotFound(f"There is no schema {name!r:.60}.", subject=name, hint="List them: gitreg schema")
    return max(fitting, key=lambda each: (len(each), each))
