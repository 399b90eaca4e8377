"""Listeners: a stream that tells what a query or some documents hold, and from then on every change.

For each target: ADD, the documents, CURRENT, and NO_CHANGE with the time: a complete picture, which is when the client
calls back. After a change: the documents that are new or different, those that are gone, and NO_CHANGE again.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import grpc
from google.cloud.firestore_v1.types import ListenResponse, TargetChange

from ..errors import invalid
from .paths import check_document
from .queries import asking

if TYPE_CHECKING:
    from .service import Firestore

CHANGED, ENDED = "changed", "ended"
Change = TargetChange.TargetChangeType


@dataclass
class Target:
    """What a client listens to: a question, and the documents that it knows of."""

    number: int
    ask: Callable[[dict[str, Any]], list[Any]]
    known: dict[str, Any] = field(default_factory=dict)

    @classmethod
    def of(cls, added: Any) -> Target:
        """From the message that adds it. Raises ApiError 400 for one that names nothing to listen to."""
        if added.HasField("query"):
            return cls(added.target_id, asking(added.query.parent, added.query.structured_query))
        names = list(added.documents.documents)
        if not names:
            raise invalid("A target needs a query or documents to listen to")
        for name in names:
            check_document(name)
        return cls(added.target_id, lambda documents: [documents[name] for name in names if name in documents])

    def news(self, documents: dict[str, Any]) -> Iterator[Any]:
        """Messages for what is new, different or gone since the last time."""
        current = {document.name: document for document in self.ask(documents)}
        for name, document in current.items():
            if self.known.get(name) is not document:
                found = ListenResponse.pb()()
                found.document_change.document.CopyFrom(document)
                found.document_change.target_ids.append(self.number)
                yield found
        for name in self.known.keys() - current.keys():
            found = ListenResponse.pb()()
            where = found.document_remove if name in documents else found.document_delete
            where.document = name
            where.removed_target_ids.append(self.number)
            yield found
        self.known = current

    def change(self, kind: int) -> Any:
        """A message about the target itself."""
        found = ListenResponse.pb()()
        found.target_change.target_change_type = kind
        found.target_change.target_ids.append(self.number)
        return found


def listen(service: Firestore, requests: Iterable[Any], context: grpc.ServicerContext) -> Iterator[Any]:
    """Answer until the client hangs up or the cloud is closed."""
    events: queue.SimpleQueue = queue.SimpleQueue()
    targets: dict[int, Target] = {}
    context.add_callback(lambda: events.put(ENDED))
    service.listeners.add(events)
    threading.Thread(target=_receive, args=(requests, events), daemon=True).start()
    try:
        while (event := events.get()) is not ENDED:
            if event is CHANGED:
                yield from _picture(service, list(targets.values()))
            elif event.HasField("add_target"):
                targets[event.add_target.target_id] = target = Target.of(event.add_target)
                yield target.change(Change.ADD)
                yield from _picture(service, [target], first=True)
            elif (target := targets.pop(event.remove_target, None)) is not None:
                yield target.change(Change.REMOVE)
    finally:
        service.listeners.discard(events)


def _receive(requests: Iterable[Any], events: queue.SimpleQueue) -> None:
    """Put what the client says into the queue; runs in a thread of its own, as both sides talk at will."""
    try:
        for request in requests:
            events.put(request)
    except grpc.RpcError:  # the stream was cut, which is how listening usually ends
        events.put(ENDED)


def _picture(service: Firestore, targets: list[Target], *, first: bool = False) -> Iterator[Any]:
    """What changed for the targets, at one moment, and that this is all of it."""
    with service.cloud.lock("firestore"):
        moment = service.now()
        news = [message for target in targets for message in target.news(service.documents)]
    if not news and not first:
        return
    yield from news
    for target in targets if first else []:
        yield target.change(Change.CURRENT)
    whole = ListenResponse.pb()()
    whole.target_change.read_time.CopyFrom(moment)
    whole.target_change.resume_token = moment.ToJsonString().encode()
    yield whole
