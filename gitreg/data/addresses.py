"""Addresses of data as people write them: `claims`, `claims@latest`, `claims@3f2a`, `datasets:/claims@3f2a`. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass

from gitreg.documents import check_model_name
from gitreg.errors import InvalidName

DATASETS = "datasets:/"
LATEST = "latest"
_HEX = re.compile(r"[0-9a-f]{4,64}")
_FORMS = "Write NAME, NAME@latest or NAME@3f2a: the first digits of its digest."


@dataclass(frozen=True)
class DataAddress:
    """A dataset and one of its versions: `start` is how its content's digest begins, None for the latest one."""

    name: str
    start: str | None = None

    def __str__(self) -> str:
        return f"{DATASETS}{self.name}@{self.start or LATEST}"


def parse_data_address(text: str) -> DataAddress:
    """Read an address, with or without its scheme. Raises `InvalidName`, naming the forms there are."""
    name, at, selector = text.removeprefix(DATASETS).lstrip("/").partition("@")
    if not name or (at and not selector):
        raise InvalidName(f"{text!r:.80} is no dataset's address.", subject=text[:80], hint=_FORMS)
    checked = check_model_name(name, "dataset")
    if not at or selector == LATEST:
        return DataAddress(checked)
    digits = selector.removeprefix("sha256:")
    if not _HEX.fullmatch(digits):
        raise InvalidName(f"{selector!r:.80} is not how a digest begins.", subject=text[:80], hint=_FORMS)
    return DataAddress(checked, digits)
