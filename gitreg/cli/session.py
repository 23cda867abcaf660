"""What a command gets and what it gives back: a session in, a reply out."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, Unpack

from gitreg.cli.text import OutputGone
from gitreg.errors import AnswerIsNo, CannotTell

if TYPE_CHECKING:
    from gitreg._registry import Registry
    from gitreg.cli.options import Signing
    from gitreg.documents import Outcome
    from gitreg.report import Blocks
    from gitreg.signing import Signer
    from gitreg.surroundings import Surroundings
    from gitreg.tracking import SpoolTracker


class Reply(NamedTuple):
    """A command's answer: `data` for `--json`, `page` for people, `notes` for people beside it (stderr), its code."""

    data: object = None
    page: Blocks = ()
    notes: Blocks = ()
    exit_code: int = 0


def exit_code_of(outcome: Outcome) -> int:
    """What a check ends with."""
    return {"pass": 0, "fail": AnswerIsNo.exit_code, "cannot tell": CannotTell.exit_code}[outcome]


class Session:
    """One call of the command line: where it was made, and the registry it means, opened when first asked for."""

    def __init__(self, surroundings: Surroundings, folder: str | None = None) -> None:
        """`folder` is what `-C` said."""
        self.surroundings = surroundings
        self.folder = folder

    @cached_property
    def registry(self) -> Registry:
        """The registry meant: `-C`, GITREG_REPO, what `gitreg use` wrote, the enclosing one, the user's default."""
        from gitreg._open import open_registry

        return open_registry(self.folder, surroundings=self.surroundings)

    @cached_property
    def recording(self) -> Registry:
        """The same; where there is none, the user's personal one, made on the spot and told of in one line."""
        from gitreg._open import open_for_recording

        return open_for_recording(self.folder, surroundings=self.surroundings, say=_say)

    @cached_property
    def spool(self) -> SpoolTracker | None:
        """What records into the spool that the environment asks for, where it asks for one."""
        from gitreg._open import spool_tracker

        return spool_tracker(self.surroundings)

    def close(self) -> None:
        """Let go of the files of what was opened."""
        for name in ("registry", "recording"):
            if name in self.__dict__:
                getattr(self, name).close()

    def path(self, text: str) -> Path:
        """A path that the user gave, from where `-C` says that she is."""
        return Path(self.folder or ".") / Path(text).expanduser()

    def signer(self, **signing: Unpack[Signing]) -> Signer | None:
        """The key to sign with, if there is one."""
        from gitreg.cli.signers import signer_of

        return signer_of(self.registry.record.office, self.surroundings.environ, signing)

    def required_signer(self, **signing: Unpack[Signing]) -> Signer:
        """The key to sign with. Raises `ApprovalRefused` where there is none."""
        from gitreg.cli.signers import required

        return required(self.signer(**signing))

    def show(self, reply: Reply, *, as_json: bool) -> int:
        """Print a reply; its exit code."""
        try:
            _print(reply, as_json=as_json)
        except BrokenPipeError:  # under its own name click would end the process with its code for a crash
            raise OutputGone from None
        return reply.exit_code


def _print(reply: Reply, *, as_json: bool) -> None:
    from gitreg.cli.printing import print_json, print_page

    if as_json:
        print_json(reply.data)
    else:
        print_page(reply.page)
        print_page(reply.notes, err=True)


def _say(line: str) -> None:
    from gitreg.cli.printing import print_page

    print_page([line], err=True)
