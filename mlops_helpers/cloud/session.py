"""`connect` opens a session with a cloud; the session knows what was created and can take all of it away again."""

from __future__ import annotations

import atexit
import json
import logging
import secrets
import urllib.request
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .attaching import Address, attached, carry, known
from .environment import Environment, offline_variables
from .errors import NotOffline, UnknownCloud
from .google import need_project, sign_in
from .home import course_home
from .ledger import Ledger
from .patches import Patches
from .receipt import Receipt, keep_operations

if TYPE_CHECKING:
    from .cleanup import CleanUp
    from .doctor import Diagnosis
    from .faults import Faults

log = logging.getLogger(__name__)
OFFLINE_PROJECT = "offline-project"
CLOUDS = ("offline", "google")


def connect(cloud: str = "offline", *, project: str | None = None, location: str = "us-central1") -> Session:
    """Open a session: from here on `storage.Client()` and `bigquery.Client()` just work.

    `cloud` is "offline" (a Google Cloud on this machine: no account, no bill, nothing leaves the machine) or "google"
    (the real one). Connecting again closes the session before. Offline, `MLOPS_OFFLINE_URL` attaches to a server that
    runs already.

    Raises UnknownCloud, and for "google" PlaceholderLeft or NoCredentials.
    """
    if cloud not in CLOUDS:
        remedy = 'Set CLOUD = "offline" to run without an account.'
        raise UnknownCloud(f"cloud {cloud!r}", f"one of {', '.join(map(repr, CLOUDS))}", remedy)
    Session.close_current()
    if cloud == "google":
        project = need_project(project)
        sign_in()
    session = Session(cloud, project or OFFLINE_PROJECT, location)
    Session.current = session
    return session


class Session:
    """An open connection to one cloud.

    `project` and `location` are what to pass to clients that ask; `ledger` lists what was created. A context manager:
    leaving it closes the session.
    """

    current: Session | None = None  # the environment of a process belongs to one session at a time

    def __init__(self, cloud: str, project: str, location: str, *, url: str | None = None) -> None:
        self.cloud, self.project, self.location = cloud, project, location
        self._server, self._patches, self._redis_known = None, Patches(), False
        self._address = (known(url) if url else self._offline_address()) if cloud == "offline" else None
        self.url = self._address.url if self._address else None
        self.id = "offline" if self._server else secrets.token_hex(4)
        variables = {"GOOGLE_CLOUD_PROJECT": project}
        self._environment = Environment(offline_variables(self.url, project) if self.url else variables)
        self._environment.apply()
        self.ledger = self._open_ledger()
        self._redirect()
        atexit.register(self.close)

    def _offline_address(self) -> Address:
        if found := attached():
            return found
        from ..offline.server import OfflineServer
        from ..offline.state import OfflineCloud

        self._server = OfflineServer(OfflineCloud()).start()
        return Address(self._server.url)

    def _open_ledger(self) -> Ledger:
        folder = Path(self._server.cloud.folder) if self._server else course_home() / "ledger"
        header = {"session": self.id, "cloud": self.cloud, "project": self.project, "url": self.url}
        return Ledger(folder / f"{self.id}.jsonl", header=header)

    def _redirect(self) -> None:
        from .recorder import record
        from .recorder_rpc import record_rpc

        record(self._patches, self.ledger, self.id)
        if self.cloud == "google":
            from .adapters_vertex import prefer_rest

            prefer_rest(self._patches)
        if self.url:
            from .adapters import point_at
            from .adapters_gemini import point_gemini
            from .adapters_rpc import point_rpc
            from .adapters_vertex import point_vertex
            from .loopback import guard

            carry(self._patches, self._address)
            token = self._address.token
            point_at(self._patches, self.project, lambda name: self._ask(f"grpc/{name}")["address"], token=token)
            point_rpc(self._patches, self.now)
            point_gemini(self._patches, self.url, self.project, "global")
            point_vertex(self._patches, self.url, self.project, self.location)
            guard(self._patches)
        record_rpc(self._patches, self.ledger, None if self._server else self.id)  # last: outside of what redirects

    def now(self) -> datetime:
        """The cloud's time: offline it moves one second with every write, so that results can be repeated."""
        return datetime.fromisoformat(self._ask("clock")["now"]) if self.url else datetime.now(UTC)

    def advance(self, by: timedelta) -> datetime:
        """Move the offline cloud's clock ahead, to see lifecycle rules and expiries act. Raises NotOffline."""
        return datetime.fromisoformat(self._ask("clock:advance", {"seconds": by.total_seconds()})["now"])

    def receipt(self) -> Receipt:
        """What this session's calls list at on Google Cloud. Raises NotOffline: there, billing knows better."""
        return Receipt.of(self._ask("usage")["usage"])

    @property
    def faults(self) -> Faults:
        """Faults on purpose: `session.faults.inject("unavailable", operation="storage.objects.get")`.

        Their methods raise NotOffline when the session is not offline.
        """
        from .faults import Faults

        return Faults(self._ask)

    @property
    def redis_address(self) -> tuple[str, int]:
        """Host and port of the offline Redis, which the first question starts. Raises NotOffline.

        A standalone server wants its token as the password: clients in this process that go there send it.
        """
        host, _, port = self._ask("redis")["address"].rpartition(":")
        if self._address.token and not self._redis_known:
            from .adapters_token import carry_to_redis

            self._redis_known = True
            carry_to_redis(self._patches, (host, int(port)), self._address.token)
        return host, int(port)

    def doctor(self) -> Diagnosis:
        """Is everything there that a lesson will ask for? A table: what was checked, found, and what to do."""
        from .doctor import examine

        return examine(self)

    def clean_up(self) -> CleanUp:
        """Delete all that this session created, then prove that nothing is left.

        Raises ForeignResource or LeftBehind.
        """
        from .cleanup import Cleaner

        return Cleaner(self.project).clean(self.ledger)

    def close(self) -> None:
        """Restore the environment exactly; offline, the cloud and all it holds are gone. Closing twice is fine."""
        self._patches.restore()
        self._environment.restore()
        if self._server is not None:
            keep_operations(self._server.cloud.usage)
            self._server.close()
            self._server = None
        elif not self.ledger.entries:
            self.ledger.close()
        atexit.unregister(self.close)
        if Session.current is self:
            Session.current = None

    @classmethod
    def close_current(cls) -> None:
        """Close the session that is open, if there is one."""
        if cls.current is not None:
            cls.current.close()

    def _ask(self, what: str, body: dict | None = None) -> dict[str, Any]:
        if self.url is None:
            remedy = 'Use connect("offline") for this, or ask Cloud Billing and the real clock.'
            raise NotOffline(f"a question about {what!r} to the real Google Cloud", "an offline session", remedy)
        data = json.dumps(body).encode() if body is not None else None
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        opener.addheaders += self._address.headers.items()
        with opener.open(f"{self.url}/_offline/{what}", data) as answer:
            return json.load(answer)

    def __enter__(self) -> Session:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def __repr__(self) -> str:
        where = "this machine, no account, no bill" if self.url else f"Google Cloud, project {self.project}"
        return f"<Session {self.cloud}: {where}>"
