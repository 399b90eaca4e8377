"""What users say about answers: one rating per request, with the model and the prompt version that earned it.

    feedback = FeedbackStore(firestore.Client(), logging.Client().logger("feedback"))
    feedback.register(Served("req-17", model_id=model, prompt_version="v2", variables={"question": question}))
    feedback.rate("req-17", 2, "it forgot the price")
    feedback.table(since=monday)            one row per rating; `rating_averages` and `feedback_traces` read it

A rating names a request, and only a request that was served has one: registered here, or found in the traces. Model and
prompt version are copied from there into the rating, so nobody who rates can say, or forget, which model it was. The
time is the server's. The same rating sent twice counts once; another one is refused unless the user changed their mind.
Texts are kept masked. What is refused is refused by name, and the log shows it.

A query by time needs no index of its own in Firestore; one by model *and* time would, so models are told apart here.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from mlops_helpers.collaboration import feedback_checks as checks
from mlops_helpers.collaboration.errors import (
    AlreadyRated,
    CollaborationError,
    InvalidSetting,
    NotRated,
    ServedDifferently,
    UnknownRequest,
)
from mlops_helpers.collaboration.feedback_checks import Served
from mlops_helpers.collaboration.feedback_traces import served_in_traces
from mlops_helpers.governance.pseudonyms import pseudonymise, require_strong
from mlops_helpers.monitoring.genai_calls import excerpt

if TYPE_CHECKING:
    import pandas as pd
    from google.cloud import firestore
    from google.cloud.logging_v2.logger import Logger

LOGGER = logging.getLogger(__name__)
COLUMNS = {
    "request": "str",
    "rating": "int64",
    "comment": "str",
    "user": "str",
    "model_id": "str",
    "prompt_version": "str",
    "trace_id": "str",
    "rated_at": "datetime64[us, UTC]",
    "changes": "int64",
}
REFUSED = "refused"
NOBODY_FOUND = "one that was registered when it was served, or that a trace names"


@dataclass(frozen=True)
class Feedback:
    """One rating as it is kept. `rated_at` is the server's time, `earlier` what the user thought before, in order."""

    request: str
    rating: int
    comment: str
    user: str
    model_id: str
    prompt_version: str
    trace_id: str
    rated_at: datetime
    earlier: tuple[int, ...] = ()


@dataclass(frozen=True)
class FeedbackStore:
    """Served answers and their ratings in two collections of Firestore, refusals in `log`.

    `key` (32 bytes and more) is needed to keep who rated, as a pseudonym; without it a user is refused.
    Raises governance's `WeakKey` for a short key.
    """

    client: firestore.Client = field(repr=False)
    log: Logger = field(repr=False)
    key: bytes | None = field(default=None, repr=False)
    prefix: str = "feedback"

    def __post_init__(self) -> None:
        if self.key is not None:
            require_strong(self.key)

    def register(self, served: Served) -> Served:
        """Note an answer that was given, and return what was kept of it; the same again changes nothing. One request.

        Raises `ServedDifferently` if the request was served by another model or prompt, `InvalidSetting`.
        """
        from google.api_core.exceptions import AlreadyExists

        with self._refusals(served.request):
            kept = checks.check_served(served)
            try:
                self._document("served", kept.request).create(vars(kept))
            except AlreadyExists:
                known = Served(**self._document("served", kept.request).get().to_dict())
                if known != kept:
                    raise _differs(known, kept) from None
        return kept

    def served(self, request: str) -> Served:
        """Return what was served. Of a request that was not registered the traces are asked, and it is noted.

        Raises `UnknownRequest`, `InvalidSetting`.
        """
        with self._refusals(request):
            return self._served(request)

    def rate(
        self, request: str, rating: int, comment: str = "", *, user: str = "", changed_mind: bool = False
    ) -> Feedback:
        """Keep a rating (1 to 5) of a served request, and return it.

        The same rating again, after a time-out say, changes nothing, not even the time. Raises `BadRating`,
        `UnknownRequest`, `AlreadyRated` for a different one unless `changed_mind`, `InvalidSetting`.
        """
        from google.cloud import firestore

        with self._refusals(request):
            given = {"rating": checks.check_rating(rating), "comment": checks.check_comment(comment)}
            given["user"] = self._pseudonym(user)
            served = self._served(request)
            about = {name: getattr(served, name) for name in ("request", "model_id", "prompt_version", "trace_id")}
            reference = self._document("ratings", request)

            @firestore.transactional
            def transact(transaction: firestore.Transaction) -> None:
                found = reference.get(transaction=transaction)
                known = found.to_dict() if found.exists else {}
                if all(known.get(name) == value for name, value in given.items()):
                    return
                if known and not changed_mind:
                    raise _another(known, given)
                earlier = [*known.get("earlier", []), *([known["rating"]] if known else [])]
                now = {"rated_at": firestore.SERVER_TIMESTAMP, "earlier": earlier}
                transaction.set(reference, about | given | now)

            transact(self.client.transaction())
            return self.rating(request)

    def rating(self, request: str) -> Feedback:
        """Return the rating of a request. Raises `NotRated`."""
        found = self._document("ratings", checks.check_request(request)).get()
        if not found.exists:
            raise NotRated(f"no rating of {request}", "a request that a user rated", "See table() for those.")
        kept = found.to_dict()
        return Feedback(**(kept | {"earlier": tuple(kept["earlier"])}))

    def table(self, *, since: datetime | None = None, until: datetime | None = None) -> pd.DataFrame:
        """Return the ratings with since <= rated_at < until, oldest first: request, rating, comment, user, model_id,
        prompt_version, trace_id, rated_at, changes (how often the user's mind changed).

        Raises `InvalidSetting` for a time without a zone.
        """
        import pandas as pd
        from google.cloud.firestore_v1.base_query import FieldFilter

        query = self.client.collection(f"{self.prefix}-ratings").order_by("rated_at")
        for name, operator, moment in (("since", ">=", since), ("until", "<", until)):
            if checks.check_moment(moment, name) is not None:
                query = query.where(filter=FieldFilter("rated_at", operator, moment))
        rows = [found.to_dict() for found in query.stream()]
        for row in rows:
            row["changes"] = len(row.pop("earlier"))
        table = pd.DataFrame(rows, columns=list(COLUMNS)).astype(COLUMNS)
        return table.sort_values(["rated_at", "request"], kind="stable", ignore_index=True)

    def refusals(self) -> pd.DataFrame:
        """Return what was refused, oldest first: time, request, error, message. Never the comment.

        Cloud Logging shows an entry some seconds after it was written (offline at once).
        """
        import pandas as pd

        name = f'logName="{self.log.full_name}" AND labels.feedback="{REFUSED}" AND timestamp>="2000-01-01T00:00:00Z"'
        found = sorted(self.log.client.list_entries(filter_=name), key=lambda entry: entry.timestamp)
        rows = [(entry.timestamp, *(entry.payload[key] for key in ("request", "error", "message"))) for entry in found]
        return pd.DataFrame(rows, columns=["time", "request", "error", "message"])

    def _served(self, request: str) -> Served:
        found = self._document("served", checks.check_request(request)).get()
        if found.exists:
            return Served(**found.to_dict())
        traced = served_in_traces(self.log.client, request)
        if traced is None:
            remedy = "Register it when it is served, or trace it with the fact request_id."
            raise UnknownRequest(f"no request {request}", NOBODY_FOUND, remedy)
        return self.register(traced)

    def _pseudonym(self, user: str) -> str:
        if not user:
            return ""
        if self.key is None:
            raise InvalidSetting("a user without a key", "a key for pseudonyms", "FeedbackStore(..., key=...).")
        return pseudonymise([user], self.key, domain="feedback")[0]

    def _document(self, kind: str, request: str) -> firestore.DocumentReference:
        return self.client.collection(f"{self.prefix}-{kind}").document(request)

    @contextmanager
    def _refusals(self, request: object) -> Iterator[None]:
        """Write what is refused to the log, then raise it; a log that cannot be reached makes nothing allowed."""
        from google.api_core.exceptions import GoogleAPIError

        try:
            yield
        except CollaborationError as error:
            about: dict[str, Any] = {"request": excerpt(str(request), 100), "error": type(error).__name__}
            entry = about | {"message": excerpt(str(error), 300)}
            try:
                self.log.log_struct(entry, severity="WARNING", labels={"feedback": REFUSED})
            except GoogleAPIError as problem:
                LOGGER.warning("The refusal of %s could not be written to the log: %s", about["request"], problem)
            raise


def _differs(known: Served, given: Served) -> ServedDifferently:
    names = [name for name in vars(known) if getattr(known, name) != getattr(given, name)]
    found = f"the request {known.request} with another {' and '.join(names)}"
    return ServedDifferently(found, f"{known.model_id} with prompt {known.prompt_version}", "Give each answer its id.")


def _another(known: dict[str, Any], given: dict[str, Any]) -> AlreadyRated:
    found = f"a rating of {given['rating']} for {known['request']}, which was rated {known['rating']}"
    return AlreadyRated(found, "one rating per request", "Pass changed_mind=True if the same user thinks again.")
