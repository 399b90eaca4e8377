"""A server that runs already: where it is, and how its token travels.

    MLOPS_OFFLINE_URL=http://127.0.0.1:8085/?token=TOKEN        or the token alone in MLOPS_OFFLINE_TOKEN

BigQuery, Gemini and Vertex AI ask `google.auth.default` for credentials, and get some that hold the token. The Storage
client asks nobody once it has been pointed at an emulator: for it the header is added to each request, and to no
request that goes anywhere else. gRPC channels and Redis connections have an adapter of their own (`adapters_token`).
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, urlsplit

from .patches import Patches

ATTACH, TOKEN = "MLOPS_OFFLINE_URL", "MLOPS_OFFLINE_TOKEN"


@dataclass(frozen=True)
class Address:
    """Where a server is (`http://127.0.0.1:8085`), and the token that it wants, if any."""

    url: str
    token: str | None = None

    @classmethod
    def parse(cls, text: str) -> Address:
        """An address that may end in `?token=...`; without one, the token of the environment.

        >>> Address.parse("http://127.0.0.1:8085/?token=abc")
        Address(url='http://127.0.0.1:8085', token='abc')
        """
        parts = urlsplit(text)
        tokens = parse_qs(parts.query).get("token", [os.environ.get(TOKEN)])
        return cls(parts._replace(query="", fragment="").geturl().rstrip("/"), tokens[-1])

    @property
    def headers(self) -> dict[str, str]:
        """What a request to this server must carry."""
        return {"Authorization": f"Bearer {self.token}"} if self.token else {}


def attached() -> Address | None:
    """The server that the environment names."""
    text = os.environ.get(ATTACH)
    return Address.parse(text) if text else None


def known(url: str) -> Address:
    """The server at an address that was noted without its token."""
    found = attached()
    return found if found is not None and found.url == url else Address.parse(url)


def carry(patches: Patches, address: Address) -> None:
    """Let every request of Google's REST clients to this server carry its token, until `patches.restore()`."""
    if address.token is None:
        return
    from google.auth.transport import requests

    original = requests.AuthorizedSession.request

    def request(self: Any, method: str, url: str, data: Any = None, **options: Any) -> Any:
        if url.startswith(f"{address.url}/"):
            options["headers"] = {**(options.get("headers") or {}), **address.headers}
        return original(self, method, url, data=data, **options)

    patches.replace(requests.AuthorizedSession, "request", request)
