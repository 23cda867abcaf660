"""Many runs side by side as one HTML file: parallel coordinates, a scatter, curves, and a table of the same numbers.

It asks nothing of anybody: a policy of its own (Content Security Policy, level 3) lets run the one script that is in
it, by the script's digest, and nothing else. What runs are called reaches the page as data and is shown as text.
"""

from __future__ import annotations

import base64
import hashlib
import json
import math
from dataclasses import dataclass
from html import escape
from importlib.resources import files
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from gitreg.report.spelling import counted, visible

if TYPE_CHECKING:
    from collections.abc import Sequence

Value: TypeAlias = "bool | int | float | str | None"
AXES: Final = 12
"""So many axes the eye follows; the table has all columns."""
_POLICY: Final = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"
_BARS: Final = "▁▂▃▄▅▆▇█"


@dataclass(frozen=True)
class Column:
    """One thing that tells runs apart: a value for each, None where a run has none. `best` are places of the best."""

    label: str
    values: tuple[Value, ...]
    best: tuple[int, ...] = ()


@dataclass(frozen=True)
class Courses:
    """A metric by step, for each run; empty where a run has no course of it."""

    label: str
    courses: tuple[tuple[tuple[int, float], ...], ...]


@dataclass(frozen=True)
class Compared:
    """What the page shows. `names` and `shorts` are of the runs, `best` the places of the best of them by `primary`;
    `same` is what all runs have alike.
    """

    title: str
    names: tuple[str, ...]
    shorts: tuple[str, ...]
    columns: tuple[Column, ...]
    same: tuple[tuple[str, Value], ...] = ()
    courses: tuple[Courses, ...] = ()
    primary: str = ""
    best: tuple[int, ...] = ()


def comparison_html(found: Compared) -> str:
    """The whole file, with a newline at its end."""
    script = files("gitreg.report").joinpath("comparison.js").read_text(encoding="utf-8")
    style = files("gitreg.report").joinpath("comparison.css").read_text(encoding="utf-8")
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    policy = f"{_POLICY}; script-src 'sha256-{digest}'"
    lines = [
        "<!doctype html>",
        '<html lang="en">',
        "<head>",
        '<meta charset="utf-8">',
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        '<meta name="referrer" content="no-referrer">',
        f"<title>{_text(found.title)}</title>",
        f"<style>\n{style}</style>",
        "</head>",
        "<body>",
        "<main>",
        *_body(found),
        "</main>",
        f'<script type="application/json" id="data">{_data(found)}</script>',
        f"<script>{script}</script>",
        "</body>",
        "</html>",
        "",
    ]
    return "\n".join(lines)


def _body(found: Compared) -> list[str]:
    """The headings and the empty places that the script fills; what needs no script stands in it."""
    return [
        f"<h1>{_text(found.title)}</h1>",
        f"<p>{_text(_summary(found))}</p>",
        f"<p>{_text(_alike(found))}</p>",
        '<p role="status" aria-live="polite" id="shown"></p>',
        "<noscript><p>The pictures and the table need JavaScript, which this file brings along.</p></noscript>",
        "<section><h2>What goes with what</h2>",
        '<div class="wide" id="parallel" tabindex="0" role="group" aria-label="Lines over axes"></div></section>',
        '<section id="scatters"><h2>One against another</h2>',
        '<label>Across <select id="x"></select></label><label>Up <select id="y"></select></label>',
        '<div class="wide" id="scatter" tabindex="0" role="group" aria-label="Dots"></div></section>',
        '<section id="courses"><h2>Step by step</h2>',
        '<label>Metric <select id="curve"></select></label>',
        '<div class="wide" id="curves" tabindex="0" role="group" aria-label="Curves"></div></section>',
        '<section><h2>All of it</h2><div class="wide tall" id="table" tabindex="0" role="region"',
        'aria-label="All runs"></div></section>',
    ]


def _summary(found: Compared) -> str:
    text = f"{counted(len(found.names), 'run')}, told apart by {counted(len(found.columns), 'thing')}."
    if not found.best:
        return text
    names = ", ".join(f"{found.names[place]} {found.shorts[place]}" for place in found.best[:5])
    more = f" and {len(found.best) - 5} more" if len(found.best) > 5 else ""  # noqa: PLR2004 - as many as were named
    return f"{text} Best by {found.primary}: {names}{more}."


def _alike(found: Compared) -> str:
    if not found.same:
        return ""
    return "The same in all: " + ", ".join(f"{label} = {value}" for label, value in found.same) + "."


def _data(found: Compared) -> str:
    """As JSON inside HTML: no sign in it ends the element (HTML Standard, "Restrictions for contents of script")."""
    numeric = [place for place, column in enumerate(found.columns) if _is_numeric(column)]
    up = next((place for place, each in enumerate(found.columns) if each.label == found.primary), 0)
    across = next((place for place in numeric if place != up), 1 if up == 0 else 0)
    data: dict[str, Any] = {
        "runs": [
            {"name": visible(name), "short": short} for name, short in zip(found.names, found.shorts, strict=True)
        ],
        "columns": [
            {"label": visible(each.label), "values": [*map(_plain, each.values)], "best": each.best}
            for each in found.columns
        ],
        "curves": [{"label": visible(each.label), "courses": each.courses} for each in found.courses],
        "best": found.best,
        "axes": AXES,
        "x": across,
        "y": up,
    }
    text = json.dumps(data, allow_nan=False, separators=(",", ":"))
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def _is_numeric(column: Column) -> bool:
    return all(
        value is None or (isinstance(value, int | float) and not isinstance(value, bool)) for value in column.values
    )


def _plain(value: Value) -> Value:
    """What JSON can say; other numbers are as good as not there to a picture, and a word to a reader."""
    if isinstance(value, float) and not math.isfinite(value):
        return None if math.isnan(value) else str(value)
    if isinstance(value, bool):
        return str(value).lower()
    return visible(value) if isinstance(value, str) else value


def _text(text: str) -> str:
    return escape(visible(text))


def sparkline(values: Sequence[float], width: int = 12) -> str:
    """A course in one line of characters, the least at the bottom; empty for fewer than two values."""
    if len(values) < 2:  # noqa: PLR2004 - one point is no course
        return ""
    low, high = min(values), max(values)
    picked = [values[round(place * (len(values) - 1) / (width - 1))] for place in range(width)]
    span = high - low
    return "".join(_BARS[round((value - low) / span * (len(_BARS) - 1)) if span else 0] for value in picked)
