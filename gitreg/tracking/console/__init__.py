"""What a run prints: taken while it goes by, bounded, kept beside the journal until it is published as an artifact."""

from gitreg.tracking.console.console import Console
from gitreg.tracking.console.passing import Passing
from gitreg.tracking.console.printed import (
    appended,
    console_files,
    discard_console,
    is_console,
    printed_so_far,
    printed_tail,
)
from gitreg.tracking.console.scroll import STREAMS, Stream

__all__ = [
    "STREAMS",
    "Console",
    "Passing",
    "Stream",
    "appended",
    "console_files",
    "discard_console",
    "is_console",
    "printed_so_far",
    "printed_tail",
]
