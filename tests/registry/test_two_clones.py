"""Laws of numbers and aliases for people who register alone, offline or online, and sync in any order (format 26)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gitreg.errors import NumberDisputed
from gitreg.store import Store
from tests.registry.builders import Clone, surroundings

if TYPE_CHECKING:
    from pathlib import Path

Who = Literal["ada", "ben"]
Step = tuple[Who, Literal["register", "alias", "sync"], int]

steps = st.lists(
    st.tuples(
        st.sampled_from(["ada", "ben"]), st.sampled_from(["register", "register", "alias", "sync"]), st.integers(0, 4)
    ),
    max_size=10,
)


class People:
    """Two clones of one origin, each of which may be on its own for a while."""

    def __init__(self, home: Path) -> None:
        with Store.init(home / "origin.git", surroundings(home), bare=True):
            pass
        self.home = home
        self.clones: dict[str, Clone] = {}
        for name in ("ada", "ben"):
            store = Store.clone(str(home / "origin.git"), home / name, surroundings(home, machine=name))
            self.clones[name] = Clone.of(store)

    def close(self) -> None:
        for clone in self.clones.values():
            clone.index.close()
            clone.store.close()

    def leave(self) -> None:
        """Nobody has a remote any more: every claim holds where it was made."""
        self._set_remotes(lambda text: text.replace('[remote "origin"]', '[remote "away"]'))

    def meet(self) -> None:
        self._set_remotes(lambda text: text.replace('[remote "away"]', '[remote "origin"]'))

    def _set_remotes(self, change: object) -> None:
        for name, clone in self.clones.items():
            clone.index.close()
            clone.store.close()
            config = self.home / name / ".git" / "config"
            config.write_text(change(config.read_text()))  # type: ignore[operator]
            store = Store.open(self.home / name, surroundings(self.home, machine=name))
            self.clones[name] = Clone.of(store, clone.blobs)

    def do(self, step: Step) -> None:
        who, what, number = step
        clone = self.clones[who]
        if what == "register":
            # Both make the same runs, so that they may register the very same version.
            clone.register(str(number).encode())
        elif what == "alias":
            versions = clone.models.versions("fraud") if clone.models.list() else []
            if versions:
                clone.models.alias("fraud", "champion", versions[number % len(versions)])
        else:
            clone.models.claim_numbers()

    def converge(self) -> None:
        for _ in range(2):
            for clone in self.clones.values():
                clone.models.claim_numbers()

    def numbers(self, who: str) -> dict[str, int | None]:
        models = self.clones[who].models
        return {view.digest: view.number for view in models.versions("fraud")} if models.list() else {}


@settings(max_examples=10, suppress_health_check=[HealthCheck.too_slow])
@given(alone=steps, online=steps, order=st.permutations(["ada", "ben"]))
def test_after_syncing_in_any_order_all_agree_and_every_version_has_its_own_number(
    tmp_path_factory: pytest.TempPathFactory, alone: list[Step], online: list[Step], order: list[str]
) -> None:
    people = People(tmp_path_factory.mktemp("people"))
    try:
        people.leave()
        for step in alone:
            people.do(step)
        people.meet()
        for who in order:
            people.clones[who].models.claim_numbers()
        for step in online:
            people.do(step)
        people.converge()
        ada, ben = people.numbers("ada"), people.numbers("ben")
        assert ada == ben
        assert None not in ada.values()
        assert len(set(ada.values())) == len(ada)
        if ada:
            aliases = [clone.models.aliases("fraud") for clone in people.clones.values()]
            assert aliases[0] == aliases[1]
    finally:
        people.close()


@settings(max_examples=6, suppress_health_check=[HealthCheck.too_slow])
@given(before=steps, after=steps)
def test_a_number_that_everybody_knows_never_changes(
    tmp_path_factory: pytest.TempPathFactory, before: list[Step], after: list[Step]
) -> None:
    people = People(tmp_path_factory.mktemp("people"))
    try:
        for step in before:
            people.do(step)
        people.converge()
        known = people.numbers("ada")
        for step in after:
            people.do(step)
        people.converge()
        assert {digest: people.numbers("ben")[digest] for digest in known} == known
    finally:
        people.close()


def test_two_people_without_a_common_remote_dispute_a_number_until_they_sync(tmp_path: Path) -> None:
    people = People(tmp_path)
    try:
        people.leave()
        assert [people.clones["ada"].register(b"one"), people.clones["ben"].register(b"two")] == ["fraud/1", "fraud/1"]
        people.meet()
        ada, ben = people.clones["ada"], people.clones["ben"]
        ada.models.claim_numbers()
        ben.models.claim_numbers()
        with pytest.raises(NumberDisputed):
            ben.models.version("fraud/1")
        assert sorted(people.numbers("ben").values(), key=str) == [2, 3]
        ada.models.claim_numbers()
        assert people.numbers("ada") == people.numbers("ben")
    finally:
        people.close()
