"""Autologging, reserved: the hook by which a package records what a framework does, without a change to the program.

`gitreg run --autolog -- python train.py` starts Python so that `install` is called before the program. A package says
in the entry-point group `gitreg.autolog` which function is called once a framework was imported:

    [project.entry-points."gitreg.autolog"]
    sklearn = "my_package.autologging:watch_sklearn"

The function takes nothing and is called after `import sklearn` has succeeded; `gitreg.active_run()` is there for what
it makes the framework call. gitreg itself has no autologger yet, and says so at the end where a framework was used.
"""

from __future__ import annotations

import atexit
import logging
import sys
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder
from importlib.metadata import EntryPoint, entry_points
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from types import ModuleType

GROUP: Final = "gitreg.autolog"
FRAMEWORKS: Final = (
    "catboost",
    "fastai",
    "jax",
    "keras",
    "lightgbm",
    "lightning",
    "pytorch_lightning",
    "sklearn",
    "spacy",
    "statsmodels",
    "tensorflow",
    "torch",
    "transformers",
    "xgboost",
)
"""Those whose use without an autologger is told."""

_log: Final = logging.getLogger("gitreg.autolog")


def install() -> None:
    """Call each autologger when its framework is imported, and say at the end which framework had none."""
    found = {point.name: point for point in entry_points(group=GROUP)}
    sys.meta_path.insert(0, _Watch(found))
    atexit.register(_tell, frozenset(found))


def unwatched(modules: Sequence[str], known: frozenset[str]) -> list[str]:
    """The frameworks among the imported modules that nobody watches."""
    return sorted(name for name in FRAMEWORKS if name in modules and name not in known)


def _tell(known: frozenset[str]) -> None:
    missing = unwatched([*sys.modules], known)
    if missing:
        _log.warning(
            "gitreg: --autolog has no autologger for %s, so nothing of it was recorded by itself. Log what matters "
            "(gitreg.log_metric), or install a package with an entry point in the group %s.",
            ", ".join(missing),
            GROUP,
        )


class _Watch(MetaPathFinder):
    """Stands before the other finders and answers for the watched modules alone, each once."""

    def __init__(self, waiting: Mapping[str, EntryPoint]) -> None:
        self._waiting = dict(waiting)

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """See `MetaPathFinder`."""
        point = self._waiting.pop(fullname, None)
        spec = PathFinder.find_spec(fullname, path, target) if point else None
        if point is None or spec is None or spec.loader is None:
            return None
        spec.loader = _Then(spec.loader, point)
        return spec


class _Then(Loader):
    """The framework's own loader, and the autologger after it."""

    def __init__(self, loader: Loader, point: EntryPoint) -> None:
        self._loader = loader
        self._point = point

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        """See `Loader`."""
        return self._loader.create_module(spec)

    def exec_module(self, module: ModuleType) -> None:
        """Run the framework, then the autologger, whose trouble is told and never reaches the program."""
        self._loader.exec_module(module)
        try:
            self._point.load()()
        except (ImportError, AttributeError, TypeError, ValueError, RuntimeError, LookupError, OSError) as error:
            _log.warning("gitreg: the autologger %s did not start: %s", self._point.value, error)
