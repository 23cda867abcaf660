"""The page of a proposal: the verdict first, who must still approve, and all that the decision rests on."""

from __future__ import annotations

from dataclasses import dataclass
from difflib import unified_diff
from shlex import quote
from typing import TYPE_CHECKING

from gitreg.report.layout import Block, Cell, Command, Diff, Heading, Line, Table, Tone
from gitreg.report.spelling import difference, listed, number, short, when

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gitreg.documents import Decision, Digest, Evidence, Outcome, RuleResult, Subject, Verdict
    from gitreg.policy import PeopleVerdict

_TONES: dict[Outcome, Tone] = {"pass": "good", "fail": "bad", "cannot tell": "warn"}
_SAID: dict[Verdict, Tone] = {"propose": "plain", "approve": "good", "reject": "bad"}
_VERBS: dict[Verdict, str] = {"propose": "signed", "approve": "approved", "reject": "rejected"}


@dataclass(frozen=True)
class Problem:
    """Something that stands in the way: which rule, where, what is so, what to do."""

    rule: str
    path: str
    message: str
    hint: str = ""
    blocks: bool = True


@dataclass(frozen=True)
class Opinion:
    """What a person said about it. `ignored` is why that does not count, where it does not."""

    person: str
    verdict: Verdict
    reason: str | None = None
    conditions: tuple[str, ...] = ()
    ignored: str = ""


@dataclass(frozen=True)
class FileChange:
    """A governed file that lands with it: its text as it stands and as it would be, None where there is none."""

    path: str
    before: str | None
    after: str | None


@dataclass(frozen=True)
class ProposalPage:
    """All that the page shows. `state` is open, approved, stale, expired, rejected, closed or merged."""

    id: str
    state: str
    title: str
    decision: Decision
    digest: Digest
    evidence: tuple[Evidence, ...] = ()
    people: PeopleVerdict | None = None
    opinions: tuple[Opinion, ...] = ()
    problems: tuple[Problem, ...] = ()
    files: tuple[FileChange, ...] = ()

    @property
    def blocks(self) -> tuple[Problem, ...]:
        """The problems that stop it."""
        return tuple(problem for problem in self.problems if problem.blocks)


def proposal_page(page: ProposalPage) -> Iterator[Block]:
    """The page, from the verdict to how to go back."""
    yield Heading(page.title)
    yield from _verdict(page)
    yield from _facts(page)
    for evidence in page.evidence:
        yield from _evidence(evidence)
    yield from _files(page)
    yield from _next(page)


def _named(version_number: int | None, version: Digest) -> str:
    return str(version_number) if version_number else f"~{short(version)}"


def verdict_of(page: ProposalPage) -> Line:
    """The one line that says where it stands."""
    if page.state in _ENDED:
        return Line(_ENDED[page.state], "dim" if page.state == "merged" else "bad")
    if page.blocks:
        return Line(f"Refused by rule: {listed([problem.rule for problem in page.blocks])}.", "bad")
    missing = list(page.people.missing) if page.people else []
    if page.people and not page.people.proposed:
        missing.insert(0, f"the signature of its proposer {page.decision.proposer.principal}")
    if missing:
        return Line(f"Waits for {listed(missing)}.", "warn")
    return Line("Approved: it can be merged.", "good")


_ENDED = {
    "merged": "Merged.",
    "closed": "Closed: it was given up.",
    "rejected": "Rejected: it cannot be merged while that stands.",
    "expired": "Expired: it can be proposed again.",
    "stale": "Stale: what it was made to replace, or its policy, is no longer what stands. Propose it again.",
}


def _verdict(page: ProposalPage) -> Iterator[Block]:
    yield verdict_of(page)
    for problem in page.problems:
        yield Line(f"  {problem.rule}: {problem.message}", "bad" if problem.blocks else "warn")
        if problem.hint:
            yield Line(f"    {problem.hint}", "dim")
    for opinion in page.opinions:
        yield from _opinion(opinion)


def _opinion(opinion: Opinion) -> Iterator[Block]:
    why = f": {opinion.reason}" if opinion.reason else ""
    tone: Tone = "dim" if opinion.ignored else _SAID[opinion.verdict]
    yield Line(f"  {_VERBS[opinion.verdict]} by {opinion.person}{why}", tone)
    for condition in opinion.conditions:
        yield Line(f"    on the condition: {condition}", tone)
    if opinion.ignored:
        yield Line(f"    does not count: {opinion.ignored}", "warn")


def _facts(page: ProposalPage) -> Iterator[Block]:
    decision = page.decision
    until = f", open until {when(decision.expires_at)}" if decision.expires_at else ""
    yield ""
    yield f"Proposed by {decision.proposer.principal}, {when(decision.proposed_at)}{until}."
    yield f"Why: {decision.reason}"
    yield Line(f"Decision {page.digest}", "dim")


def _evidence(evidence: Evidence) -> Iterator[Block]:
    if evidence.candidate:
        yield Heading(f"The candidate and what is in {evidence.stage}")
        yield subjects_table(evidence.candidate, evidence.baseline, evidence.stage)
    if evidence.rules:
        yield Heading(f"Rules ({evidence.policy})" if evidence.policy else "Rules")
        yield rules_table(evidence.rules)


def subjects_table(candidate: Subject, baseline: Subject | None, stage: str) -> Table:
    """Candidate and baseline side by side, row by row what they are and what was measured."""
    rows = [
        ("version", _subject_name(candidate), _subject_name(baseline), ""),
        ("digest", short(candidate.version), short(baseline.version if baseline else None), ""),
        ("run", _run(candidate), _run(baseline), ""),
        *_metric_rows(candidate, baseline),
        *_dataset_rows(candidate, baseline),
    ]
    return Table(("", "candidate", f"in {stage}", "difference"), tuple(rows), whole=("candidate", f"in {stage}"))


def _subject_name(subject: Subject | None) -> str:
    return f"{subject.model}/{_named(subject.number, subject.version)}" if subject else "nothing"


def _run(subject: Subject | None) -> str:
    return subject.run.short if subject and subject.run else "-"


def _metric_rows(candidate: Subject, baseline: Subject | None) -> Iterator[tuple[str, str, str, str]]:
    names = {use.digest: use.name for subject in (candidate, baseline) if subject for use in subject.datasets}
    new = {(metric.key, metric.dataset): metric.value for metric in candidate.metrics}
    old = {(metric.key, metric.dataset): metric.value for metric in baseline.metrics} if baseline else {}
    for key, dataset in sorted(new.keys() | old.keys(), key=lambda each: (each[0], each[1] or "")):
        ours, theirs = new.get((key, dataset)), old.get((key, dataset))
        label = f"{key} on {names.get(dataset, short(dataset))}" if dataset else key
        both = ours is not None and theirs is not None
        yield (label, _value(ours), _value(theirs), difference(ours, theirs) if both else "")  # type: ignore[arg-type]


def _value(value: float | None) -> str:
    return "-" if value is None else number(value)


def _dataset_rows(candidate: Subject, baseline: Subject | None) -> Iterator[tuple[str, str, str, str]]:
    ours = {(use.role, use.name): use.digest for use in candidate.datasets}
    theirs = {(use.role, use.name): use.digest for use in baseline.datasets} if baseline else {}
    for role, name in sorted(ours.keys() | theirs.keys()):
        new, old = ours.get((role, name)), theirs.get((role, name))
        yield (f"{role} data {name}", short(new), short(old), "other data" if new and old and new != old else "")


def rules_table(rules: tuple[RuleResult, ...]) -> Table:
    """Each rule's answer with its text."""
    rows = tuple((Cell(rule.outcome, _tone(rule)), rule.rule, rule.text) for rule in rules)
    return Table(("answer", "rule", "what is so"), rows, whole=("answer", "rule"))


def _tone(rule: RuleResult) -> Tone:
    return "warn" if rule.severity == "warn" and rule.outcome != "pass" else _TONES[rule.outcome]


def _files(page: ProposalPage) -> Iterator[Block]:
    """What would be written, line by line: nobody approves a file that she has not read."""
    for file in page.files:
        yield Heading(f"{file.path}{' (removed)' if file.after is None else ''}")
        yield Diff(tuple(_difference(file)))


def _difference(file: FileChange) -> Iterator[str]:
    before, after = (file.before or "").splitlines(), (file.after or "").splitlines()
    shown = unified_diff(before, after, n=3, lineterm="")
    return (line for line in shown if not line.startswith(("---", "+++")))


def _next(page: ProposalPage) -> Iterator[Block]:
    if page.state in _ENDED or page.blocks:
        return
    yield ""
    if page.people and (page.people.missing or not page.people.proposed):
        yield "To approve it (the signature is over the decision above):"
        yield Command(f"gitreg approve {page.id} --decision {page.digest.hex[:16]}")
    else:
        yield "To land it:"
        yield Command(f"gitreg merge {page.id}")
    for move in page.decision.moves:
        if page.decision.action == "promote":
            yield "To go back afterwards:"
            yield Command(f"gitreg rollback {quote(move.model)} --stage {quote(move.stage)} -m WHY")
