"""Write docs/cli.md from the commands themselves, or with `--check` say that it differs and change nothing."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from gitreg.cli import make_root
from gitreg.cli.catalogue import COMMANDS, ENTRIES, GROUPS, SECTIONS, Entry
from gitreg.cli.tree import load

if TYPE_CHECKING:
    from collections.abc import Iterator

PAGE = Path(__file__).parent.parent / "docs/cli.md"
WIDTH = 100

HEAD = """\
# The command line

<!-- Written by scripts/write_cli_docs.py from the commands themselves. -->

`gitreg --help` lists the commands by the user's day; `gitreg COMMAND --help` shows one, with an example.

## What holds for every command

- The registry is found by: `-C PATH`, then `GITREG_REPO`, then what `gitreg use` wrote into the enclosing code
  repository, then the enclosing registry, then the user's default. `gitreg status` says which one it was and why.
- Every command that reads takes `--json`. What it prints is described in [`schemas/cli/`](../schemas/cli); a field is
  never renamed or taken away. An error is then one JSON object on stderr:
  `{"error": {"code": …, "message": …, "hint": …, "subject": …}}`.
- Every command that writes into the registry takes `-m`, and what it says stands in the message of the commit:
  `git log --all` finds it. Where a command finds nothing to change there is no commit and nothing is kept. `use` and
  `doctor` write no commit, so they take none.
- Tables fit the terminal. In a pipe nothing is cut, coloured or drawn; `NO_COLOR` takes colour away everywhere.
- What stands in documents is printed so that no terminal obeys it: control characters are spelled out.
- A run is named by its id, any prefix or suffix of it that is unique, its generated name, or `@last`.
- `GITREG_DEBUG=1` adds the traceback to an error.

| exit code | says | for example |
|-|-|-|
| 0 | done | |
| 1 | the answer is no | `validate` or `fsck` found something |
| 2 | usage | an unknown option, a value that can never work, no user.email where somebody decides |
| 3 | not found | no such run, version, stage, registry; a stage that was withdrawn or never set |
| 4 | race or conflict | a stale proposal, a diverged main, a dirty file in the way, an ambiguous id |
| 5 | storage or network | a bucket that refuses, a full disk, bytes that are missing or corrupt |
| 6 | refused by rule | not approved, held, not in force, cannot tell, refused by a server's hook |
| 70 | a defect of gitreg | please report it |
| 130, 141 | interrupted; nobody reads the output any more | |

`gitreg run -- CMD` ends with the exit code of CMD.

## The commands
"""


def page() -> str:
    """The whole page."""
    return "\n".join([HEAD, *_contents(), *(line for section in SECTIONS for line in _section(section))])


def _contents() -> Iterator[str]:
    for section in SECTIONS:
        links = [f"[`{entry.path}`](#gitreg-{entry.path.replace(' ', '-')})" for entry in _of(section)]
        yield f"- **{section}**: {' '.join(links)}"
    yield ""


def _of(section: str) -> list[Entry]:
    return [entry for entry in COMMANDS if entry.section == section]


def _section(section: str) -> Iterator[str]:
    yield f"## {section}\n"
    for entry in _of(section):
        yield f"### gitreg {entry.path}\n"
        yield from _others(entry)
        if entry.shape:
            yield f"`--json` prints [`{entry.shape}`](../schemas/cli/{entry.shape}.json).\n"
        yield f"```text\n{_help(entry)}```\n"


def _others(entry: Entry) -> Iterator[str]:
    names = [f"`gitreg {other.path}`" for other in ENTRIES.values() if other.same_as == entry.path]
    if names:
        yield f"Also {' and '.join(names)}.\n"


def _help(entry: Entry) -> str:
    """The command's own help, as a terminal of a fixed width shows it."""
    context = click.Context(make_root(), info_name="gitreg")
    if entry.group:
        group = next(each for each in GROUPS if each.name == entry.group)
        context = click.Context(click.Group(group.name), parent=context, info_name=group.name)
    context = click.Context(load(entry), parent=context, info_name=entry.name, terminal_width=WIDTH)
    return context.command.get_help(context).rstrip() + "\n"


def main() -> int:
    """1 when `--check` finds a difference."""
    text = page().rstrip() + "\n"
    if "--check" not in sys.argv[1:]:
        PAGE.write_text(text, encoding="utf-8")
        return 0
    if PAGE.exists() and PAGE.read_text(encoding="utf-8") == text:
        return 0
    print("docs/cli.md does not say what the commands say: python scripts/write_cli_docs.py")
    return 1


if __name__ == "__main__":
    raise SystemExit(main())
