"""Models that move together: in one landing, all of them or none; and who does not agree is told."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

import gitreg
from gitreg.documents import Decision, paths
from gitreg.errors import InvalidValue, NotFound
from tests.e2e.clerk import Clerk

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from gitreg import Registry


def registered(registry: Registry, folder: Path, models: list[str], content: str) -> None:
    """Another version of each model."""
    with registry.start_run("tariff") as run:
        for model in models:
            (folder / model).mkdir(exist_ok=True)
            (folder / model / "weights").write_text(f"{model} {content}")
            run.log_model(folder / model, model)
    for model in models:
        registry.register(f"runs:/{run.run_id}/{model}", model)


@pytest.fixture
def registry(tmp_path: Path) -> Iterator[Registry]:
    with gitreg.init(tmp_path / "registry") as made:
        registered(made, tmp_path, ["fraud", "churn", "price"], "1")
        made.sets.create("motor", ["fraud", "churn", "price"], "One tariff.")
        yield made


def numbers(registry: Registry, stage: str = "production") -> dict[str, int | None]:
    (found,) = [each for each in registry.sets.get("motor").stages if each.stage == stage]
    return {each.model: each.number for each in found.members}


def test_all_models_of_a_set_land_in_one_commit(registry: Registry, tmp_path: Path) -> None:
    registered(registry, tmp_path, ["fraud"], "2")
    before = registry.log_length()
    outcome = registry.sets.promote("motor", "production", "The new tariff.", {"fraud": "1"})
    assert outcome.title == "motor: production of 3 models, 3 changed (unreviewed)"
    assert outcome.landed is not None
    assert registry.log_length() - before in (1, 3)
    assert numbers(registry) == {"churn": 1, "fraud": 1, "price": 1}
    assert registry.sets.get("motor").disagreeing == ()
    files = registry.store.snapshot(outcome.landed)
    assert len({files.read(f"models/{model}/stages/production/decision.json") for model in ("fraud", "churn")}) == 1
    assert registry.resolve("models:/churn@production").number == 1


def test_thirty_models_land_at_once(tmp_path: Path) -> None:
    models = [f"model-{number:02}" for number in range(30)]
    with gitreg.init(tmp_path / "registry") as made:
        registered(made, tmp_path, models, "1")
        made.sets.create("all", models, "All of them.")
        made.sets.promote("all", "production", "At once.")
        assert made.sets.get("all").disagreeing == ()
        assert made.resolve("models:/model-29@production").number == 1


def test_a_model_that_moves_alone_does_not_agree_with_the_others(registry: Registry, tmp_path: Path) -> None:
    registry.sets.promote("motor", "production", "The new tariff.")
    registered(registry, tmp_path, ["fraud"], "2")
    registry.promote("fraud/2", "production", "Quickly.")
    found = registry.sets.get("motor")
    assert found.disagreeing == ("production",)
    assert {each.model: each.of_set for each in found.stages[0].members} == {
        "churn": "motor",
        "fraud": None,
        "price": "motor",
    }
    registry.sets.promote("motor", "production", "Together again.")
    assert registry.sets.get("motor").disagreeing == ()
    assert numbers(registry)["fraud"] == 2


def test_status_tells_a_set_that_does_not_agree_and_the_command_that_mends_it(tmp_path: Path) -> None:
    ada = Clerk.of("ada", tmp_path, tmp_path)
    ada.does("init", "registry")
    with gitreg.open(tmp_path / "registry") as made:
        registered(made, tmp_path, ["fraud", "churn"], "1")
        made.sets.create("motor", ["fraud", "churn"], "One tariff.")
        made.sets.promote("motor", "production", "The new tariff.")
    ada = ada.at(tmp_path / "registry")
    assert ada.reads("status")["sets"] == []
    with gitreg.open(tmp_path / "registry") as made:
        registered(made, tmp_path, ["fraud"], "2")
        made.promote("fraud/2", "production", "Quickly.")
    told = ada.reads("status")
    assert [(each["name"], each["stages"][0]["agrees"]) for each in told["sets"]] == [("motor", False)]
    assert "motor does not agree in production: churn at 1 (by motor) and fraud at 2 (alone)" in ada.does("status")
    (mend,) = [step for step in told["next"] if "sets promote" in step]
    ada.does(*mend.replace("WHY", "Together.").split()[1:])
    assert ada.reads("status")["sets"] == []


def test_a_model_that_was_withdrawn_or_is_held_is_told(registry: Registry) -> None:
    registry.sets.promote("motor", "production", "The new tariff.")
    registry.proposals.withdraw("price", "production", "It was wrong.")
    troubles = {each.model: each.trouble for each in registry.sets.get("motor").stages[0].members}
    assert "withdrawn" in troubles["price"]
    assert troubles["fraud"] == ""
    assert registry.sets.list()[0].disagreeing == ("production",)


def test_a_set_goes_back_as_one_with_a_hold_on_each(registry: Registry, tmp_path: Path) -> None:
    registry.sets.promote("motor", "production", "The old tariff.")
    registered(registry, tmp_path, ["fraud", "churn", "price"], "2")
    registry.sets.promote("motor", "production", "The new tariff.")
    assert set(numbers(registry).values()) == {2}
    registry.sets.rollback("motor", "production", "The tariff was wrong.")
    assert set(numbers(registry).values()) == {1}
    assert registry.sets.get("motor").disagreeing == ()
    assert {hold.model for hold in registry.record.holds()} == {"fraud", "churn", "price"}


def test_what_is_no_set_or_not_of_it_is_refused(registry: Registry) -> None:
    with pytest.raises(NotFound, match="there are motor"):
        registry.sets.get("moto")
    with pytest.raises(InvalidValue, match="weather is not of the set motor"):
        registry.sets.promote("motor", "production", "Why.", {"weather": "1"})
    with pytest.raises(InvalidValue, match="twice"):
        registry.sets.create("twins", ["fraud", "fraud"], "Why.")


def test_a_landing_that_moves_a_part_of_its_set_is_not_in_force(registry: Registry) -> None:
    """By hand, as nobody who uses gitreg would: the decision says motor, and moves two of its three models."""
    registry.sets.promote("motor", "production", "The old tariff.")
    store = registry.store
    outcome = registry.sets.promote("motor", "staging", "Tried.", dry_run=True)
    assert outcome.decision is not None
    whole = outcome.decision
    moves = tuple(move for move in whole.moves if move.model != "price")
    files = {path: digest for path, digest in whole.files.items() if "/price/" not in path}
    part = Decision.from_json(whole.model_copy(update={"moves": moves, "files": files}).to_json())
    edits: dict[str, bytes | None] = {}
    tip = store.snapshot(store.main_tip())
    for move in moves:
        folder, production = (paths.stage_folder(move.model, stage) for stage in ("staging", "production"))
        edits |= {
            paths.decision(folder): part.to_bytes(),
            paths.stage_version(folder): tip.read(paths.stage_version(production)),
        }
    office = registry.proposals.office
    office.land(lambda _: edits, office.text("by hand"))
    (staging,) = [each for each in registry.sets.get("motor").stages if each.stage == "staging"]
    assert not staging.agrees
    assert all(each.number is None for each in staging.members)
    told = [finding.rule for finding in registry.validate(f"{store.main_tip()}^", "HEAD")]
    assert "set" in told


def test_a_set_needs_everybody_whom_one_of_its_models_needs_and_is_approved_once(tmp_path: Path) -> None:
    ada, ben = (Clerk.of(name, tmp_path, tmp_path) for name in ("ada", "ben"))
    ada.does("init", "registry", "--protect", "production")
    ada, ben = (each.at(tmp_path / "registry") for each in (ada, ben))
    with gitreg.open(tmp_path / "registry") as made:
        registered(made, tmp_path, ["fraud", "churn"], "1")
    for person in (ada, ben):
        ada.does("approvers", "add", person.email, "--key", person.public_key, "--group", "leads", "-m", "Team.")
    told = ada.does("sets", "create", "motor", "fraud", "churn", "-m", "One tariff.", "--key", ada.key, "--json")
    governing = json.loads(told)["proposal"]["id"]
    ben.does("approve", governing, "--key", ben.key)
    ben.does("merge", governing)
    told = ada.does("sets", "promote", "motor", "--to", "production", "-m", "Now.", "--key", ada.key, "--json")
    proposal = json.loads(told)["proposal"]["id"]
    assert proposal.startswith("set-motor-production-")
    ben.does("approve", proposal, "--key", ben.key)
    ben.does("merge", proposal)
    shown = ada.reads("sets", "show", "motor")
    assert [(each["stage"], each["agrees"]) for each in shown["stages"]] == [("production", True)]
    found = sorted((tmp_path / "registry/models").rglob("approvals/*.sig"))
    assert len(found) == 4, "both signatures in both folders"
    assert ada.run("audit", "verify").code == 0
