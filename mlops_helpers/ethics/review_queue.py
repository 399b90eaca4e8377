"""Cases that a machine should not decide, and the people who do: a queue in Firestore.

    queue = ReviewQueue(firestore.Client(), clock=session.now)
    queue.submit("request-17", reasons=["not supported"], answer=text)
    queue.pending()
    queue.decide("request-17", verdict="override", by="grace@example.com", why="the note says so", answer=better)

    pending --decide--> released | rejected | override         and no way back

A case is submitted once and decided once, however often the call is repeated (after a time-out, say). A second opinion
that differs is an error that names the first. Both are decided by Firestore, not by us: a document is created or there
is one already, and a decision is a transaction. Texts are kept with personal data masked.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from mlops_helpers.ethics.errors import InvalidSetting, ReviewDecided, UnknownReview
from mlops_helpers.ethics.input_guard import mask_personal

if TYPE_CHECKING:
    import pandas as pd
    from google.cloud import firestore

PENDING, RELEASED, REJECTED, OVERRIDE = "pending", "released", "rejected", "override"
VERDICTS = (RELEASED, REJECTED, OVERRIDE)
COLUMNS = ("request", "state", "reasons", "text", "answer", "submitted", "by", "why", "decided", "replacement")


@dataclass(frozen=True)
class Review:
    """One case: what was asked and answered (masked), why a person looks at it, and what that person decided.

    `answer` is the model's, `replacement` that of the person who overrode it. Times are ISO 8601.
    """

    request: str
    state: str
    reasons: str
    text: str
    answer: str
    submitted: str
    by: str = ""
    why: str = ""
    decided: str = ""
    replacement: str = ""

    @property
    def final(self) -> str:
        """The answer that may be used: none while pending or if rejected."""
        return {RELEASED: self.answer, OVERRIDE: self.replacement}.get(self.state, "")


@dataclass(frozen=True)
class ReviewQueue:
    """The cases of one collection; `clock` gives times with a zone."""

    client: firestore.Client = field(repr=False)
    clock: Callable[[], datetime] = field(repr=False)
    collection: str = "reviews"

    def submit(self, request: str, *, reasons: Iterable[str], text: str = "", answer: str = "") -> Review:
        """Put a case into the queue, and return it; one that is there already is returned as it is.

        Raises `InvalidSetting` for an id that Firestore does not take.
        """
        from google.api_core.exceptions import AlreadyExists

        masked = [mask_personal(one)[0] for one in ("; ".join(reasons), text, answer)]
        review = Review(request, PENDING, *masked, self.clock().isoformat())
        try:
            self._document(request).create(vars(review))
        except AlreadyExists:
            return self.get(request)
        return review

    def get(self, request: str) -> Review:
        """Return a case. Raises `UnknownReview`."""
        return self._read(request, self._document(request).get())

    def decide(self, request: str, *, verdict: str, by: str, why: str, answer: str = "") -> Review:
        """Decide a case, and return it: `released`, `rejected`, or `override` with an answer of one's own.

        The same decision by the same person again changes nothing. Raises `ReviewDecided` for another one,
        `UnknownReview`, `InvalidSetting` without person or reason, or for an override without an answer.
        """
        from google.cloud import firestore

        given = _checked(verdict, by, why, answer)
        reference = self._document(request)

        @firestore.transactional
        def transact(transaction: firestore.Transaction) -> Review:
            review = self._read(request, reference.get(transaction=transaction))
            if review.state == PENDING:
                changes = given | {"decided": self.clock().isoformat()}
                transaction.update(reference, changes)
                return Review(**(vars(review) | changes))
            if any(getattr(review, name) != value for name, value in given.items()):
                found = f"the case {request}: {review.state} by {review.by} at {review.decided} ({review.why})"
                raise ReviewDecided(found, "one that is pending", "Talk to that person; the record stays.")
            return review

        return transact(self.client.transaction())

    def pending(self) -> pd.DataFrame:
        """Return the cases that wait, oldest first."""
        table = self.table()
        return table[table["state"] == PENDING].reset_index(drop=True)

    def table(self) -> pd.DataFrame:
        """Return all cases, oldest first: request, state, reasons, text, answer, submitted, by, why, decided, ..."""
        import pandas as pd

        rows = [found.to_dict() for found in self.client.collection(self.collection).stream()]
        table = pd.DataFrame(rows, columns=list(COLUMNS))
        return table.sort_values(["submitted", "request"], kind="stable", ignore_index=True)

    def _document(self, request: str) -> firestore.DocumentReference:
        if not isinstance(request, str) or not 1 <= len(request) <= 200 or "/" in request or request in (".", ".."):
            raise InvalidSetting(f"the request {request!r:.60}", "an id of 1 to 200 characters, no '/'", "Use a hash.")
        return self.client.collection(self.collection).document(request)

    def _read(self, request: str, found: Any) -> Review:
        if not found.exists:
            raise UnknownReview(f"no case {request!r} in {self.collection}", "one that was submitted", "See table().")
        return Review(**found.to_dict())


def _checked(verdict: str, by: str, why: str, answer: str) -> dict[str, str]:
    """Return a decision as it is kept; a person who decides says who and why."""
    if verdict not in VERDICTS:
        raise InvalidSetting(f"the verdict {verdict!r}", f"one of {', '.join(VERDICTS)}", "Choose one.")
    for what, text in (("person", by), ("reason", why)):
        if not text.strip():
            raise InvalidSetting(f"a decision without a {what}", f"a {what}", "Say who decides, and why.")
    if (verdict == OVERRIDE) != bool(answer.strip()):
        found = f"{verdict} {'with' if answer.strip() else 'without'} an answer"
        raise InvalidSetting(found, "an answer for an override, and for nothing else", "Correct the call.")
    return {"state": verdict, "by": by.strip(), "why": why.strip(), "replacement": mask_personal(answer)[0]}
