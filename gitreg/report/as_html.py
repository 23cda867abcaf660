"""A page as one HTML file: read offline, on paper or on a phone, it asks nothing of anybody and runs nothing.

Everything that a document says is escaped, and a policy of the file's own (Content Security Policy, level 3) forbids
the browser to fetch or run anything, should that fail one day.
"""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from gitreg.report.drawing import inline
from gitreg.report.layout import Command, Diff, Heading, Line, Picture, Table, cell
from gitreg.report.spelling import visible

if TYPE_CHECKING:
    from gitreg.report.layout import Block, Blocks

_POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"
_STYLE = """
:root { color-scheme: light dark; }
html { background: Canvas; color: CanvasText; }
body { font: 16px/1.45 system-ui, sans-serif; margin: 0 auto; max-width: 62rem; padding: 1rem; }
h1 { font-size: 1.5rem; margin: 0.5rem 0; }
h2 { font-size: 1.15rem; margin: 1.8rem 0 0.5rem; break-after: avoid; }
p { margin: 0.3rem 0; overflow-wrap: anywhere; }
.in { padding-left: 1.2rem; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
th, td { border-bottom: 1px solid GrayText; padding: 0.2rem 0.8rem 0.2rem 0; text-align: left; vertical-align: top; }
tr { break-inside: avoid; }
pre { border: 1px solid GrayText; overflow-wrap: anywhere; padding: 0.5rem; white-space: pre-wrap; }
figure { break-inside: avoid; margin: 1rem 0; }
figcaption { font-weight: bold; }
.strong, .bad, .warn { font-weight: bold; }
.good::before { content: "✓ "; }
.bad::before { content: "✗ "; }
.warn::before { content: "! "; }
.dim { opacity: 0.75; }
@media print { body { font-size: 10pt; max-width: none; padding: 0; } .wide { overflow: visible; } }
""".strip()


def html(title: str, blocks: Blocks) -> str:
    """The whole file, with a newline at its end. The first heading is the page's own."""
    pieces = [piece for block in blocks if (piece := _block(block))]
    if pieces and pieces[0].startswith("<h2>"):
        pieces[0] = f"<h1>{pieces[0][4:-5]}</h1>"
    head = [
        "<!doctype html>",
        '<html lang="en">',
        "<head>",
        '<meta charset="utf-8">',
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        '<meta name="referrer" content="no-referrer">',
        f"<title>{_text(title)}</title>",
        f"<style>\n{_STYLE}\n</style>",
        "</head>",
        "<body>",
        "<main>",
    ]
    return "\n".join([*head, *pieces, "</main>", "</body>", "</html>", ""])


def _text(text: str) -> str:
    return escape(visible(text))


def _block(block: Block) -> str:
    if isinstance(block, Table):
        return _table(block)
    if isinstance(block, Heading):
        return f"<h2>{_text(block.text)}</h2>"
    if isinstance(block, Command):
        return f"<pre><code>{_text(block.text)}</code></pre>"
    if isinstance(block, Diff):
        lines = "\n".join(map(_text, block.lines))
        return f"<pre>{lines}</pre>"
    if isinstance(block, Picture):
        return f"<figure>\n<figcaption>{_text(block.title)}</figcaption>\n{inline(block.svg)}\n</figure>"
    return _line(block if isinstance(block, Line) else Line(block))


def _line(line: Line) -> str:
    classes = [*(["in"] if line.text.startswith(" ") else []), *([line.tone] if line.tone != "plain" else [])]
    said = f' class="{" ".join(classes)}"' if classes else ""
    text = _text(line.text.strip())
    return f"<p{said}>{text}</p>" if text else ""


def _table(table: Table) -> str:
    head = "".join(f'<th scope="col">{_text(name)}</th>' if name else "<td></td>" for name in table.columns)
    rows = [f"<tr>{''.join(_cell(each.text, each.tone) for each in map(cell, row))}</tr>" for row in table.rows]
    opened = '<div class="wide" tabindex="0" role="group" aria-label="Table"><table>'  # whoever has keys alone moves it
    return "\n".join([opened, f"<tr>{head}</tr>", *rows, "</table></div>"])


def _cell(text: str, tone: str) -> str:
    said = f' class="{tone}"' if tone != "plain" else ""
    return f"<td{said}>{_text(text)}</td>"
