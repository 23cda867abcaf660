"""gitreg: a registry for machine learning in a git repository. `gitreg.open()`, `gitreg.start_run()` are the doors."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from gitreg._open import Registry, init, open, start_run  # noqa: A004 - `gitreg.open` reads as it should
    from gitreg.tracking import (
        Run,
        active_run,
        flush,
        log_artifact,
        log_artifacts,
        log_dataset,
        log_dict,
        log_evaluation,
        log_figure,
        log_histogram,
        log_html,
        log_image,
        log_metric,
        log_metrics,
        log_model,
        log_param,
        log_params,
        log_table,
        log_text,
        set_tag,
        set_tags,
    )

__all__ = [
    "Registry",
    "Run",
    "active_run",
    "flush",
    "init",
    "log_artifact",
    "log_artifacts",
    "log_dataset",
    "log_dict",
    "log_evaluation",
    "log_figure",
    "log_histogram",
    "log_html",
    "log_image",
    "log_metric",
    "log_metrics",
    "log_model",
    "log_param",
    "log_params",
    "log_table",
    "log_text",
    "open",
    "set_tag",
    "set_tags",
    "start_run",
]

_OPENING: Final = frozenset({"Registry", "init", "open", "start_run"})


def __getattr__(name: str) -> object:
    """What `__all__` lists, imported when it is first asked for: `import gitreg` alone costs next to nothing."""
    if name not in __all__:
        message = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(message)
    found: object = getattr(import_module("gitreg._open" if name in _OPENING else "gitreg.tracking"), name)
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
