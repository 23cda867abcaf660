"""Git for models: an ML registry whose database is a git repository and whose audit trail is `git log`."""

from __future__ import annotations

__all__ = ["__version__"]


def __getattr__(name: str) -> str:
    """`__version__`, read from the installed package when it is asked for: `import gitreg` stays quick."""
    if name != "__version__":
        message = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(message)
    from importlib.metadata import version  # noqa: PLC0415 - it costs more than the whole rest of `import gitreg`

    return version("gitreg")
