"""A file as batches of rows. A CSV file's values stay the text they are: what is not looked at is not converted."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import takewhile
from typing import TYPE_CHECKING, Any, BinaryIO, Final, Literal

from gitreg.errors import InvalidValue
from gitreg.tables._arrow import arrow, read_errors

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from contextlib import AbstractContextManager
    from pathlib import Path

Form = Literal["csv", "tsv", "parquet"]
_FORMS: Final[dict[str, Form]] = {"csv": "csv", "tsv": "tsv", "parquet": "parquet", "pq": "parquet"}
_BLOCK_BYTES: Final = 4 << 20
_HEAD_BYTES: Final = 1 << 20


@dataclass(frozen=True)
class TableFile:
    """A file by its name, which says its form, and how to open it: from front to back, for Parquet anywhere."""

    name: str
    open: Callable[[], AbstractContextManager[BinaryIO]]

    @property
    def form(self) -> Form:
        """By its suffix. Raises `InvalidValue`."""
        form = _form(self.name)
        if form is None:
            raise InvalidValue(f"{self.name} is no CSV, TSV or Parquet file.", subject=self.name)
        return form


@dataclass(frozen=True)
class Shape:
    """How many rows a table has, and its columns by name and type, as pyarrow spells them."""

    rows: int
    columns: tuple[tuple[str, str], ...]


def _form(name: str) -> Form | None:
    return _FORMS.get(name.rpartition(".")[2].lower())


def is_table(name: str) -> bool:
    """Whether a file's name says that it is a table."""
    return _form(name) is not None


def of_path(path: Path) -> TableFile:
    """A file here."""
    return TableFile(path.name, lambda: path.open("rb"))


def shape_of(path: Path, is_wanted: Callable[[], bool] = lambda: True) -> Shape:
    """A file's rows and columns; the types of a CSV file's are those that its first megabyte fits.

    The rows are counted as long as that `is_wanted`. Raises `MissingExtra`, and `InvalidValue` for what cannot be read.
    """
    file = of_path(path)
    if file.form == "parquet":
        with read_errors(path.name):
            found = arrow("parquet").ParquetFile(path)
            return Shape(found.metadata.num_rows, _columns(found.schema_arrow))
    head = _head(file)
    counted = takewhile(lambda _: is_wanted(), batches(file, head.names[:1]))
    rows = sum(batch.num_rows for batch in counted)
    return Shape(rows, _columns(head))


def names_in(file: TableFile) -> list[str]:
    """The names of a table's columns. Raises `MissingExtra`, and `InvalidValue`, also where two have one name."""
    return list(_head(file).names)


def _columns(schema: Any) -> tuple[tuple[str, str], ...]:  # noqa: ANN401 - pyarrow's
    return tuple((field.name, str(field.type)) for field in schema)


def _head(file: TableFile) -> Any:  # noqa: ANN401 - pyarrow's
    """The schema of a table; of a CSV file with the types that its first megabyte fits."""
    with read_errors(file.name), file.open() as stream:
        if file.form == "parquet":
            found = arrow("parquet").ParquetFile(stream).schema_arrow
        else:
            csv = arrow("csv")
            read = csv.ReadOptions(block_size=_HEAD_BYTES, use_threads=False)
            with csv.open_csv(stream, read_options=read, parse_options=_parsing(file.form)) as reader:
                found = reader.schema
    if len(set(found.names)) != len(found.names):
        raise InvalidValue(f"{file.name} has two columns of one name.", subject=file.name)
    return found


def _parsing(form: Form) -> Any:  # noqa: ANN401 - pyarrow's
    delimiter = "\t" if form == "tsv" else ","
    return arrow("csv").ParseOptions(delimiter=delimiter, newlines_in_values=True)


def batches(file: TableFile, columns: Sequence[str] | None = None) -> Iterator[Any]:
    """A table's rows, some thousands at a time, only of these columns where they are named.

    Raises `MissingExtra`, `InvalidValue`.
    """
    if file.form == "parquet":
        with file.open() as stream, read_errors(file.name):
            yield from arrow("parquet").ParquetFile(stream).iter_batches(columns=columns)
    else:
        yield from _lines(file, names_in(file), columns)


def _lines(file: TableFile, names: Sequence[str], columns: Sequence[str] | None) -> Iterator[Any]:
    """An empty value without quotes is a missing one."""
    csv, string = arrow("csv"), arrow().string()
    convert = csv.ConvertOptions(
        column_types=dict.fromkeys(names, string),
        include_columns=columns,
        strings_can_be_null=True,
        quoted_strings_can_be_null=False,
        null_values=[""],
    )
    options = {
        "read_options": csv.ReadOptions(block_size=_BLOCK_BYTES),
        "parse_options": _parsing(file.form),
        "convert_options": convert,
    }
    with file.open() as stream, read_errors(file.name), csv.open_csv(stream, **options) as reader:
        yield from reader
