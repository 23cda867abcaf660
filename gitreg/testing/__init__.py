"""Suites by which a new store proves itself. Subclass one in a pytest module and give it what it asks for."""

import pytest

pytest.register_assert_rewrite("gitreg.testing.blobs")

from gitreg.testing.blobs import BlobStoreSuite  # noqa: E402 - after pytest knows that its asserts should explain themselves

__all__ = ["BlobStoreSuite"]
