"""What attesting the reviews of a forge came to, as JSON and as a page."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gitreg.documents import format_time
from gitreg.report import Line

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from gitreg.cli import shapes
    from gitreg.decisions import Attested
    from gitreg.documents import ReviewReport
    from gitreg.report import Block


def attestation(found: Attested) -> shapes.Attestation:
    """The reviews of one proposal."""
    return {
        "id": found.proposal.id,
        "signed": bool(found.text),
        "reviews": [review(each) for each in found.reviews],
        "passed_over": [
            {"handle": each.shown.handle, "review": each.shown.review, "reason": each.reason}
            for each in found.passed_over
        ],
    }


def review(each: ReviewReport) -> shapes.Review:
    """One review as it is attested."""
    return {
        "reviewer": each.reviewer,
        "handle": each.handle,
        "review": each.review,
        "url": each.url,
        "commit": each.commit,
        "verdict": each.verdict,
        "submitted_at": format_time(each.submitted_at),
    }


def attestations_page(found: Sequence[Attested]) -> Iterator[Block]:
    """Each proposal with what was attested, and what was not and why."""
    if not found:
        yield "No proposal has an open pull request."
    for each in found:
        state = "signed" if each.text else "nothing new to sign"
        yield Line(f"{each.proposal.id}: {state}", "good" if each.text else "plain")
        for one in each.reviews:
            yield f"  {one.verdict} by {one.reviewer}, review {one.review} of {one.handle} at {one.commit:.8}"
        for over in each.passed_over:
            yield Line(f"  not: review {over.shown.review} of {over.shown.handle}: {over.reason}", "warn")
