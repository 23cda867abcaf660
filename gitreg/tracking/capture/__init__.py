"""What is found out about a run without being told: code, command, environment, scheduler, datasets. Never its
secrets.
"""

from gitreg.tracking.capture.columns import columns_in
from gitreg.tracking.capture.datasets import capture_dataset, folder_content
from gitreg.tracking.capture.profiles import MEDIA_TYPE as PROFILE_MEDIA_TYPE
from gitreg.tracking.capture.profiles import Sketch, profile_of
from gitreg.tracking.capture.rows import MEDIA_TYPE as ROW_HASHES_MEDIA_TYPE
from gitreg.tracking.capture.rows import hash_rows
from gitreg.tracking.capture.scheduler import is_captured
from gitreg.tracking.capture.secrets import log_without_secrets, without_secrets
from gitreg.tracking.capture.start import Captured, capture_start

__all__ = [
    "PROFILE_MEDIA_TYPE",
    "ROW_HASHES_MEDIA_TYPE",
    "Captured",
    "Sketch",
    "capture_dataset",
    "capture_start",
    "columns_in",
    "folder_content",
    "hash_rows",
    "is_captured",
    "log_without_secrets",
    "profile_of",
    "without_secrets",
]
