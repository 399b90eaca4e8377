"""What can be asked of a model: generate, stream, count and compute tokens, embed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..errors import invalid, unsupported
from ..wire import Request, Response
from . import tokens, usage
from .decoding import body_of, decode
from .embeddings import embed
from .generating import generate
from .places import place_of
from .registry import ModelRow, find_model
from .requests import check_turn, text_of
from .streaming import stream

if TYPE_CHECKING:
    from .service import Gemini

MOST_INSTANCES = 250


def called(gemini: Gemini, request: Request) -> ModelRow:
    """The model that the path names. Raises ApiError 404."""
    return find_model(request.params["model"], place_of(request), gemini.cloud.clock.now())


def text_model(gemini: Gemini, request: Request) -> ModelRow:
    """The same, if it writes text. Raises ApiError 400 or 404."""
    row = called(gemini, request)
    if row.dimensions:
        raise invalid(
            f"Model {row.id} does not support generateContent: it embeds. Use embed_content, or another model."
        )
    return row


def generate_content(gemini: Gemini, request: Request) -> dict[str, Any]:
    """`generateContent`."""
    row = text_model(gemini, request)
    answer = generate(gemini, row, body_of(request, "GenerateContentRequest"), place_of(request))
    usage.bill(gemini.cloud, row.id, answer["usageMetadata"])
    return answer


def stream_content(gemini: Gemini, request: Request) -> Response:
    """`streamGenerateContent`: events with `alt=sse`, as google.genai asks; else one JSON list."""
    return stream(generate_content(gemini, request), events=request.query("alt") == "sse")


def count_tokens(gemini: Gemini, request: Request) -> dict[str, Any]:
    """`countTokens`: what `usageMetadata.promptTokenCount` of the same request will be."""
    called(gemini, request)
    return count_body(body_of(request, "CountTokensRequest"))


def count_body(raw: dict[str, Any]) -> dict[str, Any]:
    """Tokens and billable characters (white space does not count) of a request body. Raises ApiError 400."""
    body = decode("CountTokensRequest", raw)
    contents = checked(body)
    counts = tokens.count_request(body)
    said = "".join(text_of(turn) for turn in [*contents, body.get("systemInstruction") or {}])
    found = {
        "totalTokens": sum(counts.values()),
        "totalBillableCharacters": len("".join(said.split())),
        "promptTokensDetails": tokens.details(counts),
    }
    return {name: value for name, value in found.items() if value or name == "totalTokens"}


def compute_tokens(gemini: Gemini, request: Request) -> dict[str, Any]:
    """`computeTokens`: the tokens themselves and their ids."""
    called(gemini, request)
    return {"tokensInfo": [info(turn) for turn in checked(compute_body(request))]}


def compute_body(request: Request) -> dict[str, Any]:
    """The body of `computeTokens`."""
    return decode("ComputeTokensRequest", body_of(request, "ComputeTokensRequest"))


def info(turn: dict[str, Any]) -> dict[str, Any]:
    """One turn's tokens."""
    found = tokens.split(text_of(turn))
    ids, encoded = map(tokens.token_id, found), map(tokens.encoded, found)
    return {"tokenIds": list(ids), "tokens": list(encoded), "role": turn.get("role", "user")}


def checked(body: dict[str, Any]) -> list[dict[str, Any]]:
    """The contents of a body. Raises ApiError 400 for none, or malformed ones."""
    if not body.get("contents"):
        raise invalid("Unable to submit request because at least one contents field is required. Add contents.")
    for turn in body["contents"]:
        check_turn(turn)
    return body["contents"]


def embedding_model(gemini: Gemini, request: Request) -> ModelRow:
    """The model that the path names, if it embeds. Raises ApiError 400 or 404."""
    row = called(gemini, request)
    if not row.dimensions:
        raise invalid(f"Model {row.id} does not embed. Use an embedding model such as gemini-embedding-001.")
    return row


def embed_content(gemini: Gemini, request: Request) -> dict[str, Any]:
    """`embedContent`: one text (gemini-embedding-2)."""
    row, body = embedding_model(gemini, request), decode("EmbedContentRequest", request.json())
    config = {**body, **body.get("embedContentConfig", {})}
    text = text_of(body.get("content", {}))
    if not text:
        raise unsupported("Gemini: embedContent of anything but text")
    text, number, truncated = limited(row, text, config.get("autoTruncate", True))
    task = config.get("taskType", "SEMANTIC_SIMILARITY")
    values = embed(row, text, task=task, dimensions=config.get("outputDimensionality"))
    spent = {"promptTokenCount": number, "totalTokenCount": number}
    usage.bill(gemini.cloud, row.id, spent)
    return {"embedding": {"values": values}, "usageMetadata": spent, "truncated": truncated}


def predict(gemini: Gemini, request: Request) -> dict[str, Any]:
    """`predict`: several texts (gemini-embedding-001, text-embedding-005)."""
    row, body = embedding_model(gemini, request), request.json()
    if unknown := set(body) - {"instances", "parameters"}:
        raise invalid(f"Invalid JSON payload received. Unknown name {min(unknown)!r}: Cannot find field.")
    instances, parameters = body.get("instances") or [], body.get("parameters") or {}
    if not 1 <= len(instances) <= MOST_INSTANCES:
        raise invalid(f"found {len(instances)} instances, expected 1 to {MOST_INSTANCES}: split the request.")
    if unknown := set(parameters) - {"outputDimensionality", "autoTruncate"}:
        raise invalid(f"found parameter {min(unknown)!r}, expected outputDimensionality or autoTruncate.")
    found = [one_embedding(row, instance, parameters) for instance in instances]
    total = sum(one["embeddings"]["statistics"]["token_count"] for one in found)
    usage.bill(gemini.cloud, row.id, {"promptTokenCount": total})
    return {"predictions": found, "metadata": {"billableCharacterCount": sum(len(one["content"]) for one in instances)}}


def one_embedding(row: ModelRow, instance: dict[str, Any], parameters: dict[str, Any]) -> dict[str, Any]:
    """The prediction for one instance. Raises ApiError 400 for an empty text or an unknown field."""
    if unknown := set(instance) - {"content", "task_type", "taskType", "title", "mimeType"}:
        raise invalid(f"found {min(unknown)!r} in an instance, expected content, task_type or title.")
    if not isinstance(instance.get("content"), str) or not instance["content"]:
        raise invalid("The text content is empty. Leave empty texts out.")
    text, number, truncated = limited(row, instance["content"], parameters.get("autoTruncate", True))
    task = instance.get("task_type") or instance.get("taskType") or "RETRIEVAL_QUERY"
    values = embed(row, text, task=task, dimensions=parameters.get("outputDimensionality"))
    return {"embeddings": {"values": values, "statistics": {"token_count": number, "truncated": truncated}}}


def limited(row: ModelRow, text: str, truncate: bool) -> tuple[str, int, bool]:
    """The text within the model's limit, its tokens, and whether it was cut. Raises ApiError 400 if it may not be."""
    found = tokens.split(text)
    if len(found) <= row.input_limit:
        return text, len(found), False
    if not truncate:
        raise invalid(
            f"Unable to submit request because the input token count is {len(found)} but model {row.id} supports up to"
            f" {row.input_limit}. Shorten the text, or set auto_truncate."
        )
    return "".join(found[: row.input_limit]), row.input_limit, True
