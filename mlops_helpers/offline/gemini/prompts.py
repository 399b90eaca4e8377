"""Reading a prompt: the text it is about, the labels it names, the examples it gives, the format it asks for."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from .words import sentences

SUBJECTS = (
    "text|review|message|tweet|comment|input|sentence|feedback|email|e-mail|ticket|post|document|article|question"
)
ANSWERS = "label|sentiment|answer|output|category|class|classification|response|result"
FENCED = re.compile(r"```(?:\w*\n)?(.*?)```|\"\"\"(.*?)\"\"\"|<(?P<tag>\w+)>(.*?)</(?P=tag)>", re.DOTALL)
CUE = re.compile(rf"(?:^|\n|[.:?!]\s)\s*(?:(?:the|this|customer|following)\s+)?(?:{SUBJECTS})\s*:\s*", re.IGNORECASE)
ANSWER_CUE = re.compile(rf"\s*\n?\s*(?:{ANSWERS})\s*:\s*$", re.IGNORECASE)
EXAMPLE = re.compile(
    rf"(?:^|\n)\s*(?:[-*]\s*)?(?:(?:{SUBJECTS})\s*:\s*)?[\"“]?(?P<text>[^\n]+?)[\"”]?\s*"
    rf"(?:->|=>|→|\n\s*(?:{ANSWERS})\s*:)\s*[\"“]?(?P<label>[\w][\w -]{{0,40}}?)[\"”]?[ .]*(?=\n|$)",
    re.IGNORECASE,
)
ONE_LABEL = r"[\"'`]?[\w-]+(?: (?!or\b|and\b)[\w-]+)?[\"'`]?"
LISTED = re.compile(
    r"(?:labels?|categor(?:y|ies)|class(?:es)?|one of|either|options?|choose from|choose between"
    r"|classif\w*[^.:\n]{0,200}? (?:as|into)|sentiment (?:as|is))(?:\s+(?:are|is|the following|these))*\s*[:(\[]?\s*"
    rf"(?P<labels>{ONE_LABEL}(?:\s*(?:,\s*or\b|,\s*and\b|,|/|\||\bor\b|\band\b)\s*{ONE_LABEL})+)",
    re.IGNORECASE,
)
SEPARATOR = re.compile(r"\s*(?:,\s*(?:or|and)\b|,|/|\||\bor\b|\band\b)\s*", re.IGNORECASE)
DEFINED = re.compile(
    r"(?:^|\n)\s*[-*]?\s*[\"'`]?(?P<label>[\w][\w -]{0,40}?)[\"'`]?\s*(?::|=|\bmeans\b|\bif\b|–|-- )\s+"
    r"(?P<meaning>\S[^\n]*)",
    re.IGNORECASE,
)
FORMAT = re.compile(
    r"\bonly (?:with )?(?:the|one|a)\b|\b(?:one|single) (?:word|label)\b|\bjson\b|\bjust the\b|\bnothing else\b|"
    r"\bno (?:other text|explanation)|\b(?:answer|respond|reply|return|output) "
    r"(?:exactly|only|with (?:exactly|only|one|the))\b|"
    r"\boutput format\b|\bformat:",
    re.IGNORECASE,
)
SENTIMENT = re.compile(
    r"\bsentiments?\b|\bpositive\b.{0,200}?\bnegative\b|\bhow (?:does|did) .* feel\b", re.IGNORECASE | re.DOTALL
)
NAMED_SENTIMENT = re.compile(r"\b(?:positive|negative|neutral|mixed)\b", re.IGNORECASE)
ITEM = re.compile(r"(?:^|\n)\s*(?:\d+[.):]|[-*•])\s+(?P<text>[^\n]+)")
NOT_LABELS = frozenset(("the", "a", "an", "it", "this", "text", "message", "review", "label", "following", "word"))


@dataclass(frozen=True)
class Prompt:
    """What the simulator reads off a prompt.

    `marked` says whether the subject was set apart by a cue or a fence, `unnamed` that the labels are not the prompt's.
    """

    subject: str
    marked: bool
    labels: tuple[str, ...] = ()
    examples: tuple[tuple[str, str], ...] = ()
    definitions: dict[str, str] = field(default_factory=dict)
    states_format: bool = False
    about_sentiment: bool = False
    unnamed: bool = False


def read_prompt(everything: str, question: str, labels: tuple[str, ...] = ()) -> Prompt:
    """Read a prompt. `everything` is all that was said, `question` the last turn, `labels` those of a schema."""
    everything = squeezed(everything)
    subject, marked = find_subject(question)
    around = everything.replace(subject, "\n", 1) if marked and subject else everything
    found = labels or find_labels(around)
    examples = find_examples(around, found)
    found = found or tuple(dict.fromkeys(label for _, label in examples))
    return Prompt(
        subject=subject,
        marked=marked,
        labels=found,
        examples=examples,
        definitions=find_definitions(around, found),
        states_format=bool(FORMAT.search(around)),
        about_sentiment=bool(SENTIMENT.search(around)),
    )


def squeezed(text: str) -> str:
    """The text with long runs of white space made short: patterns must not wander about in them."""
    return re.sub(r"\s{3,}", lambda run: "\n\n" if "\n" in run[0] else "  ", text)


def find_subject(question: str) -> tuple[str, bool]:
    """The text that a question is about, and whether it was marked off by a fence or a cue such as `Review:`.

    >>> find_subject("Is this positive or negative?\\nReview: great phone\\nLabel:")
    ('great phone', True)
    """
    asked = ANSWER_CUE.sub("", squeezed(question)).rstrip()
    if fences := [next(filter(None, found.groups()[::-1]), "") for found in FENCED.finditer(asked)]:
        return fences[-1].strip(), True
    if cues := list(CUE.finditer(asked)):
        return asked[cues[-1].end() :].strip().strip('"“”'), True
    parts = [part for part in re.split(r"\n\s*\n", asked) if part.strip()]
    if len(parts) > 1:
        return parts[-1].strip(), True
    _, colon, rest = asked.partition(":\n")
    if colon and rest.strip():
        return rest.strip(), True
    _, colon, rest = asked.partition(": ")
    return (rest.strip().strip('"“”'), False) if colon and rest.strip() else (asked.strip(), False)


def find_labels(text: str) -> tuple[str, ...]:
    """The labels that a prompt lists: `one of: spam, ham`, `positive, negative or neutral`."""
    for found in LISTED.finditer(text):
        labels = [part.strip(" \"'`.") for part in SEPARATOR.split(found["labels"])]
        labels = [label for label in labels if label and label.lower() not in NOT_LABELS]
        if len(labels) > 1:
            return tuple(dict.fromkeys(labels))
    return find_sentiments(text)


def find_sentiments(text: str) -> tuple[str, ...]:
    """The sentiments that one sentence of the prompt names, if it names both positive and negative."""
    for sentence in sentences(text):
        named = dict.fromkeys(word.lower() for word in NAMED_SENTIMENT.findall(sentence))
        if {"positive", "negative"} <= set(named):
            return tuple(named)
    return ()


def find_examples(text: str, labels: tuple[str, ...]) -> tuple[tuple[str, str], ...]:
    """Pairs of text and label that a prompt gives; with known labels only pairs that carry one of them."""
    known = {label.lower(): label for label in labels}
    pairs = [(found["text"].strip(' "“”'), found["label"].strip()) for found in EXAMPLE.finditer(text)]
    if known:
        return tuple((said, known[label.lower()]) for said, label in pairs if label.lower() in known)
    return tuple(pairs)


def find_definitions(text: str, labels: tuple[str, ...]) -> dict[str, str]:
    """What the prompt says that its labels mean: `billing: invoices and payments`."""
    known = {label.lower(): label for label in labels}
    found = {}
    for line in DEFINED.finditer(text):
        label = known.get(line["label"].strip().lower())
        if label is not None and line["meaning"].strip().lower() not in known:
            found[label] = line["meaning"]
    return found


def list_items(text: str) -> list[str]:
    """The items of a numbered or dashed list, or `[]`."""
    return [found["text"].strip() for found in ITEM.finditer(text)]
