"""Refusals in Vertex AI's words, on top of the offline cloud's one error tree.

    offline.errors.ApiError
      FailedPrecondition      400 with the status FAILED_PRECONDITION: right in itself, but not in this state

Handlers raise what these functions build; the core writes Google's error envelope.
"""

from __future__ import annotations

from ..errors import ApiError, conflict, invalid, not_found


class FailedPrecondition(ApiError):
    """The request is well-formed, but the resource is not in a state that allows it."""

    def __init__(self, message: str) -> None:
        super().__init__(400, "failedPrecondition", message)

    def envelope(self) -> dict:
        """Google's envelope; the status word tells it from a malformed request, which is 400 as well."""
        found = super().envelope()
        found["error"]["status"] = "FAILED_PRECONDITION"
        return found


def missing(name: str) -> ApiError:
    """404: no resource of this name."""
    return not_found(f"The resource {name!r} was not found. List the collection to see what exists in this location.")


def exists(name: str) -> ApiError:
    """409: the id is taken."""
    return conflict(f"The resource {name!r} already exists. Choose another id, or update it.", reason="alreadyExists")


def bad_field(field: str, found: object, expected: str) -> ApiError:
    """400: one field holds what it must not hold."""
    return invalid(f"Invalid value for {field!r}: found {found!r}, expected {expected}.", location=field)


def precondition(message: str) -> ApiError:
    """400, FAILED_PRECONDITION."""
    return FailedPrecondition(message)
