"""`session.faults`: let something go wrong on purpose, and watch what the client does about it."""

from __future__ import annotations

import json
import urllib.error
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from .errors import UnknownFault

if TYPE_CHECKING:
    import pandas as pd

Ask = Callable[..., dict[str, Any]]


class Faults:
    """The offline cloud's faults.

        with session.faults.inject("unavailable", operation="storage.objects.get", times=2):
            blob.download_as_bytes()           # the client meets two 503s, waits, and succeeds

    Kinds: rate_limit, quota, internal, unavailable, permission_denied, retired_model, latency, truncated.
    """

    def __init__(self, ask: Ask) -> None:
        self._ask = ask

    def inject(
        self, kind: str, *, operation: str = "*", times: int = 1, seconds: float = 0.0, detail: str = ""
    ) -> Faults:
        """Let the next `times` calls whose operation fits the pattern fail (or, for "latency", take `seconds` longer).

        `operation` is the published name, such as `storage.objects.get` or `firestore.Commit`, with `*` for any part;
        `detail` names the model, the permission or the quota in the message. Returns these faults, to be used in a
        `with` block that clears all of them at its end. Raises UnknownFault for an unknown kind or a senseless
        number, NotOffline on the real cloud.
        """
        body = {"kind": kind, "operation": operation, "times": times, "seconds": seconds, "detail": detail}
        try:
            self._ask("faults", body)
        except urllib.error.HTTPError as problem:
            with problem:
                found = json.load(problem)["error"]["message"]
            raise UnknownFault(f"inject({kind!r})", "a fault this cloud knows", found) from None
        return self

    def clear(self) -> None:
        """Forget all faults: from here on everything works again."""
        self._ask("faults:clear", {})

    @property
    def listed(self) -> list[dict[str, Any]]:
        """All injected faults: `kind`, `operation`, how often each `struck` and how often it is `left`."""
        return self._ask("faults")["faults"]

    @property
    def table(self) -> pd.DataFrame:
        """The same as a table."""
        import pandas as pd

        return pd.DataFrame(self.listed, columns=["kind", "operation", "struck", "left", "seconds", "detail"])

    def __enter__(self) -> Faults:
        return self

    def __exit__(self, *exc: object) -> None:
        self.clear()
