"""Python imports a module of this name when it starts. Ours installs the autologgers and gives way to the next one."""

import sys
from importlib.machinery import PathFinder
from importlib.util import module_from_spec
from pathlib import Path

from gitreg.autolog import install

install()
sys.path[:] = [path for path in sys.path if Path(path) != Path(__file__).parent]
_next = PathFinder.find_spec("sitecustomize", sys.path)
if _next is not None and _next.loader is not None:
    _module = module_from_spec(_next)
    _next.loader.exec_module(_module)
