"""Which key a person signs with (format 17)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gitreg.errors import InvalidKey
from gitreg.signing import AgentSigner, Signer, agent_keys, open_signer

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gitreg.decisions.rulebook import Rulebook
    from gitreg.documents import Principal


def choose_signer(
    rulebook: Rulebook, person: Principal, environ: Mapping[str, str], configured: str | None = None
) -> Signer | None:
    """The signer where nobody named one: git's `user.signingkey`, else the agent's key that is listed for `person`.

    A signing key of another kind (OpenPGP) is passed over. None where there is none.
    """
    if configured:
        try:
            return open_signer(configured, environ)
        except InvalidKey:
            return agent_signer(rulebook, person, environ)
    return agent_signer(rulebook, person, environ)


def agent_signer(rulebook: Rulebook, person: Principal, environ: Mapping[str, str]) -> AgentSigner | None:
    """The agent's key that approvers.json lists for a person."""
    if "SSH_AUTH_SOCK" not in environ:
        return None
    owners = rulebook.owners
    mine = {key for key, owner in owners.items() if owner.person == person}
    return next((signer for signer in agent_keys(environ) if signer.public_key.fingerprint in mine), None)
