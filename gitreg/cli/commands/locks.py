"""Lock files: which versions an application uses."""

from __future__ import annotations

from pathlib import Path

import click

from gitreg.cli.session import Reply, Session
from gitreg.cli.tree import command
from gitreg.cli.views import locks
from gitreg.documents import LOCK_FILE
from gitreg.errors import AnswerIsNo, CannotTell, InvalidValue
from gitreg.terminal import progress

__all__ = ["lock"]


@command("lock")
@click.argument("addresses", metavar="[ADDRESS]...", nargs=-1)
@click.option("--update", is_flag=True, help="Bring every address up to what it stands for now.")
@click.option("--check", is_flag=True, help="Change nothing; 1 where an address is behind, 6 where one was taken back.")
@click.option("--file", "name", metavar="FILE", default=LOCK_FILE, show_default=True, help="The lock file.")
def lock(session: Session, addresses: tuple[str, ...], update: bool, check: bool, name: str) -> Reply:
    """Write down which versions an application uses.

    Into gitreg.lock, beside its code: version, decision, landing and every file by digest. An update of it is reviewed
    as that of any other dependency. gitreg pull --lock fetches exactly those files.
    """
    if bool(addresses) == (update or check):
        raise InvalidValue("Name what to lock, or say --update or --check.", hint="gitreg lock models:/MODEL@STAGE")
    keeper, file = session.registry.locks, Path(name)
    if addresses:
        keeper.lock(file, addresses)
    elif not check:
        keeper.update(file)
    found = keeper.check(file)
    code = CannotTell.exit_code if any(each.is_refused for each in found) else 0
    if check and not code and any(each.state != "current" for each in found):
        code = AnswerIsNo.exit_code
    return Reply(locks.lock_file(file, found), locks.check_page(file, found), exit_code=code)


def pull_locked(session: Session, file: Path, target: Path) -> Reply:
    """Fetch all that a lock file names, for `gitreg pull`."""
    keeper = session.registry.locks
    with progress("fetching") as bar:
        folders = keeper.pull(file, target, bar)
    return Reply(locks.pulled(target, keeper.files(file)), locks.pulled_page(folders))
