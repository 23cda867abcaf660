"""What changed from the version in place to the candidate: code, data, params, environment, files."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gitreg.documents import Listed
from gitreg.report.layout import Heading, Line, Table
from gitreg.report.spelling import counted, short, size

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from gitreg.documents import Evidence, Version
    from gitreg.report.layout import Block

Row = tuple[str, str, str]
_NONE = "-"
_COMMIT = 12


def changes_blocks(evidence: Evidence, new: Version | None, old: Version | None) -> Iterator[Block]:
    """A table of what is not the same; of everything, where nothing is in place yet."""
    if new is None:
        return
    facts, before = _facts(new), _facts(old) if old else {}
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
    yield from _files(evidence)


def _facts(version: Version) -> dict[str, str]:
    return {**_code(version), **_data(version), **_params(version), **_environment(version), **_made(version)}


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


def _data(version: Version) -> dict[str, str]:
    return {f"{use.role} data: {use.name}": short(use.digest) for use in version.datasets}


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


def _files(evidence: Evidence) -> Iterator[Block]:
    listed = next((each for each in evidence.observations if isinstance(each, Listed)), None)
    if listed is not None:
        yield f"The candidate has {counted(listed.files, 'file')}, {size(listed.size_bytes)} in all."
