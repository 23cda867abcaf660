"""What a Python that `gitreg run --autolog` starts runs before anything else. The folder is put before its path."""

from pathlib import Path
from typing import Final

FOLDER: Final = Path(__file__).parent

__all__ = ["FOLDER"]
