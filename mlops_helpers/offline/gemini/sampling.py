"""Chance without surprises: draws that depend on what was asked, and on nothing else.

A draw is a number between 0 and 1, computed from words. The draw that decides whether a label slips is made from the
text alone, never from the prompt around it: of two prompts the better one is right wherever the worse one is.
"""

from __future__ import annotations

import hashlib

from .requests import Ask


def draw(*about: object) -> float:
    """A number in [0, 1), the same for the same words."""
    digest = hashlib.sha256("\x1f".join(map(str, about)).encode()).digest()
    return int.from_bytes(digest[:7]) / 2**56


def temperature(ask: Ask) -> float:
    """The temperature that counts: 1 unless given, 0 where the model ignores it."""
    if "ignores_sampling" in ask.model.rules:
        return 0.0
    return float(ask.config.get("temperature", 1.0))


def salt(ask: Ask, candidate: int = 0) -> str:
    """What makes one sampled answer differ from another: nothing at temperature 0, else seed and candidate.

    Without a seed, asking the same again is another sample.
    """
    if temperature(ask) == 0:
        return ""
    return f"{ask.config.get('seed', f'unseeded {ask.repeat}')}/{candidate}"
