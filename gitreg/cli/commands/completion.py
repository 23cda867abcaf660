"""Completion: what a shell has to be told once."""

from __future__ import annotations

import click

from gitreg.cli.session import Reply, Session
from gitreg.cli.tree import command, make_root

__all__ = ["completion"]

_SHELLS = ("bash", "zsh", "fish")


@command("completion")
@click.argument("shell", type=click.Choice(_SHELLS))
def completion(session: Session, shell: str) -> Reply:
    """Print what a shell needs to complete commands, runs, models and stages.

    bash: eval "$(gitreg completion bash)" in ~/.bashrc; zsh the same in ~/.zshrc; fish: gitreg completion fish | source
    in ~/.config/fish/config.fish.
    """
    from click.shell_completion import get_completion_class

    del session
    known = get_completion_class(shell)
    if known is None:  # pragma: no cover - click knows these three
        return Reply()
    return Reply(page=known(make_root(), {}, "gitreg", "_GITREG_COMPLETE").source().strip("\n").split("\n"))
