"""Who may write what, as JSON and as pages."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gitreg.report import Cell, Command, Line, Table, listed

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from gitreg.cli import shapes
    from gitreg.decisions import Writers
    from gitreg.documents import Branch
    from gitreg.report import Block


def rules(writers: Writers) -> list[shapes.RightsRule]:
    """Every rule, main's first, with everybody whom it allows."""
    branches: tuple[Branch, ...] = ("main", "ledger")
    return [
        {
            "rule": rule.name,
            "branch": rule.branch,
            "paths": [*rule.paths],
            "groups": [*rule.groups],
            "people": [*rule.people],
            "allowed": sorted(writers.people(rule)),
            "message": rule.message,
        }
        for branch in branches
        for rule in writers.of(branch)
    ]


def rules_page(found: Sequence[shapes.RightsRule]) -> Iterator[Block]:
    """Which paths are left to whom."""
    if not found:
        yield "Everybody may write every path."
        yield Command("gitreg rights add NAME --branch main --path 'models/fraud/**' --group GROUP")
        return
    rows = tuple(
        (Cell(each["rule"], "strong"), each["branch"], "\n".join(each["paths"]), listed(each["allowed"]) or "nobody")
        for each in found
    )
    yield Table(("rule", "branch", "paths", "who may write them"), rows, whole=("rule", "branch", "paths"))


def of_path(writers: Writers, path: str) -> shapes.PathRights:
    """Who may write a path."""
    return {"path": path, "main": _on(writers, "main", path), "ledger": _on(writers, "ledger", path)}


def _on(writers: Writers, branch: Branch, path: str) -> shapes.BranchRights:
    covering = writers.rules(branch, path)
    return {
        "everybody": not covering,
        "allowed": sorted(writers.allowed(covering)),
        "rules": [rule.name for rule in covering],
    }


def of_path_page(found: shapes.PathRights) -> Iterator[Block]:
    """Who may, and by which rule."""
    for branch, on in (("main", found["main"]), ("ledger", found["ledger"])):
        who = "everybody" if on["everybody"] else listed(on["allowed"]) or "nobody"
        by = f" ({listed(on['rules'])})" if on["rules"] else ""
        yield Line(f"{found['path']} on {branch}: {who}{by}")
