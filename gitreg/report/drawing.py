"""SVG, element by element, as text: no library, fixed digits, one colour that the page around chooses.

Lines are told apart by their dashes, never by colour, so that a drawing prints in black and white; `CanvasText` on
`Canvas` is dark on light or light on dark, as the reader has it.
"""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from itertools import pairwise
from typing import TYPE_CHECKING

from gitreg.report.spelling import visible

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

_NAMESPACE = ' xmlns="http://www.w3.org/2000/svg"'
DASHES = ("", "6 3", "2 3")
_LOOK = "color-scheme: light dark; color: CanvasText; background: Canvas; max-width: 100%; height: auto"


@dataclass(frozen=True)
class Frame:
    """A square from 0 to 1 both ways inside a drawing, in its units."""

    left: float = 52
    top: float = 14
    size: float = 250

    def x(self, value: float) -> float:
        """Across."""
        return self.left + value * self.size

    def y(self, value: float) -> float:
        """Up."""
        return self.top + (1 - value) * self.size


def svg(title: str, description: str, size: tuple[float, float], parts: Iterable[str]) -> str:
    """A whole drawing that says in words what it shows, for those who do not see it."""
    width, height = size
    head = (
        f'<svg{_NAMESPACE} role="img" viewBox="0 0 {width:.0f} {height:.0f}" width="{width:.0f}" '
        f'height="{height:.0f}" font-family="sans-serif" font-size="12" style="{_LOOK}">'
    )
    words = [f"<title>{_text(title)}</title>", f"<desc>{_text(description)}</desc>"]
    return "\n".join([head, *words, *parts, "</svg>"])


def inline(drawing: str) -> str:
    """A drawing for inside of HTML, which knows the namespace by itself."""
    return drawing.replace(_NAMESPACE, "", 1)


def line(start: tuple[float, float], end: tuple[float, float], *, dash: str = "", width: float = 1) -> str:
    """A straight line."""
    (x1, y1), (x2, y2) = start, end
    dashed = f' stroke-dasharray="{dash}"' if dash else ""
    return (
        f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" '
        f'stroke="currentColor" stroke-width="{width:g}"{dashed}/>'
    )


def polyline(points: Sequence[tuple[float, float]], *, dash: str = "") -> str:
    """A line through points."""
    path = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    dashed = f' stroke-dasharray="{dash}"' if dash else ""
    return f'<polyline points="{path}" fill="none" stroke="currentColor" stroke-width="1.8"{dashed}/>'


def dot(x: float, y: float, *, is_filled: bool = True) -> str:
    """A point."""
    fill = "currentColor" if is_filled else "none"
    return f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3.5" fill="{fill}" stroke="currentColor"/>'


def label(x: float, y: float, text: str, anchor: str = "start") -> str:
    """Words at a place; `anchor` is start, middle or end."""
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" fill="currentColor">{_text(text)}</text>'


def axes(frame: Frame, across: str, up: str) -> list[str]:
    """The square, its diagonal, ticks, and what each way means."""
    low, high = (frame.x(0), frame.y(0)), (frame.x(1), frame.y(1))
    corners = [low, (high[0], low[1]), high, (low[0], high[1]), low]
    edges = [line(start, end) for start, end in pairwise(corners)]
    ticks = [
        piece
        for value in (0, 0.5, 1)
        for piece in (
            label(frame.x(value), frame.y(0) + 16, f"{value:g}", "middle"),
            label(frame.x(0) - 6, frame.y(value) + 4, f"{value:g}", "end"),
        )
    ]
    diagonal = line(low, high, dash="1 4")
    named = [
        label(frame.x(0.5), frame.y(0) + 34, across, "middle"),
        f'<g transform="rotate(-90 14 {frame.y(0.5):.1f})">{label(14, frame.y(0.5), up, "middle")}</g>',
    ]
    return [*edges, diagonal, *ticks, *named]


def legend(frame: Frame, names: Sequence[str]) -> list[str]:
    """Which dashes are whose, below the square."""
    found: list[str] = []
    for number, name in enumerate(names):
        y = frame.y(0) + 54 + 18 * number
        found += [
            line((frame.left, y - 4), (frame.left + 36, y - 4), dash=DASHES[number % len(DASHES)], width=1.8),
            label(frame.left + 44, y, name),
        ]
    return found


def _text(text: str) -> str:
    return escape(visible(text))
