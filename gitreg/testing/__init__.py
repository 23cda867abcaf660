"""Suites by which a new store proves itself. Subclass one in a pytest module and give it what it asks for."""

from gitreg.testing.blobs import BlobStoreSuite

__all__ = ["BlobStoreSuite"]
