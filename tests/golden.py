"""Golden files: what people read is kept as a file and shown as a difference. GOLDEN=update writes them anew."""

from __future__ import annotations

import difflib
import os
import re
from pathlib import Path

import pytest

_NORMAL = (
    (re.compile(r"sha256:[0-9a-f]{64}"), "sha256:<digest>"),
    (re.compile(r"\b[0-9a-f]{64}\b"), "<sha256>"),
    (re.compile(r"\b[0-9a-f]{40}\b"), "<commit>"),
    (re.compile(r"\b[0-9a-f]{32}\b"), "<id>"),
    (re.compile(r"\b\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z"), "<time>"),
    (re.compile(r"\b\d{4}-\d\d-\d\d \d\d:\d\dZ"), "<at when>       "),
)


def normal(text: str, **known: str) -> str:
    """`text` with ids, digests and times by kind; `known` are exact texts and the names to put for them."""
    for name, found in sorted(known.items(), key=lambda item: -len(item[1])):
        text = text.replace(found, f"<{name}>")
    for pattern, name in _NORMAL:
        text = pattern.sub(name, text)
    return "\n".join(line.rstrip() for line in text.splitlines()) + "\n"


def check_golden(path: Path, text: str) -> None:
    """Fail with the difference where the file does not say exactly this."""
    if os.environ.get("GOLDEN") == "update":
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return
    expected = path.read_text(encoding="utf-8") if path.exists() else ""
    if text != expected:
        difference = difflib.unified_diff(
            expected.splitlines(keepends=True), text.splitlines(keepends=True), str(path.name), "now"
        )
        pytest.fail(f"{path} (GOLDEN=update make unit)\n{''.join(difference)}", pytrace=False)
