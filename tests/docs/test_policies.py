"""Every rule of the policy gallery is one that gitreg takes, as it is written there."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from gitreg.documents import Json, Policy

PAGE = Path(__file__).parents[2] / "docs" / "policies.md"
BLOCKS = re.findall(r"^```json\n(.*?)^```$", PAGE.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
RULES: list[dict[str, Json]] = [
    each for block in BLOCKS if block.startswith('{"rule"') for each in json.loads(f"[{block}]")
]


@pytest.mark.parametrize("rule", RULES, ids=[str(rule["rule"]) for rule in RULES])
def test_a_rule_of_the_gallery_is_taken(rule: dict[str, Json]) -> None:
    (taken,) = Policy.from_json({"schema": "gitreg/policy/v1", "requirements": [rule]}).requirements
    assert {taken.rule, taken.kind} == {rule["rule"], rule["kind"]}


def test_the_gallery_is_read() -> None:
    assert len(RULES) > 8
