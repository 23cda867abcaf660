"""Decisions."""

__all__: list[str] = []
