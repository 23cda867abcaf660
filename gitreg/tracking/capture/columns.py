"""The columns of whatever a table comes as, value by value."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from gitreg.errors import InvalidValue

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

Named = tuple[str, "Iterable[object]"]
_FLAT: Final = 1


def columns_in(data: object) -> Iterator[Named]:
    """Each column's name and values. Those of an array are numbered. Raises `InvalidValue` for what is no table."""
    library = type(data).__module__.partition(".")[0]
    if library not in _BY_LIBRARY:
        hint = "Give a pandas or polars frame, an arrow table or a numpy array."
        raise InvalidValue(f"A {type(data).__name__} has no rows and columns.", hint=hint)
    return _BY_LIBRARY[library](data)


def _pandas(data: Any) -> Iterator[Named]:  # noqa: ANN401 - a frame or series
    frame = data.to_frame() if data.ndim == _FLAT else data
    return ((str(name), frame.iloc[:, place].astype(object).tolist()) for place, name in enumerate(frame.columns))


def _polars(data: Any) -> Iterator[Named]:  # noqa: ANN401 - a frame, lazy frame or series
    frame = data.collect() if hasattr(data, "collect") else data
    frame = frame.to_frame() if hasattr(frame, "to_frame") else frame
    return ((column.name, column.to_list()) for column in frame.get_columns())


def _arrow(data: Any) -> Iterator[Named]:  # noqa: ANN401 - a table or record batch
    return ((field.name, data.column(place).to_pylist()) for place, field in enumerate(data.schema))


def _numpy(data: Any) -> Iterator[Named]:  # noqa: ANN401 - an array
    flat = data.reshape(len(data), -1)
    return ((str(place), flat[:, place].tolist()) for place in range(flat.shape[1]))


_BY_LIBRARY: Final[dict[str, Callable[[Any], Iterator[Named]]]] = {
    "pandas": _pandas,
    "polars": _polars,
    "pyarrow": _arrow,
    "numpy": _numpy,
}
