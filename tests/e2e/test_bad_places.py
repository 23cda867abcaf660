"""Registries, folders, remotes and buckets that are not as they should be."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.e2e.clerk import (
    Clerk,
    Told,
    assert_clean,
    assert_told,
    assert_told_as_json,
    commit_by_hand,
    picture,
    refused,
)
from tests.support.s3 import KEY, SECRET, S3Server, moto, rclone

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.e2e.conftest import Office

PROMOTE = ["promote", "fraud", "2", "--to", "production", "-m", "why"]
READS = [["status"], ["runs", "list"], ["models", "list"], ["log"], ["proposals", "list"], ["approvers", "list"]]
READS += [["resolve", "models:/fraud@production"], ["validate"], ["fsck"], ["doctor"], ["holds", "list"]]
WRITES = [PROMOTE, ["sync"], ["runs", "record", "x", "--param", "a=1"], ["register", "runs:/x/m", "--name", "y"]]
WRITES += [["govern", "-m", "why"], ["rollback", "fraud", "--stage", "production", "-m", "why"]]


@pytest.fixture
def ada(tmp_path: Path) -> Clerk:
    return Clerk.of("ada", tmp_path, tmp_path)


# --- which registry --------------------------------------------------------------------------------------------------


def _nothing(_: Clerk) -> None:
    """Not even a repository."""


def _empty_repository(clerk: Clerk) -> None:
    clerk.git("init", "--quiet")


def _code(clerk: Clerk) -> None:
    clerk.git("init", "--quiet")
    clerk.git("commit", "--quiet", "--allow-empty", "-m", "code")


def _clone_of_nothing(clerk: Clerk) -> None:
    clerk.git("init", "--quiet", "--bare", str(clerk.desk.home / "origin.git"))
    clerk.git("clone", "--quiet", str(clerk.desk.home / "origin.git"), ".")


@pytest.mark.parametrize("command", [["status"], ["validate"], *WRITES[:3]], ids=" ".join)
@pytest.mark.parametrize("arrange", [_nothing, _empty_repository, _code, _clone_of_nothing])
def test_without_a_registry_every_command_says_how_to_get_one(
    ada: Clerk, arrange: Callable[[Clerk], None], command: list[str], tmp_path: Path
) -> None:
    folder = tmp_path / "somewhere"
    folder.mkdir()
    here = ada.at(folder)
    arrange(here)
    before = sorted(folder.rglob("*"))
    assert_told(here.run(*command), 3, "gitreg init")
    assert_told_as_json(here.run(*command, "--json"), 3, "gitreg init")
    assert sorted(folder.rglob("*")) == before


@pytest.mark.parametrize("where", ["nowhere", "a\x1b[31m", "/etc/passwd", "x" * 300, ""])
def test_a_registry_that_is_named_and_not_there(ada: Clerk, where: str) -> None:
    for told in (ada.run("-C", where, "status"), ada.having(GITREG_REPO=where).run("status")):
        assert told.code in (3, 5), told
        assert_told(told, told.code, hint=False)


@pytest.mark.parametrize("command", [*READS, *WRITES], ids=" ".join)
def test_a_newer_format_is_refused_with_what_reads_it(alone: Office, command: list[str]) -> None:
    settings = (alone.registry / "gitreg.json").read_bytes()
    commit_by_hand(alone.ada, {"gitreg.json": settings.replace(b"registry/v1", b"registry/v2")})
    refused(alone.ada, command, 2, "gitreg/registry/v2", "pip install --upgrade gitreg")


def test_a_detached_head_hinders_nothing(alone: Office) -> None:
    alone.ada.git("checkout", "--quiet", "--detach")
    files = picture(alone.registry).files
    alone.ada.does(*PROMOTE)
    assert alone.ada.reads("resolve", "models:/fraud@production")["version"] == 2
    assert picture(alone.registry).files == files
    assert alone.ada.git("status", "--porcelain") == ""
    alone.ada.does("validate")


@pytest.mark.parametrize(
    "command",
    [
        PROMOTE,
        ["withdraw", "fraud", "--stage", "production", "-m", "why"],
        ["rollback", "fraud", "--stage", "production", "-m", "why"],
        ["holds", "add", "fraud", "2", "--stage", "production", "-m", "why"],
        ["govern", "-m", "why"],
    ],
    ids=" ".join,
)
def test_nobody_decides_without_a_name(alone: Office, command: list[str]) -> None:
    (alone.ada.desk.home / ".gitconfig").unlink()
    refused(alone.ada, command, 2, "user.email", "git config --global user.email")


def test_everybody_records_without_a_name(alone: Office) -> None:
    (alone.ada.desk.home / ".gitconfig").unlink()
    assert alone.ada.registers(b"three") == 3


def test_the_first_thing_done_in_a_plain_clone_may_be_an_approval(shared: Office) -> None:
    proposal = shared.promoted(2)
    ben = shared.ben.at(shared.root / "clone")
    ben.at(shared.root).git("clone", "--quiet", "origin.git", "clone")
    ben.does("approve", proposal, "--key", ben.key)
    shared.ada.does("merge", proposal)


# --- work trees ------------------------------------------------------------------------------------------------------

STAGE = "models/fraud/stages/production"


def _edited(office: Office) -> None:
    (office.registry / STAGE / "decision.json").write_text("mine")


def _staged(office: Office) -> None:
    (office.registry / STAGE / "version.json").write_text("mine")
    office.ada.git("add", ".")


def _deleted(office: Office) -> None:
    (office.registry / STAGE / "decision.json").unlink()


def _a_file_for_a_folder(office: Office) -> None:
    shutil.rmtree(office.registry / "models")
    (office.registry / "models").write_text("mine")


def _a_link_for_a_folder(office: Office) -> None:
    (office.registry / "models").rename(office.root / "elsewhere")
    (office.registry / "models").symlink_to(office.root / "elsewhere")


def _index_in_use(office: Office) -> None:
    (office.registry / ".git/index.lock").touch()


@pytest.mark.parametrize(
    ("arrange", "named"),
    [
        (_edited, "decision.json"),
        (_staged, "version.json"),
        (_deleted, "decision.json"),
        (_a_file_for_a_folder, "models"),
        (_a_link_for_a_folder, "models"),
        (_index_in_use, "index.lock"),
    ],
)
def test_what_would_overwrite_somebodys_work_is_refused_by_name(
    alone: Office, arrange: Callable[[Office], None], named: str
) -> None:
    arrange(alone)
    refused(alone.ada, PROMOTE, 4, named)


def test_other_peoples_edits_do_not_matter(alone: Office) -> None:
    (alone.registry / "README.md").write_text("mine")
    (alone.registry / "notes.txt").write_text("mine too")
    (alone.registry / "gitreg.json").write_text("half an edit")
    alone.ada.does(*PROMOTE)
    assert (alone.registry / "README.md").read_text() == "mine"
    assert (alone.registry / "gitreg.json").read_text() == "half an edit"
    assert alone.ada.git("diff", "--cached") == ""


# --- folders that cannot be written ----------------------------------------------------------------------------------
# The tests may run as root, whom permissions do not bind: a file where a folder should be, and the kernel's /proc,
# refuse root as well. Ordinary permissions are tested in tests/blobs where the tests run as somebody else.


@pytest.mark.parametrize("path", ["/proc/registry", "/etc/passwd", "/etc/passwd/x", "/dev/null", "x" * 300])
def test_a_registry_is_not_made_where_nothing_can_be_written(ada: Clerk, path: str, tmp_path: Path) -> None:
    before = sorted(tmp_path.iterdir())
    told = ada.run("init", path)
    assert told.code in (4, 5), told
    assert_told(told, told.code, path[:40], hint=False)
    assert sorted(tmp_path.iterdir()) == before


def _file_for(path: str) -> Callable[[Office], None]:
    def arrange(office: Office) -> None:
        shutil.rmtree(office.registry / path)
        (office.registry / path).write_text("")

    arrange.__name__ = path
    return arrange


@pytest.mark.parametrize("arrange", [_file_for(".git/gitreg"), _file_for(".git/gitreg/blobs")])
def test_a_clone_whose_own_folder_is_a_file_still_resolves_and_refuses_the_rest(
    alone: Office, arrange: Callable[[Office], None]
) -> None:
    arrange(alone)
    assert alone.ada.reads("resolve", "models:/fraud@production")["version"] == 1
    for command in (["pull", "models:/fraud@production", "-o", "out"], PROMOTE):
        told = alone.ada.run(*command)
        assert_told(told, 5, ".git/gitreg", hint=False)
    assert not (alone.registry / "out").exists()


def test_a_repository_without_its_objects_is_none(alone: Office) -> None:
    _file_for(".git/objects")(alone)
    told = alone.ada.run("status")
    assert told.code in (3, 5)
    assert_told(told, told.code, str(alone.registry))


@pytest.mark.parametrize("target", ["/proc/out", "/etc/passwd", "/etc/passwd/out", "."])
def test_a_model_is_not_pulled_to_where_nothing_can_be_written(alone: Office, target: str) -> None:
    told = alone.ada.run("pull", "models:/fraud@production", "-o", target)
    assert told.code in (4, 5), told
    assert_told(told, told.code, hint=False)
    refused(alone.ada, ["pull", "models:/fraud@production", "-o", target], told.code, hint=False)


_LIMITED = """
import resource, sys
sys.dont_write_bytecode = True  # Python would leave half a file of it
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[1]),) * 2)
import signal; signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
from gitreg.cli import make_root
make_root().main(sys.argv[2:])
"""


@pytest.mark.parametrize("limit", [0, 50])
@pytest.mark.parametrize("command", [PROMOTE, ["alias", "fraud", "champion", "2"]], ids=["main", "ledger"])
def test_a_full_disk_changes_nothing_and_leaves_no_lock(alone: Office, command: list[str], limit: int) -> None:
    """No file may grow past `limit`: the kernel says so as it says that a disk is full."""
    before = picture(alone.registry)
    done = subprocess.run(
        [sys.executable, "-c", _LIMITED, str(limit), *command],
        cwd=alone.registry,
        # Nor could coverage write its data.
        env={**alone.ada.desk.environment, "COVERAGE_PROCESS_START": "", "COVERAGE_PROCESS_CONFIG": ""},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 5, done.stderr
    assert done.stderr.startswith("error: "), done.stderr
    assert_clean(done.stderr)
    assert picture(alone.registry) == before
    assert list((alone.registry / ".git").rglob("*.lock")) == []
    alone.ada.does(*command)
    assert alone.ada.git("fsck", "--strict") == ""


@pytest.mark.slow
@pytest.mark.skipif(os.geteuid() != 0, reason="only root mounts a small file system")
def test_a_file_system_without_space_changes_nothing(alone: Office) -> None:
    small = alone.root / "small"
    small.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=3m", "tmpfs", small], check=True)
    try:
        shutil.copytree(alone.registry, small / "registry", symlinks=True)
        clerk = alone.ada.at(small / "registry")
        filler = os.open(small / "filler", os.O_WRONLY | os.O_CREAT)
        with suppress(OSError):
            while os.write(filler, b"x" * 512):
                pass
        os.close(filler)
        told = clerk.run(*PROMOTE)
        assert_told(told, 5, hint=False)
        (small / "filler").unlink()
        assert clerk.reads("resolve", "models:/fraud@production")["version"] == 1
        clerk.does(*PROMOTE)
        assert clerk.git("fsck", "--strict") == ""
    finally:
        subprocess.run(["umount", "--lazy", small], check=True)


# --- blobs -----------------------------------------------------------------------------------------------------------


def _missing(blob: Path) -> None:
    blob.unlink()


def _truncated(blob: Path) -> None:
    blob.chmod(0o600)
    blob.write_bytes(blob.read_bytes()[:-1])


def _emptied(blob: Path) -> None:
    blob.chmod(0o600)
    blob.write_bytes(b"")


def _flipped(blob: Path) -> None:
    data = bytearray(blob.read_bytes())
    data[len(data) // 2] ^= 1
    blob.chmod(0o600)
    blob.write_bytes(data)


def _longer(blob: Path) -> None:
    blob.chmod(0o600)
    blob.write_bytes(blob.read_bytes() + b"\0")


def _a_folder(blob: Path) -> None:
    blob.unlink()
    blob.mkdir()


def _a_link(blob: Path) -> None:
    blob.unlink()
    blob.symlink_to("/etc/passwd")


def _a_pipe(blob: Path) -> None:
    blob.unlink()
    os.mkfifo(blob)


DAMAGE = [_missing, _truncated, _emptied, _flipped, _longer, _a_folder, _a_link, _a_pipe]


def _blobs(office: Office, digest: str) -> list[Path]:
    """Every copy of a blob: the clone's own, and the origin's."""
    found = [path for path in office.root.rglob(digest.removeprefix("sha256:")) if "sha256" in path.parts]
    assert found
    return found


@pytest.mark.parametrize("what", ["file", "manifest"])
@pytest.mark.parametrize("damage", DAMAGE)
def test_bytes_that_are_not_what_their_name_says_are_never_handed_out(
    alone: Office, what: str, damage: Callable[[Path], None]
) -> None:
    ada = alone.ada
    resolved = ada.reads("resolve", "models:/fraud@production")
    digest = ada.reads("artifacts", "list", resolved["run_id"])[0]["digest"]
    wanted = digest if what == "file" else resolved["artifacts"]["digest"]
    (blob,) = _blobs(alone, wanted)
    damage(blob)
    name = wanted.removeprefix("sha256:")[:16]
    refused(ada, ["pull", "models:/fraud@production", "-o", "out"], 5, name, hint=False)
    refused(ada, ["artifacts", "get", resolved["run_id"], "model", "-o", "out"], 5, name, hint=False)
    assert not (alone.registry / "out").exists()
    assert ada.reads("resolve", "models:/fraud@production") == resolved
    told = ada.run("fsck")
    assert (told.code, name in told.out) == (1, True), told.out


@pytest.mark.parametrize("damage", [_missing, _flipped, _a_pipe])
def test_what_is_damaged_where_everybody_reads_is_not_handed_out_either(
    shared: Office, damage: Callable[[Path], None]
) -> None:
    resolved = shared.ada.reads("resolve", "models:/fraud@production")
    digest = shared.ada.reads("artifacts", "list", resolved["run_id"])[0]["digest"]
    shutil.rmtree(shared.registry / ".git/gitreg/blobs")
    (blob,) = _blobs(shared, digest)
    damage(blob)
    told = shared.ada.run("pull", "models:/fraud@production", "-o", "out")
    assert_told(told, 5, digest.removeprefix("sha256:")[:16], hint=False)
    assert not (shared.registry / "out").exists()


@pytest.mark.parametrize("damage", [_missing, _truncated, _longer])
def test_nothing_points_at_a_version_whose_bytes_are_not_there(alone: Office, damage: Callable[[Path], None]) -> None:
    files = alone.ada.reads("artifacts", "list", alone.ada.reads("resolve", "models:/fraud/2")["run_id"])
    for blob in _blobs(alone, files[0]["digest"]):
        damage(blob)
    refused(alone.ada, PROMOTE, 5, "The bytes of weights.bin")


# --- buckets ---------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def bucket(tmp_path_factory: pytest.TempPathFactory) -> Iterator[S3Server]:
    """A server that checks keys."""
    with rclone(tmp_path_factory.mktemp("s3") / "data") as server:
        yield server


@pytest.fixture(scope="module")
def any_keys() -> Iterator[S3Server]:
    """A server that knows which buckets there are, as AWS does."""
    with moto() as server:
        yield server


def _aws(clerk: Clerk, server: S3Server, **changed: str) -> Clerk:
    variables = {"AWS_ENDPOINT_URL": server.endpoint, "AWS_ACCESS_KEY_ID": KEY, "AWS_SECRET_ACCESS_KEY": SECRET}
    variables |= {"AWS_DEFAULT_REGION": "us-east-1", "AWS_MAX_ATTEMPTS": "1", "AWS_EC2_METADATA_DISABLED": "true"}
    return clerk.having(**{**variables, **changed})


def _process(clerk: Clerk, *arguments: str | Path) -> Told:
    """In a process of its own: s3fs keeps its connections, with the keys that they were made with."""
    desk = replace(clerk.desk, extra={**clerk.desk.extra, **clerk.extra})
    done = desk.run(*map(str, arguments), cwd=clerk.folder)
    assert SECRET not in done.stdout + done.stderr
    return Told(done.returncode, done.stdout, done.stderr)


def test_a_bucket_that_is_not_there_is_told_at_init(ada: Clerk, any_keys: S3Server, tmp_path: Path) -> None:
    told = _process(_aws(ada, any_keys), "init", "registry", "--blobs", "s3://nobody-made-this/x")
    assert_told(told, 5, "nobody-made-this")
    assert not (tmp_path / "registry").exists()


WRONG = {
    "key": ({"AWS_ACCESS_KEY_ID": "AKIAWRONGWRONGWRONG0"}, "credentials"),
    "secret": ({"AWS_SECRET_ACCESS_KEY": "wrong" * 8}, "credentials"),
    "endpoint": ({"AWS_ENDPOINT_URL": "http://127.0.0.1:9"}, "reached"),
    "endpoint that is no URL": ({"AWS_ENDPOINT_URL": "nonsense"}, ""),
}


@pytest.mark.parametrize("wrong", WRONG)
def test_wrong_keys_and_endpoints_are_told_at_init(ada: Clerk, bucket: S3Server, wrong: str, tmp_path: Path) -> None:
    variables, words = WRONG[wrong]
    told = _process(_aws(ada, bucket, **variables), "init", "registry", "--blobs", bucket.url)
    assert told.code in (2, 5), told
    assert_told(told, told.code, words)
    assert not (tmp_path / "registry").exists()


def test_wrong_keys_later_hand_out_nothing_and_the_right_ones_everything(ada: Clerk, bucket: S3Server) -> None:
    assert _process(_aws(ada, bucket), "init", "registry", "--blobs", bucket.url).code == 0
    there = _aws(ada, bucket).at(ada.folder / "registry")
    there.registers(b"one")
    there.does("promote", "fraud", "1", "--to", "production", "-m", "why")
    there.does("sync")
    shutil.rmtree(there.folder / ".git/gitreg/blobs")
    wrong = _aws(there, bucket, AWS_SECRET_ACCESS_KEY="wrong" * 8)
    assert _process(wrong, "resolve", "models:/fraud@production").code == 0
    before = picture(there.folder)
    assert_told(_process(wrong, "pull", "models:/fraud@production", "-o", "out"), 5, "credentials")
    assert picture(there.folder) == before
    assert _process(there, "pull", "models:/fraud@production", "-o", "out").code == 0
    assert (there.folder / "out/weights.bin").read_bytes() == b"one"


_LEASE = """
import datetime, json, pathlib, sys
log = pathlib.Path(sys.argv[1])
log.write_text(log.read_text() + "asked\\n" if log.exists() else "asked\\n")
if log.with_name("logged-out").exists():
    sys.exit("The session is over: log in again.")
until = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=30)
lease = {"Version": 1, "AccessKeyId": KEY, "SecretAccessKey": SECRET, "Expiration": until.isoformat()}
print(json.dumps(lease))
"""


@pytest.fixture
def leased(ada: Clerk, bucket: S3Server) -> Clerk:
    """Somebody whose keys last half a minute, from a program of her company's that AWS's configuration names."""
    home = ada.desk.home
    program = home / "lease.py"
    program.write_text(_LEASE.replace("KEY,", f"{KEY!r},").replace("SECRET,", f"{SECRET!r},"))
    (home / ".aws").mkdir()
    (home / ".aws/config").write_text(f"[default]\ncredential_process = {sys.executable} {program} {home / 'log'}\n")
    around = _aws(ada, bucket)
    kept = {name: value for name, value in around.extra.items() if "KEY" not in name}
    return Clerk(ada.desk, ada.folder, kept)


def test_keys_that_last_half_a_minute_are_asked_for_again_and_never_kept(leased: Clerk, bucket: S3Server) -> None:
    url = f"{bucket.url}/leased"
    assert _process(leased, "init", "registry", "--blobs", url).code == 0
    there = leased.at(leased.folder / "registry")
    (there.folder / "weights.bin").write_bytes(b"one")
    told = _process(there, "run", "-e", "churn", "--artifacts", "weights.bin", "--", "true")
    assert told.code == 0, told
    shutil.rmtree(there.folder / ".git/gitreg/blobs")
    assert _process(there, "pull", "runs:/@last/weights.bin", "-o", "out").code == 0
    assert (leased.desk.home / "log").read_text().count("asked") >= 3
    assert not any(KEY.encode() in file.read_bytes() for file in there.folder.rglob("*") if file.is_file())


@pytest.mark.timeout(300)  # five programs that load s3fs, each beside whatever else runs
def test_when_the_keys_ran_out_it_is_said_and_logging_in_again_is_enough(leased: Clerk, bucket: S3Server) -> None:
    assert _process(leased, "init", "registry", "--blobs", f"{bucket.url}/logged-out").code == 0
    there = leased.at(leased.folder / "registry")
    (there.folder / "weights.bin").write_bytes(b"one")
    (leased.desk.home / "logged-out").touch()
    told = _process(there, "run", "-e", "churn", "--artifacts", "weights.bin", "--", "true")
    assert told.code == 0, "a finished training is not spoilt by a session that is over"
    assert "in this clone only" in told.err
    assert_told(_process(there, "sync"), 5, "credentials")
    (leased.desk.home / "logged-out").unlink()
    assert _process(there, "sync").code == 0
    shutil.rmtree(there.folder / ".git/gitreg/blobs")
    assert _process(there, "pull", "runs:/@last/weights.bin", "-o", "out").code == 0


# --- remotes ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("/nonexistent/origin.git", "/nonexistent/origin.git"),
        ("http://127.0.0.1:9/team/models.git", "127.0.0.1:9"),
        ("http://user:hunter2@127.0.0.1:9/team/models.git", "127.0.0.1:9"),
        ("ssh://-oProxyCommand=touch%20pwned/x", ""),
        ("ext::sh -c 'touch pwned'", "kind"),
        ("ftp://example.org/x", "kind"),
        ("", ""),
    ],
)
def test_a_remote_that_does_not_answer(shared: Office, url: str, words: str) -> None:
    shared.ada.git("config", "remote.origin.url", url)
    for command in (["sync"], PROMOTE):
        if "bytes lie in this clone only" in (first := shared.ada.run(*command)).err:
            assert_told(first, 5, "gitreg use --blobs")  # said once; whoever goes on knows it
    told = shared.ada.run("sync")
    assert_told(told, 5, words, hint=False)
    assert "hunter2" not in told.err
    assert not list(shared.root.rglob("pwned"))
    assert shared.ada.reads("resolve", "models:/fraud@production")["version"] == 1
    refused(shared.ada, PROMOTE, 5, words, hint=False)


def test_a_remote_that_is_no_registry_gets_nothing(shared: Office) -> None:
    other = shared.root / "other.git"
    shared.ada.git("init", "--quiet", "--bare", str(other))
    shared.ada.git("config", "remote.origin.url", str(other))
    told = shared.ada.run("status")
    assert told.code == 0
