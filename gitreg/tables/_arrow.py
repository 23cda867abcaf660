"""pyarrow, an extra, loaded when the first table is read; and what it says about a file, as our errors."""

from __future__ import annotations

import contextlib
from importlib import import_module
from typing import TYPE_CHECKING, Any

from gitreg.errors import InvalidValue, MissingExtra

if TYPE_CHECKING:
    from collections.abc import Iterator


def arrow(module: str = "") -> Any:  # noqa: ANN401 - a module without types of its own
    """`pyarrow`, or a module of it. Raises `MissingExtra`."""
    try:
        return import_module(f"pyarrow.{module}" if module else "pyarrow")
    except ImportError:
        message = "Reading the rows and columns of files needs pyarrow."
        raise MissingExtra(message, hint="pip install 'gitreg[data]'") from None


@contextlib.contextmanager
def read_errors(name: str) -> Iterator[None]:
    """Turns what pyarrow says about a file into `InvalidValue`, in one line of bounded length."""
    try:
        yield
    except (arrow().ArrowException, UnicodeDecodeError) as error:
        why = " ".join(str(error).split())
        raise InvalidValue(f"{name} cannot be read as a table: {why:.300}.", subject=name) from None
