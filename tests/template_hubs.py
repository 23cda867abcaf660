"""A registry with a CI system's template on a bare origin: what the runs of each template begin from."""

from __future__ import annotations

import shutil
from contextlib import contextmanager
from typing import TYPE_CHECKING, TypeVar

from tests.support.http_server import git_server
from tests.test_ci_template_runs import Hub, _people_and_versions

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

_Hub = TypeVar("_Hub", bound=Hub)


def made_with(system: str, root: Path) -> Path:
    """`gitreg init --ci SYSTEM`, pushed: version 1 of fraud in production, version 2 registered, two approvers."""
    (root / "served/team").mkdir(parents=True)
    with git_server(root / "served", {}) as server:
        hub = Hub(server, root)
        ada = hub.ada.at(root)
        ada.git("init", "--quiet", "--bare", "--initial-branch=main", str(hub.origin))
        ada.does("init", "ada", "--protect", "production", "--ci", system)
        hub.ada.git("remote", "add", "origin", str(hub.origin))
        hub.ada.does("sync")
        _people_and_versions(hub)
        hub.ben.at(root).git("clone", "--quiet", str(hub.origin), "ben")
        hub.landed(hub.proposed(1))
    return root


@contextmanager
def copy_of(made: Path, root: Path, users: Mapping[str, str], kind: type[_Hub]) -> Iterator[_Hub]:
    """A copy for one test, served to these users; people push to the origin's folder."""
    shutil.copytree(made, root, symlinks=True)
    with git_server(root / "served", users) as server:
        hub = kind(server, root)
        for clerk in (hub.ada, hub.ben):
            clerk.git("remote", "set-url", "origin", str(hub.origin))
        # A forge's URL ends in .git.
        (hub.origin.parent / f"{hub.origin.name}.git").symlink_to(hub.origin.name)
        yield hub
