"""What one tree says about who may decide what: settings, people and their keys, policies, holds."""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass, field
from functools import cached_property
from typing import TypeVar

from gitreg.documents import (
    Approvers,
    Compromise,
    Digest,
    Document,
    Fingerprint,
    Hold,
    Key,
    ModelCard,
    Policy,
    Principal,
    RegistrySettings,
    Rights,
    StageSettings,
    Tree,
    paths,
)
from gitreg.errors import InvalidDocument, NotFound

D = TypeVar("D", bound=Document)


def read_document(tree: Tree, path: str, kind: type[D]) -> D | None:
    """The document at `path`, None where there is no file. Raises `InvalidDocument` that names the path."""
    data = tree.read(path)
    return None if data is None else kind.from_bytes(data, path)


@dataclass(frozen=True)
class KeyOwner:
    """Whose key it is, and from when to when it may sign."""

    person: Principal
    key: Key
    attests: bool = False


@dataclass(frozen=True)
class Rulebook:
    """The rules of a tree. Each document is parsed when it is asked for, and its errors name its path."""

    tree: Tree = field(repr=False)

    @cached_property
    def settings(self) -> RegistrySettings:
        """`gitreg.json`. Raises `NotFound` where the tree is not a registry's."""
        settings = read_document(self.tree, paths.SETTINGS, RegistrySettings)
        if settings is None:
            raise NotFound("There is no gitreg.json: this is not a registry.", subject=paths.SETTINGS)
        return settings

    @cached_property
    def approvers(self) -> Approvers:
        """`approvers.json`; nobody where there is no such file."""
        return read_document(self.tree, paths.APPROVERS, Approvers) or Approvers(people={})

    @cached_property
    def owners(self) -> dict[Fingerprint, KeyOwner]:
        """Whose each key is. Raises `InvalidDocument` for a key that two people have: nobody could tell them apart."""
        owners: dict[Fingerprint, KeyOwner] = {}
        for person, approver in self.approvers.people.items():
            for key in approver.keys:
                name = fingerprint_of(key)
                other = owners.setdefault(name, KeyOwner(person, key, approver.attests)).person
                if other != person:
                    message = f"One key belongs to both {other} and {person}; a key has one owner."
                    raise InvalidDocument(message, subject=paths.APPROVERS)
        _ = self.handles  # an account with two owners is as unclear
        return owners

    @cached_property
    def handles(self) -> dict[str, Principal]:
        """Whose each account on a forge is. Raises `InvalidDocument` for one that two people have."""
        found: dict[str, Principal] = {}
        for person, approver in self.approvers.people.items():
            for handle in approver.forge:
                if found.setdefault(handle, person) != person:
                    message = f"The account {handle} belongs to both {found[handle]} and {person}."
                    raise InvalidDocument(message, subject=paths.APPROVERS)
        return found

    @property
    def protected(self) -> tuple[str, ...]:
        """The names of the protected stages."""
        return tuple(sorted(name for name, stage in self.settings.stages.items() if stage.protected))

    def stage(self, name: str) -> StageSettings | None:
        """A stage's settings."""
        return self.settings.stages.get(name)

    def is_protected(self, stage: str) -> bool:
        """Whether decisions about the stage need approval."""
        found = self.stage(stage)
        return found is not None and found.protected

    def policy(self, stage: str) -> Policy:
        """The policy of a protected stage. Raises `InvalidDocument` where it names none that is there."""
        settings = self.stage(stage)
        name = settings.policy if settings else None
        if name is None:
            raise InvalidDocument(f"The protected stage {stage} names no policy.", subject=paths.SETTINGS)
        policy = read_document(self.tree, paths.policy(name), Policy)
        if policy is None:
            message = f"The policy {name} of the stage {stage} is not there."
            raise InvalidDocument(message, subject=paths.policy(name))
        return policy

    def policies(self) -> dict[str, Policy]:
        """Every protected stage's policy. Raises `InvalidDocument`."""
        return {stage: self.policy(stage) for stage in self.protected}

    @cached_property
    def rights(self) -> Rights | None:
        """`rights.json`; None where every path is everybody's. Raises `InvalidDocument`."""
        return read_document(self.tree, paths.RIGHTS, Rights)

    def compromised(self) -> dict[Fingerprint, Compromise]:
        """Keys that others may have signed with. Raises `InvalidDocument`."""
        found = (read_document(self.tree, path, Compromise) for path, _ in self.tree.walk("compromised"))
        return {each.key: each for each in found if each is not None}

    def card(self, model: str) -> ModelCard | None:
        """A model's card."""
        return read_document(self.tree, paths.model_card(model), ModelCard)

    def hold(self, model: str, version: Digest) -> Hold | None:
        """The hold on a version, for whichever stages."""
        found = read_document(self.tree, paths.hold(model, version), Hold)
        return found if found is not None and found.version == version else None

    def is_held(self, model: str, version: Digest, stage: str) -> Hold | None:
        """The hold that keeps a version out of a stage."""
        found = self.hold(model, version)
        return found if found is not None and (not found.stages or stage in found.stages) else None


def fingerprint_of(key: Key) -> Fingerprint:
    """The name of a key in files and refs."""
    try:
        return Fingerprint.of(base64.b64decode(key.key, validate=True))
    except (binascii.Error, ValueError):
        raise InvalidDocument(f"The key {key.key[:24]}… is not base64.", subject=paths.APPROVERS) from None
