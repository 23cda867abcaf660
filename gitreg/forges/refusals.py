"""A forge's "no", as one of our errors: which permission is missing, which field is wrong; never a token."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from gitreg.errors import Conflict, CredentialsRefused, GitregError, NotFound, RemoteError, RemoteRefused
from gitreg.forges.reading import at, rows_or_empty, text_or_empty

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gitreg.forges.values import Token

_UNSAFE = re.compile(r"[^\x20-\x7e\u00a1-\u1fff\u2070-\u2fff\u3000-\ud7ff]")
_MAX_SAID = 500
_SCOPES = ("x-accepted-github-permissions", "x-accepted-oauth-scopes")
_ANY_TOKEN = "GITREG_FORGE_TOKEN"  # noqa: S105 - the name of a variable
_VARIABLES = {"GitHub": "GITHUB_TOKEN", "GitLab": "GITLAB_TOKEN", "Gitea": "GITEA_TOKEN"}


def refusal(
    name: str, needs: str, status: int, headers: Mapping[str, str], answer: object, token: Token | None
) -> GitregError:
    """The error that a status means: 401, 403 and 404 name what the token lacks, 409 is a race, other 4xx a rule."""
    said = harmless(_said(answer), token)
    because = f": {said}" if said else ""
    if status in (401, 403):
        wanted = harmless(next((headers[each] for each in _SCOPES if headers.get(each)), ""), token)
        return CredentialsRefused(
            f"{name} refuses{because} (status {status}); this needs {_permission(needs, wanted)}.",
            hint=_hint(name, token),
        )
    if status in (404, 410):
        message = f"{name} has no such thing, or does not show it to this token{because}; this needs {needs}."
        return NotFound(message, hint=_hint(name, token))
    if status == 409:  # noqa: PLR2004 - Conflict
        return Conflict(f"{name} was asked for something that has changed meanwhile{because}.")
    if 400 <= status < 500:  # noqa: PLR2004 - RFC 9110: the client's fault
        return RemoteRefused(f"{name} refuses{because} (status {status}).")
    return RemoteError(f"{name} does not work at present (status {status}){because}.")


def harmless(text: str, token: Token | None) -> str:
    """What a stranger said, fit for a terminal: one line, no control characters, no token, not too long."""
    if token is not None:
        text = text.replace(token.secret, "…")
    return _UNSAFE.sub(" ", text)[:_MAX_SAID].strip().rstrip(".")


def _permission(needs: str, wanted: str) -> str:
    return f"{needs} ({wanted})" if wanted else needs


def _hint(name: str, token: Token | None) -> str:
    own = _VARIABLES.get(name)
    names = f"{own} or {_ANY_TOKEN}" if own else _ANY_TOKEN
    return f"Give the token of {token.source} that permission." if token else f"Set {names}: no token was found."


def _said(answer: object) -> str:
    """The message, with the fields of a 422: GitHub's `errors`, GitLab's message as a list or by field."""
    message = at(answer, "message") or at(answer, "error_description") or at(answer, "error")
    if isinstance(message, dict):
        return "; ".join(f"{field} {_joined(problems)}" for field, problems in message.items())
    fields = [_field(each) for each in rows_or_empty(answer, "errors")]
    return "; ".join(each for each in [_joined(message).rstrip("."), *fields] if each)


def _joined(message: Any) -> str:  # noqa: ANN401 - any JSON
    if isinstance(message, list):
        return ", ".join(str(each) for each in message)
    return str(message) if message else ""


def _field(error: object) -> str:
    if isinstance(error, str):
        return error
    words = [text_or_empty(error, each) for each in ("resource", "field", "code", "message")]
    return " ".join(each for each in words if each)
