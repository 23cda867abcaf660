"""Addresses as people write them: `models:/fraud/7`, `models:/fraud@champion`, `runs:/<id>/model`. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TypeAlias

from gitreg.documents import Digest, check_artifact_path, check_model_name, check_name
from gitreg.errors import InvalidName

MODELS = "models:/"
RUNS = "runs:/"
LATEST = "latest"
PROPOSAL = "proposal:"
_HEX = re.compile(r"[0-9a-f]{4,64}")
_NUMBER = re.compile(r"[1-9][0-9]{0,8}")
_FORMS = "Write models:/NAME/7, models:/NAME@STAGE, models:/NAME/~3f2a9c or runs:/RUN/OUTPUT."


@dataclass(frozen=True)
class Number:
    """`models:/fraud/7`: the version that has this number."""

    number: int


@dataclass(frozen=True)
class DigestStart:
    """`models:/fraud/~3f2a9c`: the version whose digest begins so, whether it has a number or not."""

    hex: str


@dataclass(frozen=True)
class Label:
    """`models:/fraud@champion`: a stage or an alias, in one namespace. `models:/fraud/Production`: a stage."""

    name: str
    is_stage: bool = False


@dataclass(frozen=True)
class Latest:
    """`models:/fraud/latest`: the version with the highest number."""


@dataclass(frozen=True)
class Proposed:
    """`models:/fraud@proposal:fraud-7-production-3f2a`: the version that a proposal would put into its stage."""

    proposal: str


Selector: TypeAlias = Number | DigestStart | Label | Latest | Proposed


@dataclass(frozen=True)
class ModelAddress:
    """A version of a model, by whatever selects it."""

    model: str
    selector: Selector

    def __str__(self) -> str:
        match self.selector:
            case Number(number):
                return f"{MODELS}{self.model}/{number}"
            case DigestStart(hex):
                return f"{MODELS}{self.model}/~{hex}"
            case Label(name, is_stage):
                return f"{MODELS}{self.model}{'/' if is_stage else '@'}{name}"
            case Latest():
                return f"{MODELS}{self.model}/{LATEST}"
            case Proposed(proposal):
                return f"{MODELS}{self.model}@{PROPOSAL}{proposal}"


@dataclass(frozen=True)
class RunAddress:
    """A run (as people abbreviate it) and what it made: an output's name or an artifact's path, "" for all of it."""

    run: str
    path: str

    def __str__(self) -> str:
        return f"{RUNS}{self.run}/{self.path}" if self.path else f"{RUNS}{self.run}"


Address: TypeAlias = ModelAddress | RunAddress


def parse_address(text: str) -> Address:
    """Read an address; without a scheme it is a model's: `fraud/7`, `fraud@production`.

    Raises `InvalidName` for what is none, naming the forms there are.
    """
    if text.startswith(RUNS):
        return _run(text.removeprefix(RUNS), text)
    if re.match(r"[A-Za-z][A-Za-z0-9+.-]*:", text) and not text.startswith(MODELS):
        raise _invalid(text)
    return _model(text.removeprefix(MODELS).lstrip("/"), text)


def _run(rest: str, text: str) -> RunAddress:
    run, _, path = rest.lstrip("/").partition("/")
    if not run:
        raise _invalid(text)
    path = path.rstrip("/")
    return RunAddress(check_name(run, "run"), check_artifact_path(path) if path else "")


def _model(rest: str, text: str) -> ModelAddress:
    model, at, label = rest.partition("@")
    if not model:
        raise _invalid(text)
    if at and label.startswith(PROPOSAL):
        return ModelAddress(check_model_name(model), Proposed(label.removeprefix(PROPOSAL)))
    if at:
        return ModelAddress(check_model_name(model), Label(check_model_name(label, "stage or alias")))
    model, slash, selector = rest.partition("/")
    if not slash or not selector:
        raise _invalid(text)
    return ModelAddress(check_model_name(model), _selector(selector, text))


def _selector(text: str, whole: str) -> Selector:
    if _NUMBER.fullmatch(text):
        return Number(int(text))
    if text.startswith("~"):
        digits = text[1:].removeprefix("sha256:")
        if not _HEX.fullmatch(digits):
            raise InvalidName(f"{whole!r:.80} needs at least 4 hex digits after '~'.", subject=whole[:80], hint=_FORMS)
        return DigestStart(digits)
    if text.startswith("sha256:"):
        return DigestStart(Digest(text).hex)
    if text.isdigit():
        raise InvalidName(f"{text!r:.80} is not a version number.", subject=whole[:80], hint=_FORMS)
    return Latest() if text == LATEST else Label(check_model_name(text, "stage"), is_stage=True)


def _invalid(text: str) -> InvalidName:
    return InvalidName(f"{text!r:.80} is not an address.", subject=text[:80], hint=_FORMS)
