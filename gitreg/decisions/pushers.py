"""Who pushes, as a server that asked for a password or a key knows, and who the pushed files say wrote them.

What a decision lands its signed proposer answers for. Everything else that a rule keeps to some people, files by hand
on main and facts on the ledger, can be held to whoever pushes it, and to nobody where the server does not say who that
is. What documents and commits say of their writer is a claim.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from gitreg.decisions.findings import UNREADABLE, Finding
from gitreg.decisions.history import differing
from gitreg.decisions.rights import RULE, Writers, refusal_of, written
from gitreg.decisions.rulebook import Rulebook
from gitreg.decisions.validation import decisions_in
from gitreg.documents import Actor, Principal, classify_fact, paths
from gitreg.errors import InvalidValue

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from gitreg.decisions.judging import Judge
    from gitreg.decisions.office import Office
    from gitreg.documents import Branch, Decision, Tree
    from gitreg.store import CommitId, Store

VARIABLE = "REMOTE_USER"
"""By which a server tells its hooks whom it let in (RFC 3875, section 4.1.11)."""
_TELL = "Push through a server that says who you are; what it takes: docs/team.md, Rights."


@dataclass(frozen=True)
class Pusher:
    """Whom a server let in: a principal, or None and why that is not known, in words."""

    principal: Principal | None
    unknown: str = "nobody says who pushes this, so whoever does"

    def __str__(self) -> str:
        return self.principal or f"{self.unknown[:1].upper()}{self.unknown[1:]}"


@dataclass(frozen=True)
class Span:
    """Commits of the ledger: after `first` (all where it is None) up to `last`."""

    first: CommitId | None
    last: CommitId


NOBODY = Pusher(None)
"""A push by a path: what the pusher's own process says of itself proves nothing."""


def pusher_of(environ: Mapping[str, str]) -> Pusher:
    """Whom the server of a hook let in. Only a hook that the server itself runs may ask."""
    said = environ.get(VARIABLE, "").strip()
    if not said:
        return NOBODY
    try:
        return Pusher(Principal(said.lower()))
    except InvalidValue:
        return Pusher(
            None, f"the server knows the pusher as {said!r:.80}, which is no e-mail address, so whoever that is"
        )


def writers_of(office: Office) -> Writers | None:
    """By the rights in force on main; None where there never were any. Raises what reading documents raises."""
    judge = office.judge() if office.store.main_tip() is not None else None
    rules = judge.authority.rules_at(judge.tip) if judge and judge.history.changes(paths.RIGHTS) else None
    return Writers(Rulebook(judge.tree(rules))) if judge is not None and rules is not None else None


def check_main(judge: Judge, start: int, pusher: Pusher) -> Iterator[Finding]:
    """Whether whoever pushes may write what no signed decision lands, after position `start` of the line.

    Each commit by the rights that were in force before it. Raises what reading documents raises.
    """
    for position in range(start + 1, judge.tip + 1):
        rules = judge.authority.rules_at(position - 1)
        writers = Writers(Rulebook(judge.tree(rules))) if rules is not None else None
        if writers is not None and writers.restricts("main"):
            yield from _check_commit(judge, position, writers, pusher)


def _check_commit(judge: Judge, position: int, writers: Writers, pusher: Pusher) -> Iterator[Finding]:
    before, after = judge.tree(position - 1), judge.tree(position)
    signed: set[str] = set()
    for folder, decision in decisions_in(before, after).items():
        verdict = judge.landed_at(folder, position)
        if verdict is not None and not verdict.is_unreviewed:
            signed |= written(decision)
        else:
            yield from _unsigned(decision, writers, pusher)
    left = [path for path in differing(before, after) if path not in signed and not _is_statement(path)]
    yield from _refused(writers, "main", left, pusher)


def _unsigned(decision: Decision, writers: Writers, pusher: Pusher) -> Iterator[Finding]:
    """Where nobody has to sign, whose decision it is says whoever pushes it."""
    proposer, kept = (
        decision.proposer.principal,
        [each for each in sorted(written(decision)) if writers.rules("main", each)],
    )
    if kept and pusher.principal not in (None, proposer):
        message = f"{pusher} pushes a decision of {proposer} that {proposer} did not have to sign."
        yield Finding(RULE, kept[0], message, f"{proposer} pushes it, or the stage is protected.")


def _is_statement(path: str) -> bool:
    kind = paths.classify_main(path)
    return kind is not None and kind.kind in ("statement", "signature")


def check_facts_pushed(store: Store, span: Span, writers: Writers, pusher: Pusher) -> Iterator[Finding]:
    """Whether whoever pushes may write these facts, and is who they say wrote them."""
    kept = _kept(store, span, writers)
    refused = [*_refused(writers, "ledger", kept, pusher)]
    yield from refused
    for path, claimed in _claims(store, span, kept).items() if not refused else ():
        others = sorted(claimed - {pusher.principal})
        if others:
            message = f"{pusher} pushes what {others[0]} wrote, by its own words."
            yield Finding(RULE, path, message, f"{others[0]} pushes it: gitreg sync")


def check_facts_claimed(store: Store, span: Span, writers: Writers) -> Iterator[Finding]:
    """Whether those who wrote these facts, by their own words, may. Nothing on the ledger is signed, so words it is.

    Without a beginning all facts are looked at, older ones than the rights, too: it warns.
    """
    claims, by_person = _claims(store, span, _kept(store, span, writers)), defaultdict[str, list[str]](list)
    for path, claimed in claims.items():
        for each in claimed:
            by_person[each].append(path)
    for each, found in sorted(by_person.items()):
        for finding in refusal_of(writers, "ledger", found, each, each):
            yield replace(finding, severity="warn") if span.first is None else finding


def _kept(store: Store, span: Span, writers: Writers) -> list[str]:
    """The facts that changed and are not everybody's to change."""
    if not writers.restricts("ledger"):
        return []
    changed = differing(store.snapshot(span.first), store.snapshot(span.last))
    return [path for path in changed if writers.rules("ledger", path)]


def _refused(writers: Writers, branch: Branch, changed: Iterable[str], pusher: Pusher) -> Iterator[Finding]:
    for finding in refusal_of(writers, branch, changed, pusher.principal, str(pusher)):
        yield finding if pusher.principal is not None else replace(finding, hint=_TELL)


def _claims(store: Store, span: Span, wanted: Iterable[str]) -> dict[str, set[str]]:
    """Who wrote each fact, by its own words; by those of the commits that brought it where it names nobody."""
    tree, found, silent = store.snapshot(span.last), dict[str, set[str]](), set[str]()
    for path in wanted:
        actor = _actor(tree, path)
        if actor is None:
            silent.add(path)
        else:
            found[path] = {actor.principal}
    for path, author in _authors(store, span, silent):
        found.setdefault(path, set()).add(author)
    return found


def _actor(tree: Tree, path: str) -> Actor | None:
    """None for what names nobody, and for what cannot be read: the check of facts says so."""
    kind = classify_fact(path)
    try:
        data = tree.read(path)
        document = kind.document.from_bytes(data, path) if data is not None and kind and kind.document else None
    except UNREADABLE:
        return None
    actor = getattr(document, "actor", None)
    return actor if isinstance(actor, Actor) else None


def _authors(store: Store, span: Span, wanted: set[str]) -> Iterator[tuple[str, str]]:
    """Whom the commits of a span name as their authors, for the paths that each changed."""
    shallow, seen, waiting = store.shallow(), {span.first}, [span.last] if wanted else []
    while waiting:
        commit = store.commit(waiting.pop())
        parents = () if commit.id in shallow else commit.parents
        after = store.snapshot(commit.id)
        changes = [set(differing(store.snapshot(parent), after)) for parent in parents or (None,)]
        for path in wanted.intersection(*changes):
            yield path, commit.author.email.lower()
        fresh = [parent for parent in parents if parent not in seen]
        seen.update(fresh)
        waiting += fresh
