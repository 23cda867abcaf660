"""What belongs to a user and not to a registry: the default registry, folders for bytes, clones kept for URLs.

One JSON file that people may edit, `gitreg/config.json` under XDG_CONFIG_HOME (APPDATA on Windows); clones and the
personal registry lie under XDG_DATA_HOME (LOCALAPPDATA).
"""

from __future__ import annotations

import hashlib
import json
import secrets
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from gitreg.documents import RegistryId, parse_json, part
from gitreg.errors import InvalidDocument, InvalidValue, StorageError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gitreg.surroundings import Surroundings

_KEYS = {"registry", "blobs"}


@dataclass(frozen=True)
class UserSettings:
    """`registry` is meant where nothing else says which; `blobs` are folders for bytes, by registry.

    Only here may bytes be sent to a folder: a registry that somebody else made chooses no path on this machine.
    """

    registry: str | None = None
    blobs: Mapping[RegistryId, str] = field(default_factory=dict)


class User:
    """The user's files. Reading a file that is not there gives the empty settings; writing makes its folders."""

    def __init__(self, surroundings: Surroundings) -> None:
        """Nothing is read yet."""
        self._environ = surroundings.environ
        self._home = surroundings.home

    @property
    def config_path(self) -> Path:
        """Where the settings lie."""
        return self._folder("XDG_CONFIG_HOME", "APPDATA", ".config") / "gitreg" / "config.json"

    @property
    def data(self) -> Path:
        """Where clones and the personal registry lie."""
        return self._folder("XDG_DATA_HOME", "LOCALAPPDATA", ".local/share") / "gitreg"

    @property
    def personal(self) -> Path:
        """The registry that is made on the spot for who has none."""
        return self.data / "personal"

    def clone_of(self, url: str) -> Path:
        """Where the clone of a URL is kept; the name begins with the repository's, for people who look."""
        name = url.rstrip("/").removesuffix(".git").rpartition("/")[2].rpartition(":")[2]
        return self.data / "clones" / f"{part(name or 'registry')[:32]}-{hashlib.sha256(url.encode()).hexdigest()[:8]}"

    def read(self) -> UserSettings:
        """The settings. Raises `InvalidDocument` that names the file."""
        path = self.config_path
        try:
            found = parse_json(path.read_bytes())
        except FileNotFoundError:
            return UserSettings()
        except OSError as error:
            raise StorageError(f"{path} cannot be read: {error.strerror}.", subject=str(path)) from error
        except InvalidDocument as error:
            raise InvalidDocument(f"{path}: {error.message}", subject=str(path)) from None
        try:
            return _settings(found)
        except InvalidValue as error:
            raise InvalidDocument(f"{path}: {error.message}", subject=str(path)) from None

    def set_registry(self, target: str | None) -> None:
        """Make `target` the registry that is meant where nothing else says so."""
        self._write(replace(self.read(), registry=target))

    def set_blobs(self, registry: RegistryId, folder: str) -> None:
        """Say where the bytes of a registry lie."""
        settings = self.read()
        self._write(replace(settings, blobs={**settings.blobs, registry: folder}))

    def _folder(self, variable: str, on_windows: str, default: str) -> Path:
        set_by_user = self._environ.get(variable) or self._environ.get(on_windows)
        return Path(set_by_user) if set_by_user else self._home / default

    def _write(self, settings: UserSettings) -> None:
        path = self.config_path
        temporary = path.with_name(f"{path.name}.{secrets.token_hex(4)}")
        value = {"blobs": {str(key): folder for key, folder in settings.blobs.items()}, "registry": settings.registry}
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            temporary.write_text(json.dumps(value, indent=2, sort_keys=True) + "\n", encoding="utf-8")
            temporary.replace(path)
        except OSError as error:
            raise StorageError(f"{path} cannot be written: {error.strerror}.", subject=str(path)) from error


def _settings(found: object) -> UserSettings:
    if not isinstance(found, dict) or found.keys() - _KEYS:
        raise InvalidValue(f"It may hold {' and '.join(sorted(_KEYS))}, nothing else.")
    registry, blobs = found.get("registry"), found.get("blobs", {})
    if not isinstance(registry, str | None) or not isinstance(blobs, dict):
        raise InvalidValue("registry is text or null, blobs an object.")
    if not all(isinstance(folder, str) for folder in blobs.values()):
        raise InvalidValue("Each of blobs is a folder or URL.")
    return UserSettings(registry, {RegistryId(key): str(folder) for key, folder in blobs.items()})
