"""Whether a change to the ledger is good: it only grows, its documents are what their paths say, and never go back."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from gitreg.decisions.findings import Finding
from gitreg.decisions.history import differing
from gitreg.documents import (
    Alias,
    Checkpoint,
    Dataset,
    Deployment,
    Digest,
    Document,
    Erased,
    Evaluation,
    Experiment,
    Note,
    PathKind,
    Revised,
    RunRecord,
    Tree,
    Version,
    classify_fact,
    paths,
)
from gitreg.errors import InvalidDocument, InvalidValue, UnsafeRepository
from gitreg.signing import SignedNote

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from gitreg.store import CommitId, Store

_REMOVED = "The file was removed; the ledger only grows."
_REWRITTEN = "The file was changed; it is written once."
_NO_DIRECT_WRITES = "Nobody writes the ledger by hand: gitreg sync publishes what gitreg recorded."


def check_ledger(
    store: Store, first: CommitId | None, last: CommitId, folders: Sequence[str] = ("",)
) -> Iterator[tuple[Finding, CommitId | None]]:
    """Whether the ledger went from one commit to another by its rules, with every commit between them.

    A finding about what came and went on the way has the commit that took it away; the others are about `last` itself.
    """
    before, after = store.snapshot(first), store.snapshot(last)
    for folder in folders:
        yield from ((finding, None) for finding in check_facts(before, after, folder))
    for commit, path, once in _overwritten(store, first, last, folders):
        yield from ((finding, commit) for finding in check_kept(path, once, after))


def _overwritten(
    store: Store, first: CommitId | None, last: CommitId, folders: Sequence[str]
) -> Iterator[tuple[CommitId, str, bytes]]:
    """Each content that a file of the ledger had and a commit replaced or removed, newest first."""
    shallow, seen, waiting = store.shallow(), {first}, [last]
    while waiting:
        commit = waiting.pop()
        parents = () if commit in shallow else store.commit(commit).parents
        after = store.snapshot(commit)
        for parent in parents:
            before = store.snapshot(parent)
            for path in (path for folder in folders for path in differing(before, after, folder)):
                data = readable(before, path)
                if data is not None:
                    yield commit, path, data
        fresh = [parent for parent in parents if parent not in seen]
        seen.update(fresh)
        waiting += fresh


def check_facts(before: Tree, after: Tree, folder: str = "") -> Iterator[Finding]:
    """Everything wrong with the difference of two ledgers, or of one folder in them."""
    for path in differing(before, after, folder):
        kind = classify_fact(path)
        if kind is None:
            message = "The ledger has no such kind of file."
            yield Finding("unknown-path", path, message, _NO_DIRECT_WRITES)
        elif after.object_id(path) is None:
            yield Finding("append-only", path, _REMOVED, _NO_DIRECT_WRITES)
        else:
            yield from _check_file(before, after, path, kind)


def check_kept(path: str, once: bytes, after: Tree) -> Iterator[Finding]:
    """Whether a file that the ledger once held is still there and did not go back from what it said then.

    The difference of two ledgers does not show what came and went between them.
    """
    kind, now = classify_fact(path), readable(after, path)
    if kind is None or now == once:
        return
    if now is None:
        if after.object_id(path) is None:
            yield Finding("append-only", path, _REMOVED, _NO_DIRECT_WRITES)
        return
    if kind.kind == "checkpoint":
        if _is_note_of(once, kind):
            yield Finding("write-once", path, _REWRITTEN, _NO_DIRECT_WRITES)
        return
    with suppress(InvalidDocument, UnsafeRepository):  # said by `check_facts`
        yield from _forward(once, _parse(now, path, kind), path, kind)


def readable(tree: Tree, path: str) -> bytes | None:
    """A file's content; None where there is none that gitreg reads (`check_facts` says so)."""
    try:
        return tree.read(path)
    except UnsafeRepository:
        return None


def _check_file(before: Tree, after: Tree, path: str, kind: PathKind) -> Iterator[Finding]:
    try:
        old, new = before.read(path), after.read(path) or b""
        if kind.kind == "checkpoint":
            yield from _check_note(old, new, path, kind)
            return
        document = _parse(new, path, kind)
    except (InvalidDocument, UnsafeRepository) as error:
        yield Finding("schema", path, error.message, error.hint or _NO_DIRECT_WRITES)
        return
    expected = path_of(document, kind)
    if expected is not None and expected != path:
        yield Finding("misplaced", path, f"What it holds belongs at {expected}.", _NO_DIRECT_WRITES)
    if isinstance(document, Version):
        yield from _number(after, path, kind)
    if old != new:
        yield from _secrets(document, path)
    if old is not None:
        yield from _forward(old, document, path, kind)


def _secrets(document: Document, path: str) -> Iterator[Finding]:
    """Params, tags and notes that look like they hold a secret: git never forgets, so whoever reads it has it."""
    from gitreg.secrets import find_in_value  # noqa: PLC0415 - its patterns take longer to compile than reads have

    for name, value in _texts(document):
        found = find_in_value(name, value)
        if found is not None:
            message = f"{name!r:.80} looks like it holds a secret ({found.kind})."
            yield Finding("secret", path, message, "Make the secret worthless where it is from, then record anew.")


def _texts(document: Document) -> Iterator[tuple[str, str]]:
    match document:
        case RunRecord():
            for attempt in document.attempts:
                for name, value in (*attempt.params.items(), *attempt.tags.items()):
                    yield name, str(value)
        case Version():
            yield from ((name, str(value)) for name, value in document.params.items())
        case Note(value=str() as text):
            yield document.name, text
        case Erased():
            yield "reason", document.reason
        case Deployment(detail=str() as text):
            yield "detail", text


def _check_note(old: bytes | None, new: bytes, path: str, kind: PathKind) -> Iterator[Finding]:
    """A signed checkpoint: whose signature it is, and whether it holds, an audit says."""
    checkpoint = Checkpoint.from_text(SignedNote.from_bytes(new).text)
    if paths.checkpoint(checkpoint.count, Digest.of(new)) != path:
        yield Finding("misplaced", path, "The checkpoint is not the one that its path names.", _NO_DIRECT_WRITES)
    if old is not None and _is_note_of(old, kind):
        yield Finding("write-once", path, _REWRITTEN, _NO_DIRECT_WRITES)


def _is_note_of(data: bytes, kind: PathKind) -> bool:
    return Digest.of(data).short == kind.pieces["digest"]


def _parse(data: bytes, path: str, kind: PathKind) -> Document:
    if kind.document is None:
        raise InvalidDocument(f"{path} holds no document.", subject=path)
    return kind.document.from_bytes(data, path)


def path_of(document: Document, kind: PathKind) -> str | None:
    """Where a fact belongs by what it says; None where its content does not tell."""
    return (
        _version_path(document, kind)
        if isinstance(document, Version | Dataset | Erased | Evaluation | Deployment)
        else _revised_path(document, kind)
    )


def _version_path(document: Version | Dataset | Erased | Evaluation | Deployment, kind: PathKind) -> str:
    if isinstance(document, Version):
        return paths.version(document.model, int(kind.pieces["number"]), document.digest)
    if isinstance(document, Evaluation):
        return paths.evaluation(document.digest)
    if isinstance(document, Deployment):
        return paths.deployment(document)
    if isinstance(document, Erased):
        return paths.erased(document.blob, document.digest)
    return paths.dataset(document.name, document.digest)


def _revised_path(document: Document, kind: PathKind) -> str | None:
    match document:
        case RunRecord():
            return _run_path(document)
        case Alias():
            return paths.alias(document.model, document.alias)
        case Experiment():
            return paths.experiment(document.name)
        case Note():
            return paths.note(f"notes/{kind.pieces['subject']}", document.name)
        case _:
            return None


def _run_path(record: RunRecord) -> str | None:
    try:
        return paths.run_record(record.run_id, record.writer)
    except (OverflowError, OSError, ValueError):  # a time in the id that no calendar has
        return "nowhere: its id holds no time"


def _number(after: Tree, path: str, kind: PathKind) -> Iterator[Finding]:
    """Two digests under one number: everybody sees it, nobody can use the number."""
    number = kind.pieces["number"]
    folder = path.rpartition("/")[0]
    others = [entry.name for entry in after.entries(folder) if entry.name.partition("-")[0] == number]
    if number != "0" and len(others) > 1:
        message = f"{len(others)} versions claim the number {number}, so it means none of them."
        yield Finding("number", path, message, "gitreg sync claims new numbers.", severity="warn")


def _forward(old: bytes, document: Document, path: str, kind: PathKind) -> Iterator[Finding]:
    """A revised file goes only forward, by (rev, writer, digest); any other never changes."""
    try:
        before = _parse(old, path, kind)
    except (InvalidDocument, InvalidValue):
        return  # what could not be read gives way to what can
    if not isinstance(document, Revised) or not isinstance(before, Revised):
        if path_of(before, kind) == path:
            yield Finding("write-once", path, _REWRITTEN, _NO_DIRECT_WRITES)
    elif _rank(document) <= _rank(before):
        message = f"The file went back from revision {before.rev} to {document.rev}."
        yield Finding("revision", path, message, _NO_DIRECT_WRITES)


def _rank(document: Revised) -> tuple[int, str, Digest]:
    return document.rev, document.writer, document.digest
