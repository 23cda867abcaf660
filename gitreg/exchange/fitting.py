"""What was found, made to fit: names, texts and times that the format can hold. What cannot be is told, one by one."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final, TypeVar

from gitreg.documents import (
    NOTE_DESCRIPTION,
    NOTE_TAG,
    Column,
    Dataset,
    DatasetUse,
    Digest,
    RunId,
    Source,
    check_name,
)
from gitreg.errors import InvalidName, InvalidValue
from gitreg.exchange.values import FoundDataset, FoundRun, Left
from gitreg.secrets import why_secret, without_shown_secrets
from gitreg.tracking import finite_sum

if TYPE_CHECKING:
    from gitreg.exchange.balance import Balance
    from gitreg.tracking import PastPoint

MAX_PARAM: Final = 16_000
MAX_TEXT: Final = 100_000
_MAX_NAME: Final = 250
_MAX_TIME_US: Final = 253_402_300_799_999_999
_INT64: Final = 2**63
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
V = TypeVar("V", str, str | int | float | bool)


def time_of(time_us: int | None, otherwise: int | None = None) -> datetime:
    """An instant; the start of 1970 where none was kept that a date can be."""
    for each in (time_us, otherwise):
        if each is not None and 0 <= each <= _MAX_TIME_US:
            return _EPOCH + timedelta(microseconds=each)
    return _EPOCH


def run_id_of(text: str, tool: str) -> RunId:
    """The run's own id where it can be one here, else one that follows from it."""
    try:
        return RunId(text)
    except InvalidValue:
        return RunId(f"{tool}-{hashlib.sha256(text.encode(errors='replace')).hexdigest()[:32]}")


def name_of(text: str, otherwise: str) -> str:
    """The text itself where it can be a name, else what of it can, else `otherwise`."""
    plain = "".join(each if unicodedata.category(each)[0] != "C" else " " for each in text)
    for candidate in (text, re.sub(r"\s+", " ", plain).strip()[:_MAX_NAME].strip(), otherwise):
        try:
            return check_name(candidate)
        except InvalidName:
            continue
    return otherwise


class Fit:
    """Fits one run at a time, and keeps the balance of what was there and what is left out."""

    def __init__(self, balance: Balance) -> None:
        self._balance = balance

    def texts(self, kind: str, where: str, values: Mapping[str, V], limit: int) -> dict[str, V]:
        """Params or tags by their names."""
        self._balance.there[kind] += len(values)
        found: dict[str, V] = {}
        for key, value in values.items():
            why, name, fitted = self._text(key, value, limit)
            if why or name in found:
                why = why or "another has the same name but for its spelling in Unicode."
                self._balance.leave(Left(kind, where, without_shown_secrets(key)[:_MAX_NAME], why))
            else:
                found[name] = fitted
        return found

    def _text(self, key: str, value: V, limit: int) -> tuple[str, str, V]:
        """Why it cannot be, the name, the value."""
        try:
            name = check_name(key)
        except InvalidName as error:
            return error.message, key, value
        if isinstance(value, str):
            if len(value) > limit:
                return f"its text has {len(value):,} characters; the limit is {limit:,}.", name, value
            if not value.isprintable() and any(unicodedata.category(each) == "Cs" for each in value):
                return "it holds half a character.", name, value
            value = unicodedata.normalize("NFC", value)
        elif isinstance(value, int) and not -_INT64 <= value < _INT64:
            return "the integer is outside 64 bits.", name, value
        return why_secret(name, value), name, value

    def note(self, where: str, text: str | None) -> str | None:
        """A description."""
        if not text:
            return None
        return self.texts("note", where, {"description": text}, MAX_PARAM).get("description")

    def remarks(self, what: str, where: str, tags: Mapping[str, str], note: str | None) -> dict[str, str]:
        """What is said of an experiment or model, by the names of its notes; told apart from what runs say."""
        aside = type(self._balance)()
        fit = Fit(aside)
        said = {NOTE_TAG + key: value for key, value in fit.texts("tag", where, tags, MAX_PARAM).items()}
        described = fit.note(where, note)
        for (kind, place, name, why), count in aside.told.items():
            self._balance.leave(Left(f"{what}'s {kind}", place, name, why, count))
        return said | ({NOTE_DESCRIPTION: described} if described else {})

    def points(self, where: str, points: Iterable[PastPoint | Left]) -> Iterator[PastPoint]:
        """The points that can be kept; when they are through, the balance knows of all."""
        balance, values, seen, kept = self._balance, list[float](), set[str](), dict[str, str]()
        for point in points:
            if isinstance(point, Left):
                balance.pass_over([point])
                seen.add(point.what)
                continue
            key, step, time_us, value = point
            balance.there["point"] += 1
            why = self._metric_problem(key, kept, seen)
            if not why and not (-_INT64 <= step < _INT64 and 0 <= time_us <= _MAX_TIME_US):
                why = "its step or time is out of range."
            if why:
                balance.leave(Left("point", where, without_shown_secrets(key)[:_MAX_NAME], why))
                continue
            values.append(value)
            kept[key] = kept.get(key) or check_name(key)
            yield kept[key], step, time_us, value
        balance.there["metric"] += len(seen)
        balance.left["metric"] += len(seen - kept.keys())
        balance.sums_there.append(finite_sum(values))

    def _metric_problem(self, key: str, kept: Mapping[str, str], seen: set[str]) -> str:
        if key in kept:
            return ""
        seen.add(key)
        try:
            check_name(key)
        except InvalidName as error:
            return error.message
        return why_secret(key, None)

    def datasets(self, where: str, found: Iterable[FoundDataset]) -> tuple[tuple[DatasetUse, Dataset], ...]:
        """By the other tool's digest: what the content was nobody here has seen."""
        fitted = dict[tuple[str, str, str], tuple[DatasetUse, Dataset]]()
        for each in found:
            self._balance.there["dataset"] += 1
            use, dataset = self._dataset(where, each)
            key = (use.name, use.role, use.digest)
            if key in fitted:
                self._balance.leave(Left("dataset", where, use.name, "it is used twice in the same way."))
            fitted[key] = (use, dataset)
        return tuple(fitted.values())

    def _dataset(self, where: str, found: FoundDataset) -> tuple[DatasetUse, Dataset]:
        name = name_of(found.name, "dataset")
        source = self.said(where, "source", found.source)
        dataset = Dataset(
            name=name,
            content_digest=Digest.of(found.digest.encode(errors="replace")),
            kind="table" if found.columns or found.rows is not None else "file",
            method=name_of(f"foreign/1 {found.digest}", "foreign/1"),
            size_bytes=found.size_bytes,
            rows=found.rows,
            columns=tuple(
                Column(name=unicodedata.normalize("NFC", column)[:MAX_TEXT], type=name_of(kind, "unknown"))
                for column, kind in found.columns
            ),
            source=source,
        )
        return DatasetUse(name=name, role=found.role, digest=dataset.content_digest, document=dataset.digest), dataset

    def source(self, where: str, found: FoundRun) -> Source | None:
        """The code that ran."""
        commit = found.commit if re.fullmatch(r"[0-9a-f]{40}(?:[0-9a-f]{24})?", found.commit or "") else None
        repository = self.said(where, "repository", found.repository)
        entry_point = self.said(where, "entry point", found.entry_point)
        branch = name_of(found.branch, "") if found.branch else None
        command = tuple(word for each in found.command if (word := self.said(where, "command", each)))
        if not any((commit, repository, entry_point, branch, command)):
            return None
        return Source(
            repository=repository, commit=commit, branch=branch or None, entry_point=entry_point, command=command
        )

    def said(self, where: str, what: str, text: str | None) -> str | None:
        """A free text that nothing else rests on; told, not counted, where it cannot be kept."""
        if not text:
            return None
        why, _, fitted = self._text(what, text, MAX_PARAM)
        if why:
            self._balance.leave(Left("detail", where, what, why))
            return None
        return fitted
