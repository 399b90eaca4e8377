"""Cloud Storage through Google's client: small objects by the hundred, and one large one."""

from __future__ import annotations

from collections.abc import Callable

SMALL, LARGE = 1_000, 20_000_000  # bytes
PAIRS = 100


def cases(url: str) -> dict[str, Callable[[], object]]:
    """Return the cases against the server at `url`, or against `connect("offline")` if it is "connect"."""
    bucket = _client(url).create_bucket("bench")
    small, large = b"x" * SMALL, bytes(range(256)) * (LARGE // 256 + 1)
    large_blob = bucket.blob("large")
    assert _round_trip(bucket.blob("check"), large[:LARGE]) == large[:LARGE], "the bytes changed on the way"

    def pairs() -> None:
        for number in range(PAIRS):
            assert len(_round_trip(bucket.blob(f"small-{number}"), small)) == SMALL

    return {
        "pairs": pairs,
        "upload": lambda: large_blob.upload_from_string(large[:LARGE]),
        "download": large_blob.download_as_bytes,
    }


def _round_trip(blob, content: bytes) -> bytes:
    blob.upload_from_string(content)
    return blob.download_as_bytes()


def _client(url: str):
    from google.auth.credentials import AnonymousCredentials
    from google.cloud import storage

    if url == "connect":
        from mlops_helpers.cloud import connect

        connect("offline")
        return storage.Client()
    return storage.Client(project="bench", credentials=AnonymousCredentials(), client_options={"api_endpoint": url})
