"""Arguments and options that several commands share."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, TypedDict, TypeVar

import click

from gitreg.cli.completing import complete_run, complete_stage

if TYPE_CHECKING:
    from gitreg.tracking import Direction

F = TypeVar("F", bound=Callable[..., object])

run_argument = click.argument("run", metavar="RUN", shell_complete=complete_run)
"""An id, a unique prefix or suffix of one, a generated name, or @last."""

message_option = click.option("-m", "--message", metavar="WHY", help="Why, for the record.")
reason_option = click.option("-m", "--message", metavar="WHY", required=True, help="Why, for the record.")
stage_option = click.option("--stage", metavar="STAGE", required=True, help="The stage.", shell_complete=complete_stage)
dry_run_option = click.option("--dry-run", is_flag=True, help="Say what would happen, and change nothing.")
way_option = click.option(
    "--maximize/--minimize", "is_more", default=None, help="Which is better, where the metric's name does not tell."
)
columns_option = click.option(
    "--key",
    metavar="COLUMNS",
    default="",
    callback=lambda _context, _option, text: tuple(each.strip() for each in text.split(",") if each.strip()),
    help="The columns that tell rows of data apart, between commas.",
)


def towards(is_more: bool | None) -> Direction | None:
    """What `way_option` said."""
    return None if is_more is None else "higher" if is_more else "lower"


def signing_options(function: F) -> F:
    """`--key FILE` and `--agent`."""
    agent = click.option("--agent", is_flag=True, help="Sign with the SSH agent's key that is yours.")
    key = click.option("--key", type=click.Path(path_type=Path), metavar="FILE", help="Sign with this OpenSSH key.")
    return key(agent(function))


def sign_options(function: F) -> F:
    """The same where `--key` is a key to add or remove: `--sign FILE` and `--agent`."""
    agent = click.option("--agent", is_flag=True, help="Sign with the SSH agent's key that is yours.")
    key = click.option(
        "--sign", "key", type=click.Path(path_type=Path), metavar="FILE", help="Sign with this OpenSSH key."
    )
    return key(agent(function))


class Signing(TypedDict):
    """Which key to sign with; the user's own where neither is given."""

    key: Path | None
    agent: bool
