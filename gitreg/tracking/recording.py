"""What turns the values of a training loop into records: fast where it is hot, and never a reason for training to
stop.
"""

from __future__ import annotations

import struct
import unicodedata
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import count
from operator import index
from time import monotonic_ns
from typing import TYPE_CHECKING, Any, Final, TypeAlias
from zlib import crc32

from gitreg.documents import (
    Dataset,
    DatasetUse,
    Digest,
    Dropped,
    Evaluation,
    Hex32,
    Part,
    Status,
    check_name,
    spell_number,
)
from gitreg.errors import GitregError, InvalidValue, RunClosed
from gitreg.secrets import refuse_secret, without_shown_secrets
from gitreg.tracking.frames import pack_row, point_prefix
from gitreg.tracking.journal import Journal, log
from gitreg.tracking.records import (
    MAX_TIME_US,
    CommentEvent,
    DatasetEvent,
    DroppedEvent,
    EndRecord,
    EvaluationEvent,
    MetricRecord,
    ParamEvent,
    TagEvent,
    encode_record,
    to_micros,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from gitreg.tracking.gathering import Gathered

Value: TypeAlias = bool | int | float | str
MetricId: TypeAlias = tuple[str, Digest | None]

_MAX_TEXT: Final = 16_000
_MAX_DROPPED_KEYS: Final = 1_000
_CHECK_US: Final = 1_000_000
_OTHERS: Final = ("(others)", "too many keys to tell apart")
# What a value's own __float__, __index__ or __str__ raises: libraries raise these, and none may reach training. A
# Warning is among them because training may run with warnings as errors.
_VALUE_ERRORS: Final = (
    struct.error,
    TypeError,
    ValueError,
    ArithmeticError,
    RuntimeError,
    AttributeError,
    LookupError,
    Warning,
)


@dataclass(slots=True)
class _Metric:
    """A metric of this journal: how its frames begin, and the step that comes next when none is given."""

    identity: MetricId
    prefix: bytes
    crc: int
    next_step: int


@dataclass(frozen=True)
class Health:
    """How recording goes. `ok` is false while anything was lost or waits only in memory."""

    trouble: str | None
    waiting: int
    """Records that are in memory because the file system refuses them."""
    lost: int
    """Records that found no place in memory either."""
    dropped: tuple[Dropped, ...]
    """Values that were refused, which is the caller's doing and not a fault of recording."""
    unpublished: str | None = None
    """Why the run is not on the ledger yet, where that was tried."""
    uploading: int = 0
    """Blobs that were taken and are on their way to where others read them; the run's end sends what is left."""
    upload_trouble: str | None = None
    """Why the last upload failed; it is tried again, and at the run's end."""

    @property
    def ok(self) -> bool:
        """Whether all that was accepted is on its way."""
        return self.trouble is None and not self.waiting and not self.lost


class Recording:
    """The open end of a journal. Thread-safe, safe in signal handlers, and in forked children (see `continue_in`)."""

    def __init__(self, journal: Journal, clock_us: Callable[[], int], *, strict: bool = False) -> None:
        """`clock_us` is the time in microseconds since 1970; `strict` raises where a value would be dropped."""
        self.journal = journal
        self.params: dict[str, Value] = {}
        self.tags: dict[str, str] = {}
        self.datasets: dict[str, Digest] = {}
        self._strict = strict
        self._clock_us = clock_us
        self._is_closed = False
        self._numbers = count()
        self._metrics: dict[object, _Metric] = {}
        self._steps: dict[MetricId, int] = {}
        self._dropped: dict[tuple[str, str], int] = {}
        self._unwritten: dict[tuple[str, str], int] = {}
        self._anchor_us = 0
        self._check_at_us = 0  # so that the first point looks at the clock

    def continue_in(self, journal: Journal) -> None:
        """Go on in another journal: a forked child must not write to its parent's. Steps go on counting."""
        self.journal = journal
        self._numbers = count()
        self._steps |= {metric.identity: metric.next_step for metric in self._metrics.values()}
        self._metrics = {}
        self._dropped, self._unwritten = {}, {}

    def go_on_from(self, earlier: Gathered) -> None:
        """What earlier commands recorded in the same journal."""
        self.params.update(earlier.params)
        self.tags.update(earlier.tags)
        self.datasets.update({use.name: use.digest for use in earlier.datasets.values()})
        self._numbers = count(1 + max(earlier.numbers, default=-1))
        for tally in earlier.metrics:
            content = None if tally.dataset is None else Digest(tally.dataset)
            self._steps[tally.key, content] = tally.step + 1

    # Points

    def point(self, key: str, value: Any, step: int | None, at: Any, dataset: Any) -> None:  # noqa: ANN401 - see `_VALUE_ERRORS`
        """Record one point. A refused value is dropped and counted; strict raises `InvalidValue`.

        The hot path: `_frame` spelled out, each line measured.
        """
        try:
            with self.journal.lock:
                metric = self._metrics.get(key) if dataset is None else None
                if metric is None:
                    metric = self._metric(key, dataset)
                now = self._anchor_us + monotonic_ns() // 1000
                if now >= self._check_at_us:
                    now = self._look()
                if step is None:
                    step = metric.next_step
                row = pack_row(step, now if at is None else _micros(at), value)
                self.journal.append(metric.prefix + row + crc32(row, metric.crc).to_bytes(4, "little"))
                metric.next_step = index(step) + 1
        except (*_VALUE_ERRORS, GitregError) as error:
            self.refuse(key, _why_no_point(value, error))

    def points(self, values: Mapping[str, Any], step: int | None, at: Any, dataset: Any) -> None:  # noqa: ANN401 - see above
        """Record one point of each metric, in one write."""
        try:
            with self.journal.lock:
                time_us = self._now() if at is None else _micros(at)
                frames = [self._frame(key, value, step, time_us, dataset) for key, value in values.items()]
                self.journal.append(b"".join(frames))
        except (*_VALUE_ERRORS, GitregError) as error:
            self.refuse("time", _words(error))

    def _frame(self, key: str, value: Any, step: int | None, time_us: int, dataset: Any) -> bytes:  # noqa: ANN401
        try:
            metric = (self._metrics.get(key) if dataset is None else None) or self._metric(key, dataset)
            number = metric.next_step if step is None else step
            row = pack_row(number, time_us, value)
            metric.next_step = index(number) + 1
        except (*_VALUE_ERRORS, GitregError) as error:
            self.refuse(key, _why_no_point(value, error))
            return b""
        return metric.prefix + row + crc32(row, metric.crc).to_bytes(4, "little")

    def _now(self) -> int:
        """Microseconds since 1970. Between two looks at the clock, which cost more than a point, the time that
        passed.
        """
        now = self._anchor_us + monotonic_ns() // 1000
        return self._look() if now >= self._check_at_us else now

    def _metric(self, key: str, dataset: object) -> _Metric:
        """The metric under its number; a new one is announced in the journal first. Raises where it may not be."""
        self._refuse_if_closed()
        identity = (check_name(key, "metric's name"), self._content_of(dataset))
        known = self._metrics.get(identity)
        if known is None:
            refuse_secret(identity[0], None)
            number = next(self._numbers)
            known = _Metric(identity, *point_prefix(number), self._steps.get(identity, 0))
            self._append(MetricRecord(id=number, key=identity[0], dataset=identity[1]))
            self._metrics[identity] = known
        if dataset is None:
            self._metrics[key] = known
        return known

    def _content_of(self, dataset: object) -> Digest | None:
        """A dataset's content digest, from its name in this run, its digest, or what `log_dataset` returned."""
        if isinstance(dataset, DatasetUse):
            return dataset.digest
        if isinstance(dataset, str) and dataset in self.datasets:
            return self.datasets[dataset]
        if isinstance(dataset, str) and not dataset.startswith("sha256:"):
            raise InvalidValue(f"This run has no dataset {dataset!r:.80}.", hint="Call log_dataset first.")
        return None if dataset is None else Digest(dataset)  # type: ignore[arg-type] # Digest itself refuses non-text

    # Params, tags, and what was taken elsewhere

    def param(self, key: str, value: object) -> None:
        """Record a param. The first value stands; another one is refused, and so is a secret."""
        try:
            name, scalar = check_name(key, "param's name"), _scalar(value)
            refuse_secret(name, scalar)
            with self.journal.lock:
                self._refuse_if_closed()
                if name not in self.params:
                    self._append(ParamEvent(key=name, value=scalar))
                    self.params[name] = scalar
                elif not _same(self.params[name], scalar):
                    message = f"it is {self.params[name]!r:.80} already, and the first value of a param stands."
                    raise InvalidValue(message, hint="Another value is another run; what changes is a metric.")
        except (*_VALUE_ERRORS, GitregError) as error:
            self.refuse(key, _words(error), _hint(error))

    def tag(self, key: str, value: object) -> None:
        """Record a tag. The last value stands; a secret is refused."""
        try:
            event = TagEvent(key=check_name(key, "tag's name"), value=_text(value))
            refuse_secret(event.key, event.value)
            with self.journal.lock:
                self._refuse_if_closed()
                self._append(event)
                self.tags[event.key] = event.value
        except (*_VALUE_ERRORS, GitregError) as error:
            self.refuse(key, _words(error), _hint(error))

    def comment(self, text: object) -> None:
        """Record what somebody says; a secret is refused."""
        try:
            said = _text(text)
            refuse_secret("comment", said)
            with self.journal.lock:
                self._refuse_if_closed()
                self._append(CommentEvent(id=Hex32.random(), text=said, at_us=self._clock_us()))
        except (*_VALUE_ERRORS, GitregError) as error:
            self.refuse("comment", _words(error), _hint(error))

    def dataset(self, use: DatasetUse, document: Dataset) -> None:
        """Record that a dataset was used."""
        self.events([DatasetEvent(use=use, document=document.to_bytes().decode())])
        self.datasets[use.name] = use.digest

    def evaluation(self, document: Evaluation) -> None:
        """Record what predictions came to; their bytes are in the blob store by now."""
        self.events([EvaluationEvent(document=document.to_bytes().decode())])

    def dataset_named(self, dataset: str | DatasetUse) -> tuple[str, Digest]:
        """A dataset of this run: its name and the digest of its content. Raises `InvalidValue`."""
        if isinstance(dataset, DatasetUse):
            return dataset.name, dataset.digest
        if dataset not in self.datasets:
            raise InvalidValue(f"This run has no dataset {dataset!r:.80}.", hint="Call log_dataset first.")
        return dataset, self.datasets[dataset]

    def events(self, records: Iterable[Part]) -> None:
        """Record things whose bytes are in the blob store by now, in one write. Raises `RunClosed`."""
        with self.journal.lock:
            self._refuse_if_closed()
            self.journal.append(b"".join(encode_record(record) for record in records))

    def _append(self, record: Part) -> None:
        self.journal.append(encode_record(record))

    # Refusals

    def refuse(self, key: object, reason: str, hint: str = "") -> None:
        """Count a value that cannot be recorded, and tell of it once. Raises `InvalidValue` where strict."""
        spelled = without_shown_secrets(_spelled(key))
        if self._strict:
            raise InvalidValue(f"{spelled!r:.80} is refused: {reason}", subject=spelled, hint=hint)
        dropped = (spelled, reason)
        with self.journal.lock:
            if dropped not in self._dropped and len(self._dropped) >= _MAX_DROPPED_KEYS:
                dropped = _OTHERS
            if not self._dropped.get(dropped):
                log.warning("gitreg drops %s: %s (told once; counted in the run)", dropped[0], reason)
            self._dropped[dropped] = self._dropped.get(dropped, 0) + 1
            self._unwritten[dropped] = self._unwritten.get(dropped, 0) + 1
            if not self._is_closed and self._dropped[dropped] == 1:
                self._write_dropped()

    def _write_dropped(self) -> None:
        unwritten, self._unwritten = self._unwritten, {}
        for (key, reason), number in unwritten.items():
            self._append(DroppedEvent(dropped=Dropped(key=key, reason=reason, count=number)))

    def _write_lost(self) -> None:
        if self.journal.lost:
            lost = Dropped(key="(records)", reason="storage refused them, and memory was full", count=self.journal.lost)
            self.journal.append(encode_record(DroppedEvent(dropped=lost)), keep=True)

    def _refuse_if_closed(self) -> None:
        if self._is_closed:
            raise RunClosed("The run has ended.", hint="Start a new one: gitreg.start_run()")

    # Keeping promises

    def _look(self) -> int:
        """Once a second: what time is it, can the file still be found, are the counts of refused values in it? The
        time.
        """
        now = self._clock_us()
        self._anchor_us = now - monotonic_ns() // 1000
        self._check_at_us = now + _CHECK_US
        self.journal.check()
        self._write_dropped()
        return now

    def flush(self) -> None:
        """See `Journal.flush`."""
        with self.journal.lock:
            if not self._is_closed:
                self._write_dropped()
            self.journal.flush()

    def end(self, status: Status) -> None:
        """Write the last record, durably. Raises `StorageError` when that cannot be promised; then it may be tried
        again.
        """
        with self.journal.lock:
            self._write_dropped()
            if not self._is_closed:
                self._write_lost()
                self.journal.append(encode_record(EndRecord(status=status, at_us=self._clock_us())), keep=True)
                self._is_closed = True
                self._metrics = {}
            self.journal.flush()

    def health(self) -> Health:
        """How it goes."""
        with self.journal.lock:
            self.journal.check()
            dropped = tuple(Dropped(key=key, reason=why, count=n) for (key, why), n in self._dropped.items())
            return Health(self.journal.trouble, self.journal.waiting, self.journal.lost, dropped)


def _micros(at: object) -> int:
    """A time that the caller gives: an aware `datetime`, or seconds since 1970. Raises `InvalidValue`."""
    if isinstance(at, datetime):
        if at.tzinfo is None:
            raise InvalidValue("a time needs a time zone.")
        time_us = to_micros(at.astimezone(UTC))
    elif isinstance(at, int | float):
        time_us = round(at * 1_000_000)
    else:
        raise InvalidValue("a time is a datetime with a time zone, or seconds since 1970.")
    if not 0 <= time_us <= MAX_TIME_US:
        raise InvalidValue("the time is not between the years 1970 and 9999.")
    return time_us


def _why_no_point(value: object, error: Exception) -> str:
    if isinstance(error, GitregError):
        return _words(error)
    if isinstance(error, struct.error) and isinstance(value, bool | int | float):
        return "the step is not an integer within 64 bits."
    return f"a {type(value).__name__} is not a number, or its step not an integer."


def _words(error: Exception) -> str:
    return error.message if isinstance(error, GitregError) else f"{type(error).__name__}: {error!s:.200}"


def _hint(error: Exception) -> str:
    return error.hint if isinstance(error, GitregError) else ""


def _scalar(value: object) -> Value:
    """A param as documents hold it: typed where it can be, else its text. Raises `InvalidValue`."""
    if not isinstance(value, bool | int | float | str) and hasattr(value, "item") and not getattr(value, "shape", ()):
        value = value.item()  # a scalar of numpy, torch or jax
    if isinstance(value, bool):
        return value
    if isinstance(value, int):
        if not -(2**63) <= value < 2**63:
            raise InvalidValue("the integer is outside 64 bits.")
        return int(value)
    return _float(value) if isinstance(value, float) else _text(value)


def _float(value: float) -> Value:
    """As documents hold it: NaN and infinities by name, no negative zero."""
    spelled = spell_number(float(value))
    return spelled if isinstance(spelled, str) else spelled + 0.0


def _text(value: object) -> str:
    text = unicodedata.normalize("NFC", str(value))
    if len(text) > _MAX_TEXT:
        raise InvalidValue(f"it has {len(text):,} characters; the limit is {_MAX_TEXT:,}.", hint="Use log_text.")
    try:
        text.encode()
    except UnicodeEncodeError:
        raise InvalidValue("it is not valid Unicode.") from None
    return text


def _same(one: Value, other: Value) -> bool:
    return type(one) is type(other) and one == other


def _spelled(key: object) -> str:
    """A key as it can be told of, whatever it is."""
    text = key if isinstance(key, str) else repr(key)
    return unicodedata.normalize("NFC", text.encode(errors="replace").decode())[:250] or "(empty)"
