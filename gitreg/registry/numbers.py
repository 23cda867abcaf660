"""Who has which number. A version is its digest; a number is a claim, made by a file's name. Pure (format 26).

Two digests that claim one number both lose it: nobody can say which was meant. A digest's number is its lowest
undisputed one; files never go, so a number never comes back.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Self

from gitreg.documents import Digest, Edits, PathKind, Tree, Version, classify_fact, paths
from gitreg.errors import InvalidDocument

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

_FOLDER = "versions"


@dataclass(frozen=True)
class Numbering:
    """The numbers of one model's versions, as its files claim them (a claim of 0 says: no number yet).

    A version is named by its digest, or by the 16 hex digits of it that file names carry: the same in all claims.
    """

    claims: Mapping[int, frozenset[str]]
    versions: frozenset[str]

    @classmethod
    def of(cls, claims: Iterable[tuple[int, str]]) -> Self:
        """From the claims of all files, in any order, any of them given more than once."""
        found: dict[int, set[str]] = {}
        versions = set()
        for number, version in claims:
            versions.add(version)
            if number:
                found.setdefault(number, set()).add(version)
        by_number = {number: frozenset(found[number]) for number in sorted(found)}
        return cls(MappingProxyType(by_number), frozenset(versions))

    def number(self, version: str) -> int | None:
        """A version's lowest undisputed number; None where it has none."""
        return next((number for number, claimed in self.claims.items() if claimed == {version}), None)

    def holders(self, number: int) -> frozenset[str]:
        """The versions that claim a number: none, one, or a dispute."""
        return self.claims.get(number, frozenset())

    def disputed(self) -> dict[int, frozenset[str]]:
        """The numbers that more than one version claims."""
        return {number: versions for number, versions in self.claims.items() if len(versions) > 1}

    def unnumbered(self) -> list[str]:
        """The versions without an undisputed number, in an order that every clone agrees on."""
        return sorted(version for version in self.versions if self.number(version) is None)

    def next_free(self) -> int:
        """The number after the highest ever claimed."""
        return max(self.claims, default=0) + 1


def claims_in(ledger: Tree, model_part: str) -> Numbering:
    """The claims on one model's numbers in a ledger's tree, by the 16 digits of the file names.

    Only where a number is claimed twice are the files read: one that is no version of its path disputes nothing.
    """
    folder = f"{_FOLDER}/{model_part}"
    found = [kind for entry in ledger.entries(folder) if (kind := _version_file(f"{folder}/{entry.name}"))]
    numbering = Numbering.of(map(_claim, found))
    doubtful = set(numbering.disputed())
    return Numbering.of(
        claim for claim in map(_claim, found) if claim[0] not in doubtful or _is_true(ledger, folder, claim)
    )


def claim(ledger: Tree, version: Version, *, is_shared: bool) -> Edits:
    """The file that registers a version on this ledger, none where it is there already.

    It claims the next number where the claim will be shared (`is_shared`), and none where nobody could object.
    """
    short = version.digest.short
    model_part = paths.version(version.model, 0, version.digest).split("/")[1]
    numbering = claims_in(ledger, model_part)
    is_known = short in numbering.versions
    if numbering.number(short) is not None or (is_known and not is_shared):
        return {}
    number = numbering.next_free() if is_shared else 0
    return {paths.version(version.model, number, version.digest): version.to_bytes()}


def claim_missing(ledger: Tree) -> Edits:
    """A fresh number for every version that has no undisputed one, of every model."""
    edits: dict[str, bytes | None] = {}
    for entry in ledger.entries(_FOLDER):
        numbering = claims_in(ledger, entry.name)
        number = numbering.next_free()
        for short in numbering.unnumbered():
            data = _content(ledger, f"{_FOLDER}/{entry.name}", short)
            if data is not None:
                edits[f"{_FOLDER}/{entry.name}/{number}-{short}.json"] = data
                number += 1
    return edits


def _version_file(path: str) -> PathKind | None:
    kind = classify_fact(path)
    return kind if kind is not None and kind.kind == "version" else None


def _claim(kind: PathKind) -> tuple[int, str]:
    return int(kind.pieces["number"]), kind.pieces["digest"]


def _is_true(ledger: Tree, folder: str, claim: tuple[int, str]) -> bool:
    number, short = claim
    return _read(ledger, f"{folder}/{number}-{short}.json", short) is not None


def _content(ledger: Tree, folder: str, short: str) -> bytes | None:
    """The bytes of a version, from any of its files."""
    names = (entry.name for entry in ledger.entries(folder) if re.fullmatch(rf"\d+-{short}\.json", entry.name))
    return next((data for name in names if (data := _read(ledger, f"{folder}/{name}", short))), None)


def _read(ledger: Tree, path: str, short: str) -> bytes | None:
    data = ledger.read(path)
    if data is None or Digest.of(data).short != short:
        return None
    try:
        version = Version.from_bytes(data, path)
    except InvalidDocument:
        return None
    return data if path.split("/")[1] == paths.version(version.model, 0, version.digest).split("/")[1] else None
