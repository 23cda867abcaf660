"""Gathering: what a policy's rules need to know that main does not show, looked up in ledger, bytes and code."""

from gitreg.gathering.again import differences_of
from gitreg.gathering.code import CodeHistory
from gitreg.gathering.observing import Observer

__all__ = ["CodeHistory", "Observer", "differences_of"]
