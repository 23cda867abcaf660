"""Tracking: runs are recorded, folded and published here."""

from gitreg.tracking.active import active_run
from gitreg.tracking.folding import Conflict, FoldedRun, fold
from gitreg.tracking.recording import Health
from gitreg.tracking.run import Run
from gitreg.tracking.series import SeriesPoint
from gitreg.tracking.tracker import LiveRun, Recovered, Tracker

__all__ = ["Conflict", "FoldedRun", "Health", "LiveRun", "Recovered", "Run", "SeriesPoint", "Tracker", "active_run", "fold"]
