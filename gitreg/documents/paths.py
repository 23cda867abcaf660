"""One function owns each path of a registry, and `classify` reads a path back.

At most 180 characters in all, lower-case ASCII, safe in a checkout on Linux, macOS and Windows.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from gitreg.documents import facts, policies, rights, rulings
from gitreg.documents.cases import PolicyCases
from gitreg.documents.erased import Erased
from gitreg.documents.evidence import Evaluation, Evidence
from gitreg.documents.names import MAX_STAGE_PART, part

if TYPE_CHECKING:
    from gitreg.documents.document import Document
    from gitreg.documents.ids import Digest, Fingerprint, RunId, WriterId

SETTINGS = "gitreg.json"
ATTRIBUTES = ".gitattributes"
ATTRIBUTES_CONTENT = b"* -text\n"
APPROVERS = "approvers.json"
ALLOWED_SIGNERS = "allowed_signers"
RIGHTS = "rights.json"
GOVERNANCE = "governance"
MAX_PATH = 180

OWNED_FILES = frozenset(
    [SETTINGS, ATTRIBUTES, APPROVERS, ALLOWED_SIGNERS, RIGHTS, ".gitlab-ci.yml", "Jenkinsfile", "CODEOWNERS"]
)
DOCUMENT_FOLDERS = ("policies/", "models/", "sets/", "governance/", "compromised/")
"""Folders of main in which every file is a document of ours."""
OWNED_FOLDERS = (*DOCUMENT_FOLDERS, ".github/", ".gitlab/", ".gitea/", ".forgejo/")
"""With `OWNED_FILES` what only a landing changes on main."""


def experiment(name: str) -> str:
    """An experiment's document."""
    return f"experiments/{part(name)}.json"


def run_folder(run: RunId) -> str:
    """Where a run's records and those about it lie; it follows from the id alone and never moves."""
    if run.kind == "timed":
        return f"runs/{run.started_at:%Y-%m/%d/%H/%M}"
    if run.kind == "keyed":
        return f"runs/keyed/{run[:2]}"
    return f"runs/imported/{part(run, 64)[-2:].rjust(2, 'x')}"


def run_record(run: RunId, writer: WriterId) -> str:
    """The record that one clone keeps of a run."""
    return f"{run_folder(run)}/{part(run, 64) if run.kind == 'imported' else run}-{writer}.json"


def version(model: str, number: int, digest: Digest) -> str:
    """A version under the number claimed for it; number 0 says that it has none yet."""
    return f"versions/{part(model)}/{number}-{digest.short}.json"


def dataset(name: str, digest: Digest) -> str:
    """A dataset's document, by the digest of the document."""
    return f"datasets/{part(name)}/{digest.hex}.json"


def evaluation(digest: Digest) -> str:
    """An evaluation, by the digest of the document."""
    return f"evaluations/{digest.hex[:2]}/{digest.hex}.json"


def deployment(event: facts.Deployment) -> str:
    """What became of a version on a target, by the event's day and the digest of the document."""
    return f"deployments/{part(event.target)}/{event.at.year:04d}-{event.at:%m/%d}/{event.digest.hex}.json"


def alias(model: str, name: str) -> str:
    """A bookmark on a model."""
    return f"aliases/{part(model)}/{part(name)}.json"


def erased(blob: Digest, digest: Digest) -> str:
    """That a blob was erased, by the digest of the document."""
    return f"{erasures(blob)}/{blob.hex}-{digest.short}.json"


def erasures(blob: Digest) -> str:
    """The folder in which it stands whether a blob was erased."""
    return f"erased/{blob.hex[:2]}"


def checkpoint(count: int, digest: Digest) -> str:
    """A signed note about main's first `count` commits, by the digest of its bytes."""
    return f"checkpoints/{count}-{digest.short}.note"


def run_notes(run: RunId) -> str:
    """The folder of a run's notes."""
    return f"notes/{run_folder(run)}/{part(run, 64) if run.kind == 'imported' else run}"


def version_notes(model: str, digest: Digest) -> str:
    """The folder of a version's notes."""
    return f"notes/versions/{part(model)}/{digest.short}"


def model_notes(model: str) -> str:
    """The folder of a model's notes."""
    return f"notes/models/{part(model)}"


def dataset_notes(name: str, content: Digest) -> str:
    """The folder of the notes on a version of a dataset, by the digest of its content."""
    return f"notes/datasets/{part(name)}/{content.short}"


def experiment_notes(name: str) -> str:
    """The folder of an experiment's notes."""
    return f"notes/experiments/{part(name)}"


def note(folder: str, name: str) -> str:
    """One note: one value a file, so that two people's notes never conflict."""
    return f"{folder}/{part(name)}.json"


def model_card(model: str) -> str:
    """Who answers for a model."""
    return f"models/{part(model)}/model.json"


def stage_folder(model: str, stage: str) -> str:
    """The folder whose decision.json is the pointer of a stage."""
    return f"models/{part(model)}/stages/{part(stage, MAX_STAGE_PART)}"


def hold(model: str, version_digest: Digest) -> str:
    """The hold on a version."""
    return f"models/{part(model)}/holds/{version_digest.short}.json"


def model_set(name: str) -> str:
    """A set of models."""
    return f"sets/{part(name)}.json"


def policy(name: str) -> str:
    """A policy."""
    return f"policies/{part(name)}.json"


def compromise(key: Fingerprint) -> str:
    """What is said of a key that others may have signed with."""
    return f"compromised/{key}.json"


def policy_cases(name: str) -> str:
    """A policy's example cases."""
    return f"policies/cases/{part(name)}.json"


def decision(folder: str) -> str:
    """The decision that stands in a stage's folder, or in `governance`."""
    return f"{folder}/decision.json"


def stage_version(folder: str) -> str:
    """The version's bytes, as the ledger has them."""
    return f"{folder}/version.json"


def evidence(folder: str) -> str:
    """What the decision rests on."""
    return f"{folder}/evidence.json"


def statement(folder: str, key: Fingerprint) -> str:
    """What one key signed about the decision in the folder; its signature is beside it."""
    return f"{folder}/approvals/{key}.json"


def signature(statement_path: str) -> str:
    """The armoured signature over a statement's bytes."""
    return f"{statement_path}.sig"


def is_owned(path: str) -> bool:
    """Whether the path on main belongs to gitreg, so that only a landing may change it. All else is the people's."""
    return path in OWNED_FILES or path.startswith(OWNED_FOLDERS)


def may_be_owned(beginning: str) -> bool:
    """Whether some path that begins so belongs to gitreg."""
    return beginning.startswith(OWNED_FOLDERS) or any(
        owned.startswith(beginning) for owned in (*OWNED_FILES, *OWNED_FOLDERS)
    )


@dataclass(frozen=True)
class PathKind:
    """What a path is: the document it holds (None for a signature or a checkpoint), and the pieces that name it."""

    kind: str
    document: type[Document] | None
    pieces: dict[str, str]


_P = r"[a-z0-9][a-z0-9._-]{0,63}"
_STAGE = rf"(?:models/(?P<model>{_P})/stages/(?P<stage>{_P})|governance)"
_MINUTE = r"\d{4}-\d\d/\d\d/\d\d/\d\d"
_RUNS = rf"runs/(?:{_MINUTE}|keyed/[0-9a-f]{{2}}|imported/[a-z0-9_-]{{2}})"

_MAIN: tuple[tuple[str, str, type[Document] | None], ...] = (
    ("settings", r"gitreg\.json", rulings.RegistrySettings),
    ("approvers", r"approvers\.json", rulings.Approvers),
    ("rights", r"rights\.json", rights.Rights),
    ("policy", rf"policies/(?P<policy>{_P})\.json", policies.Policy),
    ("compromise", r"compromised/(?P<key>[0-9a-f]{64})\.json", rulings.Compromise),
    ("policy-cases", rf"policies/cases/(?P<policy>{_P})\.json", PolicyCases),
    ("set", rf"sets/(?P<set>{_P})\.json", rulings.ModelSet),
    ("model", rf"models/(?P<model>{_P})/model\.json", rulings.ModelCard),
    ("hold", rf"models/(?P<model>{_P})/holds/(?P<digest>[0-9a-f]{{16}})\.json", rulings.Hold),
    ("decision", rf"{_STAGE}/decision\.json", rulings.Decision),
    ("stage-version", rf"models/(?P<model>{_P})/stages/(?P<stage>{_P})/version\.json", facts.Version),
    ("evidence", rf"models/(?P<model>{_P})/stages/(?P<stage>{_P})/evidence\.json", Evidence),
    ("statement", rf"{_STAGE}/approvals/(?P<key>[0-9a-f]{{64}})\.json", rulings.Statement),
    ("signature", rf"{_STAGE}/approvals/(?P<key>[0-9a-f]{{64}})\.json\.sig", None),
)
_LEDGER: tuple[tuple[str, str, type[Document] | None], ...] = (
    ("experiment", rf"experiments/(?P<experiment>{_P})\.json", facts.Experiment),
    ("run", rf"{_RUNS}/(?P<run>{_P})-(?P<writer>[0-9a-f]{{32}})\.json", facts.RunRecord),
    (
        "version",
        rf"versions/(?P<model>{_P})/(?P<number>0|[1-9]\d{{0,8}})-(?P<digest>[0-9a-f]{{16}})\.json",
        facts.Version,
    ),
    ("dataset", rf"datasets/(?P<dataset>{_P})/(?P<digest>[0-9a-f]{{64}})\.json", facts.Dataset),
    ("erased", r"erased/[0-9a-f]{2}/(?P<blob>[0-9a-f]{64})-(?P<digest>[0-9a-f]{16})\.json", Erased),
    ("evaluation", r"evaluations/[0-9a-f]{2}/(?P<digest>[0-9a-f]{64})\.json", Evaluation),
    (
        "deployment",
        rf"deployments/(?P<target>{_P})/\d{{4}}-\d\d/\d\d/(?P<digest>[0-9a-f]{{64}})\.json",
        facts.Deployment,
    ),
    ("alias", rf"aliases/(?P<model>{_P})/(?P<alias>{_P})\.json", facts.Alias),
    ("checkpoint", r"checkpoints/(?P<count>[1-9]\d{0,11})-(?P<digest>[0-9a-f]{16})\.note", None),
    (
        "note",
        rf"notes/(?P<subject>{_RUNS}/{_P}|(?:versions|datasets)/{_P}/[0-9a-f]{{16}}|(?:models|experiments)/{_P})/(?P<note>{_P})\.json",
        facts.Note,
    ),
)
_KINDS = {
    branch: tuple((kind, re.compile(pattern), document) for kind, pattern, document in table)
    for branch, table in (("main", _MAIN), ("ledger", _LEDGER))
}


def classify_main(path: str) -> PathKind | None:
    """What a path on main is; None where the format knows no document."""
    return _classify(path, "main")


def classify_fact(path: str) -> PathKind | None:
    """What a path on the ledger is; None where the format knows no document."""
    return _classify(path, "ledger")


def _classify(path: str, branch: str) -> PathKind | None:
    for kind, pattern, document in _KINDS[branch] if len(path) <= MAX_PATH else ():
        match = pattern.fullmatch(path)
        if match:
            return PathKind(
                kind, document, {key: value for key, value in match.groupdict().items() if value is not None}
            )
    return None
