"""`streamGenerateContent`: the same answer in pieces, as server-sent events or as one JSON list."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from ..wire import Response
from . import tokens

PIECE_TOKENS = 6


def stream(answer: dict[str, Any], *, events: bool = True) -> Response:
    """An answer as a stream of events, or as a list of its pieces."""
    if not events:
        return Response(b"[" + b",\r\n".join(json.dumps(piece).encode() for piece in pieces(answer)) + b"]")
    sent = b"".join(b"data: " + json.dumps(piece).encode() + b"\r\n\r\n" for piece in pieces(answer))
    return Response(sent, content_type="text/event-stream")


def pieces(answer: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The answer's pieces: text in steps of a few tokens. The last one carries finish reason, ratings and usage."""
    candidates = answer.get("candidates", [])
    if len(candidates) != 1 or "content" not in candidates[0]:
        yield answer
        return
    parts = [piece for part in candidates[0]["content"].get("parts", []) for piece in split_part(part)]
    base = {name: answer[name] for name in ("modelVersion", "createTime", "responseId")}
    for part in parts[:-1]:
        yield base | {"candidates": [{"index": 0, "content": {"role": "model", "parts": [part]}}]}
    last = candidates[0] | {"content": {"role": "model"} | ({"parts": parts[-1:]} if parts else {})}
    yield base | {"candidates": [last], "usageMetadata": answer["usageMetadata"]}


def split_part(part: dict[str, Any]) -> list[dict[str, Any]]:
    """A text in pieces; other parts whole."""
    if "text" not in part or part.get("thought"):
        return [part]
    found = tokens.split(part["text"])
    steps = range(0, len(found), PIECE_TOKENS)
    return [part | {"text": "".join(found[start : start + PIECE_TOKENS])} for start in steps]
