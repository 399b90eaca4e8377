"""Redis, as Memorystore serves it: fakeredis behind a loopback port of its own, started by the first question.

Any Redis client works: strings with expiry, hashes, lists, sets, sorted sets, streams, pipelines, transactions,
publish and subscribe. Expiry follows this machine's clock, as clients count real seconds. Scripts (EVAL) need an
optional part of fakeredis that the course does not install: Redis answers that it does not know the command.

A server with a token wants it as the password (`redis://:TOKEN@127.0.0.1:PORT`). DUMP and RESTORE are refused:
fakeredis' dumps are pickles, and whoever may send a pickle may run code here.

A server with a data folder writes down the new value of each key that a command touched before it answers anybody who
could have seen it. One command at a time does that: a transaction is kept whole, or not at all.
"""

from __future__ import annotations

import json
import threading
import time
from typing import TYPE_CHECKING, Any

from fakeredis import FakeServer, TcpFakeServer
from fakeredis._clients._tcp_server import TCPFakeRequestHandler
from fakeredis._core import Database, Item
from fakeredis._helpers import SimpleError
from fakeredis._socket._resp import extract_command
from fakeredis.model._command_info import is_write_command

from .door import same
from .redis_values import packed, unpacked

if TYPE_CHECKING:
    from .state import OfflineCloud

Place = tuple[int, bytes]
POLL_SECONDS = 0.02
PICKLES = ("dump", "restore")
# What a data folder does not keep is refused by a server that has one: types of modules, arrays, users, settings.
NOT_KEPT = ("acl setuser", "acl deluser", "acl load", "config set", "saddex", "cl.throttle")


class Redis:
    """A running Redis server. `address` is where it listens."""

    routes = ()  # nothing over HTTP

    def __init__(self, cloud: OfflineCloud) -> None:
        self.cloud = cloud
        self._current = threading.local()  # whether this thread's command may change something
        self._touched: set[Place] = set()
        self._turn = threading.Lock()
        self._server = TcpFakeServer(("127.0.0.1", 0), server_type="redis")
        self._server.daemon_threads = True  # a client that stays silent must not keep the process alive
        self._server.RequestHandlerClass, self._server.offline = Handler, self
        self._keys: FakeServer = self._server.fake_server
        self._keys.dbs = Databases(self)
        host, port = self._server.server_address
        self.address = f"{host}:{port}"
        threading.Thread(target=self._server.serve_forever, args=(POLL_SECONDS,), daemon=True).start()

    @property
    def lock(self) -> threading.Lock:
        """What fakeredis holds while it runs a command."""
        return self._keys.lock

    def close(self) -> None:
        """End every connection and free the port."""
        self._server.shutdown()
        self._server.server_close()

    def touch(self, database: int, key: bytes) -> None:
        """The current command looks at a key, or changes it."""
        if getattr(self._current, "writes", False):
            self._touched.add((database, key))

    def run(self, name: str, command: Any) -> None:
        """Run a command; when this returns, what it changed or has seen of others' changes outlives the process."""
        if self.cloud.keeper is None:
            command()
            return
        self._current.writes = name == "exec" or is_write_command(name.encode())
        try:
            command()
        finally:
            self._current.writes = False
            self._keep()

    def _keep(self) -> None:
        with self._turn:
            with self.lock:
                places, self._touched = self._touched, set()
                values = [self._value(*place) for place in sorted(places)]
            if values:
                self.cloud.keeper.note({"redis": len(values)}, json.dumps(values).encode())

    def _value(self, database: int, key: bytes) -> list[Any]:
        item = self._keys.dbs[database].get(key)
        value = None if item is None else packed(item.value)
        return [database, packed(key), value, item and item.expireat]

    def put_back(self, values: list[Any]) -> None:
        """Set keys to the values that were written down; None: the key was deleted."""
        with self.lock:
            for database, name, value, expiry in values:
                keys, key = self._keys.dbs[database], unpacked(name)
                keys.time = time.time()
                keys.pop(key, None)
                if value is not None:
                    item = Item(unpacked(value))
                    item.expireat = expiry
                    keys[key] = item


class Databases(dict):
    """The numbered databases of a server, each made when it is first used."""

    def __init__(self, redis: Redis) -> None:
        super().__init__()
        self._redis = redis

    def __missing__(self, number: int) -> Keys:
        self[number] = found = Keys(self._redis, number)
        return found


class Keys(Database):
    """One database, which tells which of its keys are touched. Whoever uses it holds the server's lock."""

    def __init__(self, redis: Redis, number: int) -> None:
        super().__init__(redis.lock)
        self._redis, self._number = redis, number

    def notify_watch(self, key: bytes) -> None:
        """A key has changed."""
        self._redis.touch(self._number, key)
        super().notify_watch(key)

    def swap(self, other: Keys) -> None:
        """All keys change places with those of another database."""
        for key in {*self, *other}:
            self._redis.touch(self._number, key)
            self._redis.touch(other._number, key)
        super().swap(other)

    def __getitem__(self, key: bytes) -> Any:
        self._redis.touch(self._number, key)  # some commands change a value in place and tell nobody
        return super().__getitem__(key)

    def __setitem__(self, key: bytes, value: Any) -> None:
        self._redis.touch(self._number, key)
        super().__setitem__(key, value)

    def __delitem__(self, key: bytes) -> None:
        self._redis.touch(self._number, key)
        super().__delitem__(key)


class Handler(TCPFakeRequestHandler):
    """One connection: fakeredis' own, with a gate in front of its commands."""

    def setup(self) -> None:
        """Put the gate in place."""
        super().setup()
        socket = self.current_client.get_socket()
        socket._process_command = Gate(self.server.offline, socket).pass_on
        # An error is an answer like any other; fakeredis would hang up after it.
        self.current_client.read_response = lambda: socket.responses.get()


class Gate:
    """Lets a connection's commands through: after the password, and unless they are refused."""

    def __init__(self, redis: Redis, socket: Any) -> None:
        self._redis, self._socket, self._process = redis, socket, socket._process_command
        self._admitted = redis.cloud.token is None

    def pass_on(self, fields: list[bytes]) -> None:
        """Run a command, or refuse it."""
        name = extract_command(fields)[0] if fields else ""
        if self._redis.cloud.token is not None:
            if name == "auth":
                self._authenticate(fields[-1])
                return
            fields = self._introduced(name, fields)
        if not self._admitted:
            self._answer(SimpleError("NOAUTH Authentication required."))
        elif problem := self._refusal(name):
            self._answer(SimpleError(problem))
        else:
            self._redis.run(name, lambda: self._process(fields))

    def _introduced(self, name: str, fields: list[bytes]) -> list[bytes]:
        """A greeting (HELLO 3 AUTH user password SETNAME name) without its password, which is looked at here."""
        words = [word.lower() for word in fields]
        if name != "hello" or b"auth" not in words:
            return fields
        place = words.index(b"auth")
        self._admitted = self._is_token(b"".join(fields[place + 2 : place + 3]))
        return fields[:place] + fields[place + 3 :]

    def _authenticate(self, password: bytes) -> None:
        self._admitted = self._is_token(password)
        wrong = SimpleError("WRONGPASS invalid username-password pair or user is disabled.")
        self._answer(b"OK" if self._admitted else wrong)

    def _is_token(self, shown: bytes) -> bool:
        return same(shown.decode(errors="replace"), self._redis.cloud.token or "")

    def _refusal(self, name: str) -> str:
        if name in PICKLES:
            return f"ERR {name.upper()} is not available in the offline Google Cloud: its dumps would be pickles"
        kept = not ("." in name or name.startswith("ar") or name in NOT_KEPT)
        if self._redis.cloud.keeper is not None and not kept:
            return f"ERR {name.upper()} is not available in a server that keeps its data (see COVERAGE.md)"
        return ""

    def _answer(self, found: Any) -> None:
        self._socket.put_response(self._socket._decode_result(found))


def open_service(cloud: OfflineCloud) -> Redis:
    """Called by the cloud when somebody asks where Redis listens."""
    return Redis(cloud)
