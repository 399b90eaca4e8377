"""Clients that publish no switch of their own are pointed at the offline cloud here, and nowhere else.

- `google.auth.default`: BigQuery has an emulator variable but still asks for credentials. A key file or a metadata
  server on loopback would do, yet google-auth would look up Google's IAM in the background for both.
- `grpc_helpers.create_channel`: the BigQuery Storage Read API, Logging, Monitoring and Firestore speak gRPC to Google's
  host; a channel to one of them goes to the offline cloud, which starts that server when it is first asked for.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any

import google.auth
from google.api_core import grpc_helpers, grpc_helpers_async
from google.auth import credentials

from .loopback import grpc_host, is_loopback, need_loopback
from .patches import Patches

GRPC_SERVICES = {
    "bigquerystorage.googleapis.com": "bigquerystorage",
    "firestore.googleapis.com": "firestore",
    "logging.googleapis.com": "logging",
    "monitoring.googleapis.com": "monitoring",
}


class OfflineCredentials(credentials.Credentials, credentials.Signing):
    """Credentials that are always valid. They can sign URLs, with a key made on first use.

    They mean nothing, except to a standalone server: that one wants the `shown` token.
    """

    service_account_email = signer_email = "learner@offline-project.iam.gserviceaccount.com"

    def __init__(self, shown: str | None = None) -> None:
        super().__init__()
        self._shown = shown or "offline"

    def refresh(self, request: Any) -> None:
        """Nothing to ask anybody for."""
        self.token, self.expiry = self._shown, datetime.max - timedelta(days=1)

    @cached_property
    def signer(self) -> Any:
        """An RSA signer whose key never leaves this process."""
        from cryptography.hazmat.primitives import serialization
        from cryptography.hazmat.primitives.asymmetric import rsa
        from google.auth.crypt import RSASigner

        key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        kind, form = serialization.Encoding.PEM, serialization.PrivateFormat.TraditionalOpenSSL
        return RSASigner.from_string(key.private_bytes(kind, form, serialization.NoEncryption()))

    def sign_bytes(self, message: bytes) -> bytes:
        """A signature over the message; the offline Cloud Storage does not verify it."""
        return self.signer.sign(message)


def point_at(patches: Patches, project: str, address_of: Callable[[str], str], *, token: str | None = None) -> None:
    """Redirect until `patches.restore()`. `address_of` names the loopback address of a gRPC service."""

    def default(*args: Any, **options: Any) -> tuple[OfflineCredentials, str]:
        return OfflineCredentials(token), project

    def address(target: str) -> str:
        host = grpc_host(target)
        if host in GRPC_SERVICES:
            return address_of(GRPC_SERVICES[host])
        need_loopback(host)
        return target

    patches.replace(google.auth, "default", default)
    for helpers in (grpc_helpers, grpc_helpers_async):
        patches.replace(helpers, "create_channel", _redirected(helpers, address, token))


def _redirected(helpers: Any, address: Callable[[str], str], token: str | None) -> Callable[..., Any]:
    original, plain = helpers.create_channel, _insecure(helpers, token)

    def create_channel(target: str, *args: Any, **options: Any) -> Any:
        found = address(target)
        return plain(found) if is_loopback(grpc_host(found)) else original(found, *args, **options)

    return create_channel


def _insecure(helpers: Any, token: str | None) -> Callable[[str], Any]:
    import grpc
    import grpc.aio

    from .adapters_token import carrying

    library = grpc.aio if helpers is grpc_helpers_async else grpc
    limits = [("grpc.max_receive_message_length", -1), ("grpc.max_send_message_length", -1)]
    if token is not None:
        return lambda target: carrying(library, target, limits, token)
    return lambda target: library.insecure_channel(target, options=limits)
