"""Which repositories we can read at all."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dulwich.object_format import OBJECT_FORMATS

from gitreg.errors import UnsafeRepository

if TYPE_CHECKING:
    from dulwich.object_format import ObjectFormat

    from gitreg.store.config import GitConfig
    from gitreg.store.layout import Layout

_HARMLESS = frozenset({"noop", "objectformat", "preciousobjects", "relativeworktrees", "worktreeconfig"})


def object_format(config: GitConfig, layout: Layout) -> ObjectFormat:
    """The repository's hash. Raises `UnsafeRepository` for a format that we would misread."""
    version = config.local("core.repositoryformatversion") or "0"
    extensions = config.extensions()
    unknown = sorted(extensions.keys() - _HARMLESS)
    if extensions.get("refstorage") == "files":
        unknown.remove("refstorage")
    name = extensions.get("objectformat", "sha1") if version == "1" else "sha1"
    if version not in ("0", "1") or (version == "1" and unknown) or name not in OBJECT_FORMATS:
        what = ", ".join(unknown) or f"format version {version}, objects in {name}"
        message = f"{layout.common_dir} uses {what}, which gitreg cannot read."
        raise UnsafeRepository(message, subject=str(layout.common_dir))
    return OBJECT_FORMATS[name]
