"""The active run: what `gitreg.log_metric` and its kin write to. The one piece of module state of the library.

A run that is started becomes the active one in its context (so `await` and nested `with` blocks keep theirs) and the
process's fallback (so that threads and notebook cells, whose contexts know nothing of it, find it too). The newest that
has not ended counts.

Runs that are still open when the interpreter exits are ended: `failed` if it exits by an exception that nobody caught,
otherwise `finished`. A process that is killed ends nothing; `gitreg runs recover` says `killed` then.
"""

from __future__ import annotations

import atexit
import os
import sys
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, Final, SupportsFloat, Unpack

from gitreg.errors import GitregError, RunClosed
from gitreg.tracking.journal import log

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from datetime import datetime

    from gitreg.documents import DatasetUse, Evaluation, Output, Role, RunId
    from gitreg.evaluation import EvaluationOptions
    from gitreg.tracking.capture import Sketch
    from gitreg.tracking.run import Run
    from gitreg.tracking.taking import TakingOptions


class Process:
    """The runs that this process has open."""

    def __init__(self) -> None:
        self._runs: dict[Run, Callable[[Run], None]] = {}
        self._attached: set[RunId] = set()
        self._joined: dict[str, int] = {}
        self._context: ContextVar[Run | None] = ContextVar("gitreg_active_run", default=None)
        self._is_watching = False
        self._told_of_none = False
        self._error_before: BaseException | None = None

    def enter(self, run: Run, after_fork: Callable[[Run], None]) -> None:
        """Make a run the active one; `after_fork` is called with it in each forked child."""
        if not self._is_watching:
            self._is_watching = True
            self._error_before = _last_error()
            atexit.register(self._exit)
            os.register_at_fork(after_in_child=self._after_fork)
        self._runs[run] = after_fork
        self._context.set(run)

    def leave(self, run: Run) -> None:
        """The run has ended."""
        self._runs.pop(run, None)

    def attach_once(self, run_id: RunId) -> bool:
        """Whether this is the first time that this process attaches to the run."""
        is_first = run_id not in self._attached
        self._attached.add(run_id)
        return is_first

    def next_number(self, what: str) -> int:
        """How often this was asked before. Ranks that run the same program get the same numbers."""
        number = self._joined.get(what, 0)
        self._joined[what] = number + 1
        return number

    def active(self) -> Run | None:
        """The run of this context, else the newest that this process has open."""
        run = self._context.get()
        if run is not None and run in self._runs:
            return run
        return next(reversed(self._runs), None)

    def open_run(self, run_id: RunId) -> Run | None:
        """A run that this process has open, by its id."""
        return next((run for run in self._runs if run.run_id == run_id), None)

    def open_runs(self) -> list[Run]:
        """The runs that this process has open, the newest first."""
        return [*reversed(self._runs)]

    def required(self) -> Run:
        """The active run. Raises `RunClosed`."""
        run = self.active()
        if run is None:
            raise RunClosed("No run is active.", hint="Start one: gitreg.start_run()")
        return run

    def active_or_told(self) -> Run | None:
        """The active run; that there is none is said once, because `log_*` never stops a program."""
        run = self.active()
        if run is None and not self._told_of_none:
            self._told_of_none = True
            log.warning("gitreg: no run is active, nothing is recorded. Start one: gitreg.start_run()")
        return run

    def _after_fork(self) -> None:
        for run, after_fork in list(self._runs.items()):
            after_fork(run)

    def _exit(self) -> None:
        is_failed = _last_error() is not self._error_before and not hasattr(sys, "ps1")
        for run in self.open_runs():
            try:
                run.finish("failed" if is_failed else "finished")
            except (GitregError, OSError, RuntimeError) as error:  # from 3.12 an exiting Python refuses threads so
                log.warning("gitreg could not end the run %s: %s", run.run_id.short, error)


def _last_error() -> BaseException | None:
    """The exception that the interpreter last showed because nobody caught it."""
    return getattr(sys, "last_exc", None) or getattr(sys, "last_value", None)


PROCESS: Final = Process()


def active_run() -> Run | None:
    """The active run, if there is one."""
    return PROCESS.active()


def log_param(key: str, value: object) -> None:
    """`Run.log_param` of the active run."""
    if run := PROCESS.active_or_told():
        run.log_param(key, value)


def log_params(params: Mapping[str, object]) -> None:
    """`Run.log_params` of the active run."""
    if run := PROCESS.active_or_told():
        run.log_params(params)


def log_metric(
    key: str,
    value: SupportsFloat,
    *,
    step: int | None = None,
    time: datetime | float | None = None,
    dataset: str | DatasetUse | None = None,
) -> None:
    """`Run.log_metric` of the active run."""
    if run := PROCESS.active_or_told():
        run.log_metric(key, value, step=step, time=time, dataset=dataset)


def log_metrics(
    metrics: Mapping[str, SupportsFloat],
    *,
    step: int | None = None,
    time: datetime | float | None = None,
    dataset: str | DatasetUse | None = None,
) -> None:
    """`Run.log_metrics` of the active run."""
    if run := PROCESS.active_or_told():
        run.log_metrics(metrics, step=step, time=time, dataset=dataset)


def log_artifact(path: str | os.PathLike[str], artifact_path: str | None = None, **how: Unpack[TakingOptions]) -> None:
    """`Run.log_artifact` of the active run."""
    if run := PROCESS.active_or_told():
        run.log_artifact(path, artifact_path, **how)


def log_artifacts(
    folder: str | os.PathLike[str], artifact_path: str | None = None, **how: Unpack[TakingOptions]
) -> None:
    """`Run.log_artifacts` of the active run."""
    if run := PROCESS.active_or_told():
        run.log_artifacts(folder, artifact_path, **how)


def log_text(text: str, path: str, **how: Unpack[TakingOptions]) -> None:
    """`Run.log_text` of the active run."""
    if run := PROCESS.active_or_told():
        run.log_text(text, path, **how)


def log_dict(value: Mapping[str, Any] | list[Any], path: str, **how: Unpack[TakingOptions]) -> None:
    """`Run.log_dict` of the active run."""
    if run := PROCESS.active_or_told():
        run.log_dict(value, path, **how)


def log_html(html: str, path: str, **how: Unpack[TakingOptions]) -> None:
    """`Run.log_html` of the active run."""
    if run := PROCESS.active_or_told():
        run.log_html(html, path, **how)


def log_table(data: object, path: str, **how: Unpack[TakingOptions]) -> None:
    """`Run.log_table` of the active run."""
    if run := PROCESS.active_or_told():
        run.log_table(data, path, **how)


def log_figure(figure: object, path: str, *, personal: bool = False) -> None:
    """`Run.log_figure` of the active run."""
    if run := PROCESS.active_or_told():
        run.log_figure(figure, path, personal=personal)


def log_image(image: object, path: str, *, personal: bool = False) -> None:
    """`Run.log_image` of the active run."""
    if run := PROCESS.active_or_told():
        run.log_image(image, path, personal=personal)


def log_histogram(values: Iterable[Any], path: str, *, bins: int = 64, personal: bool = False) -> None:
    """`Run.log_histogram` of the active run."""
    if run := PROCESS.active_or_told():
        run.log_histogram(values, path, bins=bins, personal=personal)


def log_dataset(
    name: str, data: object, *, role: Role = "train", target: str | None = None, **sketch: Unpack[Sketch]
) -> DatasetUse | None:
    """`Run.log_dataset` of the active run."""
    run = PROCESS.active_or_told()
    return run.log_dataset(name, data, role=role, target=target, **sketch) if run else None


def log_evaluation(
    dataset: str | DatasetUse,
    predictions: Iterable[Any],
    target: Iterable[Any],
    **options: Unpack[EvaluationOptions],
) -> Evaluation | None:
    """`Run.log_evaluation` of the active run."""
    run = PROCESS.active_or_told()
    return run.log_evaluation(dataset, predictions, target, **options) if run else None


def log_model(
    folder: str | os.PathLike[str],
    name: str = "model",
    *,
    flavors: Mapping[str, Any] | None = None,
    signature: Mapping[str, Any] | None = None,
    step: int | None = None,
    allow_secrets: bool = False,
) -> Output | None:
    """`Run.log_model` of the active run."""
    run = PROCESS.active_or_told()
    if run is None:
        return None
    return run.log_model(folder, name, flavors=flavors, signature=signature, step=step, allow_secrets=allow_secrets)


def set_tag(key: str, value: object) -> None:
    """`Run.set_tag` of the active run."""
    if run := PROCESS.active_or_told():
        run.set_tag(key, value)


def set_tags(tags: Mapping[str, object]) -> None:
    """`Run.set_tags` of the active run."""
    if run := PROCESS.active_or_told():
        run.set_tags(tags)


def flush() -> None:
    """`Run.flush` of the active run. Raises `RunClosed` where there is none."""
    PROCESS.required().flush()
