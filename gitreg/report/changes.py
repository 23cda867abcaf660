"""What changed from the version in place to the candidate: code, data, params, environment, files."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gitreg.documents import Listed
from gitreg.report.layout import Heading, Line, Table
from gitreg.report.pictures import drift_picture
from gitreg.report.spelling import counted, short, size

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from gitreg.documents import Digest, Evidence, Version
    from gitreg.report.drift import Drift
    from gitreg.report.layout import Block
    from gitreg.report.page import Listing, ProposalPage

MAX_DRIFTING = 25
"""Columns; the rest is counted."""
Row = tuple[str, str, str]
_NONE = "-"
_COMMIT = 12


def changes_blocks(page: ProposalPage, evidence: Evidence) -> Iterator[Block]:
    """A table of what is not the same; of everything, where nothing is in place yet."""
    new, old = page.version(evidence.candidate), page.version(evidence.baseline)
    if new is None:
        return
    facts, before = _facts(new, page), _facts(old, page) if old else {}
    names = [name for name in {**facts, **before} if facts.get(name) != before.get(name)]
    rows = tuple((name, facts.get(name, _NONE), before.get(name, _NONE)) for name in names)
    yield Heading("What changed" if old else "What it is made of")
    if rows and old:
        yield Table(("", "candidate", f"in {evidence.stage}"), rows)
    elif rows:
        yield Table(("", "candidate"), tuple(row[:2] for row in rows))
    same = len(facts.keys() & before.keys()) - sum(1 for name in names if name in facts and name in before)
    if old:
        yield Line(f"{counted(same, 'thing')} of code, data, params, environment and files are the same.", "dim")
    yield from _columns(page, new, old)
    yield from _files(evidence, page.listing(new), page.listing(old))


def _facts(version: Version, page: ProposalPage) -> dict[str, str]:
    return {**_code(version), **_data(version, page), **_params(version), **_environment(version), **_made(version)}


def _code(version: Version) -> dict[str, str]:
    source = version.source
    if source is None:
        return {}
    found = {
        "code: repository": source.repository,
        "code: commit": source.commit[:_COMMIT] if source.commit else None,
        "code: branch": source.branch,
        "code: uncommitted changes": None if source.dirty is None else "yes" if source.dirty else "no",
        "code: entry point": source.entry_point,
        "code: command": " ".join(source.command) or None,
    }
    return _known(found)


def _data(version: Version, page: ProposalPage) -> dict[str, str]:
    return {f"{use.role} data: {use.name}": short(use.digest) + _extent(page, use.digest) for use in version.datasets}


def _extent(page: ProposalPage, content: Digest) -> str:
    """How much data it is, where that is known: ` (4000 rows, 12 columns)`."""
    found = next((each for each in page.datasets if each.content_digest == content), None)
    if found is None or found.rows is None:
        return ""
    return f" ({counted(found.rows, 'row')}, {counted(len(found.columns), 'column')})"


def _columns(page: ProposalPage, new: Version, old: Version | None) -> Iterator[Block]:
    """Columns that came and went, of data with one name and role in both versions."""
    before = {(use.role, use.name): use.digest for use in old.datasets} if old else {}
    known = {each.content_digest: {column.name: column.type for column in each.columns} for each in page.datasets}
    for use in new.datasets:
        ours, theirs = known.get(use.digest), known.get(before.get((use.role, use.name), use.digest))
        if ours and theirs and ours != theirs:
            yield Line(f"The columns of the {use.role} data {use.name}: {', '.join(_apart(ours, theirs))}.", "warn")


def _apart(ours: Mapping[str, str], theirs: Mapping[str, str]) -> Iterator[str]:
    yield from (f"+{name}" for name in ours if name not in theirs)
    yield from (f"-{name}" for name in theirs if name not in ours)
    both = (name for name in ours if name in theirs and ours[name] != theirs[name])
    yield from (f"{name} is {ours[name]}, was {theirs[name]}" for name in both)


def _params(version: Version) -> dict[str, str]:
    return {f"param: {name}": str(value) for name, value in sorted(version.params.items())}


def _environment(version: Version) -> dict[str, str]:
    found = version.environment
    if found is None:
        return {}
    return _known(
        {
            "environment: python": found.python,
            "environment: platform": found.platform,
            "environment: lock file": short(found.lock.digest) if found.lock else None,
            "environment: gpus": ", ".join(found.gpus) or None,
        }
    )


def _made(version: Version) -> dict[str, str]:
    found = {"files: manifest": short(version.artifacts.digest), "files: output": version.output}
    return {**found, "files: flavors": ", ".join(sorted(version.flavors))} if version.flavors else found


def _known(found: Mapping[str, str | None]) -> dict[str, str]:
    return {name: value for name, value in found.items() if value is not None}


def _files(evidence: Evidence, new: Listing | None, old: Listing | None) -> Iterator[Block]:
    listed = next((each for each in evidence.observations if isinstance(each, Listed)), None)
    if listed is not None:
        yield f"The candidate has {counted(listed.files, 'file')}, {size(listed.size_bytes)} in all."
    if new is None or old is None:
        return
    paths = sorted(path for path in new.files.keys() | old.files.keys() if new.files.get(path) != old.files.get(path))
    if paths:
        yield Table(
            ("file", "candidate", f"in {evidence.stage}"),
            tuple((path, _file(new, path), _file(old, path)) for path in paths),
        )


def _file(listing: Listing, path: str) -> str:
    found = listing.files.get(path)
    return f"{short(found[0])}, {size(found[1])}" if found else _NONE


def drift_blocks(drift: Drift, stage: str) -> Iterator[Block]:
    """The columns that are farthest apart as a table, and where their numbers lie."""
    shown = drift.columns[:MAX_DRIFTING]
    if not shown:
        return
    rows = " and ".join(counted(count, "row") for count in drift.rows)
    yield f"{drift.name}: the candidate's against that in {stage} ({rows})"
    yield Table(("column", "apart", "what"), tuple((each.name, _spelled(each.distance), each.note) for each in shown))
    left = len(drift.columns) - len(shown)
    if left:
        yield Line(f"and {counted(left, 'more column')} that lie closer together.", "dim")
    yield Line("0 is spread alike, 1 has nothing in common.", "dim")
    picture = drift_picture(drift, stage)
    if picture is not None:
        yield picture


def _spelled(distance: float | None) -> str:
    return "-" if distance is None else f"{distance:.2f}"
