"""What the pictures of a proposal are drawn from: rows and profiles, as far as their bytes are here."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from gitreg.blobs import read_stored
from gitreg.documents import Compared, Evaluation, Profile
from gitreg.errors import GitregError, InvalidValue
from gitreg.report import CANDIDATE, Curve, Curves, Drift, ProposalPage, curve_of, drift_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gitreg._registry import Registry
    from gitreg.documents import Dataset, DatasetUse, Digest, Evidence

MAX_DRAWN_BYTES = 256 * 1024 * 1024
"""A picture is not worth waiting for more bytes than this."""


def with_pictures(page: ProposalPage, registry: Registry) -> ProposalPage:
    """The page with all that can be drawn here, and why the rest cannot."""
    curves, no_curves = _curves(registry, page.evidence)
    drifts, no_drift = _drifts(registry, page)
    reasons = [f"No {what}: {why}" for what, why in (("curves", no_curves), ("drift", no_drift)) if why]
    return replace(page, curves=curves, drifts=drifts, not_drawn=tuple(reasons))


def _curves(registry: Registry, evidence: tuple[Evidence, ...]) -> tuple[tuple[Curves, ...], str]:
    """The curves of every comparison whose rows are here; why there are none, where rows were compared."""
    found: list[Curves] = []
    why_not = ""
    for each in evidence:
        for compared in _datasets_compared(each):
            try:
                found.append(_curves_of(registry, compared, each.stage))
            except GitregError as error:
                why_not = error.message
    return tuple(found), "" if found else why_not


def _datasets_compared(evidence: Evidence) -> list[Compared]:
    """One comparison on all rows of each pair of evaluations."""
    found = [each for each in evidence.observations if isinstance(each, Compared) and not each.slice]
    return [*{(each.candidate, each.baseline): each for each in found}.values()]


def _curves_of(registry: Registry, compared: Compared, stage: str) -> Curves:
    known = {each.digest: each for each in registry.index.evaluations(compared.dataset)}
    mine, theirs = (_evaluation(known, digest) for digest in (compared.candidate, compared.baseline))
    models = (_curve(registry, CANDIDATE, mine), _curve(registry, f"in {stage}", theirs))
    return Curves(mine.dataset, mine.rows, models)


def _evaluation(known: dict[Digest, Evaluation], digest: Digest) -> Evaluation:
    found = known.get(digest)
    if found is None:
        raise InvalidValue(f"The evaluation {digest.short} is not on the ledger here.")
    if found.task != "binary":
        raise InvalidValue(f"ROC and calibration are of a binary task, and this is {found.task}.")
    return found


def _curve(registry: Registry, name: str, evaluation: Evaluation) -> Curve:
    from gitreg.evaluation import read_table

    table = read_table(read_stored(registry.blobs, evaluation.predictions, MAX_DRAWN_BYTES), evaluation.task)
    if table.scores is None:
        raise InvalidValue("The predictions are classes without scores, of which there is one point and no curve.")
    return curve_of(name, table.targets, table.scores)


def _drifts(registry: Registry, page: ProposalPage) -> tuple[tuple[tuple[str, Drift], ...], str]:
    """The drift of all data in one role that is not the same in both versions; why there is none, where it changed."""
    found: list[tuple[str, Drift]] = []
    why_not = ""
    for evidence in page.evidence:
        for mine, theirs in _changed_data(page, evidence):
            try:
                profiles = [_profile(registry, page, use) for use in (mine, theirs)]
            except GitregError as error:
                why_not = error.message
            else:
                found.append((evidence.stage, drift_of(f"{mine.role} data {mine.name}", *profiles)))
    return tuple(found), "" if found else why_not


def _changed_data(page: ProposalPage, evidence: Evidence) -> Iterator[tuple[DatasetUse, DatasetUse]]:
    """The candidate's data beside the baseline's in the same role."""
    from gitreg.data import changed_uses

    new, old = page.version(evidence.candidate), page.version(evidence.baseline)
    if new is not None and old is not None:
        yield from ((mine, theirs) for theirs, mine in changed_uses(old.datasets, new.datasets))


def _profile(registry: Registry, page: ProposalPage, use: DatasetUse) -> Profile:
    found = _with_profile(page.datasets, use)
    if found is None or found.profile is None:
        message = f"The {use.role} data {use.name} has no profile: log_dataset(…, profile=True) records one."
        raise InvalidValue(message)
    data = read_stored(registry.blobs, found.profile, MAX_DRAWN_BYTES)
    return Profile.from_bytes(data, f"the profile of {use.name}")


def _with_profile(known: tuple[Dataset, ...], use: DatasetUse) -> Dataset | None:
    """Of the records of one content, one that has a profile, if any does."""
    of = [each for each in known if each.content_digest == use.digest]
    return next((each for each in of if each.profile), of[0] if of else None)
