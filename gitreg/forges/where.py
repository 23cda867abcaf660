"""Which forge a remote belongs to, and which token may go there."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from gitreg.errors import UsageError
from gitreg.forges.gitea import Gitea
from gitreg.forges.github import GitHub
from gitreg.forges.gitlab import GitLab
from gitreg.forges.values import KINDS, Clock, ForgeSetting, Kind, Patience, Token
from gitreg.forges.web import LOOPBACK, Site, Web

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from gitreg.forges.forge import Forge

_SCP = re.compile(r"(?:[^@/:\s]+@)?(?P<host>[A-Za-z0-9._-]+):(?P<path>(?!//)\S+)")
_SSH_NAMES = {"ssh.github.com": "github.com", "altssh.gitlab.com": "gitlab.com"}
_KNOWN: dict[str, Kind] = {
    "github.com": "github",
    "gitlab.com": "gitlab",
    "codeberg.org": "gitea",
    "gitea.com": "gitea",
}
_FIRST_LABELS: dict[str, Kind] = {"github": "github", "gitlab": "gitlab", "gitea": "gitea", "forgejo": "gitea"}
_PART = re.compile(r"[A-Za-z0-9._-]+")
# Where the environment says that a forge lives. The first three are set by the forges' own runners.
_SAYS_WHERE: dict[Kind, tuple[str, ...]] = {
    "github": ("GITHUB_SERVER_URL", "GH_HOST"),
    "gitlab": ("CI_SERVER_URL", "GITLAB_HOST"),
    "gitea": ("GITEA_SERVER_URL", "FORGEJO_SERVER_URL"),
}
_OWN_TOKENS: dict[Kind, tuple[str, ...]] = {
    "github": ("GITHUB_TOKEN", "GH_TOKEN"),
    "gitlab": ("GITLAB_TOKEN", "CI_JOB_TOKEN"),
    "gitea": ("GITEA_TOKEN", "FORGEJO_TOKEN"),
}
_HINT = "Say it: GITREG_FORGE=github|gitlab|gitea, and GITREG_FORGE_URL for its front page."


@dataclass(frozen=True)
class Home:
    """A forge's front page, without a slash at its end, and the project on it."""

    kind: Kind
    url: str
    project: str

    @property
    def origin(self) -> str:
        """Scheme, host and port."""
        return _origin(self.url)


def forge_of(
    remote_url: str,
    environ: Mapping[str, str],
    clock: Clock,
    credentials: Callable[[str], str | None] | None = None,
    setting: ForgeSetting | None = None,
    patience: Patience | None = None,
) -> Forge:
    """The forge behind a git remote.

    `setting` wins over GITREG_FORGE and GITREG_FORGE_URL, and these over what the remote's host tells. `credentials` is
    asked, with the forge's front page, where the environment holds no token for it; it may be `git credential fill`.
    Raises `UsageError` where nothing tells which forge it is, or where a token would travel in the clear.
    """
    setting = setting or setting_of(environ)
    home = home_of(remote_url, environ, setting)
    _check_closed(home)
    token = token_for(home, environ, setting)
    if token is None and credentials is not None and (secret := credentials(home.url)):
        token = Token(secret, "the credential helper")
    web = Web(site_of(home, token), token, clock, patience or Patience())
    if home.kind == "github":
        is_job_token = token is not None and token.source == "GITHUB_TOKEN" and environ.get("GITHUB_ACTIONS") == "true"
        return GitHub(web, home.project, is_job_token=is_job_token)
    return GitLab(web, home.project) if home.kind == "gitlab" else Gitea(web, home.project)


def setting_of(environ: Mapping[str, str]) -> ForgeSetting:
    """GITREG_FORGE and GITREG_FORGE_URL. Raises `UsageError` for a forge that we do not know."""
    name = environ.get("GITREG_FORGE", "").lower()
    found: Kind | None = next((kind for kind in KINDS if kind == name), None)
    if name == "forgejo":
        found = "gitea"
    if name and found is None:
        raise UsageError(f"GITREG_FORGE is {name!r:.40}, which is no forge that gitreg knows.", hint=_HINT)
    return ForgeSetting(found, environ.get("GITREG_FORGE_URL", ""))


def home_of(remote_url: str, environ: Mapping[str, str], setting: ForgeSetting) -> Home:
    """Front page and project of a remote's URL. Raises `UsageError`."""
    scheme, host, path = _parts(remote_url)
    said = setting.url or next((url for url, _ in _said(environ) if _host(url) == host), "")
    url = _front_page(said or f"{scheme}://{host}")
    prefix = unquote(urlsplit(url).path).strip("/")
    if prefix and (path == prefix or path.startswith(prefix + "/")):
        path = path[len(prefix) :].strip("/")
    kind = setting.kind or _kind_of(_host(url), environ)
    if kind is None:
        raise UsageError(f"Nothing tells which forge {host} is.", subject=host, hint=_HINT)
    return Home(kind, url, _project(kind, path, host))


def site_of(home: Home, token: Token | None) -> Site:
    """Where the API of a forge lives, and how it takes a token."""
    if home.kind == "github":
        is_public = home.origin == "https://github.com"
        api = "https://api.github.com" if is_public else f"{home.url}/api/v3"
        headers = {"Accept": "application/vnd.github+json", "X-GitHub-Api-Version": "2022-11-28"}
        return Site("GitHub", api, headers, "Authorization", "Bearer ")
    headers = {"Accept": "application/json"}
    if home.kind == "gitlab":
        is_job = token is not None and token.source == "CI_JOB_TOKEN"
        return Site("GitLab", f"{home.url}/api/v4", headers, "JOB-TOKEN" if is_job else "PRIVATE-TOKEN")
    return Site("Gitea", f"{home.url}/api/v1", headers, "Authorization", "token ")


def token_for(home: Home, environ: Mapping[str, str], setting: ForgeSetting) -> Token | None:
    """The token of the environment that is meant for this forge.

    A clone's configuration may name any host, so a token goes only where the user or the forge's own runner says that
    the forge lives, or to the public forge of its name.
    """
    is_users_word = bool(setting.url)
    is_known = _KNOWN.get(_host(home.url)) == home.kind and urlsplit(home.url).scheme == "https"
    is_said = any(kind == home.kind and _origin(url) == home.origin for url, kind in _said(environ))
    if not (is_users_word or is_known or is_said):
        return None
    for name in ("GITREG_FORGE_TOKEN", *_OWN_TOKENS[home.kind]):
        is_job = name == "CI_JOB_TOKEN"
        if environ.get(name) and (not is_job or _origin(environ.get("CI_SERVER_URL", "")) == home.origin):
            return Token(environ[name], name)
    return None


def _said(environ: Mapping[str, str]) -> list[tuple[str, Kind]]:
    """Front pages that the environment names, and of what kind; Gitea's and Forgejo's runners speak GitHub's names."""
    found: list[tuple[str, Kind]] = []
    for kind, names in _SAYS_WHERE.items():
        for name in names:
            if value := environ.get(name, "").rstrip("/"):
                is_gitea = name == "GITHUB_SERVER_URL" and _is_gitea_runner(environ)
                url = value if "://" in value else f"https://{value}"
                found.append((url, "gitea" if is_gitea else kind))
    return found


def _is_gitea_runner(environ: Mapping[str, str]) -> bool:
    return "true" in (environ.get("GITEA_ACTIONS"), environ.get("FORGEJO_ACTIONS"))


def _kind_of(host: str, environ: Mapping[str, str]) -> Kind | None:
    if host in _KNOWN:
        return _KNOWN[host]
    said = next((kind for url, kind in _said(environ) if _host(url) == host), None)
    return said or _FIRST_LABELS.get(host.partition(".")[0])


def _parts(remote_url: str) -> tuple[str, str, str]:
    """Scheme of the web, host with port, and path of a remote's URL. A port of SSH says nothing about the web."""
    try:
        parts = urlsplit(remote_url)
        match = None if "://" in remote_url else _SCP.fullmatch(remote_url)
        if match:
            host, path, scheme = match["host"].lower(), match["path"], "https"
        elif parts.scheme in ("http", "https"):
            host, path, scheme = _netloc(remote_url), unquote(parts.path), parts.scheme
        elif parts.scheme in ("ssh", "git+ssh") and parts.hostname:
            host, path, scheme = parts.hostname, unquote(parts.path), "https"
        else:
            raise UsageError("The remote is no URL of a forge: it is neither http nor ssh.", hint=_HINT)
    except ValueError:  # its words would hold the URL, and the URL a password
        raise UsageError("The remote's URL cannot be read.") from None
    path = path.strip("/")
    return scheme, _SSH_NAMES.get(host, host), path.removesuffix(".git")


def _front_page(url: str) -> str:
    """The URL without user, query and slash at its end. Raises `UsageError`."""
    try:
        parts = urlsplit(url if "://" in url else f"https://{url}")
        netloc = _netloc(parts.geturl())
    except ValueError:
        raise UsageError("The forge's address cannot be read.", hint=_HINT) from None
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise UsageError("The forge's address is no http or https URL.", hint=_HINT)
    return f"{parts.scheme}://{netloc}{parts.path.rstrip('/')}"


def _netloc(url: str) -> str:
    """Host and port in lower case, without user and password, and without the port that goes without saying."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    host = f"[{host}]" if ":" in host else host
    plain = {"http": 80, "https": 443}.get(parts.scheme)
    return host if parts.port in (None, plain) else f"{host}:{parts.port}"


def _host(url: str) -> str:
    try:
        return _netloc(url)
    except ValueError:
        return ""


def _origin(url: str) -> str:
    return f"{url.partition('://')[0].lower()}://{_host(url)}"


def _project(kind: Kind, path: str, host: str) -> str:
    parts = path.split("/")
    is_right_length = len(parts) >= 2 if kind == "gitlab" else len(parts) == 2  # noqa: PLR2004 - owner and name
    if not is_right_length or not all(_PART.fullmatch(part) and part.strip(".") for part in parts):
        hint = "Does the forge live under a path? Then GITREG_FORGE_URL has to say so."
        raise UsageError(f"The remote's path names no repository of {host}.", subject=host, hint=hint)
    return path


def _check_closed(home: Home) -> None:
    if urlsplit(home.url).scheme == "http" and urlsplit(home.url).hostname not in LOOPBACK:
        message = f"{home.url} would take a token in the clear; only https, or this machine, may."
        raise UsageError(message, subject=home.url, hint="Set GITREG_FORGE_URL to the forge's https address.")
