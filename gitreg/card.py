"""A run as a notebook shows it: one piece of HTML that needs nothing else, light or dark as the page is. Pure."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

MAX_ROWS: Final = 30
MAX_CHARS: Final = 300
_TONES: Final = {"running": "#b7791f", "finished": "#2f855a", "failed": "#c53030", "killed": "#c53030"}
_STYLE: Final = (
    "<style>"
    ".gitreg-card{font:13px/1.5 system-ui,sans-serif;border:1px solid #8884;border-radius:6px;padding:.7em 1em;"
    "max-width:46em;color:inherit;background:transparent}"
    ".gitreg-card table{border-collapse:collapse;margin:.3em 0;background:transparent}"
    ".gitreg-card th,.gitreg-card td{text-align:left;padding:.1em 1em .1em 0;font-weight:normal;border:0;"
    "background:transparent;color:inherit}"
    ".gitreg-card th{opacity:.65}.gitreg-card summary{cursor:pointer}.gitreg-card code{opacity:.75}"
    "</style>"
)


def card(title: str, status: str, facts: Mapping[str, str], tables: Mapping[str, Mapping[str, str]]) -> str:
    """A title with its status, a line of facts, and tables that fold. Every text is escaped, long ones are cut."""
    tone = _TONES.get(status, "inherit")
    head = f'<b>{_text(title)}</b> <span style="color:{tone}">{_text(status)}</span>'
    line = " · ".join(f"{_text(name)} <code>{_text(value)}</code>" for name, value in facts.items())
    body = "".join(_table(name, rows) for name, rows in tables.items() if rows)
    return f'{_STYLE}<div class="gitreg-card">{head}<br>{line}{body}</div>'


def _table(name: str, rows: Mapping[str, str]) -> str:
    shown = [*rows.items()][:MAX_ROWS]
    cells = "".join(f"<tr><th>{_text(key)}</th><td>{_text(value)}</td></tr>" for key, value in shown)
    more = f"<tr><td colspan=2>and {len(rows) - len(shown)} more</td></tr>" if len(rows) > len(shown) else ""
    return f"<details open><summary>{_text(name)} ({len(rows)})</summary><table>{cells}{more}</table></details>"


def _text(text: str) -> str:
    return escape(text if len(text) <= MAX_CHARS else f"{text[:MAX_CHARS]}…")
