"""What is known of a command without loading it."""

from __future__ import annotations

from typing import NamedTuple


class Entry(NamedTuple):
    """One command as the user types it, the module that has it, its part of the day, a line of help, an example."""

    path: str
    module: str
    section: str
    help: str
    example: str
    shape: str = ""
    same_as: str = ""
    """The command of which this one is a second name."""

    @property
    def function(self) -> str:
        """The name of the command in its module."""
        return (self.same_as or self.path).replace(" ", "_").replace("-", "_")

    @property
    def group(self) -> str:
        """The group it is in, "" for the root."""
        return self.path.rpartition(" ")[0]

    @property
    def name(self) -> str:
        """Its last word."""
        return self.path.rpartition(" ")[2]


class GroupEntry(NamedTuple):
    """A word with commands below it."""

    name: str
    section: str
    help: str
    default: str = ""
    """The command below it that is meant where a word that is none of them follows."""
