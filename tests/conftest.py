"""What every test stands on: the Hypothesis profiles, and the programs that some need."""

from __future__ import annotations

import os
import shutil
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, settings

# No deadline in either: the first example pays for imports and a busy machine is not a failure; pytest-timeout watches.
settings.register_profile("dev", max_examples=50, deadline=None)
# Derandomized: the same change gets the same verdict twice. Random search is what `make stress` is for.
settings.register_profile("ci", max_examples=100, deadline=None, derandomize=True, print_blob=True)
settings.register_profile(
    "stress", max_examples=2000, deadline=timedelta(minutes=5), suppress_health_check=list(HealthCheck)
)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE") or ("ci" if os.environ.get("CI") else "dev"))


LONGEST = ("test_demo.py", "test_ci_template_runs.py")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The longest first: of workers side by side the one that begins such a test last keeps all others waiting."""
    items.sort(key=lambda item: item.path.name not in LONGEST)


@pytest.fixture(scope="session")
def openssh() -> None:
    """OpenSSH's own programs, which a machine with Python, git and make may lack: whatever starts them is marked slow.

    Without them such a test fails. A skip would look like a pass to whoever trusts the slow lane.
    """
    missing = [name for name in ("ssh", "ssh-add", "ssh-agent", "ssh-keygen") if shutil.which(name) is None]
    if missing:
        pytest.fail(f"{', '.join(missing)}: not installed. `make test-full` brings OpenSSH; by hand: {OPENSSH}.")


OPENSSH = "apt-get install openssh-client"
