"""What plain git calls in a clone, and what sets it to: the hook before a commit, the merge and diff drivers."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import click

from gitreg.cli.session import Reply, Session
from gitreg.cli.tree import command
from gitreg.cli.views import checks
from gitreg.decisions import awaited
from gitreg.report import Command, Line

if TYPE_CHECKING:
    from gitreg.decisions import Finding

__all__ = ["git_setup", "hook_diff", "hook_install", "hook_merge", "hook_pre_commit", "hook_textconv"]

_CONFLICT = 1


@command("hook pre-commit")
def hook_pre_commit(session: Session) -> Reply:
    """Judge what is staged before it is a commit.

    On main as a push is judged, on the ledger as facts are, on another branch as a proposal, which may still wait for
    people. Exit code 1 stops the commit, with the reasons in words; `git commit --no-verify` goes round it, and meets
    the same rules at the next push and in CI.
    """
    from gitreg._registry import check_staged

    found = check_staged(session.registry)
    waiting = awaited(found)
    refused = [each for each in found if each.severity == "block" and each not in waiting]
    return Reply(notes=_refusal(refused), exit_code=1 if refused else 0)


def _refusal(refused: list[Finding]) -> list[Line]:
    return [*checks.findings_page(refused)] if refused else []  # type: ignore[list-item] # lines and nothing else


@command("hook install")
def hook_install(session: Session) -> Reply:
    """Check each commit and merge of this clone before it is made.

    Writes the hooks `pre-commit` and `pre-merge-commit` into the git folder. Another tool's hook there is left alone
    (exit code 2, with the line to add to it).
    """
    from gitreg._registry import install_commit_hooks

    commit, merge = install_commit_hooks(session.registry.store)
    return Reply(page=[Line(f"Git asks {commit} before each commit here, and {merge.name} before each merge.")])


@command("git-setup")
def git_setup(session: Session) -> Reply:
    """Let plain git merge and diff this clone's documents by our rules.

    Facts merge by the ledger's rule and never conflict; of two decisions about one stage git says in words what each
    decided; `git diff` and `git log -p` tell a decision as `fraud: production 6 -> 7`. Only this clone's own git
    configuration and attributes are written.
    """
    from gitreg._registry import set_up_git

    path = set_up_git(session.registry.store)
    return Reply(page=[Line(f"Git merges and diffs by {path} now."), Command("git log -p --first-parent main")])


@command("hook merge")
@click.argument("base", type=click.Path(path_type=Path))
@click.argument("ours", type=click.Path(path_type=Path))
@click.argument("theirs", type=click.Path(path_type=Path))
@click.argument("path")
def hook_merge(session: Session, base: Path, ours: Path, theirs: Path, path: str) -> Reply:
    """Merge one file for git: facts by rule, decisions by people.

    Git's merge driver: BASE, OURS and THEIRS are files, PATH is where they come from, and the answer is written to
    OURS. Exit code 1 is a conflict.
    """
    from gitreg._registry import merge_file

    del session
    merged = merge_file(base.read_bytes(), ours.read_bytes(), theirs.read_bytes(), path)
    if merged is None:
        done = subprocess.run(["git", "merge-file", "-L", "ours", "-L", "base", "-L", "theirs", ours, base, theirs])  # noqa: S603, S607, PLW1510 - the git that called us; its exit code is the answer
        return Reply(exit_code=_CONFLICT if done.returncode else 0)
    if merged.data is None:
        return Reply(notes=[Line(words) for words in merged.words], exit_code=_CONFLICT)
    ours.write_bytes(merged.data)
    return Reply()


@command("hook diff")
@click.argument("words", nargs=-1, type=click.UNPROCESSED)
def hook_diff(session: Session, words: tuple[str, ...]) -> Reply:
    """Tell a decision's change for git diff.

    Git's external diff: PATH OLD-FILE OLD-HEX OLD-MODE NEW-FILE NEW-HEX NEW-MODE.
    """
    from gitreg._registry import told_change

    del session
    path, old, _, _, new, *_ = (*words, *[""] * 7)
    return Reply(page=[Line(line) for line in told_change(_bytes(old), _bytes(new), path)])


@command("hook textconv")
@click.argument("file", type=click.Path(path_type=Path))
def hook_textconv(session: Session, file: Path) -> Reply:
    """Tell a decision for git log -p."""
    from gitreg._registry import told_file

    del session
    return Reply(page=[Line(line) for line in told_file(file.read_bytes())])


def _bytes(name: str) -> bytes:
    """A file that git names; `/dev/null` where there is none."""
    return Path(name).read_bytes() if name else b""
