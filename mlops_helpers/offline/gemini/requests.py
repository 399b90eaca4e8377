"""A generateContent request as a value: checked, complete, and easy to ask."""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

from ..errors import ApiError, invalid, unsupported
from .registry import ModelRow

if TYPE_CHECKING:
    from ..state import OfflineCloud

ROLES = ("user", "model", "function")
CONTENTS = (
    "text",
    "inlineData",
    "fileData",
    "functionCall",
    "functionResponse",
    "executableCode",
    "codeExecutionResult",
)
MODES = ("MODE_UNSPECIFIED", "AUTO", "ANY", "NONE", "VALIDATED")
LIMITS = {"temperature": (0, 2), "topP": (0, 1), "candidateCount": (1, 8), "maxOutputTokens": (1, None)}
REFUSED_CONFIG = ("responseLogprobs", "logprobs", "speechConfig", "audioTimestamp", "imageConfig", "translationConfig")
REFUSED_CONFIG += (
    "routingConfig",
    "modelConfig",
    "responseFormat",
    "audioTranscriptionConfig",
    "enableAffectiveDialog",
)


@dataclass(frozen=True)
class Image:
    """An image as it was sent."""

    data: bytes
    mime_type: str


@dataclass(frozen=True)
class Ask:
    """What a client asks of a model. `body` is the decoded request, `cached` the cached content it builds on."""

    model: ModelRow
    body: dict[str, Any]
    images: tuple[Image, ...] = ()
    cached: dict[str, Any] = field(default_factory=dict)
    repeat: int = 0

    @property
    def config(self) -> dict[str, Any]:
        """The generationConfig, or `{}`."""
        return self.body.get("generationConfig", {})

    @cached_property
    def turns(self) -> list[dict[str, Any]]:
        """The contents, cached ones first."""
        return [*self.cached.get("contents", []), *self.body.get("contents", [])]

    @cached_property
    def system(self) -> str:
        """The system instruction's text."""
        return text_of(self.body.get("systemInstruction") or self.cached.get("systemInstruction") or {})

    @cached_property
    def last(self) -> dict[str, Any]:
        """The last turn: what is to be answered."""
        return self.turns[-1]

    @cached_property
    def question(self) -> str:
        """The last turn's text."""
        return text_of(self.last)

    @cached_property
    def everything(self) -> str:
        """The system instruction and everything the user said: where labels, formats and examples may stand."""
        said = [text_of(turn) for turn in self.turns if turn.get("role") != "model"]
        return "\n\n".join(filter(None, [self.system, *said]))

    @cached_property
    def functions(self) -> list[dict[str, Any]]:
        """All declared functions."""
        tools = self.body.get("tools") or self.cached.get("tools") or []
        return [function for tool in tools for function in tool.get("functionDeclarations", [])]

    @property
    def calling(self) -> dict[str, Any]:
        """The functionCallingConfig, or `{}`."""
        found = self.body.get("toolConfig") or self.cached.get("toolConfig") or {}
        return found.get("functionCallingConfig", {})

    @cached_property
    def schema(self) -> dict[str, Any] | None:
        """The schema of the answer, if there is one."""
        return self.config.get("responseSchema") or self.config.get("responseJsonSchema")

    def again(self, repeat: int) -> Ask:
        """The same request, asked for the `repeat`-th time."""
        return replace(self, repeat=repeat)


def text_of(content: dict[str, Any]) -> str:
    """All text of a turn, thoughts left out."""
    return "\n".join(part["text"] for part in content.get("parts", []) if part.get("text") and not part.get("thought"))


def check(body: dict[str, Any]) -> None:
    """Refuse what no model takes. Raises ApiError 400, or 501 for what only the real one can do."""
    if not body.get("contents"):
        raise invalid("Unable to submit request because at least one contents field is required. Add contents.")
    for turn in body["contents"]:
        check_turn(turn)
    check_config(body.get("generationConfig", {}))
    mode = (body.get("toolConfig") or {}).get("functionCallingConfig", {}).get("mode", "AUTO")
    if mode not in MODES:
        raise wrong("tool_config.function_calling_config.mode", mode, f"one of {', '.join(MODES)}")
    for tool in body.get("tools", []):
        if others := set(tool) - {"functionDeclarations"}:
            raise unsupported(f"Gemini: tool {', '.join(sorted(others))}")


def check_turn(turn: dict[str, Any]) -> None:
    """Refuse a malformed turn. Raises ApiError 400."""
    if turn.get("role", "user") not in ROLES:
        raise invalid("Please use a valid role: user, model.", location="contents.role")
    if not turn.get("parts"):
        raise invalid(
            "Unable to submit request because it must include at least one parts field. Add a part with text."
        )
    for part in turn["parts"]:
        held = [name for name in CONTENTS if name in part]
        if len(held) != 1:
            raise invalid(f"Unable to submit request because a part must have exactly one of its fields set: {held}.")


def check_config(config: dict[str, Any]) -> None:
    """Refuse settings that are out of range or not offered offline. Raises ApiError 400 or 501."""
    for name in REFUSED_CONFIG:
        if config.get(name):
            raise unsupported(f"Gemini: generationConfig.{name}")
    if others := set(config.get("responseModalities", ["TEXT"])) - {"TEXT"}:
        raise unsupported(f"Gemini: responseModalities {', '.join(sorted(others))}")
    for name, (low, high) in LIMITS.items():
        value = config.get(name)
        if value is not None and (value < low or (high is not None and value > high)):
            raise wrong(f"generation_config.{name}", value, f"from {low}" + (f" to {high}" if high else ""))
    if config.get("responseSchema") and config.get("responseJsonSchema"):
        raise wrong("generation_config", "response_schema and response_json_schema", "one of the two")
    schema = config.get("responseSchema") or config.get("responseJsonSchema")
    if schema and config.get("responseMimeType") not in ("application/json", "text/x.enum"):
        raise invalid(
            "Unable to submit request because response_schema needs response_mime_type application/json or text/x.enum:"
            f" found {config.get('responseMimeType', 'text/plain')!r}. Set response_mime_type."
        )


def images_of(cloud: OfflineCloud, turns: list[dict[str, Any]]) -> tuple[Image, ...]:
    """All images of the turns, those in the offline Cloud Storage included. Raises ApiError 400, 404 or 501."""
    return tuple(
        _image(cloud, part) for turn in turns for part in turn["parts"] if {"inlineData", "fileData"} & set(part)
    )


def _image(cloud: OfflineCloud, part: dict[str, Any]) -> Image:
    sent = part.get("inlineData") or part["fileData"]
    mime_type = sent.get("mimeType", "")
    if mime_type not in ("image/png", "image/jpeg"):
        raise unsupported(f"Gemini: input of type {mime_type or 'unknown'!r} (image/png and image/jpeg are understood)")
    if "inlineData" not in part:
        return Image(read_object(cloud, sent.get("fileUri", "")), mime_type)
    try:
        padded = sent.get("data", "").replace("-", "+").replace("_", "/")
        return Image(base64.b64decode(padded + "=" * (-len(padded) % 4), validate=True), mime_type)
    except binascii.Error:
        raise wrong("contents.parts.inline_data.data", sent.get("data", "")[:20], "base64") from None


def read_object(cloud: OfflineCloud, uri: str) -> bytes:
    """The bytes of `gs://bucket/object` in the offline Cloud Storage. Raises ApiError 400 or 404."""
    bucket, _, name = uri.removeprefix("gs://").partition("/")
    if not uri.startswith("gs://") or not name:
        raise wrong("uri", uri, "gs://bucket/object")
    with cloud.service("storage").open_object(bucket, name).open() as file:
        return file.read()


def wrong(where: str, found: Any, expected: str) -> ApiError:
    """400 for a value that is not allowed."""
    return invalid(f"Invalid value at '{where}': found {found!r}, expected {expected}", location=where)
