"""The command line: parse, call, render. `main` is the program; nobody else imports this room."""

from gitreg.cli.tree import make_root

__all__ = ["main", "make_root"]


def main() -> None:
    """The program `gitreg`. Ends the process with an exit code."""
    make_root().main()
