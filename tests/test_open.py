"""Finding, making and using a registry: the doors that people and programs come in by."""

from __future__ import annotations

import os
import sqlite3
import stat
import subprocess
import sys
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import fsspec
import pytest

from gitreg._open import find, init, open_for_recording, open_receiver, open_registry, start_run, use
from gitreg._registry import Registry, check_push, findings_of
from gitreg._user import User
from gitreg.documents import Digest, paths
from gitreg.errors import (
    AlreadyExists,
    ArtifactNotFound,
    BlobNotFound,
    CorruptBlob,
    DirtyPath,
    Diverged,
    GitregError,
    InvalidDocument,
    InvalidName,
    NewerFormat,
    NotInForce,
    NotPublished,
    Refused,
    RegistryNotFound,
    RemoteError,
    RemoteRefused,
    RunNotFound,
    StageNotFound,
    StorageError,
    UsageError,
)
from gitreg.store import RefUpdate
from gitreg.surroundings import Surroundings
from tests.support.s3 import KEY, SECRET, moto

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

START = datetime(2026, 11, 21, 8, 0, tzinfo=UTC)


def world_of(home: Path, name: str = "ada", **environ: str) -> Surroundings:
    ticks = iter(range(10_000_000))
    home.mkdir(parents=True, exist_ok=True)
    person = {f"GIT_{role}_{key}": value for role in ("AUTHOR", "COMMITTER") for key, value in
              (("NAME", name.title()), ("EMAIL", f"{name}@example.org"))}  # fmt: skip
    return Surroundings(
        environ={**person, "GIT_CONFIG_NOSYSTEM": "1", **environ},
        host="here",
        boot_id="boot",
        machine_id=f"machine of {name}",
        now=lambda: START + timedelta(milliseconds=next(ticks)),
        home=home,
    )


@dataclass
class Place:
    """A folder for one test, with registries that are closed at its end."""

    root: Path
    opened: list[Registry] = field(default_factory=list)

    def world(self, name: str = "ada", **environ: str) -> Surroundings:
        return world_of(self.root / "home" / name, name, **environ)

    def keep(self, registry: Registry) -> Registry:
        self.opened.append(registry)
        return registry

    def init(self, name: str = "registry", **wishes: object) -> Registry:
        return self.keep(init(self.root / name, surroundings=self.world(), **wishes))  # type: ignore[arg-type]

    def clone(self, origin: Registry, name: str) -> Registry:
        """A clone as `git clone` makes it, by a person of its own."""
        target = self.root / name
        git("clone", "--quiet", str(origin.path), str(target))
        return self.keep(open_registry(target, surroundings=self.world(name)))

    def open(self, path: Path, name: str = "ada") -> Registry:
        return self.keep(open_registry(path, surroundings=self.world(name)))


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Place]:
    work = tmp_path / "work"
    work.mkdir()
    monkeypatch.chdir(work)
    made = Place(tmp_path)
    yield made
    for registry in made.opened:
        registry.close()


def git(*arguments: str, cwd: Path | None = None) -> str:
    person = {f"GIT_{role}_{key}": "g@example.org" for role in ("AUTHOR", "COMMITTER") for key in ("NAME", "EMAIL")}
    environ = {**os.environ, **person, "GIT_CONFIG_GLOBAL": "/dev/null"}
    done = subprocess.run(["git", *arguments], cwd=cwd, env=environ, check=True, capture_output=True, text=True)
    return done.stdout.strip()


def record(registry: Registry, weights: bytes = b"weights", auc: float = 0.9) -> str:
    """A finished run with a model; its id."""
    folder = registry.path.parent / "model-folder"
    folder.mkdir(exist_ok=True)
    (folder / "model.bin").write_bytes(weights)
    with registry.start_run("churn") as run:
        run.log_metric("auc", auc, step=1)
        run.log_model(folder, "model")
    return str(run.run_id)


def registered(registry: Registry, weights: bytes = b"weights", model: str = "fraud") -> str:
    return registry.register(f"runs:/{record(registry, weights)}/model", model).label


# --- the main job -----------------------------------------------------------------------------------------------------


def test_from_an_empty_folder_to_a_pulled_model(place: Place) -> None:
    registry = place.init()
    assert registered(registry) == "fraud/1"
    outcome = registry.promote("fraud/1", "production", "why not")
    assert (outcome.title, outcome.unreviewed) == ("fraud: production -> 1 (unreviewed)", True)
    found = registry.resolve("models:/fraud@production")
    assert (found.number, found.stage, found.unreviewed) == (1, "production", True)
    pulled = registry.pull("models:/fraud/Production", place.root / "out")
    assert (pulled.files, (place.root / "out" / "model.bin").read_bytes()) == (1, b"weights")
    assert [each.stage for each in registry.stages("fraud")] == ["production"]
    assert git("status", "--porcelain", cwd=registry.path) == ""
    assert git("log", "--format=%s", "main", cwd=registry.path).splitlines() == [
        "fraud: production -> 1 (unreviewed)",
        "registry: created",
    ]


def test_every_kind_of_address_resolves(place: Place) -> None:
    registry = place.init()
    run = record(registry)
    registry.register(f"runs:/{run}/model", "fraud")
    registry.models.alias("fraud", "champion", 1)
    digest = registry.models.version("fraud/1").digest
    for address in ("fraud/1", "models:/fraud@champion", f"models:/fraud/~{digest.hex[:8]}", "models:/fraud/latest"):
        assert registry.resolve(address).version == digest
    assert registry.resolve("models:/fraud@champion").alias == "champion"
    output = registry.resolve(f"runs:/{run[-8:]}/model")
    assert (output.run, output.version, output.artifacts) == (run, None, registry.resolve("fraud/1").artifacts)
    assert [entry.path for entry in registry.artifacts("fraud/1")] == ["model.bin"]


@pytest.mark.parametrize(
    ("address", "error"),
    [
        ("models:/fraud@production", StageNotFound),
        ("models:/fraud@nobody", StageNotFound),
        ("models:/fraud/Nowhere", StageNotFound),
        ("runs:/ffffffff/model", RunNotFound),
        ("runs:/@last/modle", ArtifactNotFound),
        ("what is this", InvalidName),
    ],
)
def test_an_address_that_stands_for_nothing_says_so(place: Place, address: str, error: type[GitregError]) -> None:
    registry = place.init()
    registered(registry)
    with pytest.raises(error):
        registry.resolve(address)


def test_a_stage_wins_over_an_alias_of_its_name(place: Place) -> None:
    """Somebody may have written the alias before the stage was made (format 30)."""
    registry = place.init()
    registered(registry)
    registry.models.alias("fraud", "canary", 1)
    settings = registry.settings.model_copy(
        update={"stages": {**registry.settings.stages, "canary": registry.settings.stages["staging"]}}
    )
    registry.proposals.govern({paths.SETTINGS: settings.to_bytes()}, "a stage for canaries")
    with pytest.raises(StageNotFound):
        registry.resolve("models:/fraud@canary")
    registry.promote("fraud/1", "canary", "try it")
    assert registry.resolve("models:/fraud@canary").stage == "canary"


def test_a_version_without_bytes_is_not_promoted(place: Place) -> None:
    registry = place.init()
    registered(registry)
    registry.blobs.discard(Digest.of(b"weights"))
    with pytest.raises(BlobNotFound):
        registry.promote("fraud/1", "production", "why not")
    assert git("log", "--format=%s", "main", cwd=registry.path) == "registry: created"


def test_one_wrong_bit_is_not_pulled(place: Place) -> None:
    registry = place.init()
    registered(registry)
    spoil(registry, b"weights")
    with pytest.raises(CorruptBlob):
        registry.pull("fraud/1", place.root / "out")
    assert not (place.root / "out").exists()


def spoil(registry: Registry, content: bytes) -> None:
    digest = Digest.of(content)
    (file,) = registry.store.git_dir.glob(f"gitreg/blobs/*/sha256/{digest.hex[:2]}/{digest.hex}")
    file.chmod(0o644)
    file.write_bytes(bytes([content[0] ^ 1, *content[1:]]))


# --- finding ----------------------------------------------------------------------------------------------------------


def test_nothing_is_found_where_there_is_nothing(place: Place) -> None:
    with pytest.raises(RegistryNotFound, match="gitreg init"):
        open_registry(surroundings=place.world())


def test_a_code_repository_is_no_registry_and_says_what_to_do(place: Place) -> None:
    git("init", "--quiet", cwd=place.root / "work")
    with pytest.raises(RegistryNotFound, match="--here"):
        open_registry(surroundings=place.world())


def test_the_registry_around_the_working_folder_is_found(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    registry = place.init()
    (registry.path / "deep" / "er").mkdir(parents=True)
    monkeypatch.chdir(registry.path / "deep" / "er")
    found = find(None, place.world())
    assert (found.target, found.why.startswith("it is around")) == (str(registry.path), True)


def test_each_way_of_saying_which_beats_the_next(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    named, variable, chosen, around, default = (str(place.init(name).path) for name in "abcde")
    User(place.world()).set_registry(default)
    assert find(None, place.world()).target == default
    monkeypatch.chdir(around)
    assert find(None, place.world()).target == around
    git("config", "gitreg.registry", chosen, cwd=Path(around))
    assert find(None, place.world()).target == chosen
    with_variable = place.world(GITREG_REPO=variable)
    assert (find(None, with_variable).target, find(None, with_variable).why) == (variable, "GITREG_REPO")
    assert find(named, with_variable).target == named
    assert find(around, with_variable).target == around


def test_use_writes_it_down_for_the_code_around(place: Place) -> None:
    registry = place.init()
    git("init", "--quiet", cwd=place.root / "work")
    said = use(str(registry.path), surroundings=place.world())
    assert "git config" in said.why
    assert git("config", "gitreg.registry", cwd=place.root / "work") == str(registry.path)
    assert find(None, place.world()).target == str(registry.path)


def test_use_without_code_around_is_for_everywhere(place: Place) -> None:
    registry = place.init()
    assert use(str(registry.path), surroundings=place.world()).why == str(User(place.world()).config_path)
    assert find(None, place.world()).why == "it is your default"


def test_use_finds_a_typing_mistake_at_once(place: Place) -> None:
    with pytest.raises(RegistryNotFound):
        use(str(place.root / "regstry"), surroundings=place.world())
    assert User(place.world()).read().registry is None


def test_a_url_is_cloned_once_into_the_users_data(place: Place) -> None:
    origin = place.init("origin.git", bare=True)
    url = f"file://{origin.path}"
    first = place.keep(open_registry(url, surroundings=place.world("ben")))
    second = place.keep(open_registry(url, surroundings=place.world("ben")))
    assert first.path == second.path
    assert first.path.is_relative_to(place.root / "home" / "ben" / ".local" / "share" / "gitreg" / "clones")
    assert first.path.name.startswith("origin-")


def test_a_url_that_leads_nowhere_leaves_nothing(place: Place) -> None:
    with pytest.raises(RemoteError):
        open_registry(f"file://{place.root}/nowhere", surroundings=place.world())
    assert list((User(place.world()).data / "clones").iterdir()) == []


def test_the_users_settings_follow_xdg_and_windows(tmp_path: Path) -> None:
    assert User(world_of(tmp_path, XDG_CONFIG_HOME="/x")).config_path == Path("/x/gitreg/config.json")
    assert User(world_of(tmp_path, APPDATA="/w")).config_path == Path("/w/gitreg/config.json")
    assert User(world_of(tmp_path)).config_path == tmp_path / ".config/gitreg/config.json"


@pytest.mark.parametrize(
    "text", ["[]", "{", '{"registry": 1}', '{"unknown": 0}', '{"blobs": {"x": "/y"}}', '{"blobs": []}']
)
def test_settings_that_cannot_be_read_name_their_file(tmp_path: Path, text: str) -> None:
    user = User(world_of(tmp_path))
    user.config_path.parent.mkdir(parents=True)
    user.config_path.write_text(text)
    with pytest.raises(InvalidDocument, match=r"config\.json"):
        user.read()


# --- the personal registry --------------------------------------------------------------------------------------------


def test_who_has_no_registry_records_to_a_personal_one_and_is_told_once(place: Place) -> None:
    said: list[str] = []
    registry = place.keep(open_for_recording(surroundings=place.world(), say=said.append))
    record(registry)
    assert len(said) == 1
    assert str(User(place.world()).personal) in said[0]
    again = place.keep(open_for_recording(surroundings=place.world(), say=said.append))
    assert len(again.runs.list()) == 1


def test_what_was_recorded_to_the_personal_registry_is_found_again(place: Place) -> None:
    made = place.keep(open_for_recording(surroundings=place.world(), say=lambda _: None))
    assert place.keep(open_registry(surroundings=place.world())).path == made.path


def test_a_registry_that_was_named_is_never_replaced_by_the_personal_one(place: Place) -> None:
    with pytest.raises(RegistryNotFound):
        open_for_recording(place.root / "nowhere", surroundings=place.world())
    with pytest.raises(RegistryNotFound):
        open_for_recording(surroundings=place.world(GITREG_REPO=str(place.root / "nowhere")))


def test_nobody_is_blocked_for_having_no_name(place: Place) -> None:
    nobody = Surroundings(
        environ={"GIT_CONFIG_NOSYSTEM": "1"},
        host="box",
        boot_id="b",
        machine_id="m",
        now=lambda: START,
        home=place.root / "h",
    )
    registry = place.keep(open_for_recording(surroundings=nobody, say=lambda _: None))
    record(registry)
    assert [ailment.kind for ailment in registry.doctor()] == ["identity"]


def test_start_run_at_the_top_needs_nothing(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(place.root / "data"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(place.root / "config"))
    monkeypatch.delenv("GITREG_REPO", raising=False)
    with start_run("churn") as run:
        run.log_metric("auc", 0.5)
    registry = place.keep(open_registry(place.root / "data" / "gitreg" / "personal"))
    assert [found.run_id for found in registry.runs.list()] == [run.run_id]


# --- making -----------------------------------------------------------------------------------------------------------


def test_a_new_registry_has_what_people_look_for(place: Place) -> None:
    registry = place.init()
    assert git("ls-tree", "-r", "--name-only", "main", cwd=registry.path).splitlines() == [
        ".gitattributes",
        "README.md",
        "gitreg.json",
    ]
    assert {name: stage.protected for name, stage in registry.settings.stages.items()} == {
        "staging": False,
        "production": False,
    }


def test_a_protected_stage_has_a_policy_from_the_first_commit(place: Place) -> None:
    registry = place.init(protect=["production"])
    assert registry.settings.stages["production"].protected
    assert "policies/production.json" in git("ls-tree", "-r", "--name-only", "main", cwd=registry.path)


def test_a_registry_beside_code_touches_no_file_of_it(place: Place) -> None:
    code = place.root / "work"
    git("init", "--quiet", "--initial-branch=main", cwd=code)
    (code / "train.py").write_text("print()")
    git("add", ".", cwd=code)
    git("commit", "--quiet", "-m", "code", cwd=code)
    (code / "train.py").write_text("print(1)")
    registry = place.init("work", here=True)
    assert registered(registry) == "fraud/1"
    registry.promote("fraud/1", "production", "why not")
    assert git("status", "--porcelain", cwd=code) == "M train.py"
    assert git("branch", "--format=%(refname:short)", cwd=code).splitlines() == [
        "gitreg/decisions",
        "gitreg/ledger",
        "main",
    ]
    with pytest.raises(AlreadyExists, match="a registry already"):
        place.init("work", here=True)


def test_a_registry_beside_code_that_has_no_commit_yet(place: Place) -> None:
    git("init", "--quiet", cwd=place.root / "work")
    registry = place.init("work", here=True)
    assert registered(registry) == "fraud/1"


def test_here_needs_a_repository(place: Place) -> None:
    with pytest.raises(RegistryNotFound, match="git init"):
        place.init("work", here=True)


def test_a_bare_registry_refuses_bad_pushes_by_its_hook(place: Place) -> None:
    registry = place.init("origin.git", bare=True, ci="bare")
    hook = registry.path / "hooks" / "pre-receive"
    text = hook.read_text()
    assert hook.stat().st_mode & stat.S_IXUSR
    assert "# gitreg pre-receive" in text.splitlines()
    assert "\ngitreg='/" in text
    subprocess.run(["sh", "-n", str(hook)], check=True)


@pytest.mark.parametrize(
    ("system", "wanted"),
    [
        ("github", {".github/workflows/gitreg.yml", ".github/workflows/gitreg-reviews.yml"}),
        ("gitlab", {".gitlab-ci.yml", ".gitlab/gitreg-deploy.yml"}),
        ("gitea", {".gitea/workflows/gitreg.yml"}),
        ("jenkins", {"Jenkinsfile"}),
    ],
)
def test_the_checks_are_in_the_first_commit_and_governed(place: Place, system: str, wanted: set[str]) -> None:
    registry = place.init(ci=system)
    there = set(git("ls-tree", "-r", "--name-only", "main", cwd=registry.path).splitlines())
    assert wanted <= there
    assert all(paths.is_owned(path) for path in wanted)


def test_a_folder_for_bytes_goes_into_the_users_own_settings(place: Place) -> None:
    folder = place.root / "bytes"
    folder.mkdir()
    registry = place.init(blobs=str(folder))
    assert registry.settings.blobs is None
    assert User(place.world()).read().blobs == {registry.settings.registry: str(folder)}
    registered(registry)
    registry.sync()
    assert list(folder.rglob(Digest.of(b"weights").hex))


@pytest.mark.parametrize(
    ("wishes", "error"),
    [
        ({"ci": "travis"}, UsageError),
        ({"ci": "bare"}, UsageError),
        ({"here": True, "bare": True}, UsageError),
        ({"ci": "github", "here": True}, UsageError),
        ({"ci": "jenkins", "here": True}, UsageError),
        ({"protect": ["a\nb"]}, InvalidName),
        ({"blobs": "https://example.org/x"}, Refused),
        ({"blobs": "s3://key:secret@bucket/x"}, Refused),
        ({"blobs": "/nowhere/at/all"}, StorageError),
    ],
)
def test_a_wish_that_cannot_be_met_leaves_nothing(
    place: Place, wishes: Mapping[str, object], error: type[GitregError]
) -> None:
    with pytest.raises(error):
        place.init("registry", **wishes)
    assert not (place.root / "registry").exists()


def test_what_is_there_already_is_left_alone(place: Place) -> None:
    registry = place.init()
    before = git("rev-parse", "main", cwd=registry.path)
    with pytest.raises(AlreadyExists, match="a registry already"):
        place.init()
    assert git("rev-parse", "main", cwd=registry.path) == before
    git("init", "--quiet", cwd=place.root / "work")
    with pytest.raises(AlreadyExists, match="git repository"):
        place.init("work")
    (place.root / "full").mkdir()
    (place.root / "full" / "README.md").write_text("mine")
    with pytest.raises(AlreadyExists, match="not empty"):
        place.init("full")
    (place.root / "file").write_text("")
    with pytest.raises(AlreadyExists, match="is a file"):
        place.init("file")


# --- with others ------------------------------------------------------------------------------------------------------


@pytest.fixture
def origin(place: Place) -> Registry:
    return place.init("origin.git", bare=True, ci="bare")


def test_two_people_see_each_others_work(place: Place, origin: Registry) -> None:
    ada, ben = place.clone(origin, "ada"), place.clone(origin, "ben")
    assert registered(ada, b"one") == "fraud/1"
    assert registered(ben, b"two") == "fraud/2"
    ben.promote("fraud/1", "production", "why not")
    ada.sync()
    assert ada.resolve("models:/fraud@production").number == 1
    ada.pull("fraud/2", place.root / "out")
    assert (place.root / "out" / "model.bin").read_bytes() == b"two"
    assert (ada.status().unpushed, ada.status().remote) == (ben.status().unpushed, str(origin.path))


def test_what_was_done_while_the_remote_was_away_is_published_by_a_sync(place: Place, origin: Registry) -> None:
    ada, ben = place.clone(origin, "ada"), place.clone(origin, "ben")
    away = origin.path.rename(place.root / "away.git")
    ada = place.open(place.root / "ada", "ada")
    label = registered(ada, b"one")
    assert "~" in label
    with pytest.raises((NotPublished, RemoteError)):
        ada.promote(label, "production", "why not")
    away.rename(origin.path)
    assert registered(ben, b"two") == "fraud/1"
    ada = place.open(place.root / "ada", "ada")
    synced = ada.sync()
    assert synced.numbered == {label: 2}
    assert Digest.of(b"one") in synced.uploaded
    ben.sync()
    assert [view.number for view in ben.models.versions("fraud")] == [1, 2]
    ben.pull("fraud/2", place.root / "out")


def test_bytes_that_only_this_clone_has_stop_once(place: Place, origin: Registry) -> None:
    ada = place.clone(origin, "ada")
    git("remote", "set-url", "origin", f"http://127.0.0.1:9/{origin.path.name}", cwd=ada.path)
    ada = place.open(ada.path, "ada")
    label = registered(ada)
    with pytest.raises(NotPublished, match="gitreg use --blobs"):
        ada.sync()
    with pytest.raises(RemoteError):
        ada.sync()
    with pytest.raises(NotPublished, match="gitreg use --blobs"):
        ada.promote(label, "production", "why not")


def test_a_pointer_edited_by_hand_is_refused_by_a_remote_on_this_file_system(place: Place, origin: Registry) -> None:
    ada = place.clone(origin, "ada")
    registered(ada, b"one")
    registered(ada, b"two")
    ada.promote("fraud/1", "production", "why not")
    decision = ada.path / "models/fraud/stages/production/decision.json"
    decision.write_text(decision.read_text().replace("why not", "because"))
    git("commit", "--quiet", "-am", "by hand", cwd=ada.path)
    with pytest.raises(RemoteRefused):
        ada.sync()


def test_the_same_check_judges_what_a_hook_is_given(place: Place, origin: Registry) -> None:
    ada = place.clone(origin, "ada")
    registered(ada)
    ada.promote("fraud/1", "production", "why not")
    tip = ada.store.tip("refs/heads/main")
    old = origin.store.tip("refs/heads/main")
    with open_receiver(origin.path, place.world()) as store:
        assert findings_of([RefUpdate("refs/heads/main", tip, None)], store) == []
        with pytest.raises(RemoteRefused):
            check_push([RefUpdate("refs/heads/main", None, old)], store)


def test_mains_that_went_apart_are_told_in_words(place: Place, origin: Registry) -> None:
    ada, ben = place.clone(origin, "ada"), place.clone(origin, "ben")
    for clone in (ada, ben):
        (clone.path / "NOTES.md").write_text(clone.path.name)
        git("add", "NOTES.md", cwd=clone.path)
        git("commit", "--quiet", "-m", clone.path.name, cwd=clone.path)
    ada.sync()
    record(ben)
    with pytest.raises(Diverged):
        ben.sync()
    ada.sync()
    assert len(ada.runs.list()) == 1


def test_a_fresh_clone_resolves_the_same(place: Place, origin: Registry) -> None:
    ada = place.clone(origin, "ada")
    registered(ada)
    ada.promote("fraud/1", "production", "why not")
    fresh = place.clone(origin, "fresh")
    assert fresh.resolve("models:/fraud@production").version == ada.resolve("models:/fraud@production").version
    assert fresh.fsck().is_sound


def test_sync_without_a_remote_publishes_what_waits_here(place: Place) -> None:
    registry = place.init()
    record(registry)
    assert registry.sync().report is None


# --- keeping it well --------------------------------------------------------------------------------------------------


def test_status_says_what_is_likely_next(place: Place) -> None:
    registry = place.init()
    assert registry.status().next_steps == ("gitreg run -- python train.py",)
    record(registry)
    assert registry.status().next_steps == ("gitreg register runs:/@last/model --name NAME",)
    registry.register("runs:/@last/model", "fraud")
    status = registry.status()
    assert (status.runs, status.models, status.why) == (1, 1, "it was just made")


def test_a_healthy_registry_has_nothing_to_mend(place: Place) -> None:
    registry = place.init()
    registered(registry)
    assert registry.doctor() == []
    checkup = registry.fsck()
    assert (checkup.ailments, checkup.is_sound) == ((), True)
    assert checkup.blobs >= 3


def test_doctor_finds_a_damaged_index(place: Place) -> None:
    registry = place.init()
    registered(registry)
    registry.close()
    file = registry.store.git_dir / "gitreg" / "index.sqlite"
    with closing(sqlite3.connect(file)) as connection:
        query = "SELECT rootpage FROM sqlite_master WHERE name = 'unreadable'"
        (page,) = connection.execute(query).fetchone()
    data = file.read_bytes()
    file.write_bytes(data[: (page - 1) * 4096] + bytes(4096) + data[page * 4096 :])
    assert ("index", "mended") in [(ailment.kind, ailment.severity) for ailment in registry.doctor()]
    assert registry.doctor() == []
    assert len(registry.runs.list()) == 1


@pytest.mark.parametrize("is_missing", [True, False])
def test_fsck_finds_bytes_that_are_missing_or_wrong(place: Place, is_missing: bool) -> None:  # noqa: FBT001
    registry = place.init()
    registered(registry)
    if is_missing:
        registry.blobs.discard(Digest.of(b"weights"))
    else:
        spoil(registry, b"weights")
    (ailment,) = [each for each in registry.fsck().ailments if each.severity == "block"]
    assert ailment.subject.endswith(": model.bin")


def test_fsck_finds_documents_that_are_none(place: Place) -> None:
    registry = place.init()
    registered(registry)
    git("checkout", "--quiet", "ledger", cwd=registry.path)
    (version,) = (registry.path / "versions" / "fraud").iterdir()
    version.write_text(version.read_text().replace('"model"', '"modell"', 1))
    (registry.path / "versions" / "fraud" / "readme.txt").write_text("?")
    git("add", ".", cwd=registry.path)
    git("commit", "--quiet", "-m", "by hand", cwd=registry.path)
    git("checkout", "--quiet", "main", cwd=registry.path)
    found = {each.subject for each in registry.fsck().ailments if each.severity == "block"}
    assert found >= {f"versions/fraud/{version.name}", "versions/fraud/readme.txt"}


def test_fsck_finds_a_git_object_that_is_gone(place: Place) -> None:
    registry = place.init()
    registered(registry)
    blob = git("rev-parse", "main:gitreg.json", cwd=registry.path)
    registry.close()
    file = registry.store.git_dir / "objects" / blob[:2] / blob[2:]
    file.chmod(0o644)
    file.write_bytes(b"damaged")
    assert any(each.kind == "object" for each in registry.fsck().ailments)


def test_fsck_reports_how_far_it_came(place: Place) -> None:
    registry = place.init()
    registered(registry)
    heard: list[int] = []

    class Bar:
        def add(self, count: int) -> None:
            heard.append(count)

    assert registry.fsck(Bar()).size_bytes == sum(heard) > 0


def test_doctor_tells_a_copied_clone_and_edited_files(place: Place) -> None:
    registry = place.init()
    registered(registry)
    subprocess.run(["cp", "-r", str(registry.path), str(place.root / "copy")], check=True)
    copy = place.open(place.root / "copy")
    (copy.path / "gitreg.json").write_text("{}")
    assert [(ailment.kind, ailment.severity) for ailment in copy.doctor()] == [("writer", "mended"), ("edited", "warn")]
    assert [ailment.kind for ailment in copy.doctor()] == ["edited"]


def test_a_clone_kept_for_a_url_has_the_news_when_it_is_opened(place: Place, origin: Registry) -> None:
    url = f"file://{origin.path}"
    kept = place.keep(open_registry(url, surroundings=place.world("ben")))
    assert kept.models.list() == []
    ada = place.clone(origin, "ada")
    registered(ada)
    ada.promote("fraud/1", "production", "why not")
    again = place.keep(open_registry(url, surroundings=place.world("ben")))
    assert again.resolve("models:/fraud@production").number == 1
    away = origin.path.rename(place.root / "away.git")
    offline = place.keep(open_registry(url, surroundings=place.world("ben")))
    assert offline.resolve("models:/fraud@production").number == 1
    away.rename(origin.path)


def test_use_blobs_shares_through_a_folder_of_the_users_choice(place: Place) -> None:
    registry = place.init()
    registered(registry)
    with pytest.raises(StorageError):
        registry.use_blobs(str(place.root / "nowhere"))
    (place.root / "shared").mkdir()
    registry.use_blobs(str(place.root / "shared"))
    assert Digest.of(b"weights") in registry.sync().uploaded
    assert registry.sync().uploaded == ()


@pytest.mark.parametrize(
    ("content", "error"),
    [
        (b'{"schema": "gitreg/registry/v2"}', NewerFormat),
        (b"{", InvalidDocument),
        (b"\xef\xbb\xbf{}", InvalidDocument),
    ],
)
def test_settings_that_this_gitreg_cannot_read_are_told_so(
    place: Place, content: bytes, error: type[GitregError]
) -> None:
    registry = place.init()
    (registry.path / "gitreg.json").write_bytes(content)
    git("commit", "--quiet", "-am", "by hand", cwd=registry.path)
    with pytest.raises(error):
        place.open(registry.path)


def test_a_detached_head_does_not_matter(place: Place) -> None:
    registry = place.init()
    git("checkout", "--quiet", "--detach", cwd=registry.path)
    registered(registry)
    registry.promote("fraud/1", "production", "why not")
    assert registry.resolve("models:/fraud@production").number == 1


def test_an_edited_file_stands_in_the_way_of_a_decision_that_changes_it(place: Place) -> None:
    registry = place.init()
    registered(registry, b"one")
    registered(registry, b"two")
    registry.promote("fraud/1", "production", "why not")
    (registry.path / "models/fraud/stages/production/version.json").write_text("mine")
    with pytest.raises(DirtyPath):
        registry.promote("fraud/2", "production", "why not")
    assert registry.resolve("models:/fraud@production").number == 1


def test_doctor_tells_what_waits_for_a_remote_that_is_away(place: Place, origin: Registry) -> None:
    place.clone(origin, "ada")
    origin.path.rename(place.root / "away.git")
    ada = place.open(place.root / "ada", "ada")
    registered(ada)
    assert {(ailment.kind, ailment.hint) for ailment in ada.doctor() if ailment.severity != "mended"} == {
        ("remote", ""),
        ("bytes", "gitreg use --blobs PLACE"),
        ("number", "gitreg sync"),
    }


def test_doctor_tells_bytes_that_others_cannot_read_yet(place: Place) -> None:
    registry = place.init()
    registered(registry)
    (place.root / "shared").mkdir()
    registry.use_blobs(str(place.root / "shared"))
    assert [(ailment.kind, ailment.hint) for ailment in registry.doctor()] == [("bytes", "gitreg sync")]
    registry.sync()
    assert registry.doctor() == []


def test_doctor_and_status_tell_a_run_whose_process_died(place: Place) -> None:
    registry = place.init()
    home = str(place.root / "home" / "ada")
    code = (
        "import os, sys; from pathlib import Path; sys.path.insert(0, os.getcwd()); import gitreg._open as o;"
        "from tests.test_open import world_of;"
        f"r = o.open_registry({str(registry.path)!r}, surroundings=world_of(Path({home!r})));"
        "run = r.start_run('churn'); run.log_metric('auc', 1); os.kill(os.getpid(), 9)"
    )
    subprocess.run([sys.executable, "-c", code], cwd=Path(__file__).parent.parent, check=False)
    assert [(ailment.kind, ailment.hint) for ailment in registry.doctor()] == [("journal", "gitreg runs recover")]
    assert registry.status().next_steps[0] == "gitreg runs recover"
    assert [found.status for found in registry.recover()] == ["killed"]
    assert registry.doctor() == []


def test_doctor_tells_an_index_that_is_in_memory_and_files_that_are_no_documents(place: Place) -> None:
    registry = place.init()
    registered(registry)
    git("checkout", "--quiet", "ledger", cwd=registry.path)
    (registry.path / "stray.txt").write_text("?")
    git("add", ".", cwd=registry.path)
    git("commit", "--quiet", "-m", "by hand", cwd=registry.path)
    git("checkout", "--quiet", "main", cwd=registry.path)
    registry.close()
    file = registry.store.git_dir / "gitreg" / "index.sqlite"
    file.unlink()
    file.mkdir()
    assert {(ailment.kind, ailment.subject) for ailment in registry.doctor()} == {
        ("index", "index.sqlite"),
        ("document", "stray.txt"),
    }


def test_fsck_looks_at_main_as_well(place: Place) -> None:
    registry = place.init()
    registered(registry)
    registry.promote("fraud/1", "production", "why not")
    (registry.path / "models" / "stray.txt").write_text("?")
    (registry.path / ".gitattributes").write_text("* text=auto\n")
    decision = registry.path / "models/fraud/stages/production/decision.json"
    decision.write_text(decision.read_text() + "\n")
    git("add", ".", cwd=registry.path)
    git("commit", "--quiet", "-m", "by hand", cwd=registry.path)
    found = {(each.kind, each.severity) for each in registry.fsck().ailments}
    assert found >= {("path", "warn"), ("attributes", "warn"), ("document", "block")}


def test_fsck_finds_a_manifest_that_is_gone(place: Place) -> None:
    registry = place.init()
    registered(registry)
    manifest = registry.models.version("fraud/1").document.artifacts.digest
    registry.blobs.discard(manifest)
    assert any(each.severity == "block" and "versions/" in each.subject for each in registry.fsck().ailments)


def test_a_stage_that_was_withdrawn_or_edited_is_shown_as_it_is(place: Place) -> None:
    registry = place.init()
    registered(registry)
    registry.promote("fraud/1", "production", "why not")
    registry.promote("fraud/1", "staging", "why not")
    registry.proposals.withdraw("fraud", "staging", "no more")
    version = registry.path / "models/fraud/stages/production/version.json"
    version.write_text(version.read_text().replace("model", "modell", 1))
    git("commit", "--quiet", "-am", "by hand", cwd=registry.path)
    stages = {view.stage: view for view in registry.stages("fraud")}
    assert (stages["staging"].number, stages["staging"].standing_in_force) == (None, True)
    assert (stages["production"].number, stages["production"].standing_in_force) == (1, False)
    with pytest.raises(StageNotFound, match="withdrawn"):
        registry.resolve("models:/fraud@staging")
    with pytest.raises(NotInForce, match="models:/fraud/1"):
        registry.resolve("models:/fraud@production")


def test_a_registry_reads_and_checks_what_was_decided(place: Place) -> None:
    registry = place.init()
    registered(registry)
    before = registry.store.ledger_tip()
    registry.promote("fraud/1", "production", "why not")
    registered(registry, b"two")
    assert [landing.title for landing in registry.log()] == ["fraud: production -> 1 (unreviewed)"]
    assert [str(change.target) for change in registry.changes("main~1", "main")] == ["fraud@production"]
    assert registry.validate("main~1", "main", is_push=True) == []
    assert registry.check_facts(str(before), "ledger") == []
    assert registry.record.holds() == []


def test_only_runs_are_registered(place: Place) -> None:
    registry = place.init()
    registered(registry)
    with pytest.raises(InvalidName, match="runs:/RUN/OUTPUT"):
        registry.register("models:/fraud/1", "fraud")


def test_a_folder_where_no_hook_can_be_written_leaves_no_registry(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "write_bytes", refuse)
    with pytest.raises(StorageError, match="pre-receive"):
        place.init("origin.git", bare=True, ci="bare")
    assert not (place.root / "origin.git").exists()


def test_branches_that_somebody_else_made_are_left_alone(place: Place) -> None:
    code = place.root / "work"
    git("init", "--quiet", cwd=code)
    (code / "train.py").write_text("print()")
    git("add", ".", cwd=code)
    git("commit", "--quiet", "-m", "code", cwd=code)
    git("branch", "gitreg/ledger", cwd=code)
    with pytest.raises(AlreadyExists, match="gitreg/ledger"):
        place.init("work", here=True)


class Gone:
    """A shared place that is out of reach, and can come back."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.away = folder.with_name("unmounted")

    def __enter__(self) -> None:
        self.folder.rename(self.away)

    def __exit__(self, *_: object) -> None:
        self.away.rename(self.folder)


def test_no_document_is_published_before_the_bytes_it_names(place: Place, origin: Registry) -> None:
    """Whatever publishes the ledger next, a run, an approval or a promotion, takes along what waited, bytes first."""
    ada, ben = place.clone(origin, "ada"), place.clone(origin, "ben")
    shared = place.root / "mnt" / "shared"
    shared.mkdir(parents=True)
    for clone in (ada, ben):
        clone.use_blobs(str(shared))
    with Gone(shared.parent):
        label = registered(ada, b"one")
        assert "~" in label
        with pytest.raises(StorageError):
            ada.promote(label, "production", "why not")
        with pytest.raises(StorageError):
            ada.sync()
        ben.sync()
        assert ben.models.list() == []
    registered(ada, b"two")
    ben.sync()
    for version in ben.models.versions("fraud"):
        ben.pull(version.label, place.root / "out" / version.short)
    assert ben.fsck().is_sound


# --- bytes in a bucket ------------------------------------------------------------------------------------------------


@pytest.fixture
def bucket(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The URL of a bucket, reached as AWS's own tools would be told to."""
    fsspec.get_filesystem_class("s3").clear_instance_cache()  # it would go on talking to another test's server
    with moto() as server:
        monkeypatch.setenv("AWS_ENDPOINT_URL", server.endpoint)
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", KEY)
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", SECRET)
        monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
        yield server.url


def test_bytes_are_shared_through_the_bucket_of_the_registry(place: Place, bucket: str) -> None:
    origin = place.init("origin.git", bare=True, ci="bare", blobs=bucket)
    assert origin.settings.blobs == bucket
    ada, ben = place.clone(origin, "ada"), place.clone(origin, "ben")
    registered(ada)
    ada.promote("fraud/1", "production", "why not")
    ben.sync()
    ben.pull("models:/fraud@production", place.root / "out")
    assert (place.root / "out" / "model.bin").read_bytes() == b"weights"
    assert not list(ben.store.git_dir.glob("gitreg/blobs/*/incoming/*"))
    assert ben.fsck().is_sound


def test_a_bucket_that_is_not_there_is_found_out_by_init(place: Place, bucket: str) -> None:
    with pytest.raises(StorageError, match="nobody-made-this"):
        place.init("registry", blobs=bucket.replace("models", "nobody-made-this"))
    assert not (place.root / "registry").exists()


def test_a_working_folder_that_is_gone_is_told_so(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    gone = place.root / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()
    with pytest.raises(RegistryNotFound, match="gone"):
        open_registry(surroundings=place.world())
