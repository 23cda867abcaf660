"""Start: init, use, status, doctor."""

from __future__ import annotations

from typing import TypedDict, Unpack

import click

from gitreg.cli.options import message_option
from gitreg.cli.session import Reply, Session
from gitreg.cli.tree import command
from gitreg.cli.views import checks, start

__all__ = ["doctor", "init", "status", "use"]


class _Wishes(TypedDict):
    """What the new registry shall be."""

    protect: tuple[str, ...]
    blobs: str | None
    here: bool
    bare: bool
    ci: str | None
    message: str | None


@command("init")
@click.argument("path", default=".")
@click.option("--protect", metavar="STAGE", multiple=True, help="A stage that needs approval; again for more.")
@click.option("--blobs", metavar="PLACE", help="Where bytes go: s3://BUCKET/PREFIX for everyone, or a folder for you.")
@click.option("--here", is_flag=True, help="Beside the code of the git repository at PATH, on branches of its own.")
@click.option("--bare", is_flag=True, help="Without files, for others to clone.")
@click.option("--ci", metavar="SYSTEM", help="Install its checks: github, gitlab, gitea, jenkins, or bare (a hook).")
@message_option
def init(session: Session, path: str, **wishes: Unpack[_Wishes]) -> Reply:
    """Make a registry.

    A git repository with two branches: main, what people decided, and ledger, what machines recorded. Nothing is
    protected unless --protect says so.
    """
    from gitreg import _open

    registry = _open.init(session.path(path), **wishes, surroundings=session.surroundings)
    found = registry.status()
    return Reply(start.registry(found), start.init_page(found, bare=wishes["bare"]))


@command("use")
@click.argument("target", metavar="PATH|URL", required=False)
@click.option("--default", is_flag=True, help="For everything of this user, not only this code repository.")
@click.option("--blobs", metavar="PLACE", help="Keep this registry's bytes there: a folder or bucket, for you alone.")
def use(session: Session, target: str | None, default: bool, blobs: str | None) -> Reply:
    """Say which registry is meant here.

    Written into the git configuration of the code repository around this folder; where there is none, into your own.
    """
    from gitreg import _open

    written = ""
    if target is not None:
        folder = session.path(".")
        written = _open.use(target, default=default, folder=folder, surroundings=session.surroundings).why
    registry = _open.open_registry(target or session.folder, surroundings=session.surroundings)
    if blobs is not None:
        registry.use_blobs(blobs)
    found = registry.status()
    return Reply(start.registry(found), start.use_page(found, written))


@command("status")
def status(session: Session) -> Reply:
    """Show which registry and why, and what to do next."""
    found = session.registry.status()
    return Reply(start.status(found), start.status_page(found))


@command("doctor")
@click.option("--break-locks", is_flag=True, help="Remove locks of git that killed programs left, too.")
def doctor(session: Session, break_locks: bool) -> Reply:
    """Find and mend what a crash left behind.

    What is safe to mend is mended, and said. On a forge, with a token: which promise each missing branch rule breaks.
    Exit code 1 where something is wrong that needs a person.
    """
    from gitreg.cli.forging import branch_ailments

    of_forge, notes = branch_ailments(session.registry)
    found = [*session.registry.doctor(break_locks=break_locks), *of_forge]
    bad = any(each.severity == "block" for each in found)
    page = checks.ailments_page(found, "This clone is well.")
    return Reply([checks.ailment(each) for each in found], page, notes, 1 if bad else 0)
