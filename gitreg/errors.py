"""Every error gitreg raises, as one tree.

An error says what happened, on which thing (`subject`), and what to do next (`hint`). It carries the exit code of the
command line and the status of the REST API, so that both only translate.

Exit codes: 1 the answer is no; 2 usage; 3 not found; 4 race or conflict; 5 storage or network; 6 refused by rule.
"""

from __future__ import annotations

import re
from typing import ClassVar


class GitregError(Exception):
    """The root of the tree. Never raised itself; one of its families is."""

    exit_code: ClassVar[int] = 1
    http_status: ClassVar[int] = 500

    def __init__(self, message: str, *, subject: str = "", hint: str = "") -> None:
        """`message` is one sentence without the hint; `subject` the thing it is about; `hint` the next step."""
        super().__init__(message)
        self.message = message
        self.subject = subject
        self.hint = hint

    @property
    def code(self) -> str:
        """The stable name of the error in JSON: the class name in kebab case."""
        return re.sub(r"(?<=[a-z])(?=[A-Z])", "-", type(self).__name__).lower()

    def __str__(self) -> str:
        return f"{self.message} {self.hint}".strip() if self.hint else self.message


class AnswerIsNo(GitregError):
    """A check was asked for and its answer is no (validate, fsck)."""

    exit_code = 1
    http_status = 422


class UsageError(GitregError):
    """The caller gave something that can never work."""

    exit_code = 2
    http_status = 400


class InvalidName(UsageError):
    """A name or path that no document may carry."""


class InvalidDocument(UsageError):
    """Bytes that are not a document of the schema they claim."""


class NewerFormat(InvalidDocument):
    """A document written by a later gitreg."""


class InvalidValue(UsageError):
    """A param, metric, tag or argument outside what the format can hold."""


class InvalidKey(UsageError):
    """A signing key, public key or signature file that cannot be read."""


class MissingExtra(UsageError):
    """An optional library is needed and absent; the hint names the extra to install."""


class NotFound(GitregError):
    """The thing asked for is not there."""

    exit_code = 3
    http_status = 404


class RegistryNotFound(NotFound):
    """No registry at, or above, the place looked at."""


class RevisionNotFound(NotFound):
    """No such commit or ref."""


class RunNotFound(NotFound):
    """No such run, or the abbreviation fits none."""


class ExperimentNotFound(NotFound):
    """No run was ever recorded in an experiment of this name."""


class ModelNotFound(NotFound):
    """No such model."""


class VersionNotFound(NotFound):
    """No such version of the model."""


class StageNotFound(NotFound):
    """No such stage or alias, or nothing was ever decided for it."""


class ProposalNotFound(NotFound):
    """No such proposal."""


class ArtifactNotFound(NotFound):
    """No such artifact in the run or version."""


class PersonNotFound(NotFound):
    """No such approver."""


class DatasetNotFound(NotFound):
    """No such dataset, or no such version of it."""


class BlobNotFound(NotFound):
    """No stored bytes under that digest, here or in the shared store."""

    exit_code = 5


class BlobErased(NotFound):
    """Stored bytes that somebody erased for good; no retry and no other copy brings them back."""

    http_status = 410


class Conflict(GitregError):
    """Somebody else was there first, or two things contradict each other."""

    exit_code = 4
    http_status = 409


class Ambiguous(Conflict):
    """An abbreviation fits more than one thing."""


class RaceLost(Conflict):
    """The ref moved between reading and writing, more often than we retry."""


class Locked(Conflict):
    """A lock is held, or was left by a killed process and may not be broken from here."""


class DirtyPath(Conflict):
    """A checked-out file that the change must write has uncommitted edits, or the index cannot be rewritten."""


class Diverged(Conflict):
    """Local and remote branch each have commits the other lacks."""


class StaleProposal(Conflict):
    """What the proposal was made to replace, or its policy, is no longer what stands."""


class ProposalClosed(Conflict):
    """The proposal was closed or merged: nothing more can be done to it."""


class NumberDisputed(Conflict):
    """Two digests claim one version number."""


class RunClosed(Conflict):
    """The run has ended, or belongs to another process."""


class AlreadyExists(Conflict):
    """The thing to be made is already there, and is not the same."""


class Unavailable(GitregError):
    """Storage or network did not do what was asked."""

    exit_code = 5
    http_status = 503


class StorageError(Unavailable):
    """The file system or bucket refused: permissions, space, credentials, endpoint."""


class CorruptRepository(Unavailable):
    """Git objects that cannot be read as what they claim to be."""


class CorruptBlob(Unavailable):
    """Stored bytes that do not have the digest they are stored under."""


class CorruptJournal(Unavailable):
    """A journal whose records do not check."""


class RemoteError(Unavailable):
    """The git remote cannot be reached, or its answer is not git's."""


class CredentialsRefused(RemoteError):
    """The remote or bucket refused our credentials, or there were none."""


class NotPublished(Unavailable):
    """A remote exists and bytes it would point at are only local."""


class Refused(GitregError):
    """A rule of the registry says no."""

    exit_code = 6
    http_status = 403


class RuleFailed(Refused):
    """A blocking requirement of the policy failed, or could not be told."""


class NotApproved(Refused):
    """The decision lacks approvals it needs."""


class NotInForce(Refused):
    """A decision stands in the stage but is not in force; the hint names the last one that was."""


class VersionHeld(Refused):
    """A hold says that this version may not go there again."""


class ApprovalRefused(Refused):
    """This approval cannot count: wrong key, stranger, replayed, expired, or of another decision."""


class BadSignature(ApprovalRefused):
    """A readable signature that was not made over these bytes, or was made for another purpose."""


class CannotTell(Refused):
    """A check that could not be made here; it never counts as passed."""


class ProposalRejected(Refused):
    """A standing rejection blocks the proposal."""


class ProposalExpired(Refused):
    """The proposal is older than it said it would live."""


class RemoteRefused(Refused):
    """The remote's hook or branch rule refused the push."""


class UnsafePath(Refused):
    """A path that would leave its folder."""


class UnsafeRepository(Refused):
    """A repository whose history or objects cannot be trusted: grafts, replace refs, alternates, limits exceeded."""


class IdentityMissing(UsageError):
    """A decision needs to know who decides, and git has no user.email."""
