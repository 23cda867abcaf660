"""Which job of which scheduler this is, as tags: SLURM, Kubernetes, GitHub, GitLab, Jenkins."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gitreg.tracking.capture.secrets import text_without_secrets

if TYPE_CHECKING:
    from collections.abc import Mapping

_TAGS: Final = {
    "slurm.job_id": ("SLURM_JOB_ID",),
    "slurm.array_job_id": ("SLURM_ARRAY_JOB_ID",),
    "slurm.array_task_id": ("SLURM_ARRAY_TASK_ID",),
    "slurm.step_id": ("SLURM_STEP_ID",),
    "slurm.procid": ("SLURM_PROCID",),
    "slurm.job_name": ("SLURM_JOB_NAME",),
    "slurm.nodes": ("SLURM_JOB_NODELIST",),
    "slurm.restart_count": ("SLURM_RESTART_COUNT",),
    "slurm.partition": ("SLURM_JOB_PARTITION",),
    "slurm.cluster": ("SLURM_CLUSTER_NAME",),
    "kubernetes.pod": ("POD_NAME", "MY_POD_NAME"),
    "kubernetes.namespace": ("POD_NAMESPACE", "MY_POD_NAMESPACE"),
    "kubernetes.node": ("NODE_NAME", "MY_NODE_NAME"),
    "kubernetes.job": ("JOB_NAME", "MY_JOB_NAME"),
    "github.repository": ("GITHUB_REPOSITORY",),
    "github.run_id": ("GITHUB_RUN_ID",),
    "github.run_attempt": ("GITHUB_RUN_ATTEMPT",),
    "github.workflow": ("GITHUB_WORKFLOW",),
    "github.job": ("GITHUB_JOB",),
    "gitlab.project": ("CI_PROJECT_PATH",),
    "gitlab.pipeline_id": ("CI_PIPELINE_ID",),
    "gitlab.job_id": ("CI_JOB_ID",),
    "gitlab.job_url": ("CI_JOB_URL",),
    "jenkins.build_url": ("BUILD_URL",),
}
_PRESENT_WHERE: Final = {
    "slurm": "SLURM_JOB_ID",
    "kubernetes": "KUBERNETES_SERVICE_HOST",
    "github": "GITHUB_ACTIONS",
    "gitlab": "GITLAB_CI",
    "jenkins": "JENKINS_URL",
}


def is_captured(tag: str) -> bool:
    """Whether a tag tells of the job that a process runs in, so that it means nothing for another process."""
    return tag in _TAGS


def scheduler_tags(environ: Mapping[str, str]) -> dict[str, str]:
    """The tags of the schedulers that this process runs under. A pod's name is its host name where nothing says
    more.
    """
    present = {name for name, variable in _PRESENT_WHERE.items() if environ.get(variable)}
    tags = {
        tag: text_without_secrets(value)
        for tag, variables in _TAGS.items()
        if tag.partition(".")[0] in present
        and (value := next((environ[variable] for variable in variables if environ.get(variable)), ""))
    }
    if "kubernetes" in present and "kubernetes.pod" not in tags and environ.get("HOSTNAME"):
        tags["kubernetes.pod"] = environ["HOSTNAME"]
    return tags
