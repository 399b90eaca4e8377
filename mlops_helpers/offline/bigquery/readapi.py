"""The BigQuery Storage Read API: rows as Arrow over real gRPC, on a loopback port of its own.

    CreateReadSession   which table, columns and rows; answers the Arrow schema and the streams
    ReadRows            one stream's rows, from an offset, in batches
    everything else     UNIMPLEMENTED, by name

A session reads the table as it was when the session was created (time travel), so nothing is copied.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Iterator
from concurrent import futures
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

import grpc
import pyarrow
from google.cloud.bigquery_storage_v1 import types

from ..errors import ApiError, invalid, unsupported
from ..rpc.errors import stranger
from ..rpc.server import refusals
from .catalog import Warehouse
from .names import TableKey
from .tabledata import selected, total_rows
from .types import Field, quoted
from .values import arrow_type

if TYPE_CHECKING:
    from ..state import OfflineCloud

SERVICE = "google.cloud.bigquery.storage.v1"
BATCH_ROWS = 25_000
STREAM_ROWS = 250_000  # one more stream for each so many rows
MOST_SESSIONS = 100
WORKERS = 4
CREATE_SESSION, READ_ROWS = "bigquerystorage.CreateReadSession", "bigquerystorage.ReadRows"
ANSWERED = (CREATE_SESSION, READ_ROWS)


@dataclass(frozen=True)
class Session:
    """What a read session will read: the streams are equal slices of it."""

    key: TableKey
    fields: list[Field]
    schema: pyarrow.Schema
    moment: datetime
    restriction: str
    rows: int
    streams: int


class ReadServer:
    """The gRPC server. `lock` is the service's: it is held while names are looked up, not while rows are sent."""

    def __init__(self, warehouse: Warehouse, lock: threading.RLock) -> None:
        self._warehouse, self._lock = warehouse, lock
        self._sessions: OrderedDict[str, Session] = OrderedDict()
        self._server = grpc.server(futures.ThreadPoolExecutor(WORKERS))
        self._server.add_generic_rpc_handlers((Router(self),))
        port = self._server.add_insecure_port("127.0.0.1:0")
        self._server.start()
        self.address = f"127.0.0.1:{port}"

    def close(self) -> None:
        """Stop at once."""
        self._server.stop(grace=None).wait()

    # --- CreateReadSession ---------------------------------------------------------------------------------------

    def create_session(self, request: types.CreateReadSessionRequest, context: grpc.ServicerContext) -> Any:
        """Look the table up, count its rows and hand out the streams."""
        with self._call(CREATE_SESSION, context), self._lock:
            session = self._open(request)
            name = f"projects/{session.key.project}/locations/us/sessions/{self.cloud.next_id('read session')}"
            self._sessions[name] = session
            while len(self._sessions) > MOST_SESSIONS:
                self._sessions.popitem(last=False)
            return _described(name, session, request, self._warehouse.size(session.key))

    @property
    def cloud(self) -> OfflineCloud:
        """The cloud whose tables are read."""
        return self._warehouse.cloud

    def _open(self, request: types.CreateReadSessionRequest) -> Session:
        wanted, warehouse = request.read_session, self._warehouse
        if wanted.data_format != types.DataFormat.ARROW:
            name = types.DataFormat(wanted.data_format).name
            raise unsupported(f"Storage Read API data format {name} (ask for ARROW)")
        key = _table_of(wanted.table)
        if warehouse.is_view(key):
            raise invalid(f"Table {key} is a view: query it instead")
        options = wanted.read_options
        fields = selected(warehouse.fields(key), ",".join(options.selected_fields))
        at = wanted.table_modifiers.snapshot_time
        moment = at.replace(tzinfo=warehouse.now().tzinfo) if at else warehouse.now()
        draft = Session(key, fields, _schema(fields), moment, options.row_restriction, 0, 0)
        rows = (
            warehouse.relations.count(f"({self._select(draft)})")
            if draft.restriction or at
            else total_rows(warehouse, key)
        )
        most = request.max_stream_count or request.preferred_min_stream_count or WORKERS
        streams = min(most, -(-rows // STREAM_ROWS))
        return Session(key, fields, draft.schema, moment, draft.restriction, rows, streams)

    def _select(self, session: Session) -> str:
        """The session's rows as a DuckDB SELECT; a restriction goes through the same translation as any SQL."""
        warehouse, key = self._warehouse, session.key
        columns = ", ".join(quoted(field["name"]) for field in session.fields)
        past = key not in warehouse.results
        if not session.restriction:
            relation = warehouse.as_of(key, session.moment) if past else warehouse.relation(key)
            return f"SELECT {columns} FROM {relation}"
        from .sql import view_sql

        names = ", ".join(f"`{field['name']}`" for field in session.fields)
        at = f" FOR SYSTEM_TIME AS OF TIMESTAMP '{session.moment.isoformat()}'" if past else ""
        table = f"`{key.project}`.`{key.dataset}`.`{key.table}`"
        return view_sql(warehouse, f"SELECT {names} FROM {table}{at} WHERE {session.restriction}", key.project)

    # --- ReadRows ------------------------------------------------------------------------------------------------

    def read_rows(self, request: types.ReadRowsRequest, context: grpc.ServicerContext) -> Iterator[Any]:
        """Send one stream's rows, from the offset on."""
        with self._call(READ_ROWS, context):
            with self._lock:
                session, start, count = self._slice(request)
                batches = self._batches(session, start, count)
            yield from self.cloud.faults.cut(READ_ROWS, _responses(session, batches))

    @contextmanager
    def _call(self, operation: str, context: grpc.ServicerContext) -> Iterator[None]:
        """Around a call: faults strike before it, a refusal becomes a status, what went well is counted."""
        with refusals(context, operation):
            self.cloud.faults.strike(operation)
            yield
            self.cloud.count(operation)

    def _slice(self, request: types.ReadRowsRequest) -> tuple[Session, int, int]:
        name, _, number = request.read_stream.rpartition("/streams/")
        session = self._sessions.get(name)
        if session is None or not number.isdigit() or int(number) >= session.streams:
            raise ApiError(404, "notFound", f"Not found: read stream {request.read_stream}: create a session first")
        size = -(-session.rows // session.streams)
        start = int(number) * size
        count = max(min(size, session.rows - start), 0)
        if request.offset > count:
            raise invalid(f"Offset {request.offset} is beyond the end of the stream, which has {count} rows")
        return session, start + request.offset, count - request.offset

    def _batches(self, session: Session, start: int, count: int) -> Iterator[pyarrow.RecordBatch]:
        kept = self._warehouse.results.rows(session.key)
        if kept is not None and not session.restriction:
            names = [field["name"] for field in session.fields]
            return iter(kept.select(names).slice(start, count).to_batches(max_chunksize=BATCH_ROWS))
        sql = f"SELECT * FROM ({self._select(session)}) LIMIT {count} OFFSET {start}"
        return iter(self._warehouse.con.cursor().sql(sql).to_arrow_reader(BATCH_ROWS))


class Router(grpc.GenericRpcHandler):
    """Finds the method of a call; the read service's other methods and the write service are refused by name."""

    def __init__(self, server: ReadServer) -> None:
        self._token = lambda: server.cloud.token
        request, answer = types.CreateReadSessionRequest, types.ReadSession
        rows, response = types.ReadRowsRequest, types.ReadRowsResponse
        self._methods = {
            "CreateReadSession": grpc.unary_unary_rpc_method_handler(
                server.create_session, request.deserialize, answer.serialize
            ),
            "ReadRows": grpc.unary_stream_rpc_method_handler(server.read_rows, rows.deserialize, response.serialize),
        }

    def service(self, handler_call_details: grpc.HandlerCallDetails) -> grpc.RpcMethodHandler:
        """The handler of a call such as `/google.cloud.bigquery.storage.v1.BigQueryRead/ReadRows`."""
        if refusing := stranger(handler_call_details.invocation_metadata, self._token()):
            return refusing
        service, _, method = handler_call_details.method.lstrip("/").partition("/")
        if service == f"{SERVICE}.BigQueryRead" and method in self._methods:
            return self._methods[method]
        return grpc.stream_stream_rpc_method_handler(_refuse(f"{service.rpartition('.')[2]}.{method}"))


def _refuse(name: str) -> Callable[[Any, grpc.ServicerContext], Iterator[bytes]]:
    def refuse(requests: Any, context: grpc.ServicerContext) -> Iterator[bytes]:
        context.abort(grpc.StatusCode.UNIMPLEMENTED, unsupported(name).message)
        yield b""

    return refuse


def _table_of(path: str) -> TableKey:
    parts = path.split("/")
    if len(parts) != 6 or parts[::2] != ["projects", "datasets", "tables"]:
        raise invalid(f"Invalid table {path!r}: expected projects/p/datasets/d/tables/t")
    return TableKey(*parts[1::2])


def _schema(fields: list[Field]) -> pyarrow.Schema:
    return pyarrow.schema([(field["name"], _sent_type(field)) for field in fields])


def _sent_type(field: Field) -> pyarrow.DataType:
    decimals = {"NUMERIC": pyarrow.decimal128(38, 9), "BIGNUMERIC": pyarrow.decimal256(76, 38)}
    kind = decimals.get(field["type"]) or (pyarrow.month_day_nano_interval() if field["type"] == "INTERVAL" else None)
    if kind is None and field["type"] != "RECORD":
        return arrow_type(field)
    if kind is None:
        kind = pyarrow.struct([(child["name"], _sent_type(child)) for child in field["fields"]])
    return pyarrow.list_(kind) if field["mode"] == "REPEATED" else kind


def _described(name: str, session: Session, request: Any, size: int) -> types.ReadSession:
    schema = types.ArrowSchema(serialized_schema=session.schema.serialize().to_pybytes())
    return types.ReadSession(
        name=name,
        table=request.read_session.table,
        data_format=types.DataFormat.ARROW,
        arrow_schema=schema,
        read_options=request.read_session.read_options,
        streams=[types.ReadStream(name=f"{name}/streams/{number}") for number in range(session.streams)],
        estimated_row_count=session.rows,
        estimated_total_bytes_scanned=size,
    )


def _responses(session: Session, batches: Iterator[pyarrow.RecordBatch]) -> Iterator[types.ReadRowsResponse]:
    """The rows as messages; the first one brings the schema."""
    for number, batch in enumerate(batches):
        yield _response(batch.cast(session.schema), None if number else session.schema)


def _response(batch: pyarrow.RecordBatch, schema: pyarrow.Schema | None) -> types.ReadRowsResponse:
    body = types.ArrowRecordBatch(serialized_record_batch=batch.serialize().to_pybytes(), row_count=batch.num_rows)
    response = types.ReadRowsResponse(arrow_record_batch=body, row_count=batch.num_rows)
    if schema is not None:
        response.arrow_schema = types.ArrowSchema(serialized_schema=schema.serialize().to_pybytes())
    return response
