"""Git configuration as data.

A clone's own configuration comes from whoever made the clone, so only an allow-list of keys is read from it, and none
of them starts a program or redirects a connection; its includes are not followed. Credential helpers, ssh commands,
proxies and rewrites are read from the user's and the system's files alone (`trusted`).
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from dulwich.config import ConfigFile, StackedConfig, apply_instead_of, env_config

from gitreg.errors import CorruptRepository, InvalidValue
from gitreg.store import lockfiles
from gitreg.store.urls import redact

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gitreg.surroundings import Surroundings

_LOCAL_KEYS = frozenset(
    {
        "core.bare",
        "core.repositoryformatversion",
        "core.worktree",
        "gitreg.registry",
        "user.email",
        "user.name",
        "user.signingkey",
    }
)
_MAX_BYTES = 2**20


class GitConfig:
    """What git's configuration says, for one repository or (without one) for the user alone."""

    def __init__(self, local: Path | None, surroundings: Surroundings) -> None:
        """`local` is the repository's `config` file. Raises `CorruptRepository` when it cannot be parsed."""
        self.path = local
        self._seen = stamp_of(local)
        self._parsed = _read_local(local) if local else ConfigFile()
        self._trusted = list(_trusted_files(surroundings))

    @property
    def _local(self) -> ConfigFile:
        """The repository's own file, read again when somebody changed it."""
        stamp = stamp_of(self.path)
        if stamp != self._seen and self.path is not None:
            self._seen, self._parsed = stamp, _read_local(self.path)
        return self._parsed

    def get(self, key: str) -> str | None:
        """The value of `section.name`: the repository's own if the key is on the allow-list, else the user's."""
        found = _value(self._local, key) if key.lower() in _LOCAL_KEYS else None
        return found if found is not None else self.trusted(key)

    def trusted(self, key: str) -> str | None:
        """The value in the user's or the system's configuration; the repository's own is not looked at."""
        for file in self._trusted:
            value = _value(file, key)
            if value is not None:
                return value
        return None

    def remote_url(self, name: str = "origin") -> str | None:
        """The URL of a remote, as the repository's own configuration spells it."""
        return _value(self._local, f"remote.{name}.url")

    def shown_url(self, name: str = "origin") -> str | None:
        """The same as people may see it: without user name, password and query."""
        url = self.remote_url(name)
        return None if url is None else redact(url)

    def remotes(self) -> tuple[str, ...]:
        """The names of the configured remotes."""
        return tuple(
            section[1].decode("utf-8", "replace")
            for section in self._local.sections()
            if len(section) == 2 and section[0] == b"remote"  # noqa: PLR2004 - section and subsection
        )

    def extensions(self) -> dict[str, str]:
        """`extensions.*` of the repository: what a reader must understand to read it at all."""
        rows = self._local.items((b"extensions",))
        return {name.decode("utf-8", "replace").lower(): value.decode("utf-8", "replace") for name, value in rows}

    def local(self, key: str) -> str | None:
        """The repository's own value of any key, to be looked at but never acted upon."""
        return _value(self._local, key)

    def stacked(self) -> StackedConfig:
        """The trusted files in dulwich's form, for its clients."""
        return StackedConfig(list(self._trusted))

    def rewritten(self, url: str) -> str:
        """A URL after the user's own `url.<base>.insteadOf`; the clone's are ignored."""
        return apply_instead_of(self.stacked(), url)

    def append(self, values: dict[str, str]) -> None:
        """Put settings at the end of the repository's file, where they win; those that stand already are left."""
        missing = {key: value for key, value in values.items() if _value(self._local, key) != value}
        if not missing or self.path is None:
            return
        text = "".join(_render(key, value) for key, value in missing.items())
        before = self.path.read_bytes() if self.path.exists() else b""
        _replace(self.path, before + (b"" if before.endswith(b"\n") or not before else b"\n") + text.encode())


def stamp_of(path: Path | None) -> tuple[int, int, int] | None:
    """What changes when a file is replaced; None where there is none."""
    try:
        stat = path.stat() if path else None
    except FileNotFoundError:
        return None
    return (stat.st_mtime_ns, stat.st_size, stat.st_ino) if stat else None


def _read_local(path: Path) -> ConfigFile:
    try:
        with path.open("rb") as file:
            if os.fstat(file.fileno()).st_size > _MAX_BYTES:
                raise CorruptRepository(f"{path} is larger than a git configuration.", subject=str(path))
            return ConfigFile.from_file(file, expand_includes=False)
    except FileNotFoundError:
        return ConfigFile()
    except ValueError as error:
        raise CorruptRepository(f"{path} cannot be parsed: {error}.", subject=str(path)) from error


def _trusted_files(surroundings: Surroundings) -> Iterator[ConfigFile]:
    """Environment, user, system: the order in which git believes them, as git-config(1) lists them."""
    environ = surroundings.environ
    try:
        from_environ = env_config(environ)
    except (KeyError, ValueError) as error:
        raise InvalidValue(f"GIT_CONFIG_COUNT and its keys cannot be read: {error}.") from error
    if from_environ is not None:
        yield from_environ
    for path in _trusted_paths(surroundings):
        try:
            yield ConfigFile.from_path(path)
        except (FileNotFoundError, NotADirectoryError, PermissionError):
            continue
        except ValueError as error:
            raise InvalidValue(f"{path} cannot be parsed: {error}.", subject=str(path)) from error


def _trusted_paths(surroundings: Surroundings) -> Iterator[Path]:
    environ, home = surroundings.environ, surroundings.home
    if "GIT_CONFIG_GLOBAL" in environ:
        yield Path(environ["GIT_CONFIG_GLOBAL"])
    else:
        yield home / ".gitconfig"
        yield Path(environ.get("XDG_CONFIG_HOME") or home / ".config") / "git" / "config"
    if "GIT_CONFIG_SYSTEM" in environ:
        yield Path(environ["GIT_CONFIG_SYSTEM"])
    elif environ.get("GIT_CONFIG_NOSYSTEM", "0").lower() in ("", "0", "false", "no"):
        yield Path("/etc/gitconfig")


def _value(file: ConfigFile, key: str) -> str | None:
    section, name = _split(key)
    try:
        return file.get(section, name).decode("utf-8", "replace")
    except KeyError:
        return None


def _split(key: str) -> tuple[tuple[bytes, ...], bytes]:
    """`remote.origin.url` as ((remote, origin), url); a subsection may hold dots itself."""
    section, _, rest = key.partition(".")
    subsection, _, name = rest.rpartition(".")
    parts = (section, subsection) if subsection else (section,)
    return tuple(part.encode() for part in parts), name.encode()


def _render(key: str, value: str) -> str:
    if "\n" in value or "\0" in value:
        raise InvalidValue(f"{value!r:.100} cannot stand in a git configuration.", subject=key)
    parts, name = _split(key)
    section = parts[0].decode()
    if len(parts) > 1:
        section += ' "' + parts[1].decode().replace("\\", "\\\\").replace('"', '\\"') + '"'
    quoted = value.replace("\\", "\\\\").replace('"', '\\"')
    return f'[{section}]\n\t{name.decode()} = "{quoted}"\n'


def _replace(path: Path, data: bytes) -> None:
    temporary = path.with_name(f"{path.name}.gitreg-{os.getpid()}")
    lockfiles.write_new(temporary, data)
    if path.exists():
        temporary.chmod(path.stat().st_mode & 0o777)
    temporary.replace(path)
