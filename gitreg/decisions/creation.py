"""The first commit of a registry."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gitreg.documents import Edits, RegistryId, RegistrySettings, StageSettings, paths
from gitreg.policy import default_policy

if TYPE_CHECKING:
    from collections.abc import Iterable

STAGES = ("staging", "production")

_README = """\
# A model registry

This repository is a gitreg registry (`pip install gitreg`). This branch holds what people decided: which
model version is in which stage, and why. What machines recorded is on the branch `{ledger}`.

    gitreg status       what is going on, and what to do next
    gitreg log          who put which version where, when and why
    git log             the same, without gitreg
"""


def default_settings(registry: RegistryId, protect: Iterable[str] = (), blobs: str | None = None) -> RegistrySettings:
    """Settings as `init` makes them: staging and production, of which `protect` need approval, or a further stage."""
    protected = frozenset(protect)
    names = (*STAGES, *sorted(protected - set(STAGES)))
    stages = {
        name: StageSettings(protected=name in protected, policy=name if name in protected else None) for name in names
    }
    return RegistrySettings(registry=registry, blobs=blobs, stages=stages)


def creation_edits(settings: RegistrySettings, *, ledger: str = "ledger") -> Edits:
    """The files of the first commit; each protected stage begins with the default policy."""
    edits: dict[str, bytes | None] = {
        "README.md": _README.format(ledger=ledger).encode(),
        paths.ATTRIBUTES: paths.ATTRIBUTES_CONTENT,
        paths.SETTINGS: settings.to_bytes(),
    }
    for stage in settings.stages.values():
        if stage.protected and stage.policy is not None:
            edits[paths.policy(stage.policy)] = default_policy().to_bytes()
    return edits
