"""The command line, and a registry to ask about."""

from tests.cli.conftest import ask, gitreg, home, person
from tests.lineage.world import world

__all__ = ["ask", "gitreg", "home", "person", "world"]
