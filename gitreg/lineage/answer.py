"""The answer to one question: what a thing comes from, and what it flowed into."""

from __future__ import annotations

import base64
import binascii
import re
from dataclasses import dataclass
from shlex import quote
from typing import TYPE_CHECKING

from gitreg.errors import Ambiguous, NotFound
from gitreg.lineage.graph import HOLDS, LIVE, Edge, Graph, Node, Walk, downwards, upwards

if TYPE_CHECKING:
    from collections.abc import Iterable

_HEX = re.compile(r"[0-9a-f]{7,64}")
_HOW = "Ask for models:/M/N, models:/M@STAGE, runs:/RUN, a digest, a commit, a dataset, a target, a key or a person."


@dataclass(frozen=True)
class Reached:
    """A version that the thing flowed into, the stages that hold it now (model and stage), the targets that run it."""

    version: Node
    stages: tuple[tuple[str, str], ...]
    targets: tuple[str, ...] = ()


@dataclass(frozen=True)
class Lineage:
    """Where a thing comes from (`above`) and what it flowed into (`below`)."""

    asked: str
    graph: Graph
    starts: tuple[Node, ...]
    above: Walk
    below: Walk

    @property
    def is_whole(self) -> bool:
        """False where a bound was met."""
        return self.above.is_whole and self.below.is_whole

    @property
    def reached(self) -> tuple[Reached, ...]:
        """Every version that it flowed into; itself where it is one, and for a stage what that holds."""
        held = (edge.origin for start in self.starts for edge in self.graph.origins.get(start.id, ()) if _holds(edge))
        nodes = dict.fromkeys((*self.starts, *self.below.nodes, *(self.graph.nodes[each] for each in held)))
        found = [node for node in nodes if node.kind == "version"]
        return tuple(Reached(node, self._stages(node), self._targets(node)) for node in sorted(found, key=_natural))

    @property
    def decisions(self) -> tuple[Node, ...]:
        """Every decision that rests on it: for a key or a person, those that were signed or proposed."""
        return tuple(node for node in self.below.nodes if node.kind == "decision")

    @property
    def withdrawals(self) -> tuple[str, ...]:
        """The commands that would take what it flowed into out of every stage that holds it; nobody runs them here."""
        places = dict.fromkeys(place for each in self.reached for place in each.stages)
        why = quote(f"It rests on {self.asked}.")
        return tuple(
            f"gitreg withdraw {quote(model)} --stage {quote(stage)} -m {why}" for model, stage in sorted(places)
        )

    def _stages(self, version: Node) -> tuple[tuple[str, str], ...]:
        found = (edge.made for edge in self.graph.uses.get(version.id, ()) if _holds(edge))
        names = (self.graph.nodes[stage].name.removeprefix("models:/") for stage in found)
        return tuple(sorted((model, stage) for model, _, stage in (name.rpartition("@") for name in names)))

    def _targets(self, version: Node) -> tuple[str, ...]:
        found = (edge.made for edge in self.graph.uses.get(version.id, ()) if edge.how == LIVE)
        return tuple(sorted({self.graph.nodes[each].name for each in found}))


def lineage_of(graph: Graph, asked: str, starts: Iterable[str]) -> Lineage:
    """Both ways from these things. From bytes, also from all that has them: what made it made them."""
    first = [start for start in dict.fromkeys(starts) if start in graph.nodes]
    owners = [edge.made for start in first if start.startswith("blob:") for edge in graph.uses.get(start, ())]
    return Lineage(
        asked,
        graph,
        tuple(graph.nodes[start] for start in first),
        upwards(graph, [*first, *owners]),
        downwards(graph, first),
    )


def find(graph: Graph, text: str) -> tuple[str, ...]:
    """What people mean: a person, a dataset's name, a digest, fingerprint or commit, or the beginning of one.

    Raises `NotFound`, and `Ambiguous` for a beginning that several things have.
    """
    exact = [node.id for node in graph.nodes.values() if text.lower() == node.key or _is_named(node, text)]
    digits = _digits(text)
    if exact or digits is None:
        if not exact:
            raise NotFound(f"Nothing here is called {text!r:.120}.", subject=text[:120], hint=_HOW)
        return tuple(exact)
    return _beginning(graph, text, digits)


def _is_named(node: Node, text: str) -> bool:
    return node.kind in ("dataset", "deployment") and node.name == text


def _digits(text: str) -> str | None:
    """The hex digits of a digest, commit or fingerprint; `SHA256:…` as `ssh-keygen -l` prints it."""
    if text.startswith("SHA256:"):
        try:
            return base64.b64decode(f"{text[7:]}=", validate=True).hex()
        except (binascii.Error, ValueError):
            return None
    digits = text.removeprefix("sha256:").removeprefix("~").lower()
    return digits if _HEX.fullmatch(digits) else None


def _beginning(graph: Graph, text: str, digits: str) -> tuple[str, ...]:
    found = [node for node in graph.nodes.values() if node.key.removeprefix("sha256:").startswith(digits)]
    if not found:
        raise NotFound(f"Nothing here has the digest or id {text!r:.120}.", subject=text[:120], hint=_HOW)
    if len({node.key for node in found}) > 1:
        names = ", ".join(f"{node.kind} {node.name}" for node in found[:5])
        raise Ambiguous(f"{len(found)} things begin with {text}: {names}.", subject=text, hint="Give more digits.")
    return tuple(node.id for node in found)


def _holds(edge: Edge) -> bool:
    return edge.how == HOLDS


def _natural(node: Node) -> tuple[str, int, str]:
    """Versions by model and number."""
    model, _, number = node.name.rpartition("/")
    return (model, int(number), "") if number.isdigit() else (model, 1 << 62, number)
