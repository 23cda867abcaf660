"""Saying: notes and comments, on whatever can be named."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, NamedTuple

import click

from gitreg.cli.options import message_option
from gitreg.cli.session import Reply, Session
from gitreg.cli.tree import command
from gitreg.cli.views import facts
from gitreg.errors import RunNotFound
from gitreg.report import Line

if TYPE_CHECKING:
    from gitreg.folding import Comment

__all__ = ["comment", "note"]

_subject = click.argument("subject", metavar="SUBJECT")


class _Subject(NamedTuple):
    """What is spoken of: a run's id, or a model or version as `Models` takes it."""

    run: str | None
    reference: str


def _subject_of(session: Session, text: str) -> _Subject:
    """`runs:/…` and what a run is called by; else `models:/…`, MODEL, MODEL/VERSION. Raises `NotFound`."""
    if text.startswith("models:/"):
        return _Subject(None, text)
    if "/" in text.removeprefix("runs:/") and not text.startswith("runs:/"):
        return _Subject(None, text)
    try:
        return _Subject(session.registry.runs.find(text), text)
    except RunNotFound:
        if text.startswith(("runs:/", "@")) or text not in {view.name for view in session.registry.models.list()}:
            raise
        return _Subject(None, text)


@command("note")
@_subject
@click.argument("text")
@message_option
def note(session: Session, subject: str, text: str, message: str | None) -> Reply:
    """Describe a run, version or model in Markdown.

    SUBJECT is a run (an id, a name, @last), or MODEL, MODEL/VERSION; runs:/ and models:/ before it say which is meant.
    The text replaces the one before; an empty one takes it away. - reads it from stdin.
    """
    found, said = _subject_of(session, subject), _text(text)
    if found.run:
        session.registry.runs.note(found.run, said or None, why=message)
    else:
        session.registry.models.describe(found.reference, said or None, message=message)
    told = f"{subject} has a note." if said else f"{subject} has no note any more."
    return Reply({"subject": subject, "description": said or None}, [Line(told, "good")])


@command("comment")
@_subject
@click.argument("text")
@message_option
def comment(session: Session, subject: str, text: str, message: str | None) -> Reply:
    """Say something about a run, version or model, under your name.

    SUBJECT as for note. Comments stand beside each other, in Markdown; - reads the text from stdin.
    """
    found, said = _subject_of(session, subject), _text(text)
    if found.run:
        session.registry.runs.comment(found.run, said, why=message)
    else:
        session.registry.models.comment(found.reference, said, message=message)
    comments = _comments(session, found)
    return Reply(facts.comments(comments), facts.comments_page(comments))


def _comments(session: Session, found: _Subject) -> tuple[Comment, ...]:
    if found.run:
        return session.registry.runs.get(found.run).comments
    return session.registry.models.remarks(found.reference).comments


def _text(text: str) -> str:
    return sys.stdin.read().strip() if text == "-" else text
