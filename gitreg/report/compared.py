"""What evidence says of a candidate in numbers: against what is in place, group by group, among its alternatives."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gitreg.documents import Alternatives, Compared
from gitreg.report.layout import Cell, Heading, Line, Table, Tone
from gitreg.report.spelling import counted, difference, number, percent, short

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from gitreg.documents import Digest, Evidence, RuleResult, Subject
    from gitreg.documents import Outcome as Answer
    from gitreg.report.layout import Block

_TONES: dict[Answer, Tone] = {"pass": "good", "fail": "bad", "cannot tell": "warn"}


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


def named(version_number: int | None, version: Digest) -> str:
    """A version's number, or `~` and the beginning of its digest."""
    return str(version_number) if version_number else f"~{short(version)}"


def _subject_name(subject: Subject | None) -> str:
    return f"{subject.model}/{named(subject.number, subject.version)}" if subject else "nothing"


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


def comparisons(evidence: Evidence) -> list[Compared]:
    """Every comparison row by row, once, although two rules may have asked for the same."""
    found = {
        (each.metric, each.dataset, each.slice, each.method, each.confidence): each
        for each in reversed(evidence.observations)
        if isinstance(each, Compared)
    }
    return [*reversed(found.values())]


def compared_blocks(evidence: Evidence) -> Iterator[Block]:
    """The comparisons on all rows, then those of each group."""
    found = comparisons(evidence)
    whole, groups = [each for each in found if not each.slice], [each for each in found if each.slice]
    if whole:
        yield Heading(f"Against what is in {evidence.stage}, row by row")
        yield comparison_table(whole, evidence)
        yield Line("Above zero, the candidate is better; an interval with zero in it says neither.", "dim")
    if groups:
        yield Heading("The same, group by group")
        yield slices_table(groups, evidence.stage)


def comparison_table(found: Sequence[Compared], evidence: Evidence) -> Table:
    """Values, difference and interval, on how many rows and by which method."""
    rows = tuple(
        (
            f"{each.metric} on {dataset_name(evidence, each.dataset)}",
            *_numbers(each),
            _p(each.p_value),
            str(each.rows),
            _method(each),
        )
        for each in found
    )
    columns = ("", "candidate", f"in {evidence.stage}", "difference", "interval", "p", "rows", "method")
    return Table(columns, rows, whole=("difference", "interval"))


def slices_table(found: Sequence[Compared], stage: str) -> Table:
    """Each group's values, difference and interval."""
    rows = tuple((f"{each.metric} where {each.slice}", *_numbers(each), str(each.rows)) for each in found)
    columns = ("", "candidate", f"in {stage}", "difference", "interval", "rows")
    return Table(columns, rows, whole=("difference", "interval"))


def _numbers(each: Compared) -> tuple[str, str, Cell, str]:
    tone: Tone = "good" if each.low > 0 else "bad" if each.high < 0 else "plain"
    interval = f"{signed(each.low)} to {signed(each.high)} ({percent(each.confidence)})"
    return (
        number(each.candidate_value),
        number(each.baseline_value),
        Cell(signed(each.difference), tone),
        interval,
    )


def signed(value: float) -> str:
    """A difference with its sign."""
    return f"{value:+.4g}"


def _p(value: float | None) -> str:
    return "-" if value is None else f"{value:.2g}"


def _method(each: Compared) -> str:
    return each.method + (f", for {each.comparisons} looks" if each.comparisons > 1 else "")


def dataset_name(evidence: Evidence, content: Digest) -> str:
    """What a dataset's content is called in a version's own words, else the beginning of its digest."""
    subjects = (evidence.candidate, evidence.baseline)
    uses = (use for subject in subjects if subject for use in subject.datasets)
    return next((use.name for use in uses if use.digest == content), short(content))


def alternatives_blocks(evidence: Evidence, because: str | None) -> Iterator[Block]:
    """The best runs on the same data, and where the candidate stands among them."""
    seen: set[tuple[str, Digest]] = set()
    for each in evidence.observations:
        if isinstance(each, Alternatives) and (each.metric, each.dataset) not in seen:
            seen.add((each.metric, each.dataset))
            yield Heading(f"Chosen among, by {each.metric} on {dataset_name(evidence, each.dataset)}")
            yield from _alternatives(each, evidence.candidate, because)


def _alternatives(each: Alternatives, candidate: Subject | None, because: str | None) -> Iterator[Block]:
    yield f"{counted(each.runs, 'run')} {'was' if each.runs == 1 else 'were'} evaluated on this data."
    run = candidate.run if candidate else None
    if each.best:
        rows = tuple(
            (str(place), Cell(one.run.short, "strong"), number(one.value), "the candidate" if one.run == run else "")
            for place, one in enumerate(each.best, 1)
        )
        yield Table(("place", "run", each.metric, ""), rows, whole=("run",))
    place = next((place for place, one in enumerate(each.best, 1) if one.run == run), None)
    if run is None:
        yield Line("The candidate names no run, so nobody can say where it stands among them.", "warn")
    elif place == 1:
        yield Line("The candidate is the best of them.", "good")
    else:
        where = f"number {place}" if place else f"not among the best {len(each.best)}"
        why = f"It was chosen because: {because}" if because else "No reason was given for choosing it."
        yield Line(f"The candidate is {where}. {why}", "warn")
