"""Example cases of a policy: what it should say to versions made up or taken from life."""

from __future__ import annotations

from pydantic import Field

from gitreg.documents.document import Document, Frozen, JsonObject, Name, Part, Seq
from gitreg.documents.evidence import Observation, Subject
from gitreg.documents.rulings import Outcome


class PolicyCase(Part):
    """A version with what was observed of it, and the answers that the policy has to give to it.

    `version` and `card` are whole documents. `expected` names the answers by rule; rules that it does not name may
    answer anything.
    """

    name: Name
    version: JsonObject
    card: JsonObject | None = None
    baseline: Subject | None = None
    observations: Seq[Observation] = Field(default=(), max_length=10_000)
    expected: Frozen[Name, Outcome]


class PolicyCases(Document):
    """`policies/cases/<policy>.json`: examples that `gitreg policy test` asks the policy about."""

    schema_name = "policy-cases"

    cases: Seq[PolicyCase] = Field(max_length=1_000)
