"""Whatever somebody commits by plain git: every command answers or refuses in words, and nothing undecided resolves."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.e2e.clerk import assert_clean, commit_by_hand, file_at
from tests.e2e.conftest import Office

if TYPE_CHECKING:
    from pathlib import Path

    from tests.e2e.clerk import Clerk, Told

READS = [
    *(["status"], ["runs", "list"], ["models", "list"], ["models", "show", "fraud"], ["versions", "fraud"]),
    *(["log"], ["log", "fraud"], ["proposals", "list"], ["approvers", "list"], ["holds", "list"], ["validate"]),
    *(["fsck"], ["doctor"], ["resolve", "models:/fraud/2"], ["pull", "models:/fraud/1", "-o", "out"]),
]
WRITES = [
    ["promote", "fraud", "2", "--to", "production", "-m", "why", "--dry-run"],
    ["runs", "start", "-e", "churn"],
    ["tag", "fraud", "team=risk"],
]
ANSWERS = {0, 1, 2, 3, 4, 5, 6}

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)
Edit = Callable[[bytes], bytes | None]


def removed(_: bytes) -> None:
    """The file is gone."""


@st.composite
def cut_or_changed(draw: st.DrawFn) -> Edit:
    """Some bytes replaced by others."""
    start, length, put = draw(st.integers(0, 2000)), draw(st.integers(0, 200)), draw(st.binary(max_size=40))
    return lambda data: data[: start % (len(data) + 1)] + put + data[start % (len(data) + 1) + length :]


@st.composite
def field_changed(draw: st.DrawFn) -> Edit:
    """A well-formed document one of whose fields, at any depth, says something else."""
    steps, value, drops = (
        draw(st.lists(st.integers(0, 50), min_size=1, max_size=4)),
        draw(json_values),
        draw(st.booleans()),
    )

    def edit(data: bytes) -> bytes:
        try:
            document = json.loads(data)
        except ValueError:
            return data + b"\n"
        change(document, steps, value, drops=drops)
        return (json.dumps(document, sort_keys=True, indent=2, ensure_ascii=False) + "\n").encode("utf-8", "replace")

    return edit


def change(document: Any, steps: list[int], value: Any, *, drops: bool) -> None:  # noqa: ANN401 - JSON
    """Follow the steps as far as they lead, and change what is there."""
    keys = list(document) if isinstance(document, dict) else list(range(len(document)))
    if not keys:
        return
    key = keys[steps[0] % len(keys)]
    if len(steps) > 1 and isinstance(document[key], dict | list) and document[key]:
        change(document[key], steps[1:], value, drops=drops)
    elif drops:
        del document[key]
    else:
        document[key] = value


edits = st.lists(
    st.tuples(
        st.sampled_from(["main", "ledger"]),
        st.integers(0, 1000),
        st.just(removed) | st.binary(max_size=60).map(lambda data: lambda _: data) | cut_or_changed() | field_changed(),
    ),
    min_size=1,
    max_size=3,
)


@pytest.fixture(scope="module")
def office(templates: Callable[[str], Path], tmp_path_factory: pytest.TempPathFactory) -> Office:
    """One copy for all examples; each starts from the tips that stood before."""
    folder = tmp_path_factory.mktemp("edits") / "office"
    shutil.copytree(templates("protected"), folder, symlinks=True)
    return Office(folder)


def answers(clerk: Clerk, command: list[str]) -> Told:
    told = clerk.run(*command)
    assert told.code in ANSWERS, f"{command}: exit {told.code}\n{told.out}{told.err}"
    assert_clean(told.err)
    return told


@settings(max_examples=12, suppress_health_check=[HealthCheck.too_slow])
@given(made=edits)
def test_every_command_answers_and_nothing_undecided_resolves(office: Office, made: list[Any]) -> None:
    ada = office.ada
    tips = {branch: ada.git("rev-parse", branch).strip() for branch in ("main", "ledger")}
    digest = ada.reads("resolve", "models:/fraud@production")["digest"]
    try:
        for branch, which, edit in made:
            paths = ada.git("ls-tree", "-r", "--name-only", branch).splitlines()
            path = paths[which % len(paths)]
            commit_by_hand(ada, {path: edit(file_at(ada, path, branch))}, f"refs/heads/{branch}")
        for command in (*READS, *WRITES):
            answers(ada, command)
        resolved = answers(ada, ["resolve", "models:/fraud@production", "--json"])
        if resolved.code == 0:
            assert resolved.json["digest"] == digest
    finally:
        for branch, tip in tips.items():
            ada.git("update-ref", f"refs/heads/{branch}", tip)
        ada.git("reset", "--quiet", "--hard")
        ada.git("clean", "--quiet", "-d", "--force")
