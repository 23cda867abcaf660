"""What holds for every input: a remote, an environment and an answer are strangers' bytes."""

from __future__ import annotations

import string
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gitreg.errors import GitregError, InvalidValue
from gitreg.forges import Clock, Token, codeowners, forge_of
from gitreg.forges.refusals import harmless, refusal
from gitreg.forges.texts import bears, clipped, marked

CLOCK = Clock(now=lambda: datetime(2026, 1, 1, tzinfo=UTC))
SECRET = "s3cr3t-t0ken"  # noqa: S105 - opens nothing
HOSTS = st.sampled_from(["github.com", "gitlab.com", "git.acme.org", "[::1]", "127.0.0.1:80", "[", "a:b", ""])
REMOTES = st.text(max_size=60) | st.builds(
    "{}{}{}{}".format,
    st.sampled_from(["https://", "http://", "ssh://", "git@", "ada:pw@", "https://ada:pw@", "//", ""]),
    HOSTS,
    st.sampled_from(["/", ":", ":22/", "//", "?", "#"]),
    st.text(alphabet=string.ascii_letters + "/.%:@?#\n ", max_size=20),
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20) | st.just(SECRET),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["message", "errors", "error", "field", "code", "x"]), inner, max_size=4)
    ),
    max_leaves=12,
)


@given(remote=REMOTES, front=REMOTES, runner=REMOTES, kind=st.sampled_from(["", "github", "gitlab", "gitea", "no"]))
def test_a_remote_is_a_forges_or_a_clear_error(remote: str, front: str, runner: str, kind: str) -> None:
    environ = {"GITREG_FORGE": kind, "GITREG_FORGE_URL": front, "CI_SERVER_URL": runner, "CI_JOB_TOKEN": "t"}
    try:
        forge = forge_of(remote, environ, CLOCK)
    except GitregError as error:
        assert "pw" not in f"{error} {error.subject}".replace("pwd", "")  # noqa: PT017 - any of our errors is right
    else:
        assert forge.project.count("/") >= 1


@given(
    status=st.integers(300, 599), answer=JSON, headers=st.dictionaries(st.just("x-accepted-oauth-scopes"), st.text())
)
def test_a_refusal_is_one_of_our_errors_and_shows_no_secret(
    status: int, answer: object, headers: dict[str, str]
) -> None:
    error = refusal("GitHub", "Pull requests: read", status, headers, answer, Token(SECRET, "GH_TOKEN"))
    assert SECRET not in f"{error}"
    assert "\n" not in f"{error}"
    assert len(f"{error}") < 2000


@given(st.text())
def test_harmless_text_stays_so(text: str) -> None:
    once = harmless(text, None)
    assert harmless(once, None) == once.strip().rstrip(".")
    assert not set(once) & set("\x1b\r\n\x9b\u202e\u2028\x7f")


@given(body=st.text(), marker=st.text(alphabet="abc-19->\n", max_size=8))
def test_a_marked_body_bears_its_marker_and_no_other(body: str, marker: str) -> None:
    try:
        text = marked(marker, body)
    except InvalidValue:
        return
    assert bears(marker, text)
    assert bears(marker, text.replace("\n", "\r\n", 1))
    assert not bears(marker + "x", text)
    assert text.partition("\n")[0].count("-->") == 1


@given(text=st.text(max_size=400), limit=st.integers(1, 300))
def test_a_clipped_text_fits(text: str, limit: int) -> None:
    assert len(clipped(text, limit)) <= limit
    assert clipped(text, len(text)) == text or not text


@given(st.dictionaries(st.text(max_size=10), st.lists(st.text(max_size=10), max_size=2), max_size=3))
def test_a_codeowners_file_has_a_line_for_each_pattern(owners: dict[str, list[str]]) -> None:
    try:
        text = codeowners(owners)
    except InvalidValue:
        return
    assert len(text.splitlines()) == len(owners) + 1


@pytest.mark.parametrize("marker", ["", "a--b", "-a", "A", "a b", "a\n", "x" * 200])
def test_a_marker_that_could_end_the_comment_is_refused(marker: str) -> None:
    with pytest.raises(InvalidValue):
        marked(marker, "body")
