"""One registry, put together from the rooms: recording, registering, deciding, reading, keeping it well."""

from typing import TYPE_CHECKING

from gitreg.lazy import lazily

if TYPE_CHECKING:
    from gitreg._registry.bisecting import Bisected, Verdict, by_judge, by_metric
    from gitreg._registry.blaming import Blame, Blamed, Origin
    from gitreg._registry.ci import CI_SYSTEMS
    from gitreg._registry.creating import Wanted, create
    from gitreg._registry.differing import Change, DataChange, Difference
    from gitreg._registry.drivers import merge_file, set_up_git, told_change, told_file
    from gitreg._registry.gate import check_push, findings_of
    from gitreg._registry.hooks import install_commit_hooks
    from gitreg._registry.lockfiles import LockCheck, LockFiles
    from gitreg._registry.parts import is_registry
    from gitreg._registry.registry import Registry
    from gitreg._registry.resolved import Pulled, Resolution, StageView
    from gitreg._registry.sets import Sets
    from gitreg._registry.staging import check_staged
    from gitreg._registry.versions import VersionPage
    from gitreg._registry.views import (
        Ailment,
        Anchored,
        Checkup,
        Erasing,
        Member,
        Opened,
        Reported,
        SetStage,
        Settled,
        SetView,
        Status,
        Synced,
        Target,
        Told,
        Unpushed,
    )

__all__ = [
    "CI_SYSTEMS",
    "Ailment",
    "Anchored",
    "Bisected",
    "Blame",
    "Blamed",
    "Change",
    "Checkup",
    "DataChange",
    "Difference",
    "Erasing",
    "LockCheck",
    "LockFiles",
    "Member",
    "Opened",
    "Origin",
    "Pulled",
    "Registry",
    "Reported",
    "Resolution",
    "SetStage",
    "SetView",
    "Sets",
    "Settled",
    "StageView",
    "Status",
    "Synced",
    "Target",
    "Told",
    "Unpushed",
    "Verdict",
    "VersionPage",
    "Wanted",
    "by_judge",
    "by_metric",
    "check_push",
    "check_staged",
    "create",
    "findings_of",
    "install_commit_hooks",
    "is_registry",
    "merge_file",
    "set_up_git",
    "told_change",
    "told_file",
]

__getattr__ = lazily(
    __name__,
    {
        "ci": ("CI_SYSTEMS",),
        "creating": ("Wanted", "create"),
        "gate": ("check_push", "findings_of"),
        "lockfiles": ("LockCheck", "LockFiles"),
        "parts": ("is_registry",),
        "registry": ("Registry",),
        "resolved": ("Pulled", "Resolution", "StageView"),
        "sets": ("Sets",),
        "views": (
            "Ailment",
            "Anchored",
            "Checkup",
            "Erasing",
            "Member",
            "Opened",
            "Reported",
            "SetStage",
            "Settled",
            "SetView",
            "Status",
            "Synced",
            "Target",
            "Told",
            "Unpushed",
        ),
        "bisecting": ("Bisected", "Verdict", "by_judge", "by_metric"),
        "blaming": ("Blame", "Blamed", "Origin"),
        "differing": ("Change", "DataChange", "Difference"),
        "versions": ("VersionPage",),
        "drivers": ("merge_file", "set_up_git", "told_change", "told_file"),
        "hooks": ("install_commit_hooks",),
        "staging": ("check_staged",),
    },
)
