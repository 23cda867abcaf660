"""TensorBoard's event files: each folder that has some is a run, and its scalars are series.

Messages: tensorboard/compat/proto/{event,summary,tensor}.proto and plugins/hparams/plugin_data.proto. Scalars come in
two forms: a float (TensorFlow 1, PyTorch) and a tensor of the plugin `scalars` (TensorFlow 2, JAX).
"""

from __future__ import annotations

import hashlib
import re
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Final

from gitreg.errors import InvalidDocument
from gitreg.exchange.files import open_plain
from gitreg.exchange.values import FoundExperiment, FoundModel, FoundRun, Left
from gitreg.exchange.wire import Torn, double, fields, integer, message, messages, text, tf_records

if TYPE_CHECKING:
    from gitreg.tracking import PastPoint

_NAMED: Final = re.compile(r".*tfevents\.(?P<time>\d+)\..*")
_TYPED: Final = {1: (5, "<f"), 2: (6, "<d")}
"""DT_FLOAT and DT_DOUBLE: the field of their values, and how `tensor_content` spells one."""
_WHOLE: Final = {3: (7, "<i"), 9: (10, "<q")}
"""DT_INT32 and DT_INT64."""


class TensorBoardFolder:
    """A log folder. It is an `Origin`."""

    tool = "tensorboard"

    def __init__(self, folder: Path) -> None:
        """Raises `InvalidDocument` for a folder without event files."""
        self._folder = folder
        self.location = str(folder)
        self._runs = sorted({path.parent for path in folder.rglob("*tfevents*") if path.is_file()})
        if not self._runs:
            raise InvalidDocument(f"{folder} holds no event files of TensorBoard.", subject=str(folder))
        self._experiment = folder.absolute().name

    def close(self) -> None:
        """Nothing is held open."""

    def count_runs(self) -> int | None:
        """How many runs there are."""
        return len(self._runs)

    def experiments(self) -> Iterator[FoundExperiment]:
        """The folder itself."""
        yield FoundExperiment(self._experiment)

    def runs(self) -> Iterator[FoundRun | Left]:
        """Folder by folder."""
        for folder in self._runs:
            name = folder.relative_to(self._folder).as_posix()
            try:
                yield self._run(folder, self._experiment if name == "." else name)
            except InvalidDocument as error:
                yield Left("run", self._experiment, name, error.message)

    def models(self) -> Iterator[FoundModel | Left]:
        """TensorBoard knows none."""
        return iter(())

    def _run(self, folder: Path, name: str) -> FoundRun:
        files = sorted((path for path in folder.iterdir() if "tfevents" in path.name), key=_order)
        look = _Look()
        for path in files:
            for event in look.events(path):
                look.take(event)
        if look.first is None:
            raise InvalidDocument("its event files hold nothing.")
        identity = f"{self._experiment}\0{name}\0{look.first!r}"
        return FoundRun(
            id=f"tb-{hashlib.sha256(identity.encode(errors='replace')).hexdigest()[:32]}",
            experiment=self._experiment,
            name=name,
            status="finished",
            started_us=_micros(look.first),
            finished_us=_micros(look.last),
            params=look.params,
            points=lambda: _points(files),
            left=tuple(look.told(name)),
        )


class _Look:
    """What a first reading of a run's files tells: when, hyperparameters, and what is no scalar."""

    def __init__(self) -> None:
        self.first: float | None = None
        self.last = 0.0
        self.params: dict[str, str | int | float | bool] = {}
        self._others: dict[str, int] = {}
        self._torn: dict[str, str] = {}

    def events(self, path: Path) -> Iterator[bytes]:
        """The events of a file, up to where it is torn."""
        with open_plain(path) as file:
            try:
                yield from tf_records(file)
            except Torn as error:
                self._torn[path.name] = error.message

    def take(self, event: bytes) -> None:
        """One event."""
        at, _, values = _event(event)
        self.first = at if self.first is None else min(self.first, at)
        self.last = max(self.last, at)
        for value in values:
            tag, plugin = text(value, 1), _plugin(value)
            if plugin == "hparams":
                self.params.update(_hparams(message(message(message(value, 9), 1), 2)))
            elif _scalar(value) is None:
                self._others[tag] = self._others.get(tag, 0) + 1

    def told(self, run: str) -> Iterator[Left]:
        """What is not brought."""
        yield from (Left("detail", run, tag, "it is no scalar.", count) for tag, count in self._others.items())
        yield from (Left("detail", run, name, why) for name, why in self._torn.items())


def _points(files: list[Path]) -> Iterator[PastPoint | Left]:
    look = _Look()
    for path in files:
        for event in look.events(path):
            at, step, values = _event(event)
            for value in values:
                number = None if _plugin(value) == "hparams" else _scalar(value)
                if number is not None:
                    yield text(value, 1), step, _micros(at), number


def _order(path: Path) -> tuple[int, str]:
    """A run that was resumed has several files; their names say when each began."""
    found = _NAMED.fullmatch(path.name)
    return int(found["time"][:18]) if found else 0, path.name


def _event(data: bytes) -> tuple[float, int, list[bytes]]:
    """Wall time in seconds, step, and the values of its summary."""
    return double(message(data, 1)), integer(data, 2) or 0, list(messages(message(data, 5), 1))


def _micros(seconds: float) -> int:
    return round(seconds * 1_000_000) if 0 <= seconds < 1e12 else -1  # noqa: PLR2004 - far beyond any date


def _plugin(value: bytes) -> str:
    return text(message(message(value, 9), 1), 1)


def _scalar(value: bytes) -> float | None:
    """The number of a summary's value, in whichever form; None for pictures, texts and histograms."""
    simple = message(value, 2)
    if len(simple) == 4:  # noqa: PLR2004 - binary32
        return float(struct.unpack("<f", simple)[0])
    tensor = message(value, 8)
    if not tensor or _plugin(value) not in ("", "scalars") or message(tensor, 2):
        return None  # a shape with dimensions is no scalar
    kind = integer(tensor, 1) or 0
    number, form = {**_TYPED, **_WHOLE}.get(kind, (0, ""))
    if not form:
        return None
    content = message(tensor, 4) or (message(tensor, number) if kind in _TYPED else b"")
    if len(content) == struct.calcsize(form):
        return float(struct.unpack(form, content)[0])
    found = [each for place, each in fields(tensor) if place == number and isinstance(each, int)]
    return float(found[0] if found[0] < 1 << 63 else found[0] - (1 << 64)) if found else None


def _hparams(content: bytes) -> Iterator[tuple[str, str | float | bool]]:
    for entry in messages(message(content, 3), 1):
        for number, value in fields(message(entry, 2)):
            key = text(entry, 1)
            if number == 2 and isinstance(value, bytes):  # noqa: PLR2004 - number_value of google.protobuf.Value
                found = double(value)
                yield key, int(found) if found.is_integer() and abs(found) < 1e15 else found  # noqa: PLR2004 - exact
            elif number == 3 and isinstance(value, bytes):  # noqa: PLR2004 - string_value
                yield key, value.decode(errors="replace")
            elif number == 4:  # noqa: PLR2004 - bool_value
                yield key, bool(value)
