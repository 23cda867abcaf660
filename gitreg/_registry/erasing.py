"""Erasing: what names some bytes, that they are erased, and that they really go.

First the ledger says so, then the key goes, then the bytes: whatever breaks in between, the next `erase` or `sync` goes
on, and meanwhile nobody reads or stores them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from gitreg._registry.referring import Search
from gitreg._registry.settling import Settler
from gitreg._registry.views import Erasing, Target
from gitreg.blobs import LayeredBlobs
from gitreg.data import DATASETS
from gitreg.documents import Digest, Erased, is_sealed, paths
from gitreg.errors import NotFound, Refused
from gitreg.registry import RunAddress, parse_address

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from gitreg._registry.parts import Parts
    from gitreg.blobs import Stored
    from gitreg.documents import Edits, ManifestEntry, Tree


class Eraser:
    """Erases, and takes away what others erased."""

    def __init__(self, parts: Parts, artifacts: Callable[[str], tuple[ManifestEntry, ...]]) -> None:
        """`artifacts` gives the files of a version's address."""
        self._parts = parts
        self._artifacts = artifacts
        self._settler = Settler(parts)

    def all(self) -> list[Erased]:
        """What was erased, the latest first."""
        return self._parts.erasures.all()

    # --- looking ----------------------------------------------------------------------------------------------------

    def find(self, addresses: Sequence[str]) -> tuple[Target, ...]:
        """What addresses mean, and what rests on it.

        An address is that of a run's files (`runs:/RUN/PATH`), of a version, of data (`datasets:/NAME@VERSION`), the
        digest of a blob, or that of an evaluation, which means its predictions. Raises `InvalidName`, `RunNotFound`,
        `ArtifactNotFound`, `VersionNotFound`, and `NotFound` for a digest that nothing here has or names.
        """
        wanted = dict.fromkeys(digest for address in addresses for digest in self._digests(address))
        search = Search(set(wanted), LayeredBlobs(self._parts.blobs.local, self._parts.blobs.shared))
        store = self._parts.store
        search.ledger(store.snapshot(store.ledger_tip()))
        search.main(store.snapshot(store.main_tip()))
        return tuple(self._target(digest, search) for digest in wanted)

    def _digests(self, address: str) -> Iterator[Digest]:
        plain = address.removeprefix("blob:")
        if plain.startswith("sha256:"):
            digest = Digest(plain)
            meant = next((each for each in self._parts.index.evaluations() if each.digest == digest), None)
            yield meant.predictions.digest if meant is not None else digest
            return
        if address.startswith(DATASETS):
            yield from (stored.digest for stored in self._data_of(address))
            return
        found = parse_address(address)
        if isinstance(found, RunAddress):
            entries: Iterable[ManifestEntry] = self._parts.runs.artifacts(found.run, found.path)
        else:
            entries = self._artifacts(address)
        yield from (entry.digest for entry in entries)

    def _data_of(self, address: str) -> Iterator[Stored]:
        """All that a version of data stores, what others share with it included; its lists of files stay readable."""
        document = self._parts.data.version(address).document
        lists = {each.digest for each in document.files}
        yield from (each for each in self._parts.data.stored(document) if each.digest not in lists)
        yield from document.sketches

    def _target(self, digest: Digest, search: Search) -> Target:
        erased, everything = self._parts.erasures.of(digest), search.blobs
        size, media_type = search.known.get(digest, (None, ""))
        is_here = size is not None or erased is not None or everything.has(digest)
        if not is_here:
            raise NotFound(f"Nothing here has or names {digest}.", subject=digest, hint="gitreg artifacts list RUN")
        sealed = is_sealed(media_type) or everything.get_key(digest) is not None
        return Target(digest, size, sealed, tuple(search.found.get(digest, ())), erased)

    # --- erasing ----------------------------------------------------------------------------------------------------

    def erase(self, targets: Sequence[Target], reason: str) -> Erasing:
        """Say on the ledger that these bytes are erased, and take them and their keys away, here and where all share.

        Again is once more, and finishes what was interrupted. Raises `Refused` for files of a version that stands in a
        stage, and what the place of the bytes raises; then the ledger says it already.
        """
        self._refuse_standing(targets)
        documents = tuple(self._document(each, reason) for each in targets)
        trouble = ""
        new = [each for each, target in zip(documents, targets, strict=True) if target.erased is None]
        if new:
            subject = f"erased: {len(new)} blob{'s' if len(new) > 1 else ''}"
            recorded = self._parts.ledger.publish(lambda standing: _edits(new, standing.tree), subject, why=reason)
            trouble = recorded.trouble
        self._settler.settle([each.blob for each in targets])
        return Erasing(documents, trouble)

    def _refuse_standing(self, targets: Sequence[Target]) -> None:
        standing = self._parts.erasures.standing()
        for each in targets:
            if each.blob in standing:
                where = next((naming.label for naming in each.named_by if naming.kind == "stage"), "a stage")
                message = f"{each.blob} belongs to {where}."
                raise Refused(message, subject=each.blob, hint="First withdraw it: gitreg withdraw MODEL --stage STAGE")

    def _document(self, target: Target, reason: str) -> Erased:
        now = self._parts.store.surroundings.now()
        return target.erased or Erased(
            blob=target.blob,
            size=target.size,
            sealed=target.sealed,
            reason=reason,
            actor=self._parts.ledger.actor(),
            at=now,
        )


def _edits(documents: Sequence[Erased], ledger: Tree) -> Edits:
    """Those about blobs that no other document is about: two clones may erase at once."""
    return {
        paths.erased(each.blob, each.digest): each.to_bytes()
        for each in documents
        if not any(entry.name.startswith(each.blob.hex) for entry in ledger.entries(paths.erasures(each.blob)))
    }
