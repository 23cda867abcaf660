"""Errors as people and programs get them: `error: …` and `hint: …`, or JSON, on stderr, and the exit code.

Codes: those of gitreg/errors.py (1 the answer is no, 2 usage, 3 not found, 4 race or conflict, 5 storage or network,
6 refused by rule), 70 for a defect of gitreg itself, 130 when interrupted, 141 when the reader of our output went away.
"""

from __future__ import annotations

import itertools
import os
import sys
from typing import TYPE_CHECKING, Any, NamedTuple

import click

from gitreg.cli.text import OutputGone, safe, safe_json
from gitreg.errors import GitregError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

INTERNAL = 70
INTERRUPTED = 130
BROKEN_PIPE = 141
STORAGE = 5
USAGE = 2


class Failure(NamedTuple):
    """What is told of an error."""

    exit_code: int
    code: str
    message: str
    hint: str = ""
    subject: str = ""


class WrongWord(click.UsageError):
    """There is no such command; the hint is the line as it was probably meant."""

    def __init__(self, message: str, ctx: click.Context, hint: str) -> None:
        super().__init__(message, ctx=ctx)
        self.hint = hint


def guarded(call: Callable[[list[str]], Any], args: Sequence[str] | None) -> None:
    """Run the command line and end the process with its exit code; every error becomes a `Failure`, told on stderr."""
    given = list(sys.argv[1:] if args is None else args)
    try:
        sys.exit(int(call(given) or 0))
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)
    except click.Abort as error:  # click takes an EOFError for a person's Ctrl-D; we never ask anything
        sys.exit(_failed(error.__cause__, given) if isinstance(error.__cause__, EOFError) else INTERRUPTED)
    except OutputGone:
        _forget_output()
        sys.exit(BROKEN_PIPE)
    except click.exceptions.NoArgsIsHelpError as error:
        sys.exit(_help(error))
    except Exception as error:  # noqa: BLE001 - the rim: whatever happened becomes a message and an exit code
        sys.exit(_failed(error, given))


def _failed(error: BaseException, given: Sequence[str]) -> int:
    _debug(error)
    failure = failure_of(error)
    tell(failure, as_json=wants_json(given))
    return failure.exit_code


def _help(error: click.exceptions.NoArgsIsHelpError) -> int:
    """`gitreg` alone asks for help; `gitreg runs` alone is a mistake."""
    is_root = error.ctx is not None and error.ctx.parent is None
    click.echo(error.format_message(), err=not is_root)
    return 0 if is_root else USAGE


def failure_of(error: BaseException) -> Failure:
    """What to tell of any error."""
    if isinstance(error, GitregError):
        return Failure(error.exit_code, error.code, error.message, error.hint, error.subject)
    if isinstance(error, click.ClickException):
        return _of_click(error)
    if isinstance(error, OSError):
        return Failure(STORAGE, "storage-error", _of_system(error), subject=str(error.filename or ""))
    message = f"gitreg failed in a way it should not: {type(error).__name__}: {error}"
    return Failure(INTERNAL, "internal-error", message, "For the traceback, set GITREG_DEBUG=1; please report it.")


def _of_click(error: click.ClickException) -> Failure:
    message = _sentence(error.format_message())
    context = getattr(error, "ctx", None)
    hint = _mending(error, context) if context else ""
    return Failure(error.exit_code if error.exit_code > 1 else USAGE, "usage-error", message, hint)


def _mending(error: click.ClickException, context: click.Context) -> str:
    """The command that would be right, as far as it can be told."""
    if isinstance(error, WrongWord):
        return error.hint
    if isinstance(error, click.MissingParameter):
        return _usage(context)
    wrong = error.param if isinstance(error, click.BadParameter) else None
    if isinstance(wrong, click.Option) and not wrong.required:
        return f"{_usage(context)} {wrong.opts[0]} {wrong.make_metavar(context)}"
    return _usage(context) if wrong else f"{context.command_path} --help"


def _usage(context: click.Context) -> str:
    """The shortest line that would be complete."""
    needed = [parameter for parameter in context.command.params if parameter.required]
    words = [parameter.make_metavar(context) for parameter in needed if isinstance(parameter, click.Argument)]
    for parameter in needed:
        if isinstance(parameter, click.Option):
            words += [parameter.opts[0], parameter.make_metavar(context)]
    return " ".join([context.command_path, *words])


def _of_system(error: OSError) -> str:
    where = f"{error.filename}: " if error.filename else ""
    return f"{where}{_sentence(error.strerror or str(error))}"


def _sentence(text: str) -> str:
    text = text.strip()
    return text if text.endswith((".", "?", "!")) else f"{text}."


def wants_json(args: Sequence[str]) -> bool:
    """Whether the caller asked for JSON; looked up in the words themselves, since parsing may be what failed."""
    ours = args[: args.index("--")] if "--" in args else args
    return "--json" in ours or "--format=json" in ours or ("--format", "json") in itertools.pairwise(ours)


def tell(failure: Failure, *, as_json: bool) -> None:
    """Write it on stderr."""
    if as_json:
        import json  # only here and in printing: help must not wait for it

        fields = {name: getattr(failure, name) for name in ("code", "message", "hint", "subject")}
        click.echo(safe_json(json.dumps({"error": fields}, ensure_ascii=False)), err=True)
        return
    click.echo(f"{_marked('error:', 'red')} {safe(failure.message)}", err=True)
    if failure.hint:
        click.echo(f"{_marked('hint:', 'cyan')} {safe(failure.hint)}", err=True)


def _marked(word: str, colour: str) -> str:
    return word if "NO_COLOR" in os.environ else click.style(word, fg=colour, bold=True)


def _debug(error: BaseException) -> None:
    if os.environ.get("GITREG_DEBUG"):
        import traceback

        click.echo("".join(traceback.format_exception(error)), err=True)


def _forget_output() -> None:
    """Nobody reads any more: the interpreter must not fail again when it flushes at its end."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
