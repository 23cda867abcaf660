"""Free conditions in CEL: what they are asked about, and what their answer means. They are run elsewhere."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from gitreg.documents import Digest, Evaluated, canonical_bytes, plain
from gitreg.policy.reading import Reading

if TYPE_CHECKING:
    from gitreg.documents import ExpressionRequirement, Json
    from gitreg.policy.reading import Facts

CEL_METHOD = "cel/1"


def expression_facts(facts: Facts) -> dict[str, Json]:
    """What a condition can name: `candidate`, `baseline`, `card`, and the other rules' `observations`."""
    return {
        "candidate": facts.version.to_json(),
        "baseline": plain(facts.baseline),
        "card": facts.card.to_json() if facts.card is not None else None,
        "observations": [plain(each) for each in facts.observations if not isinstance(each, Evaluated)],
    }


def facts_digest(rule: ExpressionRequirement, facts: Facts) -> Digest:
    """Of the condition and everything it was asked about."""
    return Digest(f"sha256:{hashlib.sha256(canonical_bytes([rule.cel, expression_facts(facts)])).hexdigest()}")


def read_expression(rule: ExpressionRequirement, facts: Facts) -> Reading:
    """The answer that was observed, if it was about these facts."""
    seen = next(facts.observed(rule, Evaluated), None)
    if seen is None or seen.facts != facts_digest(rule, facts) or seen.method != CEL_METHOD:
        return Reading("cannot tell", f"Nobody evaluated {rule.cel} on these facts.", CEL_METHOD)
    if not seen.value:
        return Reading("fail", f"{rule.cel} is false.", CEL_METHOD)
    return Reading("pass", f"{rule.cel} is true.", CEL_METHOD)
