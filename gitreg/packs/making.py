"""From material to the files of a pack: each under a name of ours."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC
from functools import partial
from typing import TYPE_CHECKING

from gitreg.documents import format_time
from gitreg.errors import InvalidValue
from gitreg.packs.archive import MAX_DOCUMENT_BYTES, Member, ordered
from gitreg.packs.bom import bom
from gitreg.packs.chapters import chapters
from gitreg.packs.provenance import provenance
from gitreg.packs.readme import FOLDER, readme
from gitreg.report import html, markdown, why_page

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gitreg.documents import Json
    from gitreg.packs.material import Bytes, Landed, Material


def members(material: Material) -> tuple[Member, ...]:
    """Every file of the pack, in its order. Raises `InvalidValue` for more than a pack may hold."""
    material = replace(material, now=material.now.astimezone(UTC))
    files = dict(_files(material))
    if sum(map(len, files.values())) > MAX_DOCUMENT_BYTES:
        limit = MAX_DOCUMENT_BYTES // 1024**2
        raise InvalidValue(
            f"The documents of {material.address} are larger than {limit} MiB.", subject=material.address
        )
    model = _model_files(material.bytes) if material.bytes else ()
    return ordered([*(Member.of(name, data) for name, data in files.items()), *model])


def _files(material: Material) -> Iterator[tuple[str, bytes]]:
    yield "README.txt", readme(material).encode()
    yield "index.md", markdown(chapters(material)).encode()
    blocks = [*chapters(material), *why_page(material.standing, material.now)]
    yield "page.html", html(f"{material.address}: {material.label}", blocks).encode()
    yield from ((name, place.data) for name, place in material.documents.items())
    for each in material.signed:
        yield f"{FOLDER}/{each.key}.json", each.data
        yield f"{FOLDER}/{each.key}.json.sig", each.signature
    yield from _records(material)
    yield "history/log.json", _pretty([_landed(each) for each in material.log])
    yield "history/lineage.json", _pretty(material.lineage)
    yield "model/bom.cdx.json", _pretty(bom(material))
    if material.version.run:
        yield "model/provenance.intoto.json", _pretty(provenance(material))
    yield "model/LICENCES.md", markdown(_licences(material)).encode()
    if material.bytes:
        yield from _about_bytes(material.bytes)


def _records(material: Material) -> Iterator[tuple[str, bytes]]:
    kinds = (("run", material.runs), ("dataset", material.datasets), ("evaluation", material.evaluations))
    for kind, found in kinds:
        for place, document in enumerate(found, 1):
            yield f"records/{kind}-{place}.json", document.to_bytes()


def _about_bytes(found: Bytes) -> Iterator[tuple[str, bytes]]:
    yield "model/manifest.json", found.manifest.to_bytes()
    yield "model/FILES", "".join(f"{each.digest.hex}  {each.path}\n" for each in found.manifest.files).encode()
    if found.signature:
        yield "model/model.sig", found.signature


def _model_files(found: Bytes) -> Iterator[Member]:
    """The model's own files under numbers: their paths are somebody else's words."""
    if found.open is None:
        return
    for place, entry in enumerate(found.manifest.files, 1):
        yield Member(f"model/files/{place:05}", entry.digest, entry.size, partial(found.open, entry.digest))


def _licences(material: Material) -> Iterator[str]:
    card = material.card
    yield f"The model's licence by its card: {card.licence if card and card.licence else 'not recorded'}."
    entries = material.bytes.manifest.files if material.bytes else ()
    for entry in entries:
        if entry.path.rpartition("/")[2].upper().startswith(("LICENSE", "LICENCE", "COPYING", "NOTICE")):
            yield f"Among its files: {entry.path} ({entry.digest})."
    yield "Licences of the packages it was trained with are not recorded; the lock file names the packages."


def _landed(each: Landed) -> Json:
    return {
        "title": each.title,
        "commit": each.commit,
        "committed_at": format_time(each.at),
        "decision": str(each.decision),
        "outcome": each.outcome,
        "unreviewed": each.is_unreviewed,
        "approved_by": [str(person) for person in each.approved_by],
        "reason": each.reason,
    }


def _pretty(value: object) -> bytes:
    """JSON with sorted keys, in ASCII: names in commits need not be what a document may hold."""
    return f"{json.dumps(value, indent=2, sort_keys=True, ensure_ascii=True, allow_nan=False)}\n".encode()
