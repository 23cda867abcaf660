"""A search finds what a plain reading of its condition finds, in the order that it asks for."""

from __future__ import annotations

import math
import operator
import re
from array import array
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from hypothesis import given
from hypothesis import strategies as st

from gitreg.documents import RunId, format_time
from gitreg.folding import fold
from gitreg.index import Facets, Query, RunLine, of_run
from gitreg.index.facets import MetricFacet, Value, facets_of
from gitreg.index.runs import number_in
from gitreg.index.searching import search_among
from gitreg.index.segments import CELLS, Segment, bucketed, packed
from gitreg.search import And, Compare, Field, Missing, Not, Or, Within, parse_order
from tests.documents.test_documents import run_record

if TYPE_CHECKING:
    from collections.abc import Callable

    from gitreg.search import Condition

NOW = datetime(2026, 11, 21, tzinfo=UTC)
Run = tuple[RunLine, Facets]

PARAM_VALUES: list[Value] = [1, 2, 10, 0.5, True, "1", "10", "a", "B", "ab%"]
PARAMS = st.dictionaries(st.sampled_from(["depth", "kind"]), st.sampled_from(PARAM_VALUES), max_size=2)
NUMBERS = st.sampled_from([0.0, 0.5, 1.0, -1.0, math.nan, math.inf])
METRICS = st.lists(
    st.builds(
        MetricFacet,
        st.sampled_from(["auc", "loss"]),
        st.sampled_from(["", "holdout", "old"]),
        NUMBERS,
        NUMBERS,
        NUMBERS,
        st.integers(1, 3),
        st.integers(0, 3),
    ),
    max_size=3,
    unique_by=lambda each: (each.key, each.dataset),
)


@st.composite
def runs(draw: st.DrawFn) -> list[Run]:
    found = []
    for number in range(draw(st.integers(0, 8))):
        at = NOW - timedelta(days=draw(st.integers(0, 3)))
        ended = draw(st.none() | st.integers(1, 100))
        line = RunLine(
            RunId(f"{number:032x}"),
            draw(st.sampled_from(["churn", "fraud"])),
            draw(st.sampled_from(["brave-otter", "Calm-owl"])),
            format_time(at),
            draw(st.sampled_from(["finished", "failed"])),
            is_deleted=draw(st.booleans()),
        )
        facets = Facets(
            finished_at=format_time(at + timedelta(seconds=ended)) if ended else None,
            duration=float(ended) if ended else None,
            user="ada@example.org",
            host="desk",
            parent=None,
            commit=draw(st.none() | st.just("c" * 40)),
            branch="main",
            params=draw(PARAMS),
            tags=draw(st.dictionaries(st.just("team"), st.sampled_from(["risk", "Risk", "ops"]), max_size=1)),
            metrics=tuple(draw(METRICS)),
            datasets=draw(st.sampled_from([(), (("customers", "train", "sha256:1"),)])),
        )
        found.append((line, facets))
    return found


VALUES = st.sampled_from([1, 0.5, 10, "1", "a", "B", "risk", True])
FIELDS = st.sampled_from(
    [
        Field("param", "depth"),
        Field("param", "kind"),
        Field("tag", "team"),
        Field("attribute", "name"),
        Field("attribute", "commit"),
    ]
)
NUMBER_FIELDS = st.sampled_from(
    [
        Field("metric", "auc"),
        Field("metric", "auc", "holdout"),
        Field("metric", "loss", "", "min"),
        Field("metric", "auc", "", "count"),
        Field("attribute", "duration"),
    ]
)
SIGNS = st.sampled_from(["=", "!=", "<", "<=", ">", ">="])
LEAVES = st.one_of(
    st.builds(Compare, FIELDS, SIGNS, VALUES),
    st.builds(Compare, FIELDS, st.sampled_from(["like", "ilike"]), st.sampled_from(["%a%", "r_sk", "B", "ab\\%", "%"])),
    st.builds(Compare, NUMBER_FIELDS, SIGNS, st.sampled_from([0, 0.5, 1, 2, 50])),
    st.builds(Within, FIELDS, st.tuples(VALUES, VALUES)),
    st.builds(Missing, FIELDS | NUMBER_FIELDS),
)
CONDITIONS = st.recursive(
    LEAVES,
    lambda inner: st.one_of(
        st.builds(Not, inner),
        st.builds(And, st.tuples(inner, inner)),
        st.builds(Or, st.tuples(inner, inner)),
    ),
    max_leaves=6,
)


def plainly(run: Run, node: Condition) -> bool:
    """The condition read word by word."""
    match node:
        case And(parts):
            return all(plainly(run, part) for part in parts)
        case Or(parts):
            return any(plainly(run, part) for part in parts)
        case Not(part):
            return not plainly(run, part)
        case Missing(field):
            return value_of(run, field) is None
        case Within(field, values):
            return any(compares(field, value_of(run, field), "=", value) for value in values)
        case Compare(field, sign, value):
            return compares(field, value_of(run, field), sign, value)


def value_of(run: Run, field: Field) -> object:
    line, facets = run
    if field.kind == "param":
        return facets.params.get(field.key)
    if field.kind == "tag":
        return facets.tags.get(field.key)
    if field.kind == "attribute":
        return {"name": line.name, "commit": facets.commit, "duration": facets.duration}[field.key]
    of = [each for each in facets.metrics if each.key == field.key]
    found = [each for each in of if each.dataset == field.dataset] or ([] if field.dataset or len(of) != 1 else of)
    return dict(found[0].parts)[field.part] if found else None


def compares(field: Field, mine: object, sign: str, value: object) -> bool:
    if mine is None:
        return False
    if sign in ("like", "ilike"):
        text = spelled(mine)
        pattern = "".join({"%": ".*", "_": "."}.get(each, re.escape(each)) for each in str(value))
        return re.fullmatch(pattern, text, re.DOTALL | (re.IGNORECASE if sign == "ilike" else 0)) is not None
    numbers = number_in(mine), number_in(value)  # type: ignore[arg-type]
    if isinstance(mine, float | int) and not isinstance(mine, bool) and field.kind != "param":
        return ordered(mine, sign, value) and not math.isnan(mine)
    if field.kind == "param" and None not in numbers:
        return ordered(numbers[0], sign, numbers[1])
    if field.kind == "param" and numbers[1] is not None and sign not in ("=", "!="):
        return False
    return ordered(spelled(mine), sign, spelled(value))


def spelled(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


TESTS: dict[str, Callable[[Any, Any], bool]] = {
    "=": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


def ordered(mine: object, sign: str, value: object) -> bool:
    return TESTS[sign](mine, value)


@given(runs(), CONDITIONS)
def test_a_search_finds_what_a_plain_reading_finds(known: list[Run], condition: Condition) -> None:
    found = {each.run_id for each in search_among(known, Query(condition, deleted=True), {})}
    assert found == {run[0].run_id for run in known if plainly(run, condition)}


@given(runs(), st.sampled_from(["", "metrics.auc", "metrics.auc DESC", "params.depth, name DESC", "tags.team"]))
def test_pages_together_are_the_whole_in_order_and_what_lacks_a_key_comes_last(known: list[Run], order: str) -> None:
    keys = parse_order(order, NOW)
    whole = search_among(known, Query(order=keys), {})
    assert {each.run_id for each in whole} == {line.run_id for line, _ in known if not line.is_deleted}
    firsts = [each.keys[0] for each in whole]
    assert [value is None for value in firsts] == sorted(value is None for value in firsts)
    having = [value for value in firsts if value is not None]
    assert having == sorted(having, reverse=bool(not keys or keys[0].descending))
    paged, last = [], None
    while page := search_among(known, Query(order=keys, limit=2, after=last), {}):
        paged += page
        last = page[-1].keys
    assert paged == whole


def test_a_record_that_is_only_looked_at_shows_what_reading_it_strictly_shows() -> None:
    record = run_record()
    assert repr(facets_of([record.to_bytes()])) == repr(of_run(fold([record])))


@given(st.lists(st.none() | st.integers(0, 400), min_size=1, max_size=CELLS), st.integers(-1, 401), SIGNS)
def test_buckets_tell_what_each_cell_tells(values: list[int | None], number: int, sign: str) -> None:
    segment = segment_of(values)
    sign = sign.replace("!=", "=")  # the opposite of this is made of whole masks
    test = getattr(float(number), {"=": "__eq__", "<": "__gt__", "<=": "__ge__", ">": "__lt__", ">=": "__le__"}[sign])
    expected = [value is not None and ordered(value, sign, number) for value in padded(values)]
    assert [*map(bool, segment.compared(test, sign, float(number)))] == expected
    assert [*map(bool, segment.passing(test))] == expected
    assert [*map(bool, segment.there)] == [value is not None for value in padded(values)]


@given(
    st.lists(st.none() | st.integers(0, 400), min_size=1, max_size=600),
    st.integers(1, 40),
    st.sampled_from(["ASC", "DESC"]),
)
def test_the_best_of_many_cells_are_found_by_their_buckets(values: list[int | None], count: int, way: str) -> None:
    having = [value for place, value in enumerate(values) if value is not None and place % 3]
    expected = sorted(having, reverse=way == "DESC")[:count]
    segment = segment_of(values)
    chosen = bytes(bucket if place % 3 else 0 for place, bucket in enumerate(segment.buckets))
    assert segment.best(chosen, count, is_greatest=way == "DESC", over=[]) == expected


def segment_of(values: list[int | None]) -> Segment:
    cells = array("d", [math.nan if value is None else float(value) for value in padded(values)])
    buckets, edges, is_exact = bucketed("d", cells)
    return Segment(0, "d", buckets, edges, is_exact, lambda: packed(cells))


def padded(values: list[int | None]) -> list[int | None]:
    return [*values, *([None] * (CELLS - len(values)))]
