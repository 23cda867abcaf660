"""Findings as GitHub shows them beside the lines of a pull request (docs.github.com, "Workflow commands")."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gitreg.cli.shapes import Finding

_DATA = str.maketrans({"%": "%25", "\r": "%0D", "\n": "%0A"})
_PROPERTY = str.maketrans({"%": "%25", "\r": "%0D", "\n": "%0A", ":": "%3A", ",": "%2C"})


def annotation(finding: Finding) -> str:
    """`::error file=models/fraud/…,title=min-auc::auc is …`, one line whatever stands in the finding."""
    level = "error" if finding["severity"] == "block" else "warning"
    where = f"file={_property(finding['path'])}," if finding["path"] else ""
    message = f"{finding['message']} {finding['hint']}".strip()
    return f"::{level} {where}title={_property(finding['rule'])}::{message.translate(_DATA)}"


def _property(text: str) -> str:
    return text.translate(_PROPERTY)
