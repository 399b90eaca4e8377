"""What two requests must share to be the same question: the key of the response cache.

    key_of(Request("gemini-3.8-flash", "Where is my order?", {"temperature": 0}, prompt_version="7"), secret=SECRET)

A key is made of all that can change the answer: the model, the rendered prompt, the parameters, the version of the
prompt and the response schema. They are written as canonical JSON (sorted names, no spaces, no NaN), and of that text
only a digest under a secret is kept (BLAKE2b with a key, RFC 7693: what an HMAC does, in a quarter of the time). So a
key tells nothing about the customer who is named in the prompt, and who reads the cache without the secret cannot try
out likely prompts either, as with a bare SHA-256.
"""

from __future__ import annotations

import hashlib
import json
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from .errors import InvalidSetting, UnknownRequest

KEY_FIELDS = ("model", "contents", "parameters", "prompt_version", "schema")
SCHEMAS = ("response_schema", "response_json_schema")
NOT_IN_THE_ANSWER = ("labels",)  # labels are for the bill
SHORTEST_SECRET, LONGEST_SECRET = 16, 64
PREFIX = "answer:"
AS_IT_IS = frozenset({str, int, bool, type(None)})
CANONICAL = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


@dataclass(frozen=True)
class Request:
    """One question to a model: what `client.models.generate_content` takes, and the version of the prompt.

    `config` is a mapping or a `GenerateContentConfig`. The version has no default: whoever changes the prompt's
    template, the documents behind it or the tools changes the version, and old answers are no longer found.
    """

    model: str
    contents: Any
    config: Any = None
    prompt_version: str = field(kw_only=True)

    def __post_init__(self) -> None:
        if not (isinstance(self.model, str) and self.model.strip()):
            raise InvalidSetting(f"model={self.model!r}", "a text that is not empty", "Pass the id of the model.")
        if not (isinstance(self.prompt_version, str) and self.prompt_version.strip()):
            remedy = "Pass the version of the prompt as text."
            raise InvalidSetting(f"prompt_version={self.prompt_version!r}", "a text that is not empty", remedy)

    def fields(self) -> dict[str, Any]:
        """Return the parts of the key by name, as plain data. Raises UnknownRequest for what is not data."""
        parameters = plain(self.config) if self.config else {}
        for name in NOT_IN_THE_ANSWER:
            parameters.pop(name, None)
        return {
            "model": self.model,
            "contents": plain(self.contents),
            "prompt_version": self.prompt_version,
            "schema": {name: parameters.pop(name) for name in SCHEMAS if name in parameters},
            "parameters": parameters,
        }


def key_of(request: Request, *, secret: bytes, without: frozenset[str] = frozenset()) -> str:
    """Return the key of a request: a prefix and 64 hexadecimal digits.

    `without` names fields to leave out, which is unsafe (`ResponseCache(unsafely_forget=...)` shows what happens).
    Raises UnknownRequest for a request that is not data (a Python function as a tool, say).
    """
    fields = request.fields()
    for name in without:
        del fields[name]
    text = CANONICAL.encode(fields)
    return PREFIX + hashlib.blake2b(text.encode("utf-8", "surrogatepass"), key=secret, digest_size=32).hexdigest()


def need_secret(secret: bytes) -> bytes:
    """Return the secret. Raises InvalidSetting if it is too short to be one, or longer than a key of BLAKE2b."""
    if not isinstance(secret, bytes) or not SHORTEST_SECRET <= len(secret) <= LONGEST_SECRET:
        found = f"a secret of {len(secret)} bytes" if isinstance(secret, bytes) else f"a {type(secret).__name__}"
        remedy = "Use secrets.token_bytes(32), kept in Secret Manager: all who share the cache need the same."
        raise InvalidSetting(found, f"{SHORTEST_SECRET} to {LONGEST_SECRET} bytes", remedy)
    return secret


def plain(value: Any) -> Any:
    """Return a value as JSON can write it. Raises UnknownRequest for what has no content to compare."""
    if type(value) in AS_IT_IS:  # first, as it is what most values are, and each hit of a cache comes by here
        return value
    if isinstance(value, float):
        return _number(value)
    if isinstance(value, Mapping):
        return {str(name): plain(item) for name, item in value.items() if item is not None}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if isinstance(value, bytes):
        return {"bytes": b64encode(value).decode()}
    return _object(value)


def _number(value: float) -> float:
    if value != value:
        raise _unknown("NaN")
    return value


def _object(value: Any) -> Any:
    """Return a Pydantic object or class, or an image, as data."""
    if isinstance(value, type) and hasattr(value, "model_json_schema"):
        return value.model_json_schema()
    if hasattr(value, "model_dump") and not isinstance(value, type):
        return plain(value.model_dump(exclude_none=True))
    if hasattr(value, "value") and isinstance(value.value, str | int):  # a member of an enumeration
        return value.value
    if hasattr(value, "tobytes") and hasattr(value, "size"):  # an image of Pillow
        pixels = hashlib.sha256(value.tobytes()).hexdigest()
        return {"pixels": pixels, "size": list(value.size), "mode": str(getattr(value, "mode", ""))}
    raise _unknown(f"a {type(value).__name__}: {value!r:.60}")


def _unknown(found: str) -> UnknownRequest:
    expected = "text, numbers, Pydantic objects, bytes or images"
    return UnknownRequest(found, expected, "Ask the model without the cache: this request has no key.")
