"""Which forge a remote belongs to, and where a token may go."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from gitreg.errors import UsageError
from gitreg.forges import Clock, ForgeSetting, forge_of
from gitreg.forges.where import home_of, setting_of, site_of, token_for

NOTHING = ForgeSetting()
CLOCK = Clock(now=lambda: datetime(2026, 1, 1, tzinfo=UTC))


@pytest.mark.parametrize(
    ("remote", "kind", "api", "project"),
    [
        ("https://github.com/acme/models.git", "github", "https://api.github.com", "acme/models"),
        ("https://ada:secret@GitHub.com:443/acme/models/", "github", "https://api.github.com", "acme/models"),
        ("git@github.com:acme/models.git", "github", "https://api.github.com", "acme/models"),
        ("ssh://git@ssh.github.com:443/acme/models.git", "github", "https://api.github.com", "acme/models"),
        ("https://github.acme.org/a/b", "github", "https://github.acme.org/api/v3", "a/b"),
        ("https://gitlab.com/acme/ml/risk/models.git", "gitlab", "https://gitlab.com/api/v4", "acme/ml/risk/models"),
        ("git@gitlab.acme.org:ml/models", "gitlab", "https://gitlab.acme.org/api/v4", "ml/models"),
        ("https://codeberg.org/a/b.git", "gitea", "https://codeberg.org/api/v1", "a/b"),
        ("https://gitea.acme.org:3000/a/b.git", "gitea", "https://gitea.acme.org:3000/api/v1", "a/b"),
        ("https://forgejo.acme.org/a/b.git", "gitea", "https://forgejo.acme.org/api/v1", "a/b"),
    ],
)
def test_a_remote_tells_its_forge(remote: str, kind: str, api: str, project: str) -> None:
    home = home_of(remote, {}, NOTHING)
    assert (home.kind, site_of(home, None).api, home.project) == (kind, api, project)


@pytest.mark.parametrize(
    ("environ", "kind", "api", "project"),
    [
        ({"CI_SERVER_URL": "https://git.acme.org/lab"}, "gitlab", "https://git.acme.org/lab/api/v4", "a/b"),
        ({"GITHUB_SERVER_URL": "https://git.acme.org"}, "github", "https://git.acme.org/api/v3", "lab/a"),
        ({"GH_HOST": "git.acme.org"}, "github", "https://git.acme.org/api/v3", "lab/a"),
        (
            {"GITHUB_SERVER_URL": "https://git.acme.org", "GITEA_ACTIONS": "true"},
            "gitea",
            "https://git.acme.org/api/v1",
            "lab/a",
        ),
    ],
)
def test_a_runner_tells_its_forge(environ: dict[str, str], kind: str, api: str, project: str) -> None:
    path = "lab/a/b" if project == "a/b" else "lab/a"
    home = home_of(f"https://git.acme.org/{path}.git", environ, NOTHING)
    assert (home.kind, site_of(home, None).api, home.project) == (kind, api, project)


def test_the_users_own_word_wins() -> None:
    setting = setting_of({"GITREG_FORGE": "forgejo", "GITREG_FORGE_URL": "https://code.acme.org/forge/"})
    home = home_of("ssh://git@code.acme.org:2222/a/b.git", {"CI_SERVER_URL": "https://code.acme.org"}, setting)
    assert (home.kind, home.url, home.project) == ("gitea", "https://code.acme.org/forge", "a/b")
    prefixed = home_of("https://code.acme.org/forge/a/b.git", {}, setting)
    assert prefixed.project == "a/b"


@pytest.mark.parametrize(
    "remote",
    [
        "/srv/models.git",
        "file:///srv/models.git",
        "https://git.acme.org/a/b",
        "https://github.com/a",
        "https://github.com/a/b/c",
        "https://github.com/a/..",
        "https://github.com/a/b%2fc%3f",
        "https://[/a/b",
        "https://github.com:x/a/b",
        "https:///a/b",
        "git@github.com:",
        "",
    ],
)
def test_what_is_no_repository_of_a_forge_is_refused(remote: str) -> None:
    with pytest.raises(UsageError):
        forge_of(remote, {}, CLOCK)


def test_a_password_in_a_remote_is_never_shown() -> None:
    for remote in (
        "https://ada:hunter2@github.com/a",
        "https://ada:hunter2@git.acme.org/a/b",
        "https://a:hunter2@[/a/b",
    ):
        with pytest.raises(UsageError) as caught:
            forge_of(remote, {}, CLOCK)
        assert "hunter2" not in f"{caught.value} {caught.value.subject}"


def test_a_token_does_not_travel_in_the_clear() -> None:
    with pytest.raises(UsageError, match="in the clear"):
        forge_of("http://github.acme.org/a/b", {}, CLOCK)
    for host in ("127.0.0.1:8080", "localhost", "[::1]:80"):
        assert forge_of(f"http://{host}/a/b", {}, CLOCK, None, ForgeSetting("github")).project == "a/b"


def test_a_forge_that_is_not_known_is_refused() -> None:
    with pytest.raises(UsageError, match="sourcehut"):
        setting_of({"GITREG_FORGE": "sourcehut"})


# --- tokens --------------------------------------------------------------------------------------------------------

ALL = {
    "GITHUB_TOKEN": "hub",
    "GITLAB_TOKEN": "lab",
    "GITEA_TOKEN": "tea",
    "CI_JOB_TOKEN": "job",
    "GITREG_FORGE_TOKEN": "ours",
}


def token(remote: str, environ: dict[str, str], setting: ForgeSetting = NOTHING) -> str | None:
    found = token_for(home_of(remote, environ, setting), environ, setting)
    return None if found is None else found.secret


@pytest.mark.parametrize(
    ("remote", "secret"),
    [("https://github.com/a/b", "hub"), ("https://gitlab.com/a/b", "lab"), ("https://codeberg.org/a/b", "tea")],
)
def test_each_forge_gets_its_own_token(remote: str, secret: str) -> None:
    own = {name: value for name, value in ALL.items() if name != "GITREG_FORGE_TOKEN"}
    assert token(remote, own) == secret
    assert token(remote, ALL) == "ours"


@pytest.mark.parametrize(
    "remote", ["https://github.evil.org/a/b", "https://gitlab.evil.org/a/b", "https://gitea.evil.org/a/b"]
)
def test_a_host_that_only_calls_itself_a_forge_gets_none(remote: str) -> None:
    """A clone's configuration names the host; whose token it gets is the user's word."""
    assert token(remote, ALL) is None


def test_a_host_that_the_environment_names_gets_its_token() -> None:
    remote = "https://gitlab.acme.org/a/b"
    assert token(remote, {"GITLAB_TOKEN": "lab", "GITLAB_HOST": "gitlab.acme.org"}) == "lab"
    assert token(remote, {"GITLAB_TOKEN": "lab", "GITLAB_HOST": "gitlab.acme.org:8443"}) is None
    assert token(remote, {"GITLAB_TOKEN": "lab"}, ForgeSetting("gitlab", "https://gitlab.acme.org")) == "lab"


def test_a_jobs_token_goes_only_to_the_server_that_runs_the_job() -> None:
    job = {"CI_JOB_TOKEN": "job", "CI_SERVER_URL": "https://gitlab.acme.org"}
    assert token("https://gitlab.acme.org/a/b", job) == "job"
    assert token("https://gitlab.com/a/b", job) is None


def test_credentials_are_asked_where_the_environment_has_no_token() -> None:
    asked: list[str] = []

    def credentials(url: str) -> str | None:
        asked.append(url)
        return None

    forge_of("https://github.com/a/b", {"GITHUB_TOKEN": "hub"}, CLOCK, credentials)
    assert asked == []
    forge_of("https://github.evil.org/a/b", {"GITHUB_TOKEN": "hub"}, CLOCK, credentials)
    assert asked == ["https://github.evil.org"]
