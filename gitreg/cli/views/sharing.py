"""Addresses, bytes and syncs as JSON and as pages."""

from __future__ import annotations

from shlex import quote
from typing import TYPE_CHECKING

from gitreg.cli.views import facts
from gitreg.report import Line, counted, listed, number, size, when

_FINGERPRINT = "0" * 64

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from gitreg._registry import Pulled, Resolution, Settled, Synced
    from gitreg.cli import shapes
    from gitreg.documents import ManifestEntry
    from gitreg.report import Block
    from gitreg.tracking import Best


def resolution(found: Resolution) -> shapes.Resolution:
    """What an address means now."""
    return {
        "address": found.address,
        "model": found.model,
        "version": found.number,
        "digest": found.version,
        "run_id": found.run,
        "output": found.output,
        "stage": found.stage,
        "alias": found.alias,
        "decision": found.decision,
        "unreviewed": found.unreviewed,
        "approved_by": [*found.approved_by],
        "since": facts.time(found.since),
        "artifacts": facts.descriptor(found.artifacts),
        "blobs": found.blobs,
    }


def resolve_page(found: Resolution) -> Iterator[Block]:
    """The same for people."""
    yield Line(f"{found.address} is {_label(found)}", "strong")
    if found.version:
        yield f"digest    {found.version}"
    if found.run:
        yield f"run       {found.run}, output {found.output}"
    yield f"files     {found.artifacts.digest}"
    if found.decision:
        yield f"decision  {found.decision}"
        yield f"since     {when(found.since)}{_by(found)}"
    if found.unreviewed:
        yield Line("unreviewed: nobody had to approve it", "warn")


def _label(found: Resolution) -> str:
    if not found.model or not found.version:
        return f"an output of {found.run}"
    return f"{found.model}/{found.number or f'~{found.version.hex[:8]}'}"


def _by(found: Resolution) -> str:
    return f", approved by {listed(found.approved_by)}" if found.approved_by else ""


def env_lines(found: Resolution) -> Iterator[Block]:
    """`NAME=value` lines that a shell can eval."""
    values = {
        "GITREG_ADDRESS": found.address,
        "GITREG_MODEL": found.model,
        "GITREG_VERSION": found.number,
        "GITREG_DIGEST": found.version,
        "GITREG_STAGE": found.stage,
        "GITREG_DECISION": found.decision,
        "GITREG_VERSION_RUN": found.run,
        "GITREG_ARTIFACTS": found.artifacts.digest,
    }
    for name, value in values.items():
        yield f"{name}={quote(str(value)) if value is not None else ''}"


def pulled(found: Pulled, files: Sequence[ManifestEntry]) -> shapes.Fetched:
    """What was written."""
    return {"target": str(found.target), "files": facts.artifacts(files), "best": None}


def pulled_page(found: Pulled) -> Iterator[Block]:
    """The same for people."""
    what = f"{counted(found.files, 'file')}, {size(found.size_bytes)}"
    yield Line(f"{_label(found.resolution)}: {what}, in {found.target}, each checked against its sha256.", "good")


def pulled_best(best: Best, files: Sequence[ManifestEntry], target: str) -> shapes.Fetched:
    """What was written of the best run, and how much better it is."""
    return {
        "target": target,
        "files": facts.artifacts(files),
        "best": {
            "run_id": best.run.run_id,
            "name": best.run.name,
            "metric": best.metric,
            "direction": best.direction,
            "value": facts.number(best.value),
            "ties": [run.run_id for run in best.ties],
            "second": best.second.run_id if best.second else None,
            "margin": None if best.margin is None else facts.number(best.margin),
        },
    }


def pulled_best_page(best: Best, files: Sequence[ManifestEntry], target: str) -> Iterator[Block]:
    """The same for people."""
    yield Line(f"{best.run.name} {best.run.run_id.short} has the best {best.metric}: {number(best.value)}", "good")
    if best.second is None:
        yield "No other run has another value." if best.ties else "It is the only run that fits and has it."
    else:
        way = "more" if best.direction == "higher" else "less"
        second = f"{best.second.name} {best.second.run_id.short}"
        yield f"That is {number(best.margin or 0.0)} {way} than {second}, the next."
    if best.ties:
        same = listed([f"{run.name} {run.run_id.short}" for run in best.ties])
        yield Line(f"As good, and earlier: {same}", "warn")
    what = f"{counted(len(files), 'file')}, {size(sum(entry.size for entry in files))}"
    yield Line(f"{what}, in {target}, each checked against its sha256.", "good")


def synced(found: Synced) -> shapes.Synced:
    """What a sync did."""
    report = found.report
    return {
        "remote": report is not None,
        "runs": [*found.runs],
        "uploaded": len(found.uploaded),
        "erased": len(found.settled.gone),
        "numbered": dict(found.numbered),
        "fetched": [*report.fetched] if report else [],
        "pushed": [*report.pushed] if report else [],
        "removed": [*report.removed] if report else [],
        "conflicts": [*report.conflicts] if report else [],
        "main": report.main if report else None,
        "ledger": report.ledger if report else None,
    }


def synced_page(found: Synced) -> Iterator[Block]:
    """The same for people; what did not happen is not told."""
    if found.runs:
        yield Line(f"Published {counted(len(found.runs), 'run')}.", "good")
    if found.uploaded:
        yield Line(f"Uploaded {counted(len(found.uploaded), 'blob')}.", "good")
    yield from _settled(found.settled)
    for label, place in found.numbered.items():
        yield Line(f"{label} is now {label.rpartition('/')[0]}/{place}.", "good")
    report = found.report
    if report is None:
        yield "There is no remote; everything is in this clone. Add one: git remote add origin URL"
        return
    for verb, refs in (("Fetched", report.fetched), ("Pushed", report.pushed), ("Gone", report.removed)):
        if refs:
            yield f"{verb}: {listed([_short(ref) for ref in refs])}."
    for ref in report.conflicts:
        yield Line(f"{_short(ref)} changed on both sides; it was left as it is.", "warn")
    yield Line("In step with the remote.", "good")


def _settled(found: Settled) -> Iterator[Block]:
    if found.gone:
        yield f"Took away {counted(len(found.gone), 'erased blob')}; who and why: gitreg erased"
    if found.trouble:
        yield Line(f"Erased bytes are still in the shared place: {found.trouble}", "warn")


def _short(ref: str) -> str:
    """A ref as people call it; of a statement's the key cut short."""
    short = ref.removeprefix("refs/heads/").removeprefix("refs/gitreg/")
    return short[: -len(_FINGERPRINT) + 8] if short.startswith("approvals/") else short
