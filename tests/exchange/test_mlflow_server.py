"""A server over REST: a stand-in gives the answers that a real one gave (`scripts/write_import_stores.py server`)."""

from __future__ import annotations

import base64
import json
import threading
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

import pytest

from gitreg.errors import CredentialsRefused, InvalidValue, RemoteError
from gitreg.exchange import open_mlflow
from tests.exchange.builders import STORES

if TYPE_CHECKING:
    from tests.e2e.clerk import Clerk

Answers = Callable[[str, str, Any], tuple[int, bytes]]


@dataclass
class StandIn:
    """`answer` takes method, path with query and the JSON that was sent; `seen` has every Authorization header."""

    answer: Answers
    url: str = ""
    seen: set[str | None] = field(default_factory=set)


def recorded() -> Answers:
    with zipfile.ZipFile(STORES / "mlflow-3.17.2-server.zip") as archive:
        kept = json.loads(archive.read("answers.json"))
    answers = {(each["method"], each["path"], json.dumps(each["asked"], sort_keys=True)): each for each in kept}

    def answer(method: str, path: str, asked: Any) -> tuple[int, bytes]:  # noqa: ANN401 - any JSON
        found = answers[method, path, json.dumps(asked, sort_keys=True)]
        return found["status"], base64.b64decode(found["body"])

    return answer


@pytest.fixture
def stand_in() -> Iterator[StandIn]:
    standing = StandIn(recorded())

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._answer(None)

        def do_POST(self) -> None:
            self._answer(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))

        def _answer(self, asked: Any) -> None:  # noqa: ANN401 - any JSON
            standing.seen.add(self.headers.get("Authorization"))
            status, data = standing.answer(self.command, self.path, asked)
            self.send_response(status)
            if status == 302:
                self.send_header("Location", "http://127.0.0.1:9/elsewhere")
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base's name
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    standing.url = f"http://127.0.0.1:{server.server_port}"
    yield standing
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_servers_runs_files_and_versions_come_over(ada: Clerk, stand_in: StandIn) -> None:
    told = ada.reads("import", "mlflow", stand_in.url)
    assert told["agrees"]
    found = {each["kind"]: (each["there"], each["left"], each["here"]) for each in told["lines"]}
    assert found["run"] == (10, 0, 10)
    assert found["point"] == (52, 0, 52)
    assert found["file"] == (18, 0, 18)
    assert found["version"] == (3, 0, 3)
    assert ada.reads("resolve", "models:/fraud model@champion")["version"] == 2
    run = ada.reads("runs", "show", "depth-4")
    assert run["params"]["lr"] == 0.1
    assert run["datasets"][0]["name"] == "train"
    assert {each["key"]: each["max"] for each in run["metrics"]}["worst"] == "Infinity"
    assert ada.reads("import", "mlflow", stand_in.url)["already"] == 10
    assert ada.run("fsck").code == 0


def test_the_token_comes_from_the_environment_and_is_never_shown(ada: Clerk, stand_in: StandIn) -> None:
    environ = {"MLFLOW_TRACKING_TOKEN": "s3cr3t-t0ken"}
    told = ada.having(**environ).run("import", "mlflow", stand_in.url, "--json")
    assert stand_in.seen == {"Bearer s3cr3t-t0ken"}
    assert "s3cr3t" not in told.out + told.err


def test_no_token_travels_in_the_clear() -> None:
    with pytest.raises(InvalidValue, match="in the clear"):
        open_mlflow("http://mlflow.example.org", environ={"MLFLOW_TRACKING_TOKEN": "s3cr3t"})
    with pytest.raises(InvalidValue, match="password in it"):
        open_mlflow("https://ada:s3cr3t@mlflow.example.org")


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        ((401, b"{}"), CredentialsRefused),
        ((302, b""), RemoteError),
        ((200, b"<html>a proxy</html>"), RemoteError),
        ((200, b"[]"), RemoteError),
        ((200, b"[" * 100_000), RemoteError),
    ],
)
def test_an_answer_that_is_none_is_an_error_in_words(
    stand_in: StandIn, answer: tuple[int, bytes], error: type[Exception]
) -> None:
    stand_in.answer = lambda *_: answer
    with pytest.raises(error):
        list(open_mlflow(stand_in.url).experiments())


def test_a_server_that_repeats_its_pages_comes_to_an_end(stand_in: StandIn) -> None:
    page = {"experiments": [{"name": "a", "experiment_id": 7, "tags": "none"}, 3], "next_page_token": "again"}
    stand_in.answer = lambda *_: (200, json.dumps(page).encode())
    assert [each.name for each in open_mlflow(stand_in.url).experiments()] == ["a", "a"]
