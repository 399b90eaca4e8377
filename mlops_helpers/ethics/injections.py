"""Does a text try to give orders to a model? Patterns, looked for in the text and in what it hides.

A text is read several times: as it is, folded (letters that only look Latin, full width, accents, s p a c e d letters),
and decoded (Base64, HTML entities, percent signs). Each rule that fits is a signal with a weight; the weights make a
score, 1 - product of (1 - weight), as independent witnesses would.

This is a net with holes. Patterns know what was tried before, in English mostly; a rephrased order passes, and honest
texts ("ignore my previous message") are caught now and then. `guard_rates` measures both. What passes meets quoted
data (`untrusted`), the output filter and people: no single one of them is the protection.
"""

from __future__ import annotations

import base64
import binascii
import html
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import unquote

from mlops_helpers.ethics.untrusted import BIDI, CONTROL, INVISIBLE, TAG, hidden_characters, visible

LONGEST_SEARCHED = 50_000
LOOKS_LATIN = str.maketrans("аеорсухіјѕԁһӏвмнтқαοερνικτβμη", "aeopcyxijsdhlbmhtqaoepviktbun")
BASE64 = re.compile(r"[A-Za-z0-9+/_-]{16,}={0,2}")
SPACED = re.compile(r"\b(?:\w[ .*_-]){4,40}\w\b")
SOME = r"(?:\W+\w+){0,4}?\W+"  # up to four words in between
RULES = r"(?:instructions?|rules?|prompts?|guidelines?|polic(?:y|ies)|directions?|restrictions?|context)"
PATTERNS: tuple[tuple[str, float, str], ...] = (
    ("override", 0.9, rf"\b(?:ignore|disregard|forget|override|bypass|neglect|skip){SOME}{RULES}\b"),
    ("override", 0.9, r"\b(?:ignor|vergiss|missacht)\w*(?:\W+\w+){0,4}?\W+(?:anweisung|regel|vorgabe)\w*"),
    ("override", 0.9, r"\bignor\w*(?:\W+\w+){0,3}?\W+(?:instruccion|instruction|consigne|regle|regla)\w*"),
    ("override", 0.6, r"\b(?:ignore|disregard|forget)\W+(?:everything|all|anything|what)\b(?:\W+\w+){0,3}?"
     r"\W+(?:above|before|previous|prior|said|told)\b"),
    ("override", 0.5, r"\b(?:new|updated|real|actual)\W+(?:instructions?|rules?|task)\b\W*[:=]"),
    ("role", 0.6, r"\bfrom now on\W+(?:you|act|answer|respond|treat)\b"),
    ("role", 0.7, r"\byou are (?:now|no longer)\b"),
    ("role", 0.5, r"\b(?:pretend|imagine)\W+(?:to be|that you|you are|you have)\b"),
    ("role", 0.6, r"\b(?:act|respond|behave) as (?:if|a|an|my|the|though)\b"),
    ("role", 0.8, r"\b(?:developer|debug|admin|god|maintenance|test) mode\b|\bjailbr\w+|\bdo anything now\b"),
    ("role", 0.6, r"\b(?:without|no)\W+(?:any\W+)?(?:restrictions?|filters?|safeguards?|limits|censorship)\b"),
    ("leak", 0.8, rf"\b(?:repeat|reveal|print|show|output|tell|quote|recite|display|translate|summari[sz]e|copy|list)"
     rf"{SOME}(?:system|hidden|initial|secret|original|above)\W+(?:\w+\W+)?(?:prompts?|messages?|{RULES}|text)\b"),
    ("leak", 0.7, rf"\b(?:your|the) (?:system|hidden|initial|secret|original) (?:prompt|message|{RULES})"),
    ("leak", 0.6, r"\b(?:override|access|staff|admin|secret) (?:code|password|key|token)\b"),
    ("markup", 0.8, r"(?:^|\n)\W*(?:system|assistant|developer)\s*:"
     r"|<\|?/?\s*(?:im_start|im_end|system|assistant|data)\b|\[/?inst\]"
     r"|#{2,}\s*(?:system|instructions?|response)\b|\bend of (?:data|note|input|document)\b"),
    ("markup", 0.7, r"<\s*(?:script|iframe|img)\b|!\[[^\]]*\]\(\s*https?:|\bdrop table\b"
     r"|=\s*(?:hyperlink|cmd|webservice)"),
    ("steering", 0.7, r"\b(?:note|message|instructions?|attention|dear|hello|hey|hi)\W+(?:to |for )?(?:the |any |an? )?"
     r"(?:ai|a\.i\.|llm|language model|chatbot|bot|classifier|assistant|gpt|gemini)\b"),
    ("steering", 0.6, r"\b(?:answer|respond|reply|output|return|recommend|classify|label|mark|rate|set|print)\b"
     r"(?:\W+\w+){0,5}?\W+(?:only|exactly|as|with|to|the word)\W+[\"'“]?(?:approved?|refer|accept|positive|yes|low)\b"),
    ("steering", 0.4, r"(?:^|\n|[.;!?]\s+)(?:review|text|note|message|input|label|answer|output|recommendation)\s*:"),
)  # fmt: skip
COMPILED = tuple((technique, weight, re.compile(pattern)) for technique, weight, pattern in PATTERNS)
HIDING = {TAG: 0.9, BIDI: 0.5, INVISIBLE: 0.5, CONTROL: 0.5}
MIXED_SCRIPTS, ENCODED_TEXT = 0.6, 0.4


@dataclass(frozen=True)
class Signal:
    """One reason to distrust a text: technique, weight (0 to 1), reading in which it was found, and the place."""

    technique: str
    weight: float
    reading: str
    excerpt: str


def find_injections(text: str) -> list[Signal]:
    """Return all signals of a text, heaviest first; each technique once for each reading.

    Of a longer text the first 50,000 characters are read: the input guard refuses those sooner.
    """
    text = text[:LONGEST_SEARCHED]
    found = list(_hidden(text))
    seen: dict[tuple[str, str], Signal] = {}
    for reading, content in readings(text):
        lowered = content.casefold()
        for technique, weight, pattern in COMPILED:
            if (match := pattern.search(lowered)) and weight > seen.get((technique, reading), NOTHING).weight:
                seen[technique, reading] = Signal(technique, weight, reading, match.group().strip()[:60])
    plain = {signal.technique for signal in seen.values() if signal.reading == "plain"}
    found += [signal for signal in seen.values() if signal.reading == "plain" or signal.technique not in plain]
    return sorted(found, key=lambda signal: -signal.weight)


NOTHING = Signal("", 0.0, "", "")


def score(signals: list[Signal]) -> float:
    """Return 1 - product of (1 - weight): 0 without a signal."""
    left = 1.0
    for signal in signals:
        left *= 1 - signal.weight
    return 1 - left


def readings(text: str) -> Iterator[tuple[str, str]]:
    """Yield the ways to read a text: plain, folded, and what is decoded from it. A reading without news is left out."""
    plain = visible(text)
    yield "plain", plain
    if (folded := fold(plain)) != plain.casefold():
        yield "folded", folded
    unescaped = unquote(html.unescape(plain))
    if unescaped != plain:
        yield "unescaped", fold(unescaped)
    for piece in decoded(plain):
        yield "decoded", fold(piece)


def fold(text: str) -> str:
    """Return the text as a careless eye reads it: lower case, look-alike letters Latin, no accents, no spacing out.

    >>> fold("Ignоre  i.g.n.o.r.e")
    'ignore  ignore'
    """
    lowered = unicodedata.normalize("NFKD", text.casefold())
    plain = "".join(character for character in lowered if not unicodedata.combining(character))
    return SPACED.sub(lambda run: re.sub(r"[ .*_-]", "", run.group()), plain.translate(LOOKS_LATIN))


def decoded(text: str) -> Iterator[str]:
    """Yield what Base64 in a text says, where it says text: at least 12 characters, nearly all of them letters."""
    for piece in BASE64.findall(text):
        raw = piece.rstrip("=").replace("-", "+").replace("_", "/")
        try:
            said = base64.b64decode(raw + "=" * (-len(raw) % 4), validate=True).decode("utf-8")
        except (binascii.Error, UnicodeDecodeError):
            continue
        letters = sum(character.isalpha() or character.isspace() for character in said)
        if len(said) >= 12 and letters >= 0.85 * len(said) and " " in said:
            yield said


def _hidden(text: str) -> Iterator[Signal]:
    """Yield signals of hiding itself: characters nobody sees, words of two alphabets, encoded sentences."""
    for kind, weight in HIDING.items():
        if names := [found.name for found in hidden_characters(text) if found.kind == kind]:
            yield Signal("hiding", weight, kind, f"{len(names)} × {names[0]}"[:60])
    for word in re.findall(r"[^\W\d_]{3,}", text):
        if re.search("[a-zA-Z]", word) and re.search("[\u0370-\u04ff]", word):
            yield Signal("hiding", MIXED_SCRIPTS, "two alphabets", word[:60])
            break
    if piece := next(decoded(text), None):
        yield Signal("hiding", ENCODED_TEXT, "base64", piece[:60])
