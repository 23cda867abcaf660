"""One registry, put together from the rooms: recording, registering, deciding, reading, keeping it well."""

from typing import TYPE_CHECKING

from gitreg._registry.ci import CI_SYSTEMS
from gitreg._registry.creating import Wanted, create
from gitreg._registry.gate import check_push, findings_of
from gitreg._registry.parts import is_registry
from gitreg._registry.registry import Registry
from gitreg._registry.views import (
    Ailment,
    Anchored,
    Checkup,
    Erasing,
    Opened,
    Pulled,
    Reported,
    Resolution,
    Settled,
    StageView,
    Status,
    Synced,
    Target,
    Told,
    Unpushed,
)
from gitreg.lazy import lazily

if TYPE_CHECKING:
    from gitreg._registry.versions import VersionPage

__all__ = [
    "CI_SYSTEMS",
    "Ailment",
    "Anchored",
    "Checkup",
    "Erasing",
    "Opened",
    "Pulled",
    "Registry",
    "Reported",
    "Resolution",
    "Settled",
    "StageView",
    "Status",
    "Synced",
    "Target",
    "Told",
    "Unpushed",
    "VersionPage",
    "Wanted",
    "check_push",
    "create",
    "findings_of",
    "is_registry",
]

__getattr__ = lazily(__name__, {"versions": ("VersionPage",)})
