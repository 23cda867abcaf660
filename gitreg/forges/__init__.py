"""Pull requests, comments, reviews, checks and branch rules on GitHub, GitLab, Gitea and Forgejo.

Needs `gitreg[forges]`: without httpx the import raises `MissingExtra`.
"""

from gitreg.forges.findings import DEFAULT_CHECK, PEOPLE_CHECK, BranchFinding, branch_findings
from gitreg.forges.forge import Forge
from gitreg.forges.rulesets import codeowners, ruleset
from gitreg.forges.values import (
    KINDS,
    Annotation,
    BranchRules,
    Check,
    CheckRun,
    Clock,
    Comment,
    Conclusion,
    ForgeSetting,
    Kind,
    Level,
    Patience,
    PullRequest,
    PullState,
    Purpose,
    RequiredCheck,
    Review,
    ReviewState,
    Token,
)
from gitreg.forges.where import forge_of, setting_of

__all__ = [
    "DEFAULT_CHECK",
    "KINDS",
    "PEOPLE_CHECK",
    "Annotation",
    "BranchFinding",
    "BranchRules",
    "Check",
    "CheckRun",
    "Clock",
    "Comment",
    "Conclusion",
    "Forge",
    "ForgeSetting",
    "Kind",
    "Level",
    "Patience",
    "PullRequest",
    "PullState",
    "Purpose",
    "RequiredCheck",
    "Review",
    "ReviewState",
    "Token",
    "branch_findings",
    "codeowners",
    "forge_of",
    "ruleset",
    "setting_of",
]
