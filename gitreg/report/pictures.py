"""The pictures of a proposal: drawn as SVG, and said in characters where no picture can be shown. Pure."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from gitreg.report.curves import hits_at
from gitreg.report.drawing import DASHES, Frame, axes, dot, label, legend, line, polyline, svg
from gitreg.report.layout import Picture
from gitreg.report.spelling import counted, number, percent

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from gitreg.documents import Compared
    from gitreg.report.curves import Curve, Curves
    from gitreg.report.drift import ColumnDrift, Drift

MAX_SLICES = 40
_BAR = 20
_STRIP = 41
_ALARMS = (0.01, 0.05, 0.1, 0.2, 0.5)
_LEFT, _ACROSS, _ROW = 180, 300, 20
_PAIR = 36
MAX_COLUMNS = 25


def roc_picture(curves: Curves) -> Picture | None:
    """Hits against false alarms, one line a model; None where no model has scores of both classes."""
    models = [each for each in curves.models if each.roc]
    if not models:
        return None
    frame = Frame()
    drawn = [
        polyline([(frame.x(x), frame.y(y)) for x, y in model.roc], dash=DASHES[place % len(DASHES)])
        for place, model in enumerate(models)
    ]
    title = f"ROC on {curves.dataset} ({counted(curves.rows, 'row')})"
    words = " ".join(f"{model.name}: at 10 % false alarms {hits_at(model, 0.1) * 100:.1f} % hits." for model in models)
    parts = [*axes(frame, "false alarms", "hits"), *drawn, *legend(frame, [model.name for model in models])]
    return Picture(title, svg(title, words, _size(frame, models), parts), tuple(_roc_lines(models)))


def _size(frame: Frame, models: Sequence[Curve]) -> tuple[float, float]:
    return (frame.x(1) + 14, frame.y(0) + 52 + 18 * len(models))


def _roc_lines(models: Sequence[Curve]) -> Iterator[str]:
    wide = max(len(model.name) for model in models)
    for alarms in _ALARMS:
        yield f"hits at {percent(alarms)} false alarms"
        for model in models:
            hits = hits_at(model, alarms)
            yield f"  {model.name:<{wide}}  {bar(hits)}  {hits * 100:.1f} %"


def calibration_picture(curves: Curves) -> Picture | None:
    """What was said against what came true, one line a model; None where no scores are probabilities."""
    models = [each for each in curves.models if each.bins]
    if not models:
        return None
    frame = Frame()
    drawn: list[str] = []
    for place, model in enumerate(models):
        points = [(frame.x(each.said), frame.y(each.was)) for each in model.bins]
        drawn.append(polyline(points, dash=DASHES[place % len(DASHES)]))
        drawn += [dot(x, y, is_filled=place == 0) for x, y in points]
    title = f"Calibration on {curves.dataset} ({counted(curves.rows, 'row')})"
    words = "On the dotted line, what was predicted is what came true."
    parts = [*axes(frame, "predicted", "came true"), *drawn, *legend(frame, [model.name for model in models])]
    return Picture(title, svg(title, words, _size(frame, models), parts), tuple(_calibration_lines(models)))


def _calibration_lines(models: Sequence[Curve]) -> Iterator[str]:
    for model in models:
        yield f"{model.name}: predicted, and the share that came true"
        for each in model.bins:
            yield f"  {each.said:.3f}  {bar(each.was)}  {each.was:.3f}  {counted(each.rows, 'row')}"


def slices_picture(compared: Sequence[Compared], title: str) -> Picture | None:
    """Each group's difference with its interval, beside zero; None where there is no number."""
    known = [each for each in compared if all(map(math.isfinite, (each.low, each.difference, each.high)))]
    shown = known[:MAX_SLICES]
    if not shown:
        return None
    reach = max(max(abs(each.low), abs(each.high), abs(each.difference)) for each in shown) or 1.0
    height = _ROW * len(shown) + 50
    words = " ".join(f"{_name(each)}: {each.difference:+.4g}, {each.low:+.4g} to {each.high:+.4g}." for each in shown)
    drawing = svg(title, words, (_LEFT + _ACROSS + 20, height), _slice_parts(shown, reach, height))
    left = len(known) - len(shown)
    more = (f"and {counted(left, 'more group')}",) if left else ()
    return Picture(title, drawing, (*_slice_lines(shown, reach), *more))


def drift_picture(drift: Drift, stage: str) -> Picture | None:
    """Where each column's numbers lie, the candidate's above; None where no column of both tables holds numbers."""
    shown = [each for each in drift.columns if each.new and each.old][:MAX_COLUMNS]
    if not shown:
        return None
    title = f"{drift.name}: where the numbers lie, the candidate's above those in {stage}"
    words = " ".join(f"{each.name}: {each.note}." for each in shown)
    height = _PAIR * len(shown) + 66
    size = (_LEFT + _ACROSS + 20, height)
    return Picture(title, svg(title, words, size, _drift_parts(shown, height)), tuple(_drift_lines(shown)))


def _drift_parts(shown: Sequence[ColumnDrift], height: float) -> Iterator[str]:
    for place, each in enumerate(shown):
        y = 22 + _PAIR * place
        yield label(_LEFT - 10, y + 4, _cut(each.name), "end")
        yield from _box([_LEFT + _ACROSS * at for at in _places(each, each.new)], y - 5, is_new=True)
        yield from _box([_LEFT + _ACROSS * at for at in _places(each, each.old)], y + 7, is_new=False)
    words = (
        "Above the candidate, dotted below what is in place.",
        "5 to 95 % of the values, thick 25 to 75 %, the point at the median.",
        "Each column has its own scale.",
    )
    for up, said in enumerate(reversed(words)):
        yield label(10, height - 6 - 16 * up, said)


def _places(each: ColumnDrift, quantiles: Sequence[float]) -> list[float]:
    """Where 5, 25, 50, 75 and 95 % lie between the least and the greatest of both tables, outer parts left out."""
    low, high = min(each.new[1], each.old[1]), max(each.new[-2], each.old[-2])
    return [(quantiles[at] - low) / (high - low) if high > low else 0.5 for at in (1, 5, 10, 15, 19)]


def _box(at: Sequence[float], y: float, *, is_new: bool) -> Iterator[str]:
    dash = "" if is_new else DASHES[2]
    yield line((at[0], y), (at[4], y), dash=dash)
    yield line((at[1], y), (at[3], y), dash=dash, width=4)
    yield dot(at[2], y, is_filled=is_new)


def _drift_lines(shown: Sequence[ColumnDrift]) -> Iterator[str]:
    wide = max(len(_cut(each.name)) for each in shown)
    for each in shown:
        yield f"{_cut(each.name):<{wide}}  {_boxed(_places(each, each.new), '●')}"
        yield f"{'':<{wide}}  {_boxed(_places(each, each.old), '○')}"


def _boxed(places: Sequence[float], median: str) -> str:
    """`  ╶──━━●━━━───╴ `: as `_box`, in characters."""
    five, quarter, half, three, most = (round(place * (_STRIP - 1)) for place in places)
    drawn = [" "] * _STRIP
    drawn[five : most + 1] = "─" * (most + 1 - five)
    drawn[quarter : three + 1] = "━" * (three + 1 - quarter)
    drawn[half] = median
    return "".join(drawn).rstrip()


def _name(each: Compared) -> str:
    return each.slice or "all rows"


def _slice_parts(shown: Sequence[Compared], reach: float, height: float) -> Iterator[str]:
    middle, half = _LEFT + _ACROSS / 2, _ACROSS / 2
    yield line((middle, 8), (middle, height - 36), dash="1 4")
    for place, each in enumerate(shown):
        y = 20 + _ROW * place
        low, at, high = (middle + half * (value / reach) for value in (each.low, each.difference, each.high))
        yield label(_LEFT - 10, y + 4, _cut(_name(each)), "end")
        yield line((low, y), (high, y), width=1.8)
        yield dot(at, y, is_filled=each.low > 0 or each.high < 0)
    for value in (-reach, 0.0, reach):
        yield label(middle + half * (value / reach), height - 20, f"{value:+.3g}" if value else "0", "middle")
    yield label(middle, height - 4, "to the left worse, to the right better", "middle")


def _cut(name: str) -> str:
    most = 22
    return name if len(name) <= most else f"{name[: most - 1]}…"


def _slice_lines(shown: Sequence[Compared], reach: float) -> Iterator[str]:
    wide = max(len(_cut(_name(each))) for each in shown)
    for each in shown:
        yield f"{_cut(_name(each)):<{wide}}  {_strip(each, reach)}  {each.difference:+.4f}"
    yield f"{'':<{wide}}  {f'-{number(reach)}':<{_STRIP // 2}}0{f'+{number(reach)}':>{_STRIP // 2}}"


def _strip(each: Compared, reach: float) -> str:
    """`    ├──●──┤ │    `: the interval beside zero."""
    half = _STRIP // 2
    low, at, high = (half + round(half * (value / reach)) for value in (each.low, each.difference, each.high))
    drawn = [" "] * _STRIP
    drawn[half] = "│"
    drawn[low : high + 1] = "─" * (high + 1 - low)
    drawn[low], drawn[high], drawn[at] = "├", "┤", "●"
    return "".join(drawn)


def bar(share: float) -> str:
    """A share of one as a bar of twenty characters."""
    full = round(min(1.0, max(0.0, share)) * _BAR)
    return "█" * full + "░" * (_BAR - full)
