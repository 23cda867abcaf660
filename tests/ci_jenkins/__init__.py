"""Jenkinsfiles, read without Jenkins: by Groovy's own compiler, in the version that Jenkins has (Debian's `groovy`)."""

from __future__ import annotations

import json
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

GROOVY = Path("/usr/share/java/groovy-all.jar")
_SECTIONS = Path(__file__).parent / "sections.groovy"


@dataclass(frozen=True)
class Call:
    """`name 'argument', named: … { block }`, as far as it is plain."""

    name: str
    arguments: tuple[str, ...]
    named: tuple[str, ...]
    inside: tuple[Call, ...]

    @classmethod
    def of(cls, raw: dict[str, Any]) -> Call:
        """From the program's JSON."""
        inside = tuple(cls.of(each) for block in raw["blocks"] for each in block)
        return cls(raw["name"], tuple(raw["arguments"]), tuple(raw["named"]), inside)

    def all(self, name: str) -> Iterator[Call]:
        """Each call of this name, however deep."""
        for each in self.inside:
            if each.name == name:
                yield each
            yield from each.all(name)


def sections_of(jenkinsfile: Path) -> list[Call]:
    """The calls at the top. An AssertionError holds the compiler's words where it refuses the file."""
    java = shutil.which("java")
    assert java is not None, "There is no java: make test-full installs Debian's groovy, which brings it."
    assert GROOVY.exists(), "There is no Groovy: make test-full installs Debian's."
    command = [java, "-cp", str(GROOVY), "groovy.ui.GroovyMain", str(_SECTIONS), str(jenkinsfile)]
    answer = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
    assert answer.returncode == 0, answer.stderr
    return [Call.of(each) for each in json.loads(answer.stdout)]
