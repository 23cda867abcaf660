"""The tree of commands for click: groups that know their commands by name and load one when it is called."""

from __future__ import annotations

import os
from importlib import import_module
from typing import TYPE_CHECKING, Any

import click

from gitreg.cli.catalogue import ENTRIES, GROUP_DEFAULTS, SECTIONS, Entry, GroupEntry, entries_of, groups_of
from gitreg.cli.failures import WrongWord, guarded
from gitreg.cli.session import Reply, Session

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

_WIDTH = 100
_ELSEWHERE = {"history": "log", "show": "models show", "ls": "runs list", "list": "runs list", "search": "runs search"}
"""What other tools call a command of ours."""
_EPILOG = (
    "Every command has --help with an example. Exit codes: 0 done, 1 the answer is no, 2 usage, 3 not found, "
    "4 race or conflict, 5 storage or network, 6 refused by rule."
)


class Command(click.Command):
    """A command of the catalogue: its function takes the session and returns a `Reply`, which is printed here."""

    entry: Entry

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The example, as it would be typed."""
        del ctx
        with formatter.section("Example"):
            formatter.write(f"{' ' * formatter.current_indent}{self.entry.example}\n")


def command(path: str) -> Callable[[Callable[..., Reply]], Command]:
    """Make a function the command of that name: its parameters are click's, its docstring the help."""
    entry = ENTRIES[path]

    def decorate(function: Callable[..., Reply]) -> Command:
        def callback(**arguments: Any) -> int:  # noqa: ANN401 - click hands over what it parsed
            session = click.get_current_context().ensure_object(Session)
            as_json = arguments.pop("as_json", False)
            return session.show(function(session, **arguments), as_json=as_json)

        params: list[click.Parameter] = getattr(function, "__click_params__", [])
        made = Command(entry.name, callback=callback, params=[*reversed(params)], help=function.__doc__)
        made.entry = entry
        return _with_json(made) if entry.shape else made

    return decorate


def _with_json(made: Command) -> Command:
    made.params.append(click.Option(["--json", "as_json"], is_flag=True, help="Print JSON (schemas/cli/)."))
    return made


class Group(click.Group):
    """A word with commands below it, known from the catalogue alone."""

    def __init__(self, path: str, **attributes: Any) -> None:  # noqa: ANN401 - click's own
        """`path` is the group's name, "" for the root."""
        super().__init__(path or "gitreg", no_args_is_help=True, **attributes)
        self.path = path

    def _known(self) -> dict[str, tuple[str, str]]:
        """Section and line of help of every name below."""
        known: tuple[Entry | GroupEntry, ...] = (*groups_of(self.path).values(), *entries_of(self.path).values())
        return {each.name: (each.section, each.help) for each in known}

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """See click; where the group has a command that is meant when none is named, that one is called."""
        default = GROUP_DEFAULTS.get(self.path)
        if default and args and args[0] not in {*self._known(), *ctx.help_option_names}:
            args = [default, *args]
        return super().parse_args(ctx, args)

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Every name below, in the order of the user's day."""
        del ctx
        if self.path:
            return [*entries_of(self.path)]
        return [name for section in SECTIONS for name, (of, _) in self._known().items() if of == section]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command, its module loaded now."""
        del ctx
        groups = groups_of(self.path)
        if cmd_name in groups:
            return Group(cmd_name, help=groups[cmd_name].help)
        entry = entries_of(self.path).get(cmd_name)
        return load(entry) if entry else None

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """See click; a wrong word is answered with the nearest right one."""
        name = args[0]
        if ctx.resilient_parsing:  # a shell asks what may follow; a wrong word is followed by nothing
            return super().resolve_command(ctx, args)
        if self.get_command(ctx, name) is None and not name.startswith("-"):
            raise self._no_such_command(ctx, args)
        return super().resolve_command(ctx, args)

    def _no_such_command(self, ctx: click.Context, args: list[str]) -> WrongWord:
        """With the whole line as it was probably meant."""
        import difflib
        import shlex

        name, *rest = args
        meant = _ELSEWHERE.get(name) if not self.path else None
        near = [meant] if meant else difflib.get_close_matches(name, self.list_commands(ctx), n=1)
        guess = f" Did you mean {near[0]!r}?" if near else ""
        line = " ".join([ctx.command_path, *near])
        meant_line = f"{line} {shlex.join(rest)}".rstrip()
        from gitreg.secrets import find_secrets

        is_shown = next(find_secrets(meant_line), None) is None  # it may go to a job's log
        hint = (meant_line if is_shown else line) if near else f"{line} --help"
        return WrongWord(f"There is no command {name!r:.60} in {ctx.command_path}.{guess}", ctx, hint)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The commands of the root under the parts of the day; those of a group in one list."""
        del ctx
        for section in SECTIONS if not self.path else ("Commands",):
            rows = [(name, line) for name, (of, line) in self._known().items() if self.path or of == section]
            with formatter.section(section):
                formatter.write_dl(rows, col_max=16)


def load(entry: Entry) -> Command:
    """The command of an entry, under the entry's name."""
    made = getattr(import_module(f"gitreg.cli.commands.{entry.module}"), entry.function)
    if not isinstance(made, Command):
        message = f"{entry.path} is not a command"
        raise TypeError(message)
    return made


class Root(Group):
    """`gitreg` itself: options that hold for every command, and errors as text or JSON with their exit codes."""

    def main(  # type: ignore[override]  # noqa: D102 - click's; ours always ends the process
        self,
        args: Sequence[str] | None = None,
        prog_name: str | None = None,
        **extra: Any,  # noqa: ANN401 - click's own
    ) -> Any:  # noqa: ANN401 - click's own
        extra["standalone_mode"] = False
        return guarded(lambda given: super(Root, self).main(given, prog_name or "gitreg", **extra), args)


def _start(ctx: click.Context, folder: str | None) -> None:
    """Make the session that the command will get."""
    from gitreg.surroundings import Surroundings  # `--help` ends before this: it need not know the machine

    ctx.obj = Session(Surroundings.of_process(), folder)
    ctx.call_on_close(ctx.obj.close)
    # pydantic would look at every installed package for plugins, 30 ms and more. Set after the surroundings were read:
    # a command that we run inherits them, and its pydantic keeps its plugins.
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")


def make_root() -> Root:
    """The whole tree."""
    return Root(
        "",
        callback=click.pass_context(_start),
        params=[
            click.Option(["-C", "folder"], metavar="PATH", help="The registry to use: a folder or URL."),
            click.Option(
                ["--version"],
                is_flag=True,
                is_eager=True,
                expose_value=False,
                callback=_print_version,
                help="Print the version.",
            ),
        ],
        help="A registry for machine learning in a git repository.",
        epilog=_EPILOG,
        context_settings={"help_option_names": ["-h", "--help"], "max_content_width": _WIDTH},
    )


def _print_version(ctx: click.Context, param: click.Parameter, value: bool) -> None:
    del param
    if value and not ctx.resilient_parsing:
        from importlib.metadata import version  # 20 ms that only this option needs

        click.echo(f"gitreg {version('gitreg')}")
        ctx.exit()
