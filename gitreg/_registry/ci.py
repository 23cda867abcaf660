"""Which files a registry is made with, so that a CI system checks what is proposed and what landed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gitreg.resources import template

if TYPE_CHECKING:
    from gitreg.documents import Edits

__all__ = ["CI_SYSTEMS", "HOOK", "ci_files"]

HOOK = "bare"
"""The one that is no file of the registry: a bare repository's pre-receive hook."""
_FILES = {
    "github": {
        ".github/workflows/gitreg.yml": "github/gitreg.yml",
        ".github/workflows/gitreg-reviews.yml": "github/gitreg-reviews.yml",
    },
    "gitlab": {
        ".gitlab-ci.yml": "gitlab/gitreg.gitlab-ci.yml",
        ".gitlab/gitreg-deploy.yml": "gitlab/gitreg-deploy.yml",
    },
    "gitea": {".gitea/workflows/gitreg.yml": "gitea/gitreg.yml"},
    "jenkins": {"Jenkinsfile": "jenkins/Jenkinsfile"},
}
CI_SYSTEMS = (*_FILES, HOOK)
"""What `gitreg init --ci` takes."""


def ci_files(system: str | None) -> Edits:
    """The files of main for one of `CI_SYSTEMS`: all are governed, so a change to them lands by a decision."""
    return {path: template(name) for path, name in _FILES.get(system or "", {}).items()}
