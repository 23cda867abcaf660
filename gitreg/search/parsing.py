"""The grammar, by recursive descent:

    filter    = or
    or        = and ("OR" and)*
    and       = not ("AND" not)*
    not       = "NOT" not | "(" or ")" | predicate
    predicate = field operator value
              | field ["NOT"] "IN" "(" value ("," value)* ")"
              | field ["NOT"] "BETWEEN" value "AND" value
              | field ["NOT"] ("LIKE" | "ILIKE") value
              | field "IS" ["NOT"] "NULL"
    field     = [kind "."] name ("." name)* ["@" name] ["." part]
    order     = field ["ASC" | "DESC"] ("," field ["ASC" | "DESC"])*

It takes what MLflow's filters take (mlflow.org, "Search Runs"), with its names for the fields.
"""

from __future__ import annotations

import math
import re
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final, cast, get_args

from gitreg.errors import InvalidValue
from gitreg.search.tokens import Token, tokens_of, wrong
from gitreg.search.tree import And, Compare, Field, Missing, Not, Operator, Or, OrderKey, Part, Within
from gitreg.search.vocabulary import NUMBERS, RUNS, TIMES

if TYPE_CHECKING:
    from collections.abc import Callable

    from gitreg.search.tree import Condition, Kind, Literal
    from gitreg.search.vocabulary import Vocabulary

MAX_DEPTH: Final = 50
_KINDS: Final[dict[str, Kind]] = {
    **dict.fromkeys(("attribute", "attributes", "attr", "run"), "attribute"),
    **dict.fromkeys(("param", "params", "parameter", "parameters"), "param"),
    **dict.fromkeys(("metric", "metrics"), "metric"),
    **dict.fromkeys(("tag", "tags"), "tag"),
    **dict.fromkeys(("dataset", "datasets"), "dataset"),
    **dict.fromkeys(("stage", "stages"), "stage"),
    **dict.fromkeys(("alias", "aliases"), "alias"),
}
_DATASET_KEYS: Final = {"name": "name", "digest": "digest", "role": "role", "context": "role"}
_NUMBERED: Final = {("attribute", key) for key in NUMBERS}
_SPANS: Final = {"w": "weeks", "d": "days", "h": "hours", "m": "minutes", "s": "seconds"}
_SIGNS: Final[dict[str, Operator]] = {
    "=": "=",
    "==": "=",
    "!=": "!=",
    "<>": "!=",
    "<": "<",
    "<=": "<=",
    ">": ">",
    ">=": ">=",
}


def parse_filter(text: str, now: datetime, words: Vocabulary = RUNS) -> Condition:
    """A filter as a tree; an empty one is everything. `now` is what `now` means in it, `words` what it is about.

    Raises `InvalidValue` that points at the place.
    """
    parser = _Parser(text, now, words)
    if parser.peek.kind == "end":
        return And(())
    found = parser.either(0)
    parser.finish("AND, OR or the end")
    return found


def parse_order(text: str, now: datetime, words: Vocabulary = RUNS) -> tuple[OrderKey, ...]:
    """What to order by. Raises `InvalidValue` that points at the place."""
    parser = _Parser(text, now, words)
    if parser.peek.kind == "end":
        return ()
    keys = [parser.order_key()]
    while parser.take(","):
        keys.append(parser.order_key())
    parser.finish("a comma or the end")
    return tuple(keys)


class _Parser:
    def __init__(self, text: str, now: datetime, words: Vocabulary) -> None:
        self._text = text
        self._words = words
        self._now = now
        self._tokens = tokens_of(text)
        self._at = 0

    @property
    def peek(self) -> Token:
        return self._tokens[self._at]

    def next(self) -> Token:
        token = self.peek
        self._at += token.kind != "end"
        return token

    def take(self, *words: str) -> bool:
        is_there = self.peek.says(*words)
        self._at += is_there
        return is_there

    def wrong(self, why: str, token: Token | None = None) -> InvalidValue:
        return wrong(self._text, (token or self.peek).column, why)

    def expect(self, word: str) -> None:
        if not self.take(word):
            raise self.wrong(f"{word.upper()} is expected here")

    def finish(self, expected: str) -> None:
        if self.peek.kind != "end":
            raise self.wrong(f"{expected} is expected here")

    # Conditions

    def either(self, depth: int) -> Condition:
        if depth > MAX_DEPTH:
            raise self.wrong(f"it is nested more than {MAX_DEPTH} deep")
        return self._several("or", Or, lambda: self._all(depth))

    def _all(self, depth: int) -> Condition:
        return self._several("and", And, lambda: self._one(depth))

    def _several(self, word: str, whole: type[And | Or], part: Callable[[], Condition]) -> Condition:
        parts = [part()]
        while self.take(word):
            parts.append(part())
        return parts[0] if len(parts) == 1 else whole(tuple(parts))

    def _one(self, depth: int) -> Condition:
        if depth > MAX_DEPTH:
            raise self.wrong(f"it is nested more than {MAX_DEPTH} deep")
        if self.take("not"):
            return Not(self._one(depth + 1))
        if self.take("("):
            found = self.either(depth + 1)
            self.expect(")")
            return found
        return self._predicate()

    def _predicate(self) -> Condition:
        field = self.field()
        if self.take("is"):
            is_negated = self.take("not")
            self.expect("null")
            return Not(Missing(field)) if is_negated else Missing(field)
        sign = _SIGNS.get(self.peek.text) if self.peek.kind == "sign" else None
        if sign is not None:
            self._check(field, sign)
            self.next()
            return Compare(field, sign, self._value(field))
        is_negated = self.take("not")
        found = self._worded(field)
        return Not(found) if is_negated else found

    def _check(self, field: Field, sign: Operator) -> None:
        if field.kind in ("stage", "alias") and sign not in ("=", "!="):
            raise self.wrong(f"a {field.kind} is compared with = != IN or IS NULL")

    def _worded(self, field: Field) -> Condition:
        if self.take("in"):
            return Within(field, self._list(field))
        if self.take("between"):
            low = self._value(field)
            self.expect("and")
            return And((Compare(field, ">=", low), Compare(field, "<=", self._value(field))))
        if self.peek.says("like", "ilike") and self._is_text(field):
            operator = cast("Operator", self.next().text.lower())
            return Compare(field, operator, self._pattern())
        raise self.wrong("a comparison is expected here: = != < <= > >= LIKE ILIKE IN BETWEEN IS NULL")

    def _is_text(self, field: Field) -> bool:
        is_number = field.kind == "attribute" and field.key in (*TIMES, *NUMBERS)
        return not is_number and field.kind not in ("metric", "stage", "alias")

    def _list(self, field: Field) -> tuple[Literal, ...]:
        self.expect("(")
        values = [self._value(field)]
        while self.take(","):
            values.append(self._value(field))
        self.expect(")")
        return tuple(values)

    def _pattern(self) -> str:
        token = self.next()
        if token.kind not in ("text", "quoted"):
            raise self.wrong(
                "a pattern in quotes is expected here, in which % stands for anything and _ for one", token
            )
        return token.value

    # Fields

    def field(self) -> Field:
        first = self._name("the name of a field")
        kind = _KINDS.get(first.text.lower()) if first.kind == "word" else None
        if kind is not None and self.take("."):
            return self._of_kind(kind)
        if kind == "stage" or (kind == "alias" and self._words.has_aliases):
            return Field(kind, "")
        return self._attribute(first)

    def _of_kind(self, kind: Kind) -> Field:
        if kind == "alias" and not self._words.has_aliases:
            raise self.wrong(f"a {self._words.thing} has no alias")
        first = self._name(f"the name of a {kind}")
        if kind == "attribute":
            return self._attribute(first)
        names = [first, *self._more_names()]
        if kind == "metric":
            return self._metric(names)
        key = ".".join(name.value for name in names)
        if kind == "dataset" and key not in _DATASET_KEYS:
            raise self.wrong(f"a dataset has {', '.join(_DATASET_KEYS)}", first)
        return Field(kind, _DATASET_KEYS[key] if kind == "dataset" else key)

    def _metric(self, names: list[Token]) -> Field:
        """`auc.min` is the least value of `auc`, and `"auc.min"` a metric of that name."""
        dataset = ""
        if self.take("@"):
            dataset = self._name("the name of a dataset").value
            names = [*names, *self._more_names()]
        part = names[-1].text if len(names) > 1 and names[-1].text in get_args(Part) else ""
        key = ".".join(name.value for name in (names[:-1] if part else names))
        return Field("metric", key, dataset, cast("Part", part or "last"))

    def _more_names(self) -> list[Token]:
        names = []
        while self.take("."):
            names.append(self._name("a name"))
        return names

    def _attribute(self, token: Token) -> Field:
        name = self._words.attributes.get(token.value.lower())
        if name is None:
            words = {key: word for word, key in reversed([*self._words.attributes.items()])}  # each by its first name
            known = ", ".join(reversed(words.values()))
            thing = f"no attribute of a {self._words.thing} ({known})"
            why = f"{token.value!r:.40} is {thing}; others are params.X, metrics.X, tags.X"
            raise self.wrong(why, token)
        return Field("attribute", name)

    def _name(self, what: str) -> Token:
        token = self.next()
        if not token.is_name and not (token.kind in ("number", "span") and what == "a name"):
            raise self.wrong(f"{what} is expected here", token)
        return token

    # Values

    def _value(self, field: Field) -> Literal:
        if field.kind == "attribute" and field.key in TIMES:
            return self._time()
        token, is_number = self.next(), field.kind == "metric" or (field.kind, field.key) in _NUMBERED
        if token.kind in ("text", "quoted") and not is_number:
            return token.value
        if token.kind == "number":
            return _number(token.text)
        if token.says("true", "false") and not is_number:
            return token.says("true")
        if field.kind == "attribute" and field.key == "duration" and token.kind == "span":
            return _span(token.text).total_seconds()
        expected = "a number" if is_number else "a number, or a text in quotes"
        raise self.wrong(f"a value is expected here: {expected}", token)

    def _time(self) -> datetime:
        """`now - 7d`, a time in quotes, or milliseconds since 1970."""
        token = self.next()
        if token.says("now"):
            return self._from_now()
        try:
            if token.kind == "number":
                return datetime.fromtimestamp(float(token.text) / 1000, UTC)
            if token.kind in ("text", "quoted"):
                return _time_of(token.value)
        except (ValueError, OverflowError, OSError, InvalidValue):
            pass
        raise self.wrong(
            "a time is expected here: now - 7d, '2026-11-21', '2026-11-21T08:00:00Z', or milliseconds", token
        )

    def _from_now(self) -> datetime:
        at = self._now
        while self.peek.says("-", "+"):
            is_before = self.next().text == "-"
            token = self.next()
            if token.kind != "span":
                raise self.wrong("a span of time is expected here: 30m, 12h, 7d, 2w", token)
            try:
                at = at - _span(token.text) if is_before else at + _span(token.text)
            except OverflowError:
                raise self.wrong("no calendar reaches so far", token) from None
        return at

    # Order

    def order_key(self) -> OrderKey:
        begins = self.peek
        field = self.field()
        if field.kind in ("stage", "alias", "dataset"):
            raise self.wrong(f"a {self._words.thing} may have several {field.kind}s, so none is an order", begins)
        if self.take("desc"):
            return OrderKey(field, descending=True)
        self.take("asc")
        return OrderKey(field)


def _number(text: str) -> int | float:
    if re.fullmatch(r"[+-]?\d+", text):
        number = int(text)
        return number if abs(number) < 1 << 63 else float(text)
    value = float(text)
    return value if math.isfinite(value) else math.copysign(math.inf, value)


def _span(text: str) -> timedelta:
    return timedelta(**{_SPANS[text[-1]]: int(text[:-1])})


def _time_of(text: str) -> datetime:
    at = datetime.fromisoformat(text)
    return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
