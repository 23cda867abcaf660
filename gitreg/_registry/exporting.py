"""What a registry hands to others: where a thing comes from, and all that is known of a stage in one file."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from gitreg._registry.dossier import Dossier
from gitreg._registry.tracing import Tracer
from gitreg.blobs import get_manifest
from gitreg.errors import InvalidName, StageNotFound
from gitreg.packs import Exported, members, sign_folder, write
from gitreg.registry import Label, ModelAddress, parse_address

if TYPE_CHECKING:
    from gitreg._registry.parts import Parts
    from gitreg.documents import Manifest
    from gitreg.lineage import Lineage


class Exports:
    """Answers `lineage` and `evidence export`. Reads this clone, and bytes from where they are."""

    def __init__(self, parts: Parts) -> None:
        """Nothing is read yet."""
        self._parts = parts

    def lineage(self, asked: str) -> Lineage:
        """What a thing comes from and what it flowed into; see `Tracer.trace`."""
        return Tracer(self._parts).trace(asked)

    def pack(self, address: str, target: Path, *, with_model: bool = False, sign_key: Path | None = None) -> Exported:
        """Write an evidence pack about what `models:/MODEL@STAGE` holds. The same state of a registry, the same bytes.

        `with_model` takes in the model's files; `sign_key` (PEM, elliptic curve) makes a model signature, whose bytes
        differ each time. Raises as `resolve`, `InvalidName` for another address, `BlobNotFound` where bytes are asked
        for that nobody has, `InvalidKey`, `MissingExtra`, `InvalidValue` past a pack's bounds.
        """
        named = parse_address(address)
        if not isinstance(named, ModelAddress) or not isinstance(named.selector, Label):
            raise InvalidName(f"{address} names no stage.", subject=address, hint="models:/MODEL@STAGE")
        stage = self._parts.models.stage(named.selector.name)
        if stage is None:
            raise StageNotFound(f"There is no stage {named.selector.name}.", subject=address, hint="gitreg status")
        dossier = Dossier(self._parts, self._parts.record.resolve(named.model, stage))
        lineage = self.lineage(dossier.address)
        manifest = dossier.manifest(is_needed=with_model or sign_key is not None)
        signature = self._signature(manifest, sign_key) if manifest is not None and sign_key is not None else None
        material = dossier.material(lineage, manifest, signature, with_model=with_model)
        files = members(material)
        return Exported(dossier.address, target, write(files, target), files, material.missing)

    def _signature(self, manifest: Manifest, key: Path) -> bytes:
        """Over the folder as `gitreg pull` would write it."""
        with tempfile.TemporaryDirectory() as scratch:
            folder = Path(scratch) / "model"
            get_manifest(self._parts.blobs, manifest, folder)
            return sign_folder(folder, key)
