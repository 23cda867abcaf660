"""Share: evidence for people who have no gitreg."""

from __future__ import annotations

from pathlib import Path

import click

from gitreg.cli.session import Reply, Session
from gitreg.cli.tree import command
from gitreg.cli.views import lineages

__all__ = ["evidence_export"]

_KEY = click.Path(exists=True, dir_okay=False, path_type=Path)


@command("evidence export")
@click.argument("address", metavar="models:/MODEL@STAGE")
@click.option("-o", "--output", metavar="FILE", type=click.Path(path_type=Path), required=True, help="Write it here.")
@click.option("--with-model", is_flag=True, help="Take in the model's own files, too.")
@click.option("--sign-key", metavar="EC.pem", type=_KEY, help="Make an OpenSSF model signature with this key.")
def evidence_export(session: Session, address: str, output: Path, with_model: bool, sign_key: Path | None) -> Reply:
    """Write all that is known of a stage into one file for others.

    Card, data, run, evaluations, evidence, decision, approvals, rules and history, with a README that says how to check
    each with public tools alone. The same state of the registry gives the same bytes, without --sign-key.
    """
    made = session.registry.exports.pack(address, output, with_model=with_model, sign_key=sign_key)
    return Reply(lineages.pack(made), lineages.pack_page(made))
