"""Counting tokens: deterministic, and near enough to four characters a token for English.

A word (with the space before it) is one token per five letters, every mark one token, a run of further white space one.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
from typing import Any

TOKEN = re.compile(r" ?[^\W_]{1,5}| ?[^\w\s]|_|\s+")
IMAGE_TOKENS = 258  # what Google counts for an image of up to 384 pixels a side


def split(text: str) -> list[str]:
    """The tokens of a text; joined they are the text again.

    >>> split("Token counts, offline!")
    ['Token', ' count', 's', ',', ' offli', 'ne', '!']
    """
    return TOKEN.findall(text)


def count(text: str) -> int:
    """How many tokens a text has."""
    return sum(1 for _ in TOKEN.finditer(text))


def token_id(token: str) -> str:
    """The number of a token: the same for the same token, below 256,000."""
    return str(int.from_bytes(hashlib.sha256(token.encode()).digest()[:4]) % 256_000)


def encoded(token: str) -> str:
    """A token's bytes in base64, as computeTokens answers."""
    return base64.b64encode(token.encode()).decode()


def count_parts(parts: list[dict[str, Any]]) -> dict[str, int]:
    """Tokens of a turn's parts by modality."""
    found = {"TEXT": 0, "IMAGE": 0}
    for part in parts:
        if "text" in part:
            found["TEXT"] += count(part["text"])
        elif "inlineData" in part or "fileData" in part:
            found["IMAGE"] += IMAGE_TOKENS
        else:
            found["TEXT"] += count(json.dumps(part, sort_keys=True))
    return found


def count_request(body: dict[str, Any]) -> dict[str, int]:
    """Tokens of a whole request by modality: turns, system instruction, tools. A schema costs nothing."""
    turns = [*body.get("contents", []), body.get("systemInstruction") or {}]
    found = {"TEXT": 0, "IMAGE": 0}
    for turn in turns:
        for modality, number in count_parts(turn.get("parts", [])).items():
            found[modality] += number
    if body.get("tools"):
        found["TEXT"] += count(json.dumps(body["tools"], sort_keys=True))
    return found


def details(counts: dict[str, int]) -> list[dict[str, Any]]:
    """The counts as Google's list of ModalityTokenCount; what is zero is left out."""
    return [{"modality": name, "tokenCount": number} for name, number in counts.items() if number]
