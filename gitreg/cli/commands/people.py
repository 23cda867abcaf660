"""Who may approve, governed files, and holds."""

from __future__ import annotations

from pathlib import Path
from typing import Unpack

import click

from gitreg.cli.forging import decided
from gitreg.cli.governing import governed
from gitreg.cli.options import (
    Signing,
    dry_run_option,
    message_option,
    reason_option,
    sign_options,
    signing_options,
    stage_option,
)
from gitreg.cli.session import Reply, Session
from gitreg.cli.signers import fingerprint_of, read_public_key
from gitreg.cli.tree import command
from gitreg.cli.views import decisions
from gitreg.decisions import (
    OnForge,
    Target,
    account,
    add_person,
    governed_edits,
    remove_key,
    remove_person,
    report_compromise,
)
from gitreg.documents import Compromise, Digest, Fingerprint, Key, Principal

__all__ = [
    "approvers_add",
    "approvers_compromised",
    "approvers_list",
    "approvers_remove",
    "govern",
    "holds_add",
    "holds_lift",
    "holds_list",
]


class _Added(Signing):
    """What a person gets."""

    public_key: Path | None
    groups: tuple[str, ...]
    forge: tuple[str, ...]
    attests: bool


def _key(file: Path | None) -> Key | None:
    found = read_public_key(file) if file is not None else None
    return Key(type=found.type, key=found.base64) if found is not None else None


person_argument = click.argument("person", metavar="EMAIL")


@command("approvers list")
def approvers_list(session: Session) -> Reply:
    """List who may approve."""
    found = decisions.approvers(session.registry.record.people())
    return Reply(found, decisions.approvers_page(found))


@command("approvers add")
@person_argument
@click.option(
    "--key",
    "public_key",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="The person's public key.",
)
@click.option("--group", "groups", metavar="GROUP", multiple=True, help="A group to be in; again for more.")
@click.option("--forge", metavar="ACCOUNT", multiple=True, help="Whose reviews are hers: github:ada; again for more.")
@click.option("--attests", is_flag=True, help="A machine: its key says which reviews a forge shows.")
@message_option
@sign_options
@dry_run_option
def approvers_add(session: Session, person: str, message: str | None, dry_run: bool, **given: Unpack[_Added]) -> Reply:
    """Let a person approve, with a key, in groups.

    A public key as ssh-keygen makes it (id_ed25519.pub). One who is listed already gets the key, the groups and the
    accounts added. Somebody with an account and no key is heard by reviews alone, where a policy counts them.
    """
    signing: Signing = {"key": given["key"], "agent": given["agent"]}
    tree, who = session.registry.record.people().tree, Principal(person.lower())
    on_forge = OnForge(tuple(map(account, given["forge"])), given["attests"])
    edits = add_person(tree, who, _key(given["public_key"]), given["groups"], on_forge)
    return governed(session, edits, message or f"{person} may approve.", signing, dry_run=dry_run)


@command("approvers remove")
@person_argument
@click.option("--key", "which", metavar="FINGERPRINT|FILE", help="Only this key of theirs; the person stays.")
@message_option
@sign_options
@dry_run_option
def approvers_remove(
    session: Session, person: str, which: str | None, message: str | None, dry_run: bool, **signing: Unpack[Signing]
) -> Reply:
    """Take a person away, or one key.

    --key is a public key's file, or the beginning of its fingerprint as `gitreg approvers list` shows it. The last key
    of a person goes only with the person. What either signed before it stays what it was.
    """
    tree, who = session.registry.record.people().tree, Principal(person.lower())
    edits = remove_person(tree, who) if which is None else remove_key(tree, who, fingerprint_of(which))
    said = f"{person} no longer approves." if which is None else f"{person} no longer approves with this key."
    return governed(session, edits, message or said, signing, dry_run=dry_run)


@command("approvers compromised")
@click.argument("which", metavar="FINGERPRINT|FILE")
@click.option("--last-trusted", metavar="DECISION", required=True, help="The last decision to trust, or none.")
@click.option("--new-key", metavar="FILE", type=click.Path(path_type=Path), help="The owner's new public key.")
@reason_option
@sign_options
@dry_run_option
def approvers_compromised(
    session: Session,
    which: str,
    last_trusted: str,
    new_key: Path | None,
    message: str,
    dry_run: bool,
    **signing: Unpack[Signing],
) -> Reply:
    """Say that others may have signed with a key.

    Nobody signs with it any more, and `gitreg audit verify` lists every decision that rests on it since DECISION (a
    digest, as `gitreg log --json` shows it), or ever with `none`. Its owner stays, with --new-key instead.
    """
    last = None if last_trusted == "none" else Digest(last_trusted)
    said = Compromise(key=Fingerprint(fingerprint_of(which)), last_trusted=last, reason=message)
    new = read_public_key(new_key) if new_key is not None else None
    instead = Key(type=new.type, key=new.base64) if new is not None else None
    edits = report_compromise(session.registry.record.people().tree, said, instead)
    return governed(session, edits, message, signing, dry_run=dry_run)


@command("govern")
@click.argument("files", metavar="[PATH]...", nargs=-1)
@reason_option
@signing_options
@dry_run_option
def govern(session: Session, files: tuple[str, ...], message: str, dry_run: bool, **signing: Unpack[Signing]) -> Reply:
    """Propose governed files edited by hand: settings, policies, CI.

    Of the work tree that has main checked out; without PATH all that differ. They are brought into canonical form.
    """
    with governed_edits(session.registry.record.office, files, dry_run=dry_run) as edits:
        return governed(session, edits, message, signing, dry_run=dry_run)


@command("holds list")
@click.argument("model", required=False)
def holds_list(session: Session, model: str | None) -> Reply:
    """List the holds."""
    found = session.registry.record.holds(model)
    return Reply([decisions.hold(view) for view in found], decisions.holds_page(found))


@command("holds add")
@click.argument("model")
@click.argument("version")
@stage_option
@reason_option
@signing_options
def holds_add(
    session: Session, model: str, version: str, stage: str, message: str, **signing: Unpack[Signing]
) -> Reply:
    """Keep a version out of a stage."""
    digest, signer = session.registry.models.version(f"{model}/{version}").digest, session.signer(**signing)
    found = session.registry.proposals.hold(Target(model, stage), digest, message, signer=signer)
    return decided(session, found)


@command("holds lift")
@click.argument("model")
@click.argument("version")
@stage_option
@reason_option
@signing_options
def holds_lift(
    session: Session, model: str, version: str, stage: str, message: str, **signing: Unpack[Signing]
) -> Reply:
    """Let a held version in again."""
    digest, signer = session.registry.models.version(f"{model}/{version}").digest, session.signer(**signing)
    found = session.registry.proposals.lift(Target(model, stage), digest, message, signer=signer)
    return decided(session, found)
