"""Policies as somebody edits them, tried out before they are the registry's."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gitreg.decisions import governed_edits, read_document
from gitreg.documents import PolicyCases, paths
from gitreg.errors import InvalidValue
from gitreg.gathering import case_of, differences, try_cases

if TYPE_CHECKING:
    from gitreg._registry.parts import Parts
    from gitreg.decisions import PolicyCheck
    from gitreg.gathering import CaseAnswer, PolicyDifference
    from gitreg.store import Snapshot

_POLICIES = "policies"


class Trials:
    """The policies of the work tree where main is checked out there, else those of main."""

    def __init__(self, parts: Parts) -> None:
        """Nothing is read yet."""
        self._parts = parts
        self._office = parts.office

    def cases(self) -> list[CaseAnswer]:
        """See `Registry.try_policies`."""
        return list(try_cases(self._tree()))

    def differences(self) -> list[PolicyDifference]:
        """See `Registry.policy_differences`."""
        return differences(self._office.judge(), self._tree())

    def keep(self, check: PolicyCheck, name: str) -> str:
        """See `Registry.keep_example`."""
        store = self._parts.store
        if not self._is_checked_out() or store.work_tree is None:
            raise InvalidValue("An example is a file of the work tree, and main is not checked out here.")
        path = paths.policy_cases(check.evidence.policy or check.target.stage)
        case = case_of(name, check.evidence, check.version, check.card)
        found = read_document(self._tree(), path, PolicyCases)
        others = [each for each in found.cases if each.name != name] if found is not None else []
        cases = PolicyCases(cases=tuple(sorted([*others, case], key=lambda each: each.name)))
        file = store.work_tree / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(cases.to_bytes())
        return path

    def _tree(self) -> Snapshot:
        tree = self._office.snapshot()
        if not self._is_checked_out():
            return tree
        with governed_edits(self._office, [_POLICIES], dry_run=True) as edits:
            return tree.with_edits(edits)

    def _is_checked_out(self) -> bool:
        store = self._parts.store
        return store.work_tree is not None and store.head() == store.branches.main
