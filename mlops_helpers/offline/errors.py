"""What the offline Google Cloud answers when it cannot do what was asked.

    ApiError                 any refusal: an HTTP status, Google's reason word, a sentence
      built by               invalid (400), forbidden (403), not_found (404), conflict (409),
                             gone (410), precondition_failed (412), range_not_satisfiable (416), unsupported (501)

Handlers raise; `envelope` turns the error into the JSON body that Google's clients parse. A 5xx other than 501 is
never sent by accident: the clients would retry it for two minutes.
"""

from __future__ import annotations

STATUS_WORDS = {
    400: "INVALID_ARGUMENT",
    401: "UNAUTHENTICATED",
    403: "PERMISSION_DENIED",
    404: "NOT_FOUND",
    409: "ALREADY_EXISTS",
    412: "FAILED_PRECONDITION",
    429: "RESOURCE_EXHAUSTED",
    500: "INTERNAL",
    501: "UNIMPLEMENTED",
    503: "UNAVAILABLE",
}


class ApiError(Exception):
    """A refusal, as the service words it.

    `code` is the HTTP status, `reason` Google's machine-readable word (`notFound`, `conditionNotMet`, ...) and
    `location` the part of the request that is at fault, where the service names one.
    """

    def __init__(self, code: int, reason: str, message: str, *, location: str | None = None) -> None:
        super().__init__(message)
        self.code, self.reason, self.message, self.location = code, reason, message, location

    def detail(self) -> dict[str, str]:
        """The error as one entry of an `errors` list (also BigQuery's ErrorProto)."""
        found = {"reason": self.reason, "message": self.message, "location": self.location}
        return {key: value for key, value in found.items() if value}

    def envelope(self) -> dict:
        """The JSON body of the answer, as Google's clients expect it."""
        status = STATUS_WORDS.get(self.code, "UNKNOWN")
        errors = [{"domain": "global", **self.detail()}]
        return {"error": {"code": self.code, "message": self.message, "status": status, "errors": errors}}


def invalid(message: str, *, reason: str = "invalid", location: str | None = None) -> ApiError:
    """400: the request is malformed or asks for something contradictory."""
    return ApiError(400, reason, message, location=location)


def forbidden(message: str) -> ApiError:
    """403: the resource exists, but this change is not allowed (a hold, a retention policy)."""
    return ApiError(403, "forbidden", message)


def not_found(message: str) -> ApiError:
    """404: no such bucket, object, dataset, table or job."""
    return ApiError(404, "notFound", message)


def conflict(message: str, *, reason: str = "conflict") -> ApiError:
    """409: it exists already, or it is not empty."""
    return ApiError(409, reason, message)


def gone(message: str) -> ApiError:
    """410: an upload that was finished or cancelled."""
    return ApiError(410, "gone", message)


def precondition_failed(message: str = "At least one of the pre-conditions you specified did not hold.") -> ApiError:
    """412: a generation or metageneration was not the expected one."""
    return ApiError(412, "conditionNotMet", message)


def range_not_satisfiable() -> ApiError:
    """416: a byte range beyond the end of the object."""
    return ApiError(416, "requestedRangeNotSatisfiable", "The requested range cannot be satisfied.")


def unsupported(operation: str) -> ApiError:
    """501: Google Cloud may do this; the offline one says by name that it does not."""
    return ApiError(501, "notImplemented", f"{operation}: not available in the offline Google Cloud (see COVERAGE.md)")
