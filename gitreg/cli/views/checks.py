"""What checks found as JSON, as pages and as annotations; and what moved between two commits."""

from __future__ import annotations

import json
from collections import Counter
from typing import TYPE_CHECKING, Any, Literal, TypeVar, cast

from gitreg.cli.annotations import annotation
from gitreg.report import Cell, Line, Table, counted, size

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from gitreg._registry import Ailment, Checkup
    from gitreg.cli import shapes
    from gitreg.decisions import Finding, StageChange
    from gitreg.documents import Move
    from gitreg.report import Block, Tone
    from gitreg.store import Store

_Found = TypeVar("_Found")
_MOST_OF_A_KIND = 20
_TONES: dict[str, Tone] = {"block": "bad", "warn": "warn", "mended": "good"}


def default_base(store: Store) -> str:
    """Main as the remote has it, else as it is here."""
    main = store.branches.main
    remote = main.replace("refs/heads/", "refs/remotes/origin/", 1)
    return remote if store.tip(remote) else main


def finding(each: Finding) -> shapes.Finding:
    """One finding."""
    return {
        "rule": each.rule,
        "path": each.path,
        "message": each.message,
        "hint": each.hint,
        "severity": each.severity,
        "outcome": each.outcome,
    }


def findings(found: Sequence[Finding]) -> list[shapes.Finding]:
    """All of them."""
    return [finding(each) for each in found]


def findings_page(found: Sequence[Finding]) -> Iterator[Block]:
    """Each with its place and what to do."""
    shown, more = _few(found, lambda each: each.rule)
    for each in shown:
        yield from finding_lines(each)
    yield from more
    if not any(each.severity == "block" for each in found):
        yield Line("pass", "good")


def _few(found: Sequence[_Found], kind: Callable[[_Found], str]) -> tuple[list[_Found], list[Line]]:
    """What a page shows of many: the first of each kind, and how many more there are.

    A repository can hold any number of wrong files, and whoever reads the page needs to know which kinds there are.
    """
    counts: Counter[str] = Counter()
    shown: list[_Found] = []
    for each in found:
        counts[kind(each)] += 1
        if counts[kind(each)] <= _MOST_OF_A_KIND:
            shown.append(each)
    more = [
        Line(f"and {count - _MOST_OF_A_KIND} more of {name} (--json lists all)", "dim")
        for name, count in counts.items()
        if count > _MOST_OF_A_KIND
    ]
    return shown, more


def finding_lines(each: Finding, whose: str = "") -> Iterator[Block]:
    """What is wrong, where, through whom if that is known, and what to do."""
    yield Line(f"{each.outcome}  {each.rule}: {each.message}", _TONES[each.severity])
    for said in filter(None, (f"at {each.path}", whose, each.hint)):
        yield Line(f"      {said}", "dim")


def json_lines(found: Sequence[Finding]) -> Iterator[Block]:
    """For `--format json`, which prints what `--json` does."""
    yield from json.dumps(findings(found), indent=2).splitlines()


def annotation_lines(found: Sequence[Finding]) -> Iterator[Block]:
    """For GitHub; and the verdict in words, for its log."""
    for each in found:
        yield annotation(finding(each))
    blocking = sum(each.severity == "block" for each in found)
    yield f"{counted(blocking, 'rule')} {'says' if blocking == 1 else 'say'} no." if blocking else "pass"


def _number(move: Move | None) -> int | None:
    return move.number if move else None


def change(each: StageChange) -> shapes.Change:
    """A stage that holds another version."""
    return {
        "model": each.target.model,
        "stage": each.target.stage,
        "before": _number(each.before),
        "before_digest": each.before.version if each.before else None,
        "after": _number(each.after),
        "after_digest": each.after.version if each.after else None,
        "address": f"models:/{each.target.model}@{each.target.stage}",
    }


def changes_page(found: Sequence[StageChange]) -> Iterator[Block]:
    """What a deployment has to do."""
    if not found:
        yield "No stage holds another version."
        return
    rows = tuple(
        (Cell(each.target.model, "strong"), each.target.stage, _told(each.before), _told(each.after)) for each in found
    )
    yield Table(("model", "stage", "before", "now"), rows, whole=("model", "stage"))


def _told(move: Move | None) -> str:
    return str(move.number) if move else "nothing"


def ailment(each: Ailment) -> shapes.Ailment:
    """One thing that is wrong, or was."""
    return {
        "kind": each.kind,
        "subject": each.subject,
        "message": each.message,
        "hint": each.hint,
        "severity": cast("Literal['block', 'warn', 'mended']", each.severity),
    }


def ailments_page(found: Sequence[Ailment], fine: str) -> Iterator[Block]:
    """Each with what to do."""
    shown, more = _few(found, lambda each: each.kind)
    for each in shown:
        word = {"block": "wrong", "warn": "note", "mended": "mended"}[each.severity]
        yield Line(f"{word:7}{each.kind}: {each.message}", _TONES[each.severity])
        yield Line(f"       at {each.subject}", "dim")
        if each.hint:
            yield Line(f"       {each.hint}", "dim")
    yield from more
    if not any(each.severity == "block" for each in found):
        yield Line(fine, "good")


def checkup(found: Checkup) -> shapes.Checked:
    """What fsck looked at and found."""
    return {
        "objects": found.objects,
        "documents": found.documents,
        "blobs": found.blobs,
        "size_bytes": found.size_bytes,
        "erased": found.erased,
        "findings": [ailment(each) for each in found.ailments],
    }


def checkup_page(found: Checkup) -> Iterator[Block]:
    """The same for people."""
    looked = f"{counted(found.documents, 'document')}, {counted(found.blobs, 'blob')} ({size(found.size_bytes)})"
    yield f"Checked {counted(found.objects, 'commit')}, {looked}."
    if found.erased:
        yield f"{counted(found.erased, 'blob')} that documents name {'was' if found.erased == 1 else 'were'} erased."
    yield from ailments_page(found.ailments, "All is as it should be.")


def parsed(text: str) -> Any:  # noqa: ANN401 - a JSON Schema
    """JSON text as a value."""
    return json.loads(text)
