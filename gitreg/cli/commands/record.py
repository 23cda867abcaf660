"""Record: runs from a shell, and what people say about runs afterwards."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, TypedDict, Unpack

import click

from gitreg._startup import FOLDER
from gitreg.cli.options import message_option, reason_option, run_argument
from gitreg.cli.params import ARTIFACT, METRIC, PAIR, PARAM, Artifact, Metric, Scalar
from gitreg.cli.session import Reply, Session
from gitreg.cli.tree import command
from gitreg.cli.views import runs, spooling
from gitreg.documents import check_name
from gitreg.errors import GitregError, InvalidValue
from gitreg.secrets import refuse_secrets_among
from gitreg.tracking import (
    INTERVAL_S,
    MIN_INTERVAL_S,
    check_metrics,
    record_metrics,
    refuse_secrets_below,
    run_command,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from gitreg.tracking import Run, SpoolTracker

__all__ = [
    "run",
    "runs_abandon",
    "runs_delete",
    "runs_finish",
    "runs_note",
    "runs_record",
    "runs_recover",
    "runs_restore",
    "runs_start",
    "runs_tag",
]


_SECONDS = click.FloatRange(min=MIN_INTERVAL_S)
_FILE = click.Path(dir_okay=False, path_type=Path)


class _Beginning(TypedDict):
    """What people say about a run when it starts."""

    experiment: str
    name: str | None
    tags: tuple[tuple[str, str], ...]
    key: str | None
    parent: str | None
    group: str | None


class _Command(_Beginning):
    """The same of a wrapped command, and what it writes."""

    metrics_files: tuple[Path, ...]
    artifacts: tuple[Artifact, ...]
    no_capture: bool
    autolog: bool
    system_metrics: bool
    system_interval: float


class _Arguments(TypedDict):
    """The same, as `start_run` takes it."""

    experiment: str
    name: str | None
    tags: dict[str, object]
    key: str | None
    parent: str | None
    group: str | None


class _Values(TypedDict):
    """What is recorded from a shell."""

    params: tuple[tuple[str, Scalar], ...]
    metrics: tuple[Metric, ...]
    tags: tuple[tuple[str, str], ...]
    artifacts: tuple[Artifact, ...]
    models: tuple[Artifact, ...]
    metrics_files: tuple[Path, ...]
    allow_secrets: bool
    personal: bool


def beginning_options(function: Callable[..., Reply]) -> Callable[..., Reply]:
    """Options of `runs start` and `run`."""
    for option in (
        click.option("--group", metavar="TEXT", help="What it is compared within, such as a sweep."),
        click.option("--parent", metavar="RUN", help="The run that this one is a part of."),
        click.option("--key", metavar="TEXT", help="The same key in the same experiment is the same run."),
        click.option("--tag", "tags", type=PAIR, multiple=True, help="A tag; again for more."),
        click.option("--name", metavar="NAME", help="A name for the run; one is made up otherwise."),
        click.option(
            "-e", "--experiment", metavar="NAME", default="default", show_default=True, help="Its experiment."
        ),
    ):
        function = option(function)
    return function


@command("runs start")
@beginning_options
@message_option
def runs_start(session: Session, message: str | None, **said: Unpack[_Beginning]) -> Reply:
    """Start a run from a shell and print its id.

    It belongs to no process: `gitreg runs record` adds to it and only `gitreg runs finish` ends it.
    """
    refuse_secrets_among(dict(said["tags"]))
    registry = session.recording
    started = registry.start_run(**_arguments(session, said), owner="none", strict=True)
    started.release()
    _note(session, started.run_id, message)
    found = registry.runs.get(started.run_id)
    return Reply(runs.whole(found), [found.run_id], runs.started_page(found))


def _arguments(session: Session, said: _Beginning) -> _Arguments:
    parent = session.recording.runs.get(said["parent"]).run_id if said["parent"] else None
    return {
        "experiment": said["experiment"],
        "name": said["name"],
        "tags": dict(said["tags"]),
        "key": said["key"],
        "parent": parent,
        "group": said["group"],
    }


def _note(session: Session, run_id: str, message: str | None) -> None:
    if message is not None:
        session.recording.runs.note(run_id, message)


@command("runs record")
@run_argument
@click.option("--param", "params", type=PARAM, multiple=True, help="A param; again for more.")
@click.option("--metric", "metrics", type=METRIC, multiple=True, help="A value of a metric; again for more.")
@click.option("--tag", "tags", type=PAIR, multiple=True, help="A tag; again for more.")
@click.option("--artifact", "artifacts", type=ARTIFACT, multiple=True, help="A file or folder; again for more.")
@click.option("--model", "models", type=ARTIFACT, multiple=True, help="A folder to register later, and its name.")
@click.option(
    "--metrics-file", "metrics_files", type=_FILE, multiple=True, help="Metrics as .json, .jsonl, .csv, .tsv."
)
@click.option("--allow-secrets", is_flag=True, help="Take artifacts that look like they hold a secret.")
@click.option("--personal", is_flag=True, help="Seal each artifact under a key of its own, which erase destroys.")
@message_option
def runs_record(session: Session, run: str, message: str | None, **values: Unpack[_Values]) -> Reply:
    """Add params, metrics, tags and files to a run.

    A param is a number, true or false where it is written as JSON writes them, else text. What cannot be recorded is
    refused with exit code 2, and nothing is recorded. So is what looks like a secret. In a file of metrics, `step` is
    the step of its row's numbers; what is no number is passed over.
    """
    _check(values)
    known = session.registry.runs.get(run)
    with session.registry.attach(known.run_id, owner="none", strict=True) as attached:
        _record(attached, values)
        read = [record_metrics(attached, path) for path in values["metrics_files"]]
    _note(session, known.run_id, message)
    found = session.registry.runs.get(known.run_id)
    page = runs.recorded_page(found, _counts(values, sum(each.values for each in read)))
    return Reply(runs.whole(found), page, runs.passed_over_page(read))


def _counts(values: _Values, in_files: int) -> dict[str, int]:
    return {
        "params": len(values["params"]),
        "metrics": len(values["metrics"]) + in_files,
        "tags": len(values["tags"]),
        "artifacts": len(values["artifacts"]),
        "models": len(values["models"]),
    }


def _check(values: _Values) -> None:
    """Refuse what could not be recorded before anything is."""
    for kind, named in (("param", values["params"]), ("metric", values["metrics"]), ("tag", values["tags"])):
        for each in named:
            check_name(each[0], kind)
    refuse_secrets_among(dict(values["params"]))
    refuse_secrets_among(dict(values["tags"]))
    for artifact in values["artifacts"]:
        if not Path(artifact.source).exists():
            message = f"There is no file or folder {artifact.source!r:.80}."
            raise InvalidValue(message, subject=artifact.source, hint=f"What there is: ls {Path.cwd()}")
    for path in values["metrics_files"]:
        check_metrics(path)
    folders = [_folder(model) for model in values["models"]]
    if not values["allow_secrets"]:
        for source in (*(Path(artifact.source) for artifact in values["artifacts"]), *folders):
            refuse_secrets_below(source)


def _record(run: Run, values: _Values) -> None:
    run.log_params(dict(values["params"]))
    for metric in values["metrics"]:
        run.log_metric(metric.key, metric.value, step=metric.step)
    run.set_tags(dict(values["tags"]))
    for artifact in values["artifacts"]:
        _take(run, artifact, allow_secrets=values["allow_secrets"], personal=values["personal"])
    for model in values["models"]:
        run.log_model(_folder(model), model.path or "model", allow_secrets=values["allow_secrets"])


def _take(run: Run, artifact: Artifact, *, allow_secrets: bool, personal: bool) -> None:
    source = Path(artifact.source)
    if source.is_dir():
        run.log_artifacts(source, artifact.path, allow_secrets=allow_secrets, personal=personal)
    elif artifact.path is None or Path(artifact.path).name == source.name:
        folder = str(Path(artifact.path).parent) if artifact.path else "."
        below = None if folder == "." else folder
        run.log_artifact(source, below, allow_secrets=allow_secrets, personal=personal)
    else:
        raise InvalidValue(
            f"{artifact.source!r:.80} keeps its name in the run.", hint=f"--artifact {source}=FOLDER/{source.name}"
        )


def _folder(model: Artifact) -> Path:
    folder = Path(model.source)
    if not folder.is_dir():
        message = f"{model.source!r:.80} is not a folder of files."
        raise InvalidValue(message, subject=model.source, hint=f"What there is: ls {Path.cwd()}")
    return folder


@command("runs finish")
@run_argument
@click.option("--failed", is_flag=True, help="It failed.")
@message_option
def runs_finish(session: Session, run: str, failed: bool, message: str | None) -> Reply:
    """End a run."""
    known = session.registry.runs.get(run)
    attached = session.registry.attach(known.run_id, owner="none")
    attached.finish("failed" if failed else "finished")
    _note(session, known.run_id, message)
    found = session.registry.runs.get(known.run_id)
    return Reply(runs.whole(found), runs.finished_page(found, attached.health))


@command("runs recover")
@message_option
def runs_recover(session: Session, message: str | None) -> Reply:
    """Publish what killed runs left behind.

    Only runs of this machine whose process is certainly gone are called killed; runs of other hosts are left alone.
    """
    found = session.registry.recover(message)
    return Reply([runs.recovered(each) for each in found], runs.recovered_page(found))


@command("run")
@beginning_options
@message_option
@click.option("--metrics", "metrics_files", type=_FILE, multiple=True, help="A file of metrics that it writes.")
@click.option("--artifacts", "artifacts", type=ARTIFACT, multiple=True, help="A file or folder that it writes.")
@click.option("--system-metrics", is_flag=True, help="Sample CPU, memory, disk, network and GPUs beside it.")
@click.option(
    "--system-interval",
    type=click.FloatRange(min=MIN_INTERVAL_S),
    default=INTERVAL_S,
    show_default=True,
    help="Seconds.",
)
@click.option("--autolog", is_flag=True, help="Load autologgers in a Python that it starts (docs/tracking.md).")
@click.option("--no-capture", is_flag=True, help="Do not keep what it prints.")
@click.argument("words", metavar="-- COMMAND...", nargs=-1, required=True, type=click.UNPROCESSED)
def run(session: Session, message: str | None, words: tuple[str, ...], **said: Unpack[_Command]) -> Reply:
    """Run a command and record it.

    `gitreg.start_run()` inside attaches to the same run; what a command in any other language writes, --metrics (.json,
    .jsonl, .csv, .tsv) and --artifacts pick up when it has ended. What it prints is handed on and kept for `gitreg runs
    logs`. Ends with the command's own exit code; any but 0 is recorded as failed.
    """
    refuse_secrets_among(dict(said["tags"]))
    if session.spool is not None:
        return _run_spooled(session, session.spool, message, words, said)
    registry = session.recording
    sampled = said["system_interval"] if said["system_metrics"] else None
    started = registry.start_run(**_arguments(session, said), system_metrics=sampled)
    code = run_command(
        started,
        words,
        _environ(session, said),
        registry.path,
        lambda: _pick_up(started, said),
        capture=not said["no_capture"],
    )
    _note(session, started.run_id, message)
    found = session.recording.runs.get(started.run_id)
    return Reply(notes=runs.finished_page(found, started.health), exit_code=code)


def _run_spooled(
    session: Session, spool: SpoolTracker, message: str | None, words: tuple[str, ...], said: _Command
) -> Reply:
    """The same into a spool, where there is no registry to ask or to tell."""
    if message is not None:
        hint = f"Say it when the run is published: gitreg runs note RUN {message!r:.60}"
        raise InvalidValue("A note needs the registry, and this run goes into a spool.", hint=hint)
    sampled = said["system_interval"] if said["system_metrics"] else None
    started = spool.start_run(
        said["experiment"],
        name=said["name"],
        tags=dict(said["tags"]),
        key=said["key"],
        parent=said["parent"],
        group=said["group"],
        system_metrics=sampled,
    )
    code = run_command(
        started,
        words,
        _environ(session, said),
        None,
        lambda: _pick_up(started, said),
        capture=not said["no_capture"],
    )
    return Reply(notes=spooling.recorded_page(started, spool.spool.folder), exit_code=code)


def _environ(session: Session, said: _Command) -> dict[str, str]:
    """What the command gets: where autologgers are asked for, a Python that loads them before anything else."""
    environ = dict(session.surroundings.environ)
    if said["autolog"]:
        paths = [str(FOLDER), *filter(None, [environ.get("PYTHONPATH")])]
        environ["PYTHONPATH"] = os.pathsep.join(paths)
    return environ


def _pick_up(run: Run, said: _Command) -> None:
    """What a command wrote; what it did not write, or wrote wrong, is counted as dropped and told at the end."""
    for path in said["metrics_files"]:
        try:
            record_metrics(run, path)
        except GitregError as error:
            run.recording.refuse(str(path), error.message, error.hint)
    for artifact in said["artifacts"]:
        _take(run, artifact, allow_secrets=False, personal=False)


@command("runs tag")
@run_argument
@click.argument("tags", nargs=-1, type=PAIR, metavar="KEY=VALUE...")
@click.option("--remove", multiple=True, metavar="KEY", help="Take a tag away; again for more.")
@message_option
def runs_tag(
    session: Session, run: str, tags: tuple[tuple[str, str], ...], remove: tuple[str, ...], message: str | None
) -> Reply:
    """Set or remove tags of a run."""
    session.registry.runs.tag(run, {**dict(tags), **dict.fromkeys(remove)}, why=message)
    return _told(session, run, "Tagged")


def _told(session: Session, run: str, what: str) -> Reply:
    found = session.registry.runs.get(run)
    return Reply(runs.whole(found), runs.told_page(found, what))


@command("runs note")
@run_argument
@click.argument("text", required=False)
@message_option
def runs_note(session: Session, run: str, text: str | None, message: str | None) -> Reply:
    """Say what a run was about.

    TEXT, or -m; it replaces what was said before.
    """
    given = text if text is not None else message
    if given is None:
        raise InvalidValue("There is nothing to note.", hint=f'gitreg runs note {run} "what it was about"')
    session.registry.runs.note(run, given)
    return _told(session, run, "Noted")


@command("runs delete")
@run_argument
@reason_option
def runs_delete(session: Session, run: str, message: str) -> Reply:
    """Hide a run from lists.

    Nothing is removed: `gitreg runs list --all` shows it, `gitreg runs restore` brings it back.
    """
    session.registry.runs.delete(run, message)
    return _told(session, run, "Deleted")


@command("runs abandon")
@run_argument
@reason_option
def runs_abandon(session: Session, run: str, message: str) -> Reply:
    """Give up a run that has fallen silent.

    From now on it counts as killed, by your word. Should it speak again, what it says of itself counts.
    """
    session.registry.runs.abandon(run, message)
    return _told(session, run, "Gave up")


@command("runs restore")
@run_argument
@message_option
def runs_restore(session: Session, run: str, message: str | None) -> Reply:
    """Bring a deleted run back."""
    session.registry.runs.restore(run, why=message)
    return _told(session, run, "Restored")
