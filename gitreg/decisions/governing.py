"""Governance decisions: what people want of the rules, as files that would land."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from gitreg.decisions.drafting import EXPIRES_AFTER, Draft, Wish
from gitreg.decisions.landing import is_governed
from gitreg.decisions.rulebook import Rulebook, fingerprint_of
from gitreg.documents import (
    HANDLE_PATTERN,
    Approver,
    Approvers,
    Compromise,
    Decision,
    Digest,
    Edits,
    Key,
    Principal,
    Tree,
    parse_json,
    paths,
)
from gitreg.errors import (
    AlreadyExists,
    Ambiguous,
    Conflict,
    InvalidDocument,
    InvalidName,
    InvalidValue,
    NotFound,
    PersonNotFound,
    Refused,
)
from gitreg.signing import public_key_of, render_allowed_signers

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gitreg.decisions.judging import Judge


def canonical(edits: Edits) -> dict[str, bytes | None]:
    """Governed files as gitreg writes them: a document edited by hand gets its one layout back.

    Raises `InvalidName` for a path that is not governed and `InvalidDocument` for content that is not a document.
    """
    return {path: _canonical(path, data) for path, data in edits.items()}


def _canonical(path: str, data: bytes | None) -> bytes | None:
    if not is_governed(path):
        message = f"{path} is not governed: nobody has to decide about it this way."
        raise InvalidName(message, subject=path, hint="Governed are settings, people, policies, model cards, sets, CI.")
    kind = paths.classify_main(path)
    if data is None or kind is None or kind.document is None:
        return data
    try:
        return kind.document.from_json(parse_json(data)).to_bytes()
    except (InvalidDocument, InvalidValue) as error:
        raise InvalidDocument(f"{path}: {error.message}", subject=path, hint=error.hint) from None


def rendered(tree: Tree, edits: Edits) -> dict[str, bytes | None]:
    """`edits` with allowed_signers made from approvers.json, and without what changes nothing."""
    wanted = dict(edits)
    data = wanted[paths.APPROVERS] if paths.APPROVERS in wanted else tree.read(paths.APPROVERS)
    people = None if data is None else Approvers.from_bytes(data, paths.APPROVERS)
    wanted[paths.ALLOWED_SIGNERS] = None if people is None else render_allowed_signers(people)
    return {path: data for path, data in wanted.items() if tree.read(path) != data}


def draft_govern(judge: Judge, edits: Edits, wish: Wish) -> Draft | Edits:
    """The decision that lands `edits`; where no stage is protected before or after, the edits alone.

    Raises `InvalidValue` where nothing changes.
    """
    tree = judge.tree()
    wanted = rendered(tree, canonical(edits))
    if not wanted:
        raise InvalidValue("These files are as they stand: there is nothing to decide.")
    before = judge.rulebook
    if not before.protected and not _protects(wanted, before):
        return wanted
    return _draft(judge, wanted, wish)


def _protects(edits: Edits, before: Rulebook) -> bool:
    data = edits.get(paths.SETTINGS)
    settings = type(before.settings).from_bytes(data, paths.SETTINGS) if data is not None else before.settings
    return any(stage.protected for stage in settings.stages.values())


def _draft(judge: Judge, files: Mapping[str, bytes | None], wish: Wish) -> Draft:
    tree, rulebook = judge.tree(), judge.rulebook
    standing = tree.read(paths.decision(paths.GOVERNANCE))
    is_asked = bool(rulebook.protected) and judge.is_founded(judge.tip)
    decision = Decision(
        registry=rulebook.settings.registry,
        action="govern",
        files={path: None if data is None else Digest.of(data) for path, data in sorted(files.items())},
        replaces=None if standing is None else Digest.of(standing),
        reason=wish.reason,
        proposer=wish.actor,
        proposed_at=wish.at,
        expires_at=wish.at + EXPIRES_AFTER if is_asked else None,
    )
    gone: dict[str, bytes | None] = {path: None for path, _ in tree.walk(paths.GOVERNANCE)}
    return Draft(decision, {**gone, **files, paths.decision(paths.GOVERNANCE): decision.to_bytes()})


@dataclass(frozen=True)
class OnForge:
    """What a person is on a forge: her accounts there; `attests`, a machine whose key says which reviews it shows."""

    accounts: tuple[str, ...] = ()
    attests: bool = False


def account(text: str) -> str:
    """An account as approvers.json has it: github:ada. Raises `InvalidValue`."""
    found = text.lower()
    if not re.fullmatch(HANDLE_PATTERN, found):
        message = f"{text!r:.80} is no account on a forge."
        raise InvalidValue(message, subject=text[:80], hint="github:LOGIN, gitea:LOGIN")
    return found


def add_person(
    tree: Tree, person: Principal, key: Key | None, groups: tuple[str, ...], on_forge: OnForge | None = None
) -> Edits:
    """approvers.json with a key, groups and accounts on a forge added to a person, who may be new.

    Raises `Conflict` for a key or an account that somebody else has, `AlreadyExists` where nothing changes.
    """
    rulebook, added = Rulebook(tree), on_forge or OnForge()
    people = dict(rulebook.approvers.people)
    old = people.get(person, Approver())
    accounts = {*old.forge, *added.accounts}
    for owner, approver in people.items():
        if owner != person and any(_is_same(key, other) for other in approver.keys):
            raise Conflict(f"This key is {owner}'s; a key has one owner.", subject=person)
        if owner != person and accounts & {*approver.forge}:
            raise Conflict(f"This account is {owner}'s; an account has one owner.", subject=person)
    if key is None and not accounts and not old.keys:
        hint = "--key FILE, or --forge github:LOGIN"
        raise InvalidValue(f"Nothing says how {person} is heard: by a key, or by reviews.", subject=person, hint=hint)
    keys = (*(other for other in old.keys if not _is_same(key, other)), *([key] if key is not None else []))
    new = Approver(
        groups=tuple(sorted({*old.groups, *groups})),
        keys=keys,
        forge=tuple(sorted(accounts)),
        attests=old.attests or added.attests,
    )
    if new == old:
        raise AlreadyExists(f"{person} is an approver with this key and these groups already.", subject=person)
    return {paths.APPROVERS: Approvers(people={**people, person: new}).to_bytes()}


def remove_person(tree: Tree, person: Principal) -> Edits:
    """approvers.json without a person. Raises `PersonNotFound`."""
    people = dict(Rulebook(tree).approvers.people)
    del people[_known(person, people)]
    return {paths.APPROVERS: Approvers(people=people).to_bytes()}


def remove_key(tree: Tree, person: Principal, wanted: str) -> Edits:
    """approvers.json without one key of a person: by its fingerprint, or a beginning of it that only one key has.

    Raises `PersonNotFound`, `NotFound`, `Ambiguous`, and `Refused` for a last key: who has none cannot approve, which
    is to be said by removing the person.
    """
    people = dict(Rulebook(tree).approvers.people)
    approver = people[_known(person, people)]
    keys = {public_key_of(key).fingerprint: key for key in approver.keys}
    found = [each for each in keys if each.startswith(wanted.lower())]
    if not wanted or not found:
        there = ", ".join(each[:16] for each in keys) or "none"
        message = f"{person} has no key {wanted:.64} ({there})."
        raise NotFound(message, subject=wanted[:64], hint="Whose keys count: gitreg approvers list")
    if len(found) > 1:
        raise Ambiguous(
            f"{wanted:.64} fits {len(found)} keys of {person}.", subject=wanted[:64], hint="Say more of it."
        )
    if len(keys) == 1:
        message = f"This is the only key of {person}."
        raise Refused(message, subject=person, hint=f"Take the person away: gitreg approvers remove {person}")
    left = tuple(key for fingerprint, key in keys.items() if fingerprint != found[0])
    return {
        paths.APPROVERS: Approvers(people={**people, person: approver.model_copy(update={"keys": left})}).to_bytes()
    }


def report_compromise(tree: Tree, document: Compromise, instead: Key | None = None) -> Edits:
    """A key that others may have signed with: nobody signs with it any more, and an audit lists what rests on it.

    Its owner stays, with the key `instead` where there is one.
    """
    key = document.key
    edits: dict[str, bytes | None] = {paths.compromise(key): document.to_bytes()}
    rulebook = Rulebook(tree)
    owner = rulebook.owners.get(key)
    if owner is not None:
        people = dict(rulebook.approvers.people)
        kept = tuple(each for each in people[owner.person].keys if fingerprint_of(each) != key)
        keys = kept if instead is None else (*kept, instead)
        people[owner.person] = people[owner.person].model_copy(update={"keys": keys})
        edits[paths.APPROVERS] = Approvers(people=people).to_bytes()
    return edits


def _known(person: Principal, people: Mapping[Principal, Approver]) -> Principal:
    if person not in people:
        there = ", ".join(sorted(people)) or "nobody"
        raise PersonNotFound(f"{person} is not an approver (there is {there}).", subject=person)
    return person


def _is_same(one: Key | None, other: Key) -> bool:
    return one is not None and one.key == other.key
