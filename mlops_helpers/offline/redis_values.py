"""The values of Redis' keys as JSON, and back: what a data folder keeps of them.

Bytes become text of one character each. Members and fields keep the hour at which they expire.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from fakeredis.model import ExpiringMembersSet, Hash, XStream, ZSet
from fakeredis.model._stream import PelEntry, StreamEntryKey

Json = Any


class Kind(NamedTuple):
    """How values of one type are written and read."""

    type: type
    pack: Callable[[Any], Json]
    unpack: Callable[[Json], Any]


def packed(value: Any) -> list[Json]:
    """A value as JSON: the name of its type, and its content. Raises TypeError for a type that is not kept."""
    for name, kind in KINDS.items():
        if type(value) is kind.type:
            return [name, kind.pack(value)]
    expected = ", ".join(KINDS)
    raise TypeError(f"found a Redis value of type {type(value).__name__}, expected one of {expected}: it is not kept")


def unpacked(found: list[Json]) -> Any:
    """The value that `packed` was given."""
    name, content = found
    return KINDS[name].unpack(content)


def _text(data: bytes) -> str:
    return data.decode("latin-1")


def _bytes(text: str) -> bytes:
    return text.encode("latin-1")


def _texts(items: list[bytes]) -> list[str]:
    return [_text(item) for item in items]


def _all_bytes(texts: list[str]) -> list[bytes]:
    return [_bytes(text) for text in texts]


def _pack_hash(value: Hash) -> Json:
    return [[_text(field), _text(content), value.get_key_expireat(field)] for field, content in value.items()]


def _unpack_hash(rows: Json) -> Hash:
    found = Hash()
    for field, content, expiry in rows:
        found[_bytes(field)] = _bytes(content)
        if expiry is not None:
            found.set_key_expireat(_bytes(field), expiry)
    return found


def _pack_set(value: ExpiringMembersSet) -> Json:
    return [[_text(member), value.get_key_expireat(member)] for member in value]


def _unpack_set(rows: Json) -> ExpiringMembersSet:
    return ExpiringMembersSet({_bytes(member): expiry for member, expiry in rows})


def _unpack_sorted(rows: Json) -> ZSet:
    found = ZSet()
    for member, score in rows:
        found.add(_bytes(member), score)
    return found


def _pack_stream(value: XStream) -> Json:
    """Entries, counters, and each group with its consumers and with what they have not acknowledged."""
    return {
        "entries": [[list(key), _texts(value._values_dict[key])] for key in value._ids],
        "counters": [value._entries_added, list(value._last_id), list(value._max_deleted_id)],
        "groups": [_pack_group(group) for group in value._groups.values()],
    }


def _pack_group(group: Any) -> Json:
    return {
        "name": _text(group.name),
        "at": [list(group.last_delivered_key), group.entries_read],
        "consumers": [[_text(one.name), one.last_attempt, one.last_success] for one in group.consumers.values()],
        "pending": [[list(key), _text(pel.consumer_name), *pel[1:]] for key, pel in group.pel.items()],
    }


def _unpack_stream(content: Json) -> XStream:
    found = XStream()
    for key, fields in content["entries"]:
        found.add(_all_bytes(fields), StreamEntryKey(*key))
    added, last, deleted = content["counters"]
    found._entries_added = added
    found._last_id, found._max_deleted_id = StreamEntryKey(*last), StreamEntryKey(*deleted)
    for group in content["groups"]:
        _put_group(found, group)
    return found


def _put_group(stream: XStream, content: Json) -> None:
    name, (at, read) = _bytes(content["name"]), content["at"]
    stream.group_add(name, StreamEntryKey(*at), read)
    group = stream.group_get(name)
    for consumer, attempt, success in content["consumers"]:
        group.add_consumer(_bytes(consumer))
        about = group.consumers[_bytes(consumer)]
        about.last_attempt, about.last_success = attempt, success
    for key, consumer, *times in content["pending"]:
        group.pel[StreamEntryKey(*key)] = PelEntry(_bytes(consumer), *times)
        if _bytes(consumer) in group.consumers:
            group.consumers[_bytes(consumer)].pending += 1


KINDS = {
    "string": Kind(bytes, _text, _bytes),
    "list": Kind(list, _texts, _all_bytes),
    "hash": Kind(Hash, _pack_hash, _unpack_hash),
    "set": Kind(ExpiringMembersSet, _pack_set, _unpack_set),
    "sorted set": Kind(ZSet, lambda value: [[_text(member), score] for member, score in value.items()], _unpack_sorted),
    "stream": Kind(XStream, _pack_stream, _unpack_stream),
}
