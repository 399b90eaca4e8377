"""The metadata server that a machine at Google has: who am I, in which project, with which token.

Clients find it by `GCE_METADATA_HOST`, `GCE_METADATA_IP` and `GCE_METADATA_ROOT` (all three, without a scheme). Its
questions carry the header `Metadata-Flavor: Google`, and so must its answers. The token means nothing. A session does
not need any of this; a client in another language may.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from .errors import forbidden, not_found, unsupported
from .projects import project_number
from .router import Route
from .wire import Request, Response

if TYPE_CHECKING:
    from .state import OfflineCloud

FLAVOR = {"Metadata-Flavor": "Google", "Server": "Metadata Server for VM"}
PROJECT = "offline-project"
NUMBER = project_number(PROJECT)
EMAIL = f"learner@{PROJECT}.iam.gserviceaccount.com"
SCOPES = ("https://www.googleapis.com/auth/cloud-platform",)
ACCOUNTS = ("default", EMAIL)
FACTS = {
    "project/project-id": PROJECT,
    "project/numeric-project-id": NUMBER,
    "universe/universe-domain": "googleapis.com",
    "instance/id": "1",
    "instance/name": "offline",
    "instance/zone": f"projects/{NUMBER}/zones/us-central1-a",
    "instance/region": f"projects/{NUMBER}/regions/us-central1",
    "instance/service-accounts": "default/",
}
ROOT = "/computeMetadata/v1"
ACCOUNT = f"{ROOT}/instance/service-accounts/{{account}}"


class Metadata:
    """The service behind `/computeMetadata/`; it has no state."""

    def __init__(self) -> None:
        self.routes = (
            Route("metadata.ping", "GET", "/", ping),
            Route("metadata.account.token", "GET", f"{ACCOUNT}/token", token),
            Route("metadata.account.email", "GET", f"{ACCOUNT}/email", email),
            Route("metadata.account.scopes", "GET", f"{ACCOUNT}/scopes", scopes),
            Route("metadata.account.identity", "GET", f"{ACCOUNT}/identity", identity, answered=False),
            Route("metadata.account", "GET", f"{ACCOUNT}/?", account),
            Route("metadata.get", "GET", f"{ROOT}/{{name*}}", fact),
        )

    def close(self) -> None:
        """Nothing to release."""


def is_metadata(request: Request) -> bool:
    """Whether a request is meant for the metadata server: by its path, or by the header that only it asks for."""
    return request.path.startswith("/computeMetadata/") or "metadata-flavor" in request.headers


def ping(metadata: Metadata, request: Request) -> Response:
    """Are you there? The header of the answer says so."""
    return _text("computeMetadata/")


def fact(metadata: Metadata, request: Request) -> Response:
    """One fact about the machine or its project. Raises ApiError 404 for others."""
    _check(request)
    name = request.params["name"].rstrip("/")
    if name not in FACTS:
        raise not_found(f"metadata {name!r} does not exist: expected one of {', '.join(FACTS)}")
    return _text(FACTS[name])


def account(metadata: Metadata, request: Request) -> Response:
    """The service account; everything at once with `recursive=true`, which is what google-auth asks for."""
    _check(request)
    if not request.flag("recursive"):
        return _text("aliases\nemail\nscopes\ntoken\n")
    return Response({"aliases": ["default"], "email": EMAIL, "scopes": list(SCOPES)}, headers=FLAVOR)


def email(metadata: Metadata, request: Request) -> Response:
    """The account's address."""
    _check(request)
    return _text(EMAIL)


def scopes(metadata: Metadata, request: Request) -> Response:
    """What the account's tokens may be used for."""
    _check(request)
    return _text("\n".join(SCOPES))


def token(metadata: Metadata, request: Request) -> Response:
    """An access token that the offline cloud neither needs nor checks."""
    _check(request)
    return Response({"access_token": "offline", "expires_in": 3599, "token_type": "Bearer"}, headers=FLAVOR)


def identity(metadata: Metadata, request: Request) -> Response:
    """Identity tokens are signed by Google: refused."""
    raise unsupported("identity tokens of the metadata server")


def _check(request: Request) -> None:
    if request.headers.get("metadata-flavor") != "Google":
        raise forbidden("Missing required header 'Metadata-Flavor: Google'")
    name = request.params.get("account")
    if name is not None and name not in ACCOUNTS:
        raise not_found(f"service account {name!r} does not exist: expected one of {', '.join(ACCOUNTS)}")


def _text(body: str) -> Response:
    return Response(body.encode(), headers=FLAVOR, content_type="application/text")


def open_service(cloud: OfflineCloud) -> Metadata:
    """Called by the cloud on the first question to the metadata server."""
    return Metadata()
