"""Harm scores from a short list of words, ratings as Google words them, and what the thresholds block.

A list of words is a poor judge of harm, and this one is no protection for anybody: it is here so that settings, ratings
and blocks can be seen to work. Rules:

- each category scores 1 - product of (1 - weight) over the words that occur; asking for instructions adds weight;
- a score below 0.25 is NEGLIGIBLE, below 0.5 LOW, below 0.75 MEDIUM, else HIGH;
- a rating at or above the category's threshold blocks: the prompt itself if it is HIGH, otherwise the answer.

Without a setting nothing is blocked (threshold OFF), as for today's Gemini models on Google Cloud.
"""

from __future__ import annotations

import re
from functools import cache
from typing import Any

from .requests import wrong

DANGEROUS, HATE = "HARM_CATEGORY_DANGEROUS_CONTENT", "HARM_CATEGORY_HATE_SPEECH"
HARASSMENT, SEXUAL = "HARM_CATEGORY_HARASSMENT", "HARM_CATEGORY_SEXUALLY_EXPLICIT"
CATEGORIES = (HATE, DANGEROUS, HARASSMENT, SEXUAL)
OTHER_CATEGORIES = ("HARM_CATEGORY_UNSPECIFIED", "HARM_CATEGORY_CIVIC_INTEGRITY", "HARM_CATEGORY_JAILBREAK")
CUES = {
    DANGEROUS: {"bomb": 0.6, "explosive": 0.6, "explosives": 0.6, "poison": 0.5, "weapon": 0.4, "kill": 0.35,
                "knife": 0.2, "attack": 0.25, "detonator": 0.7, "meth": 0.6, "ransomware": 0.6, "malware": 0.45,
                "hurt": 0.25},
    HATE: {"vermin": 0.6, "subhuman": 0.8, "inferior race": 0.9, "foreigners": 0.25, "hate all": 0.5,
           "deport them": 0.5},
    HARASSMENT: {"idiot": 0.4, "idiots": 0.4, "stupid": 0.3, "moron": 0.45, "loser": 0.4, "pathetic": 0.3,
                 "worthless": 0.4, "shut up": 0.3, "kill yourself": 0.9, "i will find you": 0.7, "ugly": 0.25},
    SEXUAL: {"porn": 0.8, "pornographic": 0.8, "explicit sex": 0.8, "nude": 0.5, "naked": 0.35, "sexual": 0.3,
             "erotic": 0.6},
}  # fmt: skip
INSTRUCTIONS = re.compile(
    r"\b(?:how (?:to|do i|can i)|instructions|step by step|recipe for|teach me|build|make)\b", re.I
)
INSTRUCTIONS_WEIGHT = 0.5
LEVELS = ((0.25, "NEGLIGIBLE"), (0.5, "LOW"), (0.75, "MEDIUM"))
RANK = {"NEGLIGIBLE": 0, "LOW": 1, "MEDIUM": 2, "HIGH": 3}
BLOCKED_FROM = {
    "BLOCK_LOW_AND_ABOVE": 1,
    "BLOCK_MEDIUM_AND_ABOVE": 2,
    "BLOCK_ONLY_HIGH": 3,
    "BLOCK_NONE": 4,
    "OFF": 4,
    "HARM_BLOCK_THRESHOLD_UNSPECIFIED": 4,
}


def thresholds(settings: list[dict[str, Any]]) -> dict[str, int]:
    """From which rank on each category blocks. Raises ApiError 400 for an unknown category or threshold."""
    found = dict.fromkeys(CATEGORIES, BLOCKED_FROM["OFF"])
    for setting in settings:
        category, threshold = setting.get("category"), setting.get("threshold", "OFF")
        if category not in (*CATEGORIES, *OTHER_CATEGORIES):
            raise wrong("safety_settings.category", category, f"one of {', '.join(CATEGORIES)}")
        if threshold not in BLOCKED_FROM:
            raise wrong("safety_settings.threshold", threshold, f"one of {', '.join(BLOCKED_FROM)}")
        found[category] = BLOCKED_FROM[threshold]
    return found


def ratings(text: str, blocking: dict[str, int]) -> list[dict[str, Any]]:
    """Google's safety ratings of a text, one for each category."""
    return [rating(category, score(category, text), blocking[category]) for category in CATEGORIES]


def rating(category: str, harm: float, blocked_from: int) -> dict[str, Any]:
    """One rating. Severity is told as the same score: words alone cannot tell it from probability."""
    level = next((name for limit, name in LEVELS if harm < limit), "HIGH")
    found = {
        "category": category,
        "probability": level,
        "probabilityScore": round(harm, 3),
        "severity": f"HARM_SEVERITY_{level}",
        "severityScore": round(harm, 3),
    }
    return found | ({"blocked": True} if RANK[level] >= blocked_from else {})


def score(category: str, text: str) -> float:
    """The harm of a text in one category, from 0 to 1."""
    found = {cue.lower() for cue in _pattern(category).findall(text)}
    left = 1.0
    for cue in found:
        left *= 1 - CUES[category][cue]
    if found and category == DANGEROUS and INSTRUCTIONS.search(text):
        left *= 1 - INSTRUCTIONS_WEIGHT
    return 1 - left


def blocks_prompt(found: list[dict[str, Any]]) -> bool:
    """Whether these ratings stop a request before there is an answer."""
    return any(one.get("blocked") and one["probability"] == "HIGH" for one in found)


def blocks_answer(found: list[dict[str, Any]]) -> bool:
    """Whether these ratings withhold an answer."""
    return any(one.get("blocked") for one in found)


@cache
def _pattern(category: str) -> re.Pattern[str]:
    return re.compile(r"\b(" + "|".join(map(re.escape, sorted(CUES[category], key=len, reverse=True))) + r")\b", re.I)
