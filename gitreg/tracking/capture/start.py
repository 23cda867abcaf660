"""All that is captured when a run begins. Whatever cannot be found out is left empty: it never stops a run."""

from __future__ import annotations

import sys
import unicodedata
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Final

from gitreg.documents import Descriptor, Environment, Source
from gitreg.errors import GitregError
from gitreg.store import Checkout, describe_checkout
from gitreg.tracking.capture.environment import capture_environment
from gitreg.tracking.capture.scheduler import scheduler_tags
from gitreg.tracking.capture.secrets import patch_without_secrets, url_without_user, without_secrets

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gitreg.blobs import BlobStore
    from gitreg.store import CommitId
    from gitreg.surroundings import Surroundings

_MAX_WORDS: Final = 200
_MAX_WORD: Final = 2_000


@dataclass(frozen=True)
class Captured:
    """What was found out."""

    source: Source
    environment: Environment
    tags: Mapping[str, str]


def capture_start(
    blobs: BlobStore,
    surroundings: Surroundings,
    command: tuple[str, ...] | None = None,
    *,
    commit: CommitId | None = None,
    reads_git: bool = True,
) -> Captured:
    """Look at this process; `command` is what runs where that is not this process itself (`gitreg run`).

    Where git is not to be read, the code is what somebody says it is: `commit`.
    """
    words = tuple(sys.orig_argv) if command is None else command
    code = _code_folder(words)
    checkout = (_checkout(code, surroundings) if reads_git else None) or Checkout(commit=commit)
    return Captured(
        source=_source(blobs, checkout, words),
        environment=capture_environment(blobs, code, surroundings.environ),
        tags=scheduler_tags(surroundings.environ),
    )


def _code_folder(words: tuple[str, ...]) -> Path:
    """Where the code is: beside the script that runs, else where we are."""
    script = next((Path(word) for word in words if word.endswith(".py")), None)
    return (script.parent if script and script.is_file() else Path()).absolute()


def _source(blobs: BlobStore, checkout: Checkout, words: tuple[str, ...]) -> Source:
    return Source(
        repository=url_without_user(checkout.url) if checkout.url else None,
        commit=checkout.commit,
        branch=checkout.branch,
        dirty=checkout.is_dirty,
        diff=_diff(blobs, checkout.diff),
        entry_point=_entry_point(words),
        command=tuple(_plain(word) for word in without_secrets(words[:_MAX_WORDS])),
    )


def _entry_point(words: tuple[str, ...]) -> str | None:
    """The script or module that runs, else the program."""
    module = next((after for before, after in pairwise(words) if before == "-m"), None)
    script = next((word for word in words if word.endswith((".py", ".ipynb", ".sh", ".R", ".jl"))), None)
    found = module or script or (words[0] if words else None)
    return _plain(found) if found else None


def _checkout(code: Path, surroundings: Surroundings) -> Checkout | None:
    try:
        return describe_checkout(code, surroundings)
    except (GitregError, OSError):
        return None


def _diff(blobs: BlobStore, diff: bytes | None) -> Descriptor | None:
    if not diff:
        return None
    cut = patch_without_secrets(diff.decode(errors="replace"))
    try:
        return blobs.put(cut.encode(), media_type="text/x-diff")
    except GitregError:
        return None


def _plain(word: str) -> str:
    """A word of a command line as documents can hold it, whatever bytes it was made of."""
    text = unicodedata.normalize("NFC", word.encode(errors="replace").decode())
    return text if len(text) <= _MAX_WORD else f"{text[:_MAX_WORD]}…"
