"""What a shell may complete: runs, models and stages of the registry that is meant. Silent where anything is wrong."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from click.shell_completion import CompletionItem

from gitreg.errors import GitregError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    import click

    from gitreg._registry import Registry

    Offer = Callable[[Registry], Iterable[tuple[str, str]]]
    Complete = Callable[[click.Context, click.Parameter, str], list[CompletionItem]]

_RUNS: Final = 100


def _completed(offer: Offer) -> Complete:
    """Words that begin as the incomplete one does, each with what the shell says of it."""

    def complete(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
        from gitreg._open import open_registry

        del param
        try:
            with open_registry(ctx.find_root().params.get("folder")) as registry:
                found = dict(offer(registry))
        except (GitregError, OSError):
            return []
        return [CompletionItem(word, help=said) for word, said in found.items() if word.startswith(incomplete)]

    return complete


def _runs(registry: Registry) -> Iterable[tuple[str, str]]:
    yield "@last", "the latest run"
    for run in registry.runs.list(limit=_RUNS):
        yield run.name, f"{run.experiment}, {run.status}"
        yield run.run_id.short, f"{run.experiment} {run.name}"


def _models(registry: Registry) -> Iterable[tuple[str, str]]:
    for view in registry.models.list():
        yield view.name, view.remarks.description or "model"


def _stages(registry: Registry) -> Iterable[tuple[str, str]]:
    for name, stage in registry.settings.stages.items():
        yield name, "protected stage" if stage.protected else "stage"


complete_run = _completed(_runs)
complete_model = _completed(_models)
complete_stage = _completed(_stages)
