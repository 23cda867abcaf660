from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gitreg.blobs import MemoryBlobs
from gitreg.documents import Digest
from gitreg.errors import InvalidValue
from gitreg.tracking.capture import capture_dataset, capture_start, without_secrets
from gitreg.tracking.capture.environment import capture_environment, installed_packages
from gitreg.tracking.capture.scheduler import scheduler_tags
from gitreg.tracking.capture.secrets import patch_without_secrets, text_without_secrets, url_without_user
from tests.tracking.builders import machine

# Secrets


@pytest.mark.parametrize(
    ("given_", "kept"),
    [
        ("--password hunter2", "--password ***"),
        ("--db-password=hunter2", "--db-password=***"),
        ("--token=abc --lr 0.1", "--token=*** --lr 0.1"),
        ("--api-key abc", "--api-key ***"),
        ("--openai_api_key abc", "--openai_api_key ***"),
        ("-u ada:hunter2", "-u ***"),
        ("AWS_SECRET_ACCESS_KEY=abc/def+g train.py", "AWS_SECRET_ACCESS_KEY=*** train.py"),
        ("MY_TOKEN=abc", "MY_TOKEN=***"),
        ("postgres://ada:hunter2@db/x", "postgres://***@db/x"),
        ("https://x.org/?token=abc&page=2", "https://x.org/?token=***&page=2"),
        ("ghp_0123456789abcdefghij0123456789", "***"),
        ("AKIAIOSFODNN7EXAMPLE", "***"),
        ("hf_abcdefghijklmnopqrstuvwx", "***"),
        ("eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.abc-_def", "***"),
        ('{"password":"hunter2"}', '{"password":"***"}'),
        ("optimizer.secret=abc", "optimizer.secret=***"),
        ("postgres://ada:hunt@er2@db/x", "postgres://***@db/x"),
        ("postgres://ada:hunt/er2@db/x", "postgres://***@db/x"),
        ('password="it\'s-mine"', "password=***"),
        ('{"password":"it\'s\\"mine"}', '{"password":"***"}'),
        ('{\\"password\\":\\"hunter2\\"}', '{\\"password\\":\\"***\\"}'),
        ("os.environ['API_KEY']='abc'", "os.environ['API_KEY']='***'"),
        ("if(token=='abc')", "if(token=='***')"),
        ("task-management-library-of-mine risk-adjusted-returns-of-2026", None),
        ("http://localhost:8080/x/@scope/y", None),
        ("--lr=0.1 --max-tokens 512 --tokenizer bert model.author=ada", None),
        ("--passes 3 --monkey=1 data/train.csv", None),
        ("--password --verbose", "--password --verbose"),
    ],
)
def test_secrets_are_cut_out_of_command_lines(given_: str, kept: str | None) -> None:
    assert " ".join(without_secrets(given_.split())) == (kept or given_)


def test_a_header_on_a_command_line_loses_its_credentials() -> None:
    words = ["curl", "-H", "Authorization: Bearer abcdefghijklmnop", "x"]
    assert "abcdefghijklmnop" not in " ".join(without_secrets(words))


def test_a_private_key_is_cut_out_whole() -> None:
    key = "-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1rZXk\n-----END OPENSSH PRIVATE KEY-----"
    assert text_without_secrets(f"before {key} after") == "before *** after"


@pytest.mark.parametrize(
    ("url", "kept"),
    [
        ("https://ada:tok@forge.example/r.git", "https://forge.example/r.git"),
        ("https://oauth2@forge.example/r.git", "https://forge.example/r.git"),
        ("https://ada:t@k@forge.example/r.git", "https://forge.example/r.git"),
        ("https://ada:t/k@forge.example/r.git", "https://forge.example/r.git"),
        ("ssh://git:tok@forge.example/r.git", "ssh://forge.example/r.git"),
        ("https://forge.example:8443/a/@b.git", "https://forge.example:8443/a/@b.git"),
        ("ssh://git@forge.example/r.git", "ssh://git@forge.example/r.git"),
        ("git@forge.example:team/r.git", "git@forge.example:team/r.git"),
        ("/srv/git/r.git", "/srv/git/r.git"),
        ("https://forge.example/r.git?private_token=abc", "https://forge.example/r.git?private_token=***"),
    ],
)
def test_a_remote_is_told_without_credentials(url: str, kept: str) -> None:
    assert url_without_user(url) == kept


@given(st.lists(st.text(max_size=40), max_size=6))
def test_cutting_secrets_takes_any_words_and_keeps_their_number(words: list[str]) -> None:
    assert len(without_secrets(words)) == len(words)


def test_a_long_word_does_not_take_long() -> None:
    before = time.process_time()
    words = ["a-" * 50_000, "token" * 20_000, "=" * 100_000, "eyJ" * 100_000, "a://a:" * 50_000, "token='" * 50_000]
    without_secrets(
        [*words, "token: a" * 50_000, "\\" * 100_000, "token=" + "\\'" * 50_000, "https://" + "@" * 100_000]
    )
    assert time.process_time() - before < 20


KEY = "-----BEGIN RSA PRIVATE KEY-----\nc2VjcmV0\nbGluZXM\n-----END RSA PRIVATE KEY-----\n"


@pytest.mark.parametrize(
    ("name", "content"),
    [
        (".env", "NAME=c2VjcmV0\n"),
        ("deploy/.env.production", "A: c2VjcmV0 c2VjcmV0\n"),
        ("deploy/server.pem", "c2VjcmV0\n"),
        (".netrc", "machine x login ada password c2VjcmV0\n"),
        ("notes.txt", KEY),
        ("train.py", f'KEY = """{KEY}"""\n'),
        ("settings", "PASSWORD=correct horse c2VjcmV0\n"),
        ("settings.py", 'token: str = "c2VjcmV0"\n'),
        ("cell.ipynb", '   "API_KEY = \\"c2VjcmV0\\"\\n",\n'),
        ("cell.ipynb", '   "os.environ[\\"API_KEY\\"] = \\"c2VjcmV0\\"\\n",\n'),
    ],
)
def test_a_patch_holds_no_secret_and_all_its_lines(name: str, content: str) -> None:
    added = "".join(f"+{line}\n" for line in content.splitlines())
    head = f"diff --git a/{name} b/{name}\n--- a/{name}\n+++ b/{name}\n@@ -1 +1,9 @@\n"
    other = "diff --git a/x.py b/x.py\n@@ -1 +1 @@\n+lr = 0.1\n-lr = 0.2\n"
    cut = patch_without_secrets(head + added + other)
    assert "c2VjcmV0" not in cut
    assert "bGluZXM" not in cut
    assert cut.startswith(head)
    assert cut.endswith(other)
    assert len(cut.splitlines()) == len((head + added + other).splitlines())


# Schedulers


def test_a_slurm_job_is_tagged() -> None:
    environ = {"SLURM_JOB_ID": "17", "SLURM_ARRAY_TASK_ID": "3", "SLURM_UNRELATED": "x", "GITHUB_RUN_ID": "no"}
    assert scheduler_tags(environ) == {"slurm.job_id": "17", "slurm.array_task_id": "3"}


def test_a_pod_is_tagged_by_its_host_name_where_nothing_says_more() -> None:
    environ = {"KUBERNETES_SERVICE_HOST": "10.0.0.1", "HOSTNAME": "train-x7", "POD_NAMESPACE": "ml"}
    assert scheduler_tags(environ) == {"kubernetes.namespace": "ml", "kubernetes.pod": "train-x7"}


def test_ci_is_tagged() -> None:
    github = {"GITHUB_ACTIONS": "true", "GITHUB_REPOSITORY": "a/b", "GITHUB_RUN_ID": "5"}
    assert scheduler_tags(github) == {"github.repository": "a/b", "github.run_id": "5"}
    assert scheduler_tags({"GITLAB_CI": "true", "CI_JOB_ID": "9"}) == {"gitlab.job_id": "9"}
    assert scheduler_tags({}) == {}


# Environment


def test_the_nearest_lock_file_is_the_environment(tmp_path: Path) -> None:
    blobs = MemoryBlobs()
    (tmp_path / ".git").mkdir()
    (tmp_path / "uv.lock").write_text("outer")
    (tmp_path / "src").mkdir()
    environment = capture_environment(blobs, tmp_path / "src", {})
    assert environment.lock_name == "uv.lock"
    assert environment.lock
    assert blobs.read(environment.lock.digest) == b"outer"


def test_a_lock_file_loses_the_logins_of_its_indexes_and_nothing_else(tmp_path: Path) -> None:
    blobs = MemoryBlobs()
    (tmp_path / ".git").mkdir()
    pinned = b"secretstorage==3.3\nauth-token==1.0 --hash=sha256:00ff\npypi-attestations==0.1\n\xff\r\n"
    (tmp_path / "requirements.txt").write_bytes(
        b"--extra-index-url https://ada:hunter2@pypi.example/simple\n"
        b"x @ https://files.example/x.whl?token=hunter2&v=1#sha256=ab\n" + pinned
    )
    lock = capture_environment(blobs, tmp_path, {}).lock
    assert lock
    assert blobs.read(lock.digest) == (
        b"--extra-index-url https://***@pypi.example/simple\n"
        b"x @ https://files.example/x.whl?token=***&v=1#sha256=ab\n" + pinned
    )


def test_without_a_lock_file_the_installed_packages_are_listed(tmp_path: Path) -> None:
    blobs = MemoryBlobs()
    (tmp_path / ".git").mkdir()
    environment = capture_environment(blobs, tmp_path, {})
    assert environment.lock_name == "installed-packages.txt"
    assert environment.lock
    assert blobs.read(environment.lock.digest).decode() == installed_packages()
    assert "\nnumpy==" in installed_packages()


@pytest.mark.parametrize(
    ("script", "gpus"),
    [
        ("echo 'A100, 81920 MiB'; echo 'A100, 81920 MiB'", ("A100, 81920 MiB", "A100, 81920 MiB")),
        ("exit 9", ()),
        ("sleep 60", ()),
    ],
)
def test_gpus_are_asked_for_and_not_waited_for(
    tmp_path: Path, script: str, gpus: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gitreg.tracking.capture.environment._GPU_PATIENCE_S", 0.5)
    program = tmp_path / "nvidia-smi"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)
    environ = {"PATH": f"{tmp_path}:{os.environ['PATH']}"}
    assert capture_environment(MemoryBlobs(), tmp_path, environ).gpus == gpus


# Source


def git(path: Path, *arguments: str) -> str:
    identity = ["-c", "user.name=Ada", "-c", "user.email=ada@example.org"]
    done = subprocess.run(["git", "-C", str(path), *identity, *arguments], check=True, capture_output=True, text=True)
    return done.stdout.strip()


@pytest.fixture
def code(tmp_path: Path) -> Path:
    path = tmp_path / "code"
    path.mkdir()
    git(path, "init", "-q", "-b", "work")
    git(path, "remote", "add", "origin", "https://ada:hunter2@forge.example/code.git")
    (path / "train.py").write_text("print(1)\n")
    (path / "gone.py").write_text("print(2)\n")
    (path / "data.bin").write_bytes(b"\0\1")
    git(path, "add", ".")
    git(path, "commit", "-q", "-m", "first")
    return path


def test_the_code_that_ran_is_known_by_commit(code: Path, home: Path) -> None:
    source = capture_start(MemoryBlobs(), machine(home), ("python", str(code / "train.py"), "--token=abc")).source
    assert source.repository == "https://forge.example/code.git"
    assert source.commit == git(code, "rev-parse", "HEAD")
    assert (source.branch, source.dirty, source.diff) == ("work", False, None)
    assert source.entry_point == str(code / "train.py")
    assert source.command[-1] == "--token=***"


def test_uncommitted_changes_are_kept_as_a_patch_that_git_takes(code: Path, home: Path) -> None:
    committed = git(code, "rev-parse", "HEAD")
    (code / "train.py").write_text("print(1)\nprint('more')")
    (code / "gone.py").unlink()
    (code / "data.bin").write_bytes(b"\0\2")
    (code / "new.py").write_text("API_KEY = 'abc'\nx = 1\n")
    git(code, "add", "new.py")
    blobs = MemoryBlobs()
    source = capture_start(blobs, machine(home), ("python", str(code / "train.py"))).source
    assert source.dirty
    assert source.diff
    patch = blobs.read(source.diff.digest)
    assert b"abc" not in patch
    assert b"Binary files a/data.bin and b/data.bin differ" in patch
    git(code, "stash", "-q", "-u")
    assert git(code, "rev-parse", "HEAD") == committed
    text = b"".join(part for part in patch.partition(b"diff --git a/gone.py")[1:])
    (code / "patch").write_bytes(text)
    git(code, "apply", "patch")
    assert (code / "train.py").read_text() == "print(1)\nprint('more')"
    assert not (code / "gone.py").exists()
    assert (code / "new.py").read_text() == "API_KEY = '***'\nx = 1\n"


def test_code_outside_of_any_repository_has_no_source(tmp_path: Path, home: Path) -> None:
    script = tmp_path / "train.py"
    script.write_text("")
    source = capture_start(MemoryBlobs(), machine(home), ("python", str(script))).source
    assert (source.repository, source.commit, source.dirty) == (None, None, None)


def test_a_repository_without_commits_has_a_branch(tmp_path: Path, home: Path) -> None:
    git(tmp_path, "init", "-q", "-b", "work")
    (tmp_path / "train.py").write_text("")
    source = capture_start(MemoryBlobs(), machine(home), ("python", "-m", "x", str(tmp_path / "train.py"))).source
    assert (source.commit, source.branch, source.dirty, source.entry_point) == (None, "work", None, "x")


# Datasets


def test_bytes_and_files_have_the_digest_of_their_content(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes(b"a\n1\n")
    of_file = capture_dataset("d", tmp_path / "a.csv")
    of_bytes = capture_dataset("d", b"a\n1\n")
    assert of_file.content_digest == of_bytes.content_digest == Digest.of(b"a\n1\n")
    assert (of_file.kind, of_file.method, of_file.size_bytes) == ("file", "file/1", 4)
    assert of_file.source == str(tmp_path / "a.csv")


def test_a_folder_has_the_digest_of_its_files(tmp_path: Path) -> None:
    for name in ("b/x", "a"):
        (tmp_path / "d" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "d" / name).write_text(name)
    found = capture_dataset("d", str(tmp_path / "d"))
    lines = b"".join(
        b"%s\0%s\0%d\n" % (name.encode(), hashlib.sha256(name.encode()).hexdigest().encode(), len(name))
        for name in ("a", "b/x")
    )
    assert (found.content_digest, found.size_bytes) == (Digest.of(lines), 4)


FRAME = pd.DataFrame(
    {
        "n": np.array([1, 2, 3], dtype="int32"),
        "x": [0.5, None, 1.5],
        "s": ["a", None, "ü"],
        "c": pd.Categorical(["u", "v", "u"]),
        "t": pd.to_datetime(["2026-01-01", "NaT", "2026-01-03"]),
        "i": pd.array([1, pd.NA, 3], dtype="Int64"),
        "b": [True, False, True],
    }
)


def test_a_table_has_its_schema_and_rows() -> None:
    found = capture_dataset("d", FRAME)
    assert (found.kind, found.rows, found.method) == ("table", 3, "pandas-table/1")
    assert [column.name for column in found.columns] == list("nxsctib")
    assert found.columns[0].type == "int32"


CHANGES = {
    "a value": FRAME.assign(n=np.array([1, 2, 4], dtype="int32")),
    "a text": FRAME.assign(s=pd.Series(["a", None, "u"])),
    "a missing text": FRAME.assign(s=["a", "", "ü"]),
    "a type": FRAME.assign(n=np.array([1, 2, 3], dtype="int64")),
    "a name": FRAME.rename(columns={"n": "m"}),
    "the order of rows": FRAME.iloc[::-1],
    "the order of columns": FRAME[list("xnsctib")],
    "the number of rows": FRAME.iloc[:2],
    "the index": FRAME.set_index("n", drop=False),
    "a nullable number": FRAME.assign(i=pd.array([1, pd.NA, 4], dtype="Int64")),
    "a category": FRAME.assign(c=pd.Categorical(["u", "v", "v"], categories=["u", "v"])),
    "a time": FRAME.assign(t=pd.to_datetime(["2026-01-01", "NaT", "2026-01-04"])),
}


@pytest.mark.parametrize("what", CHANGES)
def test_another_content_is_another_digest(what: str) -> None:
    assert capture_dataset("d", CHANGES[what]).content_digest != capture_dataset("d", FRAME).content_digest


def test_the_same_content_has_the_same_digest_wherever_it_came_from() -> None:
    copied = pd.concat([FRAME.iloc[:1], FRAME.iloc[1:]])[list(FRAME.columns)]
    assert (
        capture_dataset("d", copied.reset_index(drop=True)).content_digest == capture_dataset("d", FRAME).content_digest
    )


def test_cells_cannot_be_moved_between_columns_unnoticed() -> None:
    one = pd.DataFrame({"a": ["xy", "z"]})
    other = pd.DataFrame({"a": ["x", "yz"]})
    assert capture_dataset("d", one).content_digest != capture_dataset("d", other).content_digest


def test_a_series_is_a_table_of_one_column() -> None:
    assert capture_dataset("d", FRAME["n"]).content_digest == capture_dataset("d", FRAME[["n"]]).content_digest


def test_lists_have_a_digest_and_strange_objects_have_none() -> None:
    assert capture_dataset("d", pd.DataFrame({"a": [[1, 2], {"k": 1}]})).rows == 2
    with pytest.raises(InvalidValue, match="the column 'a': values of type object"):
        capture_dataset("d", pd.DataFrame({"a": [object()]}))


def test_an_array_is_known_by_its_values_and_shape() -> None:
    array = np.arange(6, dtype="float32").reshape(2, 3)
    found = capture_dataset("d", array)
    assert (found.rows, found.size_bytes, found.columns[0].type) == (2, 24, "float32[3]")
    assert found.content_digest == capture_dataset("d", np.asfortranarray(array)).content_digest
    assert found.content_digest == capture_dataset("d", array.astype(">f4")).content_digest
    assert found.content_digest != capture_dataset("d", array.reshape(3, 2)).content_digest
    with pytest.raises(InvalidValue):
        capture_dataset("d", np.array([object()]))
    with pytest.raises(InvalidValue):
        capture_dataset("d", np.float64(1.0))


def test_the_methods_do_not_change() -> None:
    table = capture_dataset(
        "d", pd.DataFrame({"n": np.array([1, 2], dtype="int64"), "f": [0.5, 1.5], "b": [True, False]})
    )
    array = capture_dataset("d", np.arange(4, dtype="int16"))
    assert table.content_digest == "sha256:283dbc5641c3f88f3bf99fe7b024f2bf1ec2c4dac950a4bf5d092be08f24f0b7"
    assert array.content_digest == "sha256:259f6a131a88be867e0245b805097153574759e65b3a51767f831123b99c8a30"


def test_what_has_no_digest_is_refused_with_what_has() -> None:
    with pytest.raises(InvalidValue, match="a dict has no content digest") as caught:
        capture_dataset("d", {})
    assert "pandas" in caught.value.hint


def test_no_heavy_library_is_imported_for_a_plain_dataset() -> None:
    body = (
        "import sys; from gitreg.tracking.capture import capture_dataset; capture_dataset('d', b'x');"
        "print(sorted({'numpy', 'pandas', 'polars', 'pyarrow'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", body], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_where_pandas_keeps_its_text_makes_no_difference() -> None:
    frames = [
        pd.DataFrame({"s": pd.Series(["x", None, "ü"], dtype=pd.StringDtype(storage, na_value=np.nan))})
        for storage in ("python", "pyarrow")
    ]
    found = [capture_dataset("d", frame) for frame in frames]
    assert found[0].content_digest == found[1].content_digest
    assert found[0].columns == found[1].columns


def test_a_polars_frame_is_a_table() -> None:
    frame = pl.DataFrame({"a": [1, 2], "s": ["x", None], "f": [0.5, None], "l": [[1], []]})
    found = capture_dataset("d", frame)
    assert (found.method, found.rows, found.columns[0].type) == ("polars-table/1", 2, "Int64")
    assert capture_dataset("d", frame.lazy()).content_digest == found.content_digest
    assert capture_dataset("d", frame["a"]).content_digest != found.content_digest


def test_an_arrow_table_is_a_table() -> None:
    table = pa.table({"a": [1, 2], "s": ["x", None]})
    found = capture_dataset("d", table)
    assert (found.method, found.rows, found.columns[0].type) == ("arrow-table/1", 2, "int64")
    assert capture_dataset("d", table.to_batches()[0]).content_digest == found.content_digest
    with pytest.raises(InvalidValue):
        capture_dataset("d", pa.array([1]))
