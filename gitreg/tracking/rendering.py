"""Figures, images, tables and histograms as the bytes of a file whose name says the form.

The libraries that made them are never imported here: an object of theirs proves that they are loaded. Only an array
needs Pillow to become an image.
"""

from __future__ import annotations

import csv
import io
import json
import math
from typing import TYPE_CHECKING, Any, Final

from gitreg.errors import InvalidValue, MissingExtra
from gitreg.tracking.capture import columns_in

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

MAX_BINS: Final = 10_000
_PLANES: Final = {1: "L", 3: "RGB", 4: "RGBA"}


def figure_bytes(figure: Any, path: str) -> bytes:  # noqa: ANN401 - whatever draws
    """A figure of matplotlib (and what is built on it) or plotly. Raises `InvalidValue` for other things."""
    form = _suffix(path)
    if hasattr(figure, "savefig"):
        out = io.BytesIO()
        # Without a date the same figure is the same bytes, and stored once.
        figure.savefig(out, format=form, metadata={"Date": None} if form == "svg" else None)
        return out.getvalue()
    if form == "html" and hasattr(figure, "to_html"):
        return str(figure.to_html(include_plotlyjs=True)).encode()
    if form == "json" and hasattr(figure, "to_json"):
        return str(figure.to_json()).encode()
    if hasattr(figure, "to_image"):
        return bytes(figure.to_image(format=form))
    message = f"A {type(figure).__name__} is no figure that can be written as .{form}."
    raise InvalidValue(message, hint="Give a figure of matplotlib (.png, .svg, .pdf) or plotly (.html, .json).")


def image_bytes(image: Any, path: str) -> bytes:  # noqa: ANN401 - whatever holds pixels
    """An image of Pillow, or an array of pixels: (rows, columns) or (rows, columns, 1, 3 or 4).

    Whole numbers are from 0 to 255, others from 0 to 1. Raises `InvalidValue` for other shapes and ranges,
    `MissingExtra` where an array comes and Pillow is not there.
    """
    form = _suffix(path)
    drawn = image if hasattr(image, "save") and hasattr(image, "mode") else _drawn(image)
    out = io.BytesIO()
    try:
        drawn.save(out, format={"jpg": "jpeg"}.get(form, form))
    except (KeyError, OSError) as error:
        raise InvalidValue(f"Images of this kind cannot be written as .{form}: {error!s:.200}.") from None
    return out.getvalue()


def _drawn(image: Any) -> Any:  # noqa: ANN401 - an image of Pillow
    array = _array(image)
    try:
        from PIL import Image  # noqa: PLC0415 - only those who log arrays as images have it
    except ImportError:
        raise MissingExtra("An array becomes an image by Pillow.", hint="pip install pillow") from None
    planes = array.shape[2] if array.ndim == 3 else 1  # noqa: PLR2004 - rows, columns and planes
    flat = array.reshape(array.shape[:2]) if planes == 1 else array
    return Image.frombytes(_PLANES[planes], (array.shape[1], array.shape[0]), flat.tobytes())


def _array(image: Any) -> Any:  # noqa: ANN401 - a numpy array of bytes
    found = image.detach().cpu().numpy() if hasattr(image, "detach") else image
    shape: tuple[int, ...] = tuple(getattr(found, "shape", ()))
    is_image = len(shape) in (2, 3) and all(shape) and (len(shape) == 2 or shape[2] in _PLANES)  # noqa: PLR2004
    if not hasattr(found, "astype") or not is_image:
        message = f"A {type(image).__name__} of shape {shape} is no image."
        raise InvalidValue(message, hint="Give rows and columns of pixels, with 1, 3 or 4 values each.")
    if found.dtype.kind == "f":
        low, high = float(found.min()), float(found.max())
        if not 0.0 <= low <= high <= 1.0:
            raise InvalidValue(f"Its values go from {low:g} to {high:g}; numbers with a point are from 0 to 1.")
        return (found * 255).round().astype("uint8")
    if int(found.min()) < 0 or int(found.max()) > 255:  # noqa: PLR2004 - a byte
        raise InvalidValue(f"Its values go from {int(found.min())} to {int(found.max())}; whole numbers are 0 to 255.")
    return found.astype("uint8")


def table_bytes(data: Any, path: str) -> bytes:  # noqa: ANN401 - whatever has columns
    """A frame of pandas or polars, an arrow table, an array, columns by name, or rows as mappings.

    As `.json` it is `{"columns": […], "data": [[…], …]}`, as MLflow writes tables; `.csv` is RFC 4180; `.parquet` is
    written by the frame's own library. Raises `InvalidValue` for other things.
    """
    form = _suffix(path)
    if form == "parquet":
        return _parquet(data)
    names, columns = _columns(data)
    rows = [list(row) for row in zip(*columns, strict=True)]
    if form == "json":
        plain = [[_plain(value) for value in row] for row in rows]
        return json.dumps({"columns": names, "data": plain}, ensure_ascii=False, default=str).encode() + b"\n"
    if form == "csv":
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(names)
        writer.writerows(rows)
        return text.getvalue().encode()
    raise InvalidValue(f"A table is written as .json, .csv or .parquet, not as .{form}.")


def _parquet(data: Any) -> bytes:  # noqa: ANN401 - a frame
    out = io.BytesIO()
    for method in ("write_parquet", "to_parquet"):
        if hasattr(data, method):
            getattr(data, method)(out)
            return out.getvalue()
    raise InvalidValue(
        f"A {type(data).__name__} cannot be written as .parquet.", hint="Give a frame of pandas or polars."
    )


def _columns(data: Any) -> tuple[list[str], list[list[object]]]:  # noqa: ANN401 - see `table_bytes`
    if isinstance(data, dict):
        found = [(str(name), list(values)) for name, values in data.items()]
    elif isinstance(data, list) and all(isinstance(row, dict) for row in data):
        names = dict.fromkeys(name for row in data for name in row)
        found = [(str(name), [row.get(name) for row in data]) for name in names]
    else:
        found = [(name, list(values)) for name, values in columns_in(data)]
    if len({len(values) for _, values in found}) > 1:
        raise InvalidValue("The columns of a table have to be of one length.")
    return [name for name, _ in found], [values for _, values in found]


def _plain(value: object) -> object:
    """What JSON has no number for is null, as pandas writes it."""
    return None if isinstance(value, float) and not math.isfinite(value) else value


def histogram_of(values: Iterable[Any], bins: int = 64) -> Mapping[str, Any]:
    """Equal bins from the least to the greatest value: `{"edges": […], "counts": […], "count", "missing"}`.

    What is no finite number is counted as missing. Raises `InvalidValue` for no bins, and values that are no numbers.
    """
    if not 1 <= bins <= MAX_BINS:
        raise InvalidValue(f"A histogram has 1 to {MAX_BINS:,} bins, not {bins}.")
    numbers = _numbers(values)
    known = [value for value in numbers if math.isfinite(value)]
    low, high = (min(known), max(known)) if known else (0.0, 1.0)
    width = (high - low) / bins or 1.0
    counts = [0] * bins
    for value in known:
        counts[min(bins - 1, int((value - low) / width))] += 1
    edges = [low + width * place for place in range(bins + 1)]
    return {"edges": edges, "counts": counts, "count": len(known), "missing": len(numbers) - len(known)}


def _numbers(values: Any) -> Sequence[float]:  # noqa: ANN401 - a list, an array, a tensor
    found = values.detach().cpu().numpy() if hasattr(values, "detach") else values
    found = found.ravel().tolist() if hasattr(found, "ravel") else found
    try:
        return [float(value) for value in found]
    except (TypeError, ValueError) as error:
        raise InvalidValue(f"A histogram is of numbers: {error!s:.200}.") from None


def _suffix(path: str) -> str:
    _, dot, suffix = path.rpartition("/")[2].rpartition(".")
    if not dot or not suffix:
        raise InvalidValue(f"The name {path!r:.80} has no suffix, which says what to write: .png, .svg, .csv, .json.")
    return suffix.lower()
