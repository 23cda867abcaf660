"""Two clones meeting: publish the ledger by rule, bring main forward, reconcile proposals and approvals."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from gitreg.documents import Edits
from gitreg.errors import Diverged, RaceLost
from gitreg.store import history
from gitreg.store.snapshot import Snapshot
from gitreg.store.values import CommitId, CommitText, RefUpdate

if TYPE_CHECKING:
    from gitreg.store.remote import Remote
    from gitreg.store.store import Store

Change = Callable[[Snapshot], Edits]
_OWN_REFS = "refs/gitreg/"
_RETRIES = 30
_LONGEST_PAUSE_S = 2.0


@dataclass(frozen=True)
class SyncReport:
    """What a sync did. Every tuple holds full ref names."""

    main: CommitId | None
    ledger: CommitId | None
    fetched: tuple[str, ...] = ()
    pushed: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    conflicts: tuple[str, ...] = ()
    """Refs that changed on both sides: left as they are on both."""


def publish_ledger(
    store: Store, remote: Remote | None, edits: Edits | Change, text: CommitText, *, retries: int = _RETRIES
) -> CommitId | None:
    """Put facts on the ledger, by the merge rule, and publish them; returns the ledger's tip.

    With a remote: one commit whose only parent is the fetched tip, pushed by compare-and-swap, again with jitter. The
    local ledger moves only after the push succeeded, and local commits that it replaces are dropped (format 25).
    `edits` may be a function of the merged ledger: a number claimed in it is believed only because the push
    succeeded. Without a remote, a commit on the local ledger. Raises what `Remote` raises, `DirtyPath` when somebody
    has the ledger checked out and edited (nothing is pushed then), `RaceLost`.
    """
    change = edits if callable(edits) else _constant(edits)
    ledger = store.branches.ledger
    if remote is None:
        store.update(ledger, lambda ledger: store.under_rule(ledger, change(ledger)), text, start=store.ledger_tip())
        return store.ledger_tip()
    # What we remember of the remote is most often still so, and the push finds out: that saves asking first.
    remembered = store.tip(remote.tracking(ledger)) if edits else None
    if remembered is not None:
        with suppress(RaceLost):
            published = _publish_on(store, remote, remembered, change, text)
            if published != remembered:
                return published
    for attempt in range(retries + 1):
        _pause(attempt)
        theirs = remote.fetch([ledger]).get(ledger)
        store.track(remote, {ledger: theirs})
        with suppress(RaceLost):
            return _publish_on(store, remote, theirs, change, text)
    raise RaceLost(f"{ledger} of {remote.url} moved {retries + 1} times.", subject=ledger, hint="gitreg sync")


def _publish_on(
    store: Store, remote: Remote, theirs: CommitId | None, change: Change, text: CommitText
) -> CommitId | None:
    ledger = store.branches.ledger
    ours = store.tip(ledger)
    merged = store.merge_ledgers(theirs, ours)
    merged = merged.with_edits(store.under_rule(merged, change(merged)))
    standing = store.snapshot(theirs)
    if merged.tree == standing.tree:
        if theirs is not None:
            _follow(store, theirs, ours, text)
        return theirs
    commit = store.write_commit((theirs,) if theirs else (), merged, {}, text)
    store.check_move(RefUpdate(ledger, commit, ours))
    remote.push([RefUpdate(ledger, commit, theirs)])
    store.track(remote, {ledger: commit})
    _follow(store, commit, ours, text)
    return commit


def _follow(store: Store, published: CommitId, expected: CommitId | None, text: CommitText) -> None:
    """Move the local ledger to what was published. What another process recorded meanwhile is put on top of it."""
    ledger = store.branches.ledger
    while expected != published:
        with store.locked():
            ours = store.tip(ledger)
            target = published
            if ours != expected:
                merged = store.merge_ledgers(published, ours)
                if merged.tree != store.snapshot(published).tree:
                    target = store.write_commit((published,), merged, {}, text)
            if store.try_move(RefUpdate(ledger, target, ours)):
                return
            expected = ours


def push_main(
    store: Store,
    remote: Remote | None,
    change: Change,
    text: CommitText,
    *,
    also: Sequence[RefUpdate] = (),
    retries: int = _RETRIES,
) -> CommitId | None:
    """Make a change land on main, there and here: decided on the fetched tip, one commit with one parent (format 19).

    `also` are refs of the remote that move in the same push (a merged proposal's branch goes). The local branch
    follows after the push, work trees with it. None when `change` alters nothing. Raises `Diverged` when both mains
    have commits of their own, `DirtyPath` before anything is pushed, what `Remote` and `change` raise.
    """
    main = store.branches.main
    if remote is None:
        return store.update(main, change, text)
    for attempt in range(retries + 1):
        _pause(attempt)
        theirs = remote.fetch([main]).get(main)
        store.track(remote, {main: theirs})
        ours = store.tip(main)
        base = newer_main(store, ours, theirs)
        commit = store.commit_edits(base, change(store.snapshot(base)), text)
        if commit is None:
            return None
        store.check_move(RefUpdate(main, commit, ours))
        try:
            remote.push([RefUpdate(main, commit, theirs), *also])
        except RaceLost:
            continue
        store.track(remote, {main: commit, **{update.ref: update.new for update in also}})
        store.set_ref(main, commit, ours)
        return commit
    raise RaceLost(f"{main} of {remote.url} moved {retries + 1} times.", subject=main, hint="Try again.")


def newer_main(store: Store, ours: CommitId | None, theirs: CommitId | None) -> CommitId | None:
    """The tip that has the other on its first-parent line. Raises `Diverged` when neither has.

    The first-parent line, not ancestry: a proposal that merged main in and was fast-forwarded would drop main's
    landings off the line by which they are judged (format 16).
    """
    if ours is None or theirs is None or ours == theirs:
        return ours or theirs
    if history.is_on_first_parent_line(store.first_parents(theirs), ours):
        return theirs
    if history.is_on_first_parent_line(store.first_parents(ours), theirs):
        return ours
    main = store.branches.main
    message = (
        f"Your {main} ({ours:.8}) and the remote's ({theirs:.8}) each have commits that the other lacks on its line."
    )
    hint = f"Look: git log --oneline --graph {ours:.8} {theirs:.8}; then: git rebase {theirs:.8}"
    raise Diverged(message, subject=main, hint=hint)


@dataclass
class _Plan:
    """What is left to do for the refs that both sides may change."""

    take: dict[str, CommitId] = field(default_factory=dict)
    push: list[RefUpdate] = field(default_factory=list)
    drop: list[str] = field(default_factory=list)
    conflicts: list[str] = field(default_factory=list)


def sync(store: Store, remote: Remote, text: CommitText) -> SyncReport:
    """Publish the ledger, bring main forward or push it, and reconcile proposals and approvals.

    Main comes last, so that everything else is done when it has `Diverged`. Raises what the parts raise.
    """
    branches = store.branches
    ledger = publish_ledger(store, remote, {}, text)
    prefixes = [branches.main, branches.proposals, _OWN_REFS]
    shared = [branches.proposals, _OWN_REFS]
    theirs = remote.fetch(prefixes)
    plan = _reconcile(store, remote, theirs, shared)
    _carry_out(store, remote, plan, theirs)
    main, pushed, fetched = _sync_main(store, remote, theirs.get(branches.main))
    return SyncReport(
        main=main,
        ledger=ledger,
        fetched=(*sorted(plan.take), *fetched),
        pushed=(*(update.ref for update in plan.push), *pushed),
        removed=tuple(sorted(plan.drop)),
        conflicts=tuple(sorted(plan.conflicts)),
    )


def _sync_main(
    store: Store, remote: Remote, theirs: CommitId | None
) -> tuple[CommitId | None, tuple[str, ...], tuple[str, ...]]:
    """Bring main forward, or push it: (its tip, what was pushed, what was fetched)."""
    main = store.branches.main
    remembered = store.tip(remote.tracking(main))
    if remembered and theirs and not history.is_on_first_parent_line(store.first_parents(theirs), remembered):
        message = f"{main} of {remote.url} was at {remembered:.8}, which is not on its line any more."
        raise Diverged(message, subject=main, hint="Somebody rewrote it. Ask them, and look at: gitreg log")
    store.track(remote, {main: theirs})
    ours = store.tip(main)
    newer = newer_main(store, ours, theirs)
    if newer is not None and newer != theirs:
        remote.push([RefUpdate(main, newer, theirs)])
        store.track(remote, {main: newer})
        return newer, (main,), ()
    if newer is not None and newer != ours:
        store.set_ref(main, newer, ours)
        return newer, (), (main,)
    return newer, (), ()


def _reconcile(store: Store, remote: Remote, theirs: Mapping[str, CommitId], shared: Iterable[str]) -> _Plan:
    """For each shared ref, three ways: ours, theirs, and what we remember of theirs."""
    plan = _Plan()
    ours = {ref: tip for prefix in shared for ref, tip in store.refs(prefix).items()}
    for ref in sorted({*ours, *(ref for ref in theirs if ref != store.branches.main)}):
        mine, other, base = ours.get(ref), theirs.get(ref), store.tip(remote.tracking(ref))
        if mine == other:
            continue
        # A fresh clone, and `git fetch`, know a ref only as the remote's: what is not here was not taken away here.
        if other is not None and mine in (None, base):
            plan.take[ref] = other
        elif mine == base:
            plan.drop.append(ref)
        elif other == base:
            plan.push.append(RefUpdate(ref, mine, other))
        else:
            _settle_both_changed(store, plan, ref, (mine, other))
    return plan


def _settle_both_changed(store: Store, plan: _Plan, ref: str, tips: tuple[CommitId | None, CommitId | None]) -> None:
    """Both sides changed it: the one that contains the other wins; otherwise nobody does."""
    mine, other = tips
    if mine and other and store.is_ancestor(mine, other):
        plan.take[ref] = other
    elif mine and other and store.is_ancestor(other, mine):
        plan.push.append(RefUpdate(ref, mine, other))
    else:
        plan.conflicts.append(ref)


def _carry_out(store: Store, remote: Remote, plan: _Plan, theirs: Mapping[str, CommitId]) -> None:
    for ref, tip in plan.take.items():
        store.set_ref(ref, tip, store.tip(ref))
    for ref in plan.drop:
        mine = store.tip(ref)
        if mine is not None:
            store.delete_ref(ref, mine)
    if plan.push:
        remote.push(plan.push)
    settled = {ref: tip for ref, tip in theirs.items() if ref not in plan.conflicts and ref != store.branches.main}
    settled |= {update.ref: update.new for update in plan.push}  # type: ignore[misc]
    gone: dict[str, CommitId | None] = dict.fromkeys(plan.drop)
    store.track(remote, {**settled, **gone})


def _constant(edits: Edits) -> Change:
    return lambda _: edits


def _pause(attempt: int) -> None:
    """Full jitter that grows: many writers on one remote must not meet again and again."""
    if attempt:
        time.sleep(random.uniform(0, min(_LONGEST_PAUSE_S, 0.02 * 2**attempt)))  # noqa: S311 - jitter, not a secret
