"""Notes and comments: what people say about runs, versions and models."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

import gitreg as library
from gitreg.errors import InvalidValue

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.cli.conftest import Ask, Gitreg


def test_comments_stand_beside_each_other_under_their_authors_names(
    gitreg: Gitreg, ask: Ask, registry: Path, trained: Callable[..., str]
) -> None:
    run_id = trained("model")
    assert gitreg("comment", "@last", "Looks *odd*.\nSee the log.", "-m", "reviewed", at=registry).code == 0
    found = ask("comment", run_id, "Not to me.", at=registry)
    assert [(each["author"], each["text"]) for each in found] == [
        ("ada@example.org", "Looks *odd*.\nSee the log."),
        ("ada@example.org", "Not to me."),
    ]
    assert "    See the log." in gitreg("runs", "show", run_id, at=registry).out
    assert len(ask("runs", "show", run_id, at=registry)["comments"]) == 2


def test_versions_and_models_have_notes_and_comments_too(
    gitreg: Gitreg, ask: Ask, registry: Path, trained: Callable[..., str]
) -> None:
    trained("model")
    gitreg("register", "runs:/@last/model", "--name", "fraud", at=registry)
    assert gitreg("comment", "fraud/1", "The holdout is from 2025.", at=registry).code == 0
    assert gitreg("comment", "fraud", "To be retired.", at=registry).code == 0
    assert gitreg("note", "models:/fraud/1", "Trained on *all* of 2026.", at=registry).code == 0
    (version,) = ask("versions", "list", "fraud", at=registry)
    assert ([each["text"] for each in version["comments"]], version["description"]) == (
        ["The holdout is from 2025."],
        "Trained on *all* of 2026.",
    )
    assert "The holdout is from 2025." in gitreg("versions", "list", "fraud", at=registry).out
    assert "To be retired." in gitreg("models", "show", "fraud", at=registry).out
    assert ask("note", "fraud/1", "", at=registry)["description"] is None


@pytest.mark.parametrize(("subject", "code"), [("nothing", 3), ("nothing/1", 3), ("runs:/nothing", 3)])
def test_what_is_not_there_cannot_be_spoken_of(gitreg: Gitreg, registry: Path, subject: str, code: int) -> None:
    assert gitreg("comment", subject, "Hello.", at=registry).code == code


def test_a_run_is_commented_while_it_runs(registry: Path) -> None:
    with library.open(registry) as opened:
        run = opened.start_run()
        run.comment("The loss spikes at step 40.")
        run.comment("token=ghp_" + "a1B2" * 9)
        live = opened.runs.get(run.run_id).comments
        run.finish()
        recorded = opened.runs.get(run.run_id)
        assert [each.text for each in live] == ["The loss spikes at step 40."]
        assert recorded.comments == live
        assert [each.key for each in recorded.dropped] == ["comment"]
        with pytest.raises(InvalidValue):
            opened.runs.comment(run.run_id, " ")
