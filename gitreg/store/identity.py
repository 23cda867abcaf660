"""Who writes: from git's configuration, its environment variables, or those of a CI system."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from gitreg.errors import IdentityMissing
from gitreg.store.values import Person

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gitreg.surroundings import Surroundings


class _Settings(Protocol):
    def get(self, key: str) -> str | None: ...


@dataclass(frozen=True)
class Identity:
    """A person, and whether anyone said so (`is_fallback`: nobody did, it is user@host)."""

    person: Person
    is_fallback: bool = False

    def required(self) -> Person:
        """The person, for writes to main. Raises `IdentityMissing` when nobody was named."""
        if self.is_fallback:
            hint = "Say who you are: git config --global user.email YOU@EXAMPLE.ORG"
            raise IdentityMissing("A decision needs to know who decides, and git has no user.email.", hint=hint)
        return self.person


def author(config: _Settings, surroundings: Surroundings) -> Identity:
    """Who made the change: GIT_AUTHOR_*, user.*, then what a CI system says."""
    return _who("AUTHOR", config, surroundings)


def committer(config: _Settings, surroundings: Surroundings) -> Identity:
    """Who writes the commit: GIT_COMMITTER_*, user.*, then what a CI system says."""
    return _who("COMMITTER", config, surroundings)


def _who(role: str, config: _Settings, surroundings: Surroundings) -> Identity:
    for name, email in _candidates(role, config, surroundings):
        if email:
            return Identity(Person(name or email.partition("@")[0], email))
    user = surroundings.environ.get("USER") or surroundings.environ.get("LOGNAME") or surroundings.home.name or "nobody"
    host = surroundings.host.lower() or "localhost"
    return Identity(Person(user, f"{_slug(user)}@{_slug(host)}"), is_fallback=True)


def _candidates(role: str, config: _Settings, surroundings: Surroundings) -> Iterator[tuple[str | None, str | None]]:
    environ = surroundings.environ
    name = environ.get(f"GIT_{role}_NAME") or config.get("user.name")
    yield name, environ.get(f"GIT_{role}_EMAIL") or config.get("user.email") or environ.get("EMAIL")
    if environ.get("GITLAB_CI"):
        yield name or environ.get("GITLAB_USER_NAME"), environ.get("GITLAB_USER_EMAIL")
    actor = environ.get("GITHUB_ACTOR")
    if environ.get("GITHUB_ACTIONS") and actor:
        # GitHub gives CI no e-mail; this is the address its own commits by web carry.
        yield name or actor, f"{_slug(actor)}@users.noreply.github.com"


def _slug(text: str) -> str:
    return re.sub(r"[^a-z0-9._+-]+", "-", text.lower()).strip("-.") or "nobody"
