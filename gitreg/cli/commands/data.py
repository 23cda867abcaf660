"""Data: versions of files, folders and tables."""

from __future__ import annotations

from pathlib import Path
from typing import TypedDict, Unpack

import click

from gitreg.cli.options import columns_option, message_option
from gitreg.cli.params import PAIR
from gitreg.cli.session import Reply, Session
from gitreg.cli.tree import command
from gitreg.cli.views import data, datadiffs, models
from gitreg.errors import AnswerIsNo
from gitreg.terminal import progress

__all__ = ["data_add", "data_describe", "data_diff", "data_get", "data_list", "data_show", "data_tag"]

address_argument = click.argument("address", metavar="NAME[@VERSION]")
"""A dataset, by itself its latest version; or `@` and the first digits of a version's digest."""


class _Adding(TypedDict):
    """How data is added."""

    name: str | None
    message: str | None
    personal: bool
    profile: bool
    categories: bool
    row_hashes: bool


@command("data add")
@click.argument("path", metavar="PATH")
@click.option("--name", metavar="NAME", help="The dataset; else the name of the file or folder.")
@click.option("--profile", is_flag=True, help="Keep how a table's columns are spread, for checks of drift.")
@click.option("--categories", is_flag=True, help="The same, with the most frequent values by name.")
@click.option("--row-hashes", is_flag=True, help="Keep a hash of every row, for checks of overlap.")
@click.option("--personal", is_flag=True, help="Seal each file under a key of its own, which erase destroys.")
@click.option("--reference", is_flag=True, help="PATH is the URL of a file that others keep: record its digest.")
@click.option("--unread", is_flag=True, help="Such a file: do not read it, and take its server's word for it.")
@message_option
def data_add(session: Session, path: str, reference: bool, unread: bool, **how: Unpack[_Adding]) -> Reply:
    """Store a version of a file, folder or table.

    Large files are cut where their content says, so that a version in which little changed stores little. The same
    content again is the same version.
    """
    if reference or unread:
        with progress("reading") as bar:
            name, message = how["name"], how["message"]
            referred = session.registry.data.refer(path, name, unread=unread, message=message, progress=bar)
        return Reply(data.added(referred), data.added_page(referred))
    with progress("storing") as bar:
        found = session.registry.data.add(session.path(path), bar, **how)
    return Reply(data.added(found), data.added_page(found))


@command("data list")
@click.argument("name", metavar="[NAME]", required=False)
def data_list(session: Session, name: str | None) -> Reply:
    """List datasets, or the versions of one.

    The latest version comes first, each with how much it stores that no earlier one has.
    """
    catalogue = session.registry.data
    if name is None:
        found = catalogue.list()
        return Reply([data.summary(view) for view in found], data.list_page(found))
    versions = catalogue.versions(catalogue.version(name).name)
    new = catalogue.new_bytes(versions)
    return Reply(data.versions(versions, new), data.versions_page(versions, new))


@command("data show")
@address_argument
@click.option("--verify", is_flag=True, help="Read all of it again, wherever it lies; exit code 1 where it is another.")
def data_show(session: Session, address: str, verify: bool) -> Reply:
    """Show one version of a dataset."""
    catalogue = session.registry.data
    found = catalogue.version(address)
    new = catalogue.new_bytes(catalogue.versions(found.name))[found.digest]
    if not verify:
        return Reply(data.version(found, new), data.show_page(found, new))
    with progress("reading", found.document.size_bytes) as bar:
        is_right = catalogue.verify(found, bar)
    page = data.show_page(found, new, verified=is_right)
    return Reply(data.version(found, new, verified=is_right), page, exit_code=0 if is_right else AnswerIsNo.exit_code)


@command("data diff")
@address_argument
@click.argument("other", metavar="[NAME[@VERSION]]", required=False)
@columns_option
def data_diff(session: Session, address: str, other: str | None, key: tuple[str, ...]) -> Reply:
    """Show what changed between two versions of a dataset.

    Of one alone, since the version before it. Folders are compared file by file; tables by their rows, their columns,
    and how their values are spread.
    """
    with progress("reading") as bar:
        found = session.registry.data.diff(address, other, key=key, progress=bar)
    return Reply(datadiffs.difference(found), datadiffs.page(found))


@command("data get")
@address_argument
@click.option("-o", "--output", "target", metavar="PATH", type=click.Path(path_type=Path), help="Where to write it.")
def data_get(session: Session, address: str, target: Path | None) -> Reply:
    """Write a version of a dataset to a new file or folder.

    Every byte is checked. Interrupted, the same again fetches only what is still missing here.
    """
    found = session.registry.data.version(address)
    with progress("fetching", found.document.size_bytes) as bar:
        fetched = session.registry.data.get(found, session.path(str(target)) if target else None, bar)
    return Reply(data.fetched(fetched), data.fetched_page(fetched))


@command("data describe")
@address_argument
@click.argument("text", required=False)
@message_option
def data_describe(session: Session, address: str, text: str | None, message: str | None) -> Reply:
    """Say what a version of a dataset is.

    Without TEXT the description is taken away.
    """
    recorded = session.registry.data.describe(address, text, message=message)
    said = f"{address} is described." if text else f"{address} has no description any more."
    return Reply({"subject": address, "description": text}, models.recorded_page(said, recorded))


@command("data tag")
@address_argument
@click.argument("tags", nargs=-1, type=PAIR, metavar="KEY=VALUE...")
@click.option("--remove", multiple=True, metavar="KEY", help="Take a tag away; again for more.")
@message_option
def data_tag(
    session: Session, address: str, tags: tuple[tuple[str, str], ...], remove: tuple[str, ...], message: str | None
) -> Reply:
    """Set or remove tags of a version of a dataset."""
    wanted = {**dict(tags), **dict.fromkeys(remove)}
    recorded = session.registry.data.tag(address, wanted, message=message)
    return Reply({"subject": address, "tags": wanted}, models.recorded_page(f"{address} is tagged.", recorded))
