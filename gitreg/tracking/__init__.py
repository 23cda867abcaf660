"""Tracking: runs are recorded into journals, published to the ledger, read back and compared."""

from typing import TYPE_CHECKING

from gitreg.lazy import lazily

if TYPE_CHECKING:
    from gitreg.tracking.active import (
        active_run,
        flush,
        log_artifact,
        log_artifacts,
        log_dataset,
        log_dict,
        log_evaluation,
        log_figure,
        log_histogram,
        log_html,
        log_image,
        log_metric,
        log_metrics,
        log_model,
        log_param,
        log_params,
        log_table,
        log_text,
        set_tag,
        set_tags,
    )
    from gitreg.tracking.capture import PROFILE_MEDIA_TYPE, ROW_HASHES_MEDIA_TYPE, folder_content, hash_rows, profile_of
    from gitreg.tracking.checkpoints import Checkpoint
    from gitreg.tracking.choosing import Best, metric_field, value_of
    from gitreg.tracking.command import run_command
    from gitreg.tracking.comparing import (
        ComparedRow,
        Comparison,
        Direction,
        code_facts,
        compare,
        direction,
        environment_facts,
    )
    from gitreg.tracking.console import Stream, appended
    from gitreg.tracking.curves import Course, thinned
    from gitreg.tracking.guarding import refuse_secrets_below
    from gitreg.tracking.landing import Sharing
    from gitreg.tracking.metricsfile import MetricsFile, check_metrics, record_metrics
    from gitreg.tracking.names import generated_name
    from gitreg.tracking.neighbours import Neighbours
    from gitreg.tracking.past import Past, PastOutput, PastPoint, PastRun, Recount, derived_id, finite_sum, recount
    from gitreg.tracking.recording import Health
    from gitreg.tracking.run import Run
    from gitreg.tracking.runs import Runs
    from gitreg.tracking.searching import RunPage, Search, SearchOptions, metric_label
    from gitreg.tracking.series import SeriesPoint, read_series
    from gitreg.tracking.spool import SPOOL_VARIABLE, Spool, SpoolTracker, spool_of
    from gitreg.tracking.spooled import OpenRun, SpoolPublished
    from gitreg.tracking.starting import Start
    from gitreg.tracking.system import INTERVAL_S, MIN_INTERVAL_S
    from gitreg.tracking.tasks import Tasks, is_array, tasks_of
    from gitreg.tracking.tracker import LiveRun, Recovered, Tracker

__all__ = [
    "INTERVAL_S",
    "MIN_INTERVAL_S",
    "PROFILE_MEDIA_TYPE",
    "ROW_HASHES_MEDIA_TYPE",
    "SPOOL_VARIABLE",
    "Best",
    "Checkpoint",
    "ComparedRow",
    "Comparison",
    "Course",
    "Direction",
    "Health",
    "LiveRun",
    "MetricsFile",
    "Neighbours",
    "OpenRun",
    "Past",
    "PastOutput",
    "PastPoint",
    "PastRun",
    "Recount",
    "Recovered",
    "Run",
    "RunPage",
    "Runs",
    "Search",
    "SearchOptions",
    "SeriesPoint",
    "Sharing",
    "Spool",
    "SpoolPublished",
    "SpoolTracker",
    "Start",
    "Stream",
    "Tasks",
    "Tracker",
    "active_run",
    "appended",
    "check_metrics",
    "code_facts",
    "compare",
    "derived_id",
    "direction",
    "environment_facts",
    "finite_sum",
    "flush",
    "folder_content",
    "generated_name",
    "hash_rows",
    "is_array",
    "log_artifact",
    "log_artifacts",
    "log_dataset",
    "log_dict",
    "log_evaluation",
    "log_figure",
    "log_histogram",
    "log_html",
    "log_image",
    "log_metric",
    "log_metrics",
    "log_model",
    "log_param",
    "log_params",
    "log_table",
    "log_text",
    "metric_field",
    "metric_label",
    "profile_of",
    "read_series",
    "record_metrics",
    "recount",
    "refuse_secrets_below",
    "run_command",
    "set_tag",
    "set_tags",
    "spool_of",
    "tasks_of",
    "thinned",
    "value_of",
]

__getattr__ = lazily(
    __name__,
    {
        "active": (
            "active_run",
            "flush",
            "log_artifact",
            "log_artifacts",
            "log_dataset",
            "log_dict",
            "log_evaluation",
            "log_figure",
            "log_histogram",
            "log_html",
            "log_image",
            "log_metric",
            "log_metrics",
            "log_model",
            "log_param",
            "log_params",
            "log_table",
            "log_text",
            "set_tag",
            "set_tags",
        ),
        "capture": ("PROFILE_MEDIA_TYPE", "ROW_HASHES_MEDIA_TYPE", "folder_content", "hash_rows", "profile_of"),
        "checkpoints": ("Checkpoint",),
        "choosing": ("Best", "metric_field", "value_of"),
        "command": ("run_command",),
        "comparing": (
            "ComparedRow",
            "Comparison",
            "Direction",
            "code_facts",
            "compare",
            "direction",
            "environment_facts",
        ),
        "console": ("Stream", "appended"),
        "curves": ("Course", "thinned"),
        "guarding": ("refuse_secrets_below",),
        "landing": ("Sharing",),
        "metricsfile": ("MetricsFile", "check_metrics", "record_metrics"),
        "names": ("generated_name",),
        "neighbours": ("Neighbours",),
        "past": ("Past", "PastOutput", "PastPoint", "PastRun", "Recount", "derived_id", "finite_sum", "recount"),
        "recording": ("Health",),
        "run": ("Run",),
        "runs": ("Runs",),
        "searching": ("RunPage", "Search", "SearchOptions", "metric_label"),
        "series": ("SeriesPoint", "read_series"),
        "spool": ("SPOOL_VARIABLE", "Spool", "SpoolTracker", "spool_of"),
        "spooled": ("OpenRun", "SpoolPublished"),
        "starting": ("Start",),
        "system": ("INTERVAL_S", "MIN_INTERVAL_S"),
        "tasks": ("Tasks", "is_array", "tasks_of"),
        "tracker": ("LiveRun", "Recovered", "Tracker"),
    },
)
