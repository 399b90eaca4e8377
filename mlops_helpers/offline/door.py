"""The door of a standalone server: whoever has the token may pass, and `/console` leads to the console.

Loopback keeps other machines out, the token other people and web pages on this one. A client carries it as Google's
clients carry theirs: `Authorization: Bearer TOKEN`. A browser is asked once and keeps a cookie that is good for the
console only. The ports of the gRPC services and of Redis want it too: as metadata, and as the password.
"""

from __future__ import annotations

import hmac
import secrets
from http.cookies import CookieError, SimpleCookie
from typing import TYPE_CHECKING, Protocol

from .errors import ApiError
from .wire import Request, Response

if TYPE_CHECKING:
    from .state import OfflineCloud

HEALTH = "/_offline/health"  # says only that this is an offline cloud
COOKIE = "offline_console"
MESSAGE = (
    "Request is missing required authentication credential: expected the token that this server printed when it "
    "started, as MLOPS_OFFLINE_URL=http://127.0.0.1:PORT/?token=TOKEN for connect('offline'), or as the header "
    "'Authorization: Bearer TOKEN'. A client that can send neither needs a server started with --no-token."
)


class Console(Protocol):
    """What answers under `/console` (`console.Console`)."""

    def answer(self, request: Request) -> Response:
        """A page."""


class Access:
    """Who may pass: everybody without a token, else those who show it. Compared in constant time.

    `form_key` goes into every form of the console, so that no other web page can send one.
    """

    def __init__(self, token: str | None) -> None:
        self.token = token
        secret = (token or secrets.token_urlsafe()).encode()
        self.cookie = hmac.digest(secret, b"console cookie", "sha256").hex()
        self.form_key = hmac.digest(secret, b"console form", "sha256").hex()

    def bears(self, request: Request) -> bool:
        """Whether a request carries the token."""
        kind, _, shown = request.headers.get("authorization", "").partition(" ")
        return self.token is None or (kind.lower() == "bearer" and self.is_token(shown))

    def is_token(self, shown: str) -> bool:
        """Whether this is the token."""
        return self.token is None or same(shown.strip(), self.token)

    def signed_in(self, request: Request) -> bool:
        """Whether a browser was given the cookie."""
        try:
            found = SimpleCookie(request.headers.get("cookie", "")).get(COOKIE)
        except CookieError:
            return False
        return self.token is None or (found is not None and same(found.value, self.cookie))


def same(left: str, right: str) -> bool:
    """Whether two texts are equal, in a time that does not tell how much of them is."""
    return hmac.compare_digest(left.encode(), right.encode())


class Door:
    """Stands between the server and the cloud: has the same `answer`."""

    def __init__(self, cloud: OfflineCloud, access: Access, console: Console | None = None) -> None:
        self._cloud, self._access, self._console = cloud, access, console

    def answer(self, request: Request) -> Response:
        """The cloud's answer, a page of the console, or 401."""
        if self._console and (request.path == "/console" or request.path.startswith("/console/")):
            return self._console.answer(request)
        if request.path == HEALTH or self._access.bears(request):
            return self._cloud.answer(request)
        refused = Response.error(ApiError(401, "required", MESSAGE, location="Authorization"))
        refused.headers["WWW-Authenticate"] = 'Bearer realm="offline Google Cloud"'
        return refused
