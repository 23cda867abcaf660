"""User name and password for a remote: from the environment, or from the user's own git credential helpers.

Helpers are asked through `git credential fill`, run where no repository's configuration can reach it: a clone could
name a helper of its own, which is a program.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from gitreg.surroundings import Surroundings

_PATIENCE_S = 60
_THIS_MACHINE = frozenset({"127.0.0.1", "::1", "localhost"})
_KEPT_GIT_VARIABLES = re.compile(r"GIT_(ASKPASS|CONFIG_(GLOBAL|SYSTEM|NOSYSTEM|COUNT|KEY_\d+|VALUE_\d+)|EXEC_PATH)")


@dataclass(frozen=True)
class Login:
    """A user name and a secret, which never shows in a repr."""

    user: str
    secret: str = field(repr=False)


def find_login(url: str, surroundings: Surroundings, *, user: str | None = None, ask: bool = False) -> Login | None:
    """A login for the host of an http URL, or None. `ask` lets a helper prompt on the terminal.

    GITREG_TOKEN (with GITREG_USERNAME where the server wants one) goes only to the host in GITREG_TOKEN_HOST: where the
    URL comes from a clone's configuration, it may name any host. And it goes there over https alone, but to this very
    machine, or where GITREG_TOKEN_HOST says `http://HOST` itself: the URL may name any scheme as well.
    """
    return _from_environ(url, surroundings) or _from_git(url, surroundings, user, ask=ask)


def _from_environ(url: str, surroundings: Surroundings) -> Login | None:
    environ = surroundings.environ
    token, host = environ.get("GITREG_TOKEN"), environ.get("GITREG_TOKEN_HOST")
    if not token or not host or not _is_meant(url, host):
        return None
    return Login(environ.get("GITREG_USERNAME") or "x-access-token", token)


def _is_meant(url: str, host: str) -> bool:
    """Whether the token for `host` may be sent to `url`."""
    parts = urlsplit(url)
    scheme, _, name = host.lower().rstrip("/").rpartition("://")
    is_open = parts.scheme == "http" and scheme != "http" and parts.hostname not in _THIS_MACHINE
    return parts.netloc.lower() == name and not is_open and scheme in ("", parts.scheme)


def _from_git(url: str, surroundings: Surroundings, user: str | None, *, ask: bool) -> Login | None:
    git = shutil.which("git", path=surroundings.environ.get("PATH"))
    if git is None:
        return None
    parts = urlsplit(url)
    lines = [f"protocol={parts.scheme}", f"host={parts.netloc}", f"path={parts.path.lstrip('/')}"]
    lines += [f"username={user}"] if user else []
    if any(character in line for line in lines for character in "\r\n\0"):
        return None  # it would be two lines of git's protocol, and the second another host
    try:
        answer = subprocess.run(  # noqa: S603 - the user's git, found on the user's PATH
            [git, "credential", "fill"],
            input="".join(f"{line}\n" for line in lines) + "\n",
            capture_output=True,
            text=True,
            errors="replace",
            cwd=os.sep,
            env=_environ(surroundings, ask=ask),
            timeout=_PATIENCE_S,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    fields = dict(line.split("=", 1) for line in answer.stdout.splitlines() if "=" in line)
    if answer.returncode != 0 or not fields.get("password"):
        return None
    return Login(fields.get("username", ""), fields["password"])


def _environ(surroundings: Surroundings, *, ask: bool) -> dict[str, str]:
    """The user's environment, without what would lead git to a repository; no prompt unless somebody can answer it."""
    kept = {
        name: value
        for name, value in surroundings.environ.items()
        if not name.startswith("GIT_") or _KEPT_GIT_VARIABLES.fullmatch(name)
    }
    kept |= {
        "GIT_DIR": os.devnull,
        "GIT_TERMINAL_PROMPT": "1" if ask else "0",
        "LC_ALL": "C",
        "HOME": str(surroundings.home),
    }
    if not ask:
        kept |= {"GIT_ASKPASS": kept.get("GIT_ASKPASS", ""), "SSH_ASKPASS": ""}
    return kept
