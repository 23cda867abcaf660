"""Conditions in CEL, evaluated in a process of their own: nothing in the language bounds what it costs.

The child gets the condition and the facts on its input and has a few seconds of processor time, little memory and no
file to write to. Whatever it does other than answer true or false is "cannot tell".
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING

from gitreg.errors import CannotTell

if TYPE_CHECKING:
    from gitreg.documents import Json

SECONDS = 60
"""By the clock, which a busy machine makes long; nothing in the language waits."""
CPU_SECONDS = 5
MEMORY_BYTES = 1 << 30
MAX_ANSWER = 4_000
_MISSING = 3
_CHILD = f"""
import json, resource, sys
resource.setrlimit(resource.RLIMIT_CPU, ({CPU_SECONDS}, {CPU_SECONDS}))
resource.setrlimit(resource.RLIMIT_AS, ({MEMORY_BYTES}, {MEMORY_BYTES}))
resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
try:
    import cel
except ImportError:
    sys.exit({_MISSING})
question = json.load(sys.stdin)
try:
    answer = {{"value": cel.evaluate(question["cel"], question["facts"])}}
except Exception as error:
    answer = {{"error": type(error).__name__ + ": " + str(error)[:500]}}
if "value" in answer and not isinstance(answer["value"], bool):
    answer = {{"error": "it is neither true nor false"}}
print(json.dumps(answer))
"""


def evaluate_condition(condition: str, facts: Json) -> bool:
    """Whether a condition is true of these facts. Raises `CannotTell` for everything but true and false."""
    answer = _ask(json.dumps({"cel": condition, "facts": facts}).encode())
    value = answer.get("value") if isinstance(answer, dict) else None
    if isinstance(value, bool):
        return value
    why = answer.get("error") if isinstance(answer, dict) else None
    raise CannotTell(f"{condition} cannot be evaluated: {why if isinstance(why, str) else 'it gave no answer'}.")


def _ask(question: bytes) -> object:
    """-I: no environment, no folder of the caller's is looked at for what the child imports."""
    kept = {name: os.environ[name] for name in ("PATH", "LD_LIBRARY_PATH", "SYSTEMROOT") if name in os.environ}
    try:
        done = subprocess.run(  # noqa: S603 - our own interpreter and script
            [sys.executable, "-I", "-c", _CHILD],
            input=question,
            capture_output=True,
            timeout=SECONDS,
            env=kept,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise CannotTell(f"The condition took longer than {SECONDS} seconds.") from None
    except OSError as error:
        raise CannotTell(f"The condition could not be evaluated: {error.strerror}.") from None
    if done.returncode == _MISSING:
        raise CannotTell("Conditions need one more package.", hint="pip install 'gitreg[cel]'")
    try:
        return json.loads(done.stdout[:MAX_ANSWER])
    except ValueError:
        raise CannotTell("The condition took more time or memory than it may have.") from None
