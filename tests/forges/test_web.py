"""The client against a forge that is slow, busy, broken or hostile."""

from __future__ import annotations

import gzip
import json
import socket
import subprocess
import sys
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from gitreg.errors import Conflict, GitregError, InvalidValue, RemoteError, RemoteRefused
from gitreg.forges import Clock, ForgeSetting, Patience, Token, forge_of
from tests.forges.conftest import NOW, PROJECT, SECRET, Slept
from tests.forges.serving import serving

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from gitreg.forges import Forge

Told = tuple[int, dict[str, str], bytes]


@dataclass
class Script:
    """A server that answers what it was told to, in that order, and the last for ever; it keeps what it was asked."""

    answers: list[Told] = field(default_factory=list)
    asked: list[dict[str, Any]] = field(default_factory=list)
    address: str = ""

    def __call__(self, environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        self.asked.append(environ)
        status, headers, body = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        start(f"{status} Told", list({"Content-Type": "application/json", **headers}.items()))
        return [body]

    def will(self, status: int, body: object = None, **headers: str) -> None:
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        self.answers.append((status, {name.replace("_", "-"): value for name, value in headers.items()}, data))

    def forge(self, slept: Slept, patience: Patience | None = None) -> Forge:
        environ = {"GITREG_FORGE_TOKEN": SECRET}
        setting = ForgeSetting("github", self.address)
        return forge_of(f"{self.address}/{PROJECT}", environ, slept.clock(), None, setting, patience)


@pytest.fixture
def script() -> Iterator[Script]:
    made = Script()
    with serving(made) as address:
        made.address = address
        yield made


@pytest.fixture
def slept() -> Slept:
    return Slept()


def test_a_forge_that_is_busy_is_asked_again_after_longer_and_longer_pauses(script: Script, slept: Slept) -> None:
    for status in (502, 503, 500):
        script.will(status, b"<html>busy</html>")
    script.will(200, [])
    assert script.forge(slept).pull_requests() == []
    assert slept.pauses == [0.375, 0.75, 1.5]


def test_a_forge_that_stays_busy_is_an_error(script: Script, slept: Slept) -> None:
    script.will(503, {"message": "maintenance"})
    with pytest.raises(RemoteError, match="does not work at present"):
        script.forge(slept).pull_requests()
    assert len(script.asked) == 4


def test_what_may_have_been_done_is_not_asked_twice(script: Script, slept: Slept) -> None:
    script.will(200, [])
    script.will(502)
    with pytest.raises(RemoteError):
        script.forge(slept).open_pull_request("head", "main", title="t", body="b")
    assert [each["REQUEST_METHOD"] for each in script.asked] == ["GET", "POST"]


@pytest.mark.parametrize(
    ("status", "headers", "pause"),
    [
        (429, {"Retry_After": "7"}, 7.0),
        (403, {"Retry_After": "7"}, 7.0),
        (429, {"Retry_After": "Fri, 01 May 2026 12:00:09 GMT"}, 9.0),
        (403, {"X_RateLimit_Remaining": "0", "X_RateLimit_Reset": str(int(NOW.timestamp()) + 5)}, 6.0),
        (429, {"RateLimit_Remaining": "0", "RateLimit_Reset": str(int(NOW.timestamp()) + 5)}, 6.0),
        (429, {"Retry_After": "soon"}, 0.375),
        (429, {}, 0.375),
    ],
)
def test_a_limit_is_waited_for(
    script: Script, slept: Slept, status: int, headers: dict[str, str], pause: float
) -> None:
    script.will(status, {"message": "slow down"}, **headers)
    script.will(200, [])
    assert script.forge(slept).pull_requests() == []
    assert slept.pauses == [pause]


def test_a_limit_holds_for_writes_too_since_nothing_was_done(script: Script, slept: Slept) -> None:
    script.will(200, [])
    script.will(429, None, Retry_After="3")
    script.will(409, {"message": "changed"})
    with pytest.raises(Conflict):
        script.forge(slept).open_pull_request("head", "main", title="t", body="b")
    assert slept.pauses == [3.0]


@pytest.mark.parametrize("pause", ["3600", "9" * 400])
def test_a_pause_that_is_too_long_is_an_error_that_says_so(script: Script, slept: Slept, pause: str) -> None:
    script.will(429, None, Retry_After=pause)
    with pytest.raises(RemoteError, match="asks for a pause of"):
        script.forge(slept).pull_requests()
    assert slept.pauses == []


def test_an_answer_that_is_too_long_is_cut_off(script: Script, slept: Slept) -> None:
    script.will(200, b"[" + b" " * 3_000_000 + b"]")
    with pytest.raises(RemoteError, match="more than 1000000 bytes"):
        script.forge(slept, Patience(answer_bytes=1_000_000)).pull_requests()


def test_a_small_answer_that_unpacks_to_a_long_one_is_cut_off(script: Script, slept: Slept) -> None:
    script.will(200, gzip.compress(b" " * 30_000_000), Content_Encoding="gzip")
    with pytest.raises(RemoteError, match="more than 1000000 bytes"):
        script.forge(slept, Patience(answer_bytes=1_000_000)).pull_requests()


@pytest.mark.parametrize(
    "body",
    [b"<html>log in</html>", b"[" * 200_000, b'{"message": 1}', b"[1]", b'[{"number": "x"}]', b"\xff\xfe", b"null"],
)
def test_an_answer_that_is_none_of_a_forge(script: Script, slept: Slept, body: bytes) -> None:
    script.will(200, body)
    with pytest.raises(RemoteError):
        script.forge(slept).pull_requests()


def test_pages_without_end_are_an_error(script: Script, slept: Slept) -> None:
    script.will(200, [], Link=f'<{script.address}/api/v3/repos/{PROJECT}/pulls?page=2>; rel="next"')
    with pytest.raises(RemoteError, match="more than 5 pages"):
        script.forge(slept, Patience(pages=5)).pull_requests()


# --- the token stays at home ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_a_redirect_to_another_place_is_not_followed(script: Script, slept: Slept, status: int) -> None:
    other = Script()
    other.will(200, [])
    with serving(other) as elsewhere:
        script.will(status, None, Location=f"{elsewhere}/api/v3/repos/{PROJECT}/pulls")
        with pytest.raises(RemoteError, match="where its token may not go"):
            script.forge(slept).pull_requests()
    assert other.asked == []


def test_a_page_link_to_another_place_is_not_followed(script: Script, slept: Slept) -> None:
    other = Script()
    other.will(200, [])
    with serving(other) as elsewhere:
        script.will(200, [], Link=f'<{elsewhere}/steal>; rel="next"')
        with pytest.raises(RemoteError, match="where its token may not go"):
            script.forge(slept).pull_requests()
    assert other.asked == []


@pytest.mark.parametrize("target", ["http://[", "https://user:pass@127.0.0.1/", "file:///etc/passwd", "//evil.example"])
def test_a_redirect_to_what_is_no_place_is_not_followed(script: Script, slept: Slept, target: str) -> None:
    script.will(302, None, Location=target)
    with pytest.raises(RemoteError):
        script.forge(slept).pull_requests()
    assert len(script.asked) == 1


def test_a_redirect_on_the_forge_itself_is_followed_but_not_for_ever(script: Script, slept: Slept) -> None:
    script.will(301, None, Location="/api/v3/repositories/7/pulls")
    script.will(200, [])
    assert script.forge(slept).pull_requests() == []
    assert script.asked[1]["PATH_INFO"] == "/api/v3/repositories/7/pulls"
    assert script.asked[1]["HTTP_AUTHORIZATION"] == f"Bearer {SECRET}"
    script.answers.clear()
    script.will(302, None, Location="/api/v3/again")
    with pytest.raises(RemoteError, match="without end"):
        script.forge(slept).pull_requests()


def test_a_write_is_not_turned_into_a_read_by_a_move(script: Script, slept: Slept) -> None:
    script.will(200, [])
    script.will(301, None, Location="/api/v3/elsewhere")
    with pytest.raises(RemoteError, match="has moved"):
        script.forge(slept).open_pull_request("head", "main", title="t", body="b")


def test_a_plain_forge_on_this_machine_is_asked_without_a_proxy(
    script: Script, slept: Slept, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A proxy would see the token in the clear."""
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    script.will(200, [])
    assert script.forge(slept).pull_requests() == []


@pytest.mark.parametrize("status", [400, 401, 403, 404, 409, 422, 500])
def test_no_error_shows_the_token_or_steers_the_terminal(script: Script, slept: Slept, status: int) -> None:
    said = f"\x1b[31mno\r\n\u202e{SECRET} {'x' * 5000}"
    script.will(
        status, {"message": said, "errors": [{"field": SECRET, "code": "\x07bad"}]}, X_Accepted_OAuth_Scopes=SECRET
    )
    with pytest.raises(GitregError) as caught:
        script.forge(slept).pull_requests()
    shown = f"{caught.value!r} {caught.value} {caught.value.hint} {caught.value.__cause__!r}"
    assert SECRET not in shown
    assert not set(shown) & set("\x1b\x07\r\n\u202e")
    assert len(shown) < 3000


def test_a_token_shows_nowhere(script: Script, slept: Slept) -> None:
    forge = script.forge(slept)
    assert SECRET not in f"{Token(SECRET, 'X')!r} {Token(SECRET, 'X')} {forge!r} {vars(forge)!r}"


@pytest.mark.parametrize("secret", ["two\nlines", "with space", "ümlaut", "nul\0"])
def test_what_is_no_token_is_refused_unseen(secret: str) -> None:
    with pytest.raises(InvalidValue, match="GH_TOKEN") as caught:
        Token(secret, "GH_TOKEN")
    assert secret not in str(caught.value)


def test_the_fields_of_a_refusal_are_named(script: Script, slept: Slept) -> None:
    script.will(
        422, {"message": "Validation Failed.", "errors": [{"resource": "Pull", "field": "base", "code": "bad"}]}
    )
    with pytest.raises(RemoteRefused, match=r"refuses: Validation Failed; Pull base bad \(status 422\)"):
        script.forge(slept).pull_requests()


def test_nobody_there(slept: Slept) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    forge = Script(address=f"http://127.0.0.1:{port}").forge(slept)
    with pytest.raises(RemoteError, match="cannot be reached"):
        forge.pull_requests()
    assert len(slept.pauses) == 3


def test_somebody_who_never_answers(slept: Slept) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        forge = Script(address=f"http://127.0.0.1:{listener.getsockname()[1]}").forge(
            slept, Patience(attempts=1, read_timeout_s=0.2)
        )
        with pytest.raises(RemoteError, match="ReadTimeout"):
            forge.pull_requests()


def test_an_answer_that_trickles_is_given_up(script: Script) -> None:
    times = iter(datetime(2026, 5, 1, 12, minute, tzinfo=UTC) for minute in range(0, 60, 3))
    script.will(200, b"[" + b" " * 400_000 + b"]")
    clock = Clock(now=lambda: next(times), sleep=lambda _: None, jitter=lambda: 0.5)
    forge = forge_of(f"{script.address}/{PROJECT}", {}, clock, None, ForgeSetting("github", script.address))
    with pytest.raises(RemoteError, match="takes more than 120 s"):
        forge.pull_requests()


def test_without_httpx_the_extra_is_named() -> None:
    code = """if True:
        import sys
        sys.modules["httpx"] = None
        from gitreg.errors import MissingExtra
        try:
            import gitreg.forges
        except MissingExtra as error:
            sys.exit(0 if "gitreg[forges]" in error.hint else 1)
        sys.exit(2)
    """
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_nothing_is_logged_that_opens_a_door(script: Script, slept: Slept, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(0)
    script.will(200, [])
    script.will(403, {"message": SECRET})
    forge = script.forge(slept)
    forge.pull_requests()
    with pytest.raises(GitregError):
        forge.pull_requests()
    assert caplog.records
    assert SECRET not in "".join(f"{each.getMessage()} {each.args}" for each in caplog.records)


@pytest.mark.parametrize(
    "link", ["", "<", "<>", '<ü>; rel="last"', ">;<;rel=next", '<https://[>; rel="prev"', ";" * 9000]
)
def test_a_link_that_leads_nowhere_ends_the_list(script: Script, slept: Slept, link: str) -> None:
    script.will(200, [], Link=link.encode().decode("latin-1"))
    assert script.forge(slept).pull_requests() == []
