"""An answer although something is down: next region, next model, cached answer, honest refusal, in that order.

    ask = Fallback(models=("gemini-a", "gemini-b"), regions=("us-central1", "europe-west4"), client=client_for)
    answer = ask("Classify the text as ...")
    answer.source, answer.attempts            # "region", and what was tried on the way

What makes it go on is that a service cannot answer now: too many requests (429), a server's error (5xx), a model that
is not there (404), no connection, or an answer without text (say, because all tokens went into thinking). What the
caller did wrong (400) or may not do (401, 403) is raised at once: another region would only hide it. An answer that the
safety filters blocked is an answer; asking elsewhere would evade them.
"""

from __future__ import annotations

import hashlib
import json
import logging
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from html import escape
from typing import TYPE_CHECKING, Any

from mlops_helpers.tooling.errors import InvalidSetting

if TYPE_CHECKING:
    import pandas as pd
    from google import genai
    from google.cloud.logging import Logger
    from google.genai.types import GenerateContentResponse

log = logging.getLogger(__name__)
REGION, MODEL, FIRST, CACHE, REFUSAL = "next region", "next model", "first choice", "cached answer", "refusal"
MISSING_HERE, TOO_MANY, SERVER = 404, 429, 500
BLOCKED = frozenset({"SAFETY", "PROHIBITED_CONTENT", "BLOCKLIST", "SPII", "IMAGE_SAFETY"})
SORRY = "No model can answer at the moment, and this question was not answered before. Please try again later."


@dataclass(frozen=True)
class Attempt:
    """One try. `step` says which rung of the ladder it is, `outcome` is "answered", or what stood in the way."""

    step: str
    outcome: str
    model: str = ""
    region: str = ""
    seconds: float = 0.0


@dataclass(frozen=True)
class FallbackAnswer:
    """What came back, and how. `source` is the rung that answered, `age` that of a cached answer in seconds.

    A refusal has `refused` and says so in `text`; a blocked answer has no text.
    """

    text: str
    source: str
    attempts: tuple[Attempt, ...]
    age: float = 0.0
    blocked: bool = False

    @property
    def refused(self) -> bool:
        """Whether nothing could answer."""
        return self.source == REFUSAL

    @property
    def table(self) -> pd.DataFrame:
        """The attempts in their order: step, outcome, model, region, seconds."""
        import pandas as pd

        return pd.DataFrame([asdict(attempt) for attempt in self.attempts])

    def _repr_html_(self) -> str:
        shown = self.table.drop(columns="seconds").to_html(index=False, border=0)
        return f"<p>{escape(self.text)} <i>({escape(self.source)})</i></p>{shown}"


@dataclass
class AnswerCache:
    """The latest answer to each question, for `longest` seconds; `clock` counts seconds. Holds at most `most`."""

    longest: float = 86_400.0
    most: int = 10_000
    clock: Callable[[], float] = time.monotonic
    _kept: dict[str, tuple[float, str]] = field(default_factory=dict, repr=False)

    def put(self, question: str, text: str) -> None:
        """Keep an answer; the oldest goes if there are too many."""
        key = _key(question)
        self._kept.pop(key, None)
        self._kept[key] = (self.clock(), text)
        if len(self._kept) > self.most:
            del self._kept[next(iter(self._kept))]

    def get(self, question: str) -> tuple[str, float] | None:
        """Return the answer and its age in seconds, None if there is none or it is too old."""
        at, text = self._kept.get(_key(question), (None, ""))
        if at is None or (age := self.clock() - at) > self.longest:
            return None
        return text, age


@dataclass(frozen=True)
class Fallback:
    """Asks models in regions until one answers.

    `client(region)` gives a Gemini client for a region, `config` goes with each request, `watch` is called with each
    attempt, `clock` counts seconds. After `deadline` seconds no further model is asked: somebody is waiting. Raises
    `InvalidSetting` without a model or a region, or with one named twice.
    """

    models: tuple[str, ...]
    regions: tuple[str, ...]
    client: Callable[[str], genai.Client]
    config: Mapping[str, Any] = field(default_factory=dict)
    cache: AnswerCache = field(default_factory=AnswerCache)
    watch: Callable[[Attempt], None] = lambda attempt: None
    deadline: float = 30.0
    clock: Callable[[], float] = time.perf_counter

    def __post_init__(self) -> None:
        for what, names in (("models", self.models), ("regions", self.regions)):
            if isinstance(names, str) or not names or len(set(names)) < len(names):
                raise InvalidSetting(f"{what} {names!r}", f"at least one of the {what}, each once", "Pass a tuple.")
        if self.deadline <= 0:
            raise InvalidSetting(f"a deadline of {self.deadline} s", "more than 0", "Give the caller time.")

    def __call__(self, question: str) -> FallbackAnswer:
        """Answer, from the first rung that can. Raises google.genai's ClientError for what the caller did wrong."""
        attempts: list[Attempt] = []

        def note(attempt: Attempt) -> None:
            attempts.append(attempt)
            failed = attempt.outcome != "answered"
            log.log(logging.WARNING if failed else logging.INFO, "%s", _line(attempt))
            self.watch(attempt)

        started = self.clock()
        for step, model, region in self._ladder():
            if attempts and self.clock() - started >= self.deadline:
                note(Attempt(step, f"not asked: the deadline of {self.deadline:g} s is over", model, region))
                break
            if (found := self._ask(question, Attempt(step, "", model, region), note)) is not None:
                return FallbackAnswer(found, step, tuple(attempts), blocked=not found)
        return self._without_model(question, note, attempts)

    def _ladder(self) -> Iterator[tuple[str, str, str]]:
        """All regions of the first model, then all of the next."""
        for place, model in enumerate(self.models):
            for number, region in enumerate(self.regions):
                yield (REGION if number else MODEL if place else FIRST), model, region

    def _ask(self, question: str, attempt: Attempt, note: Callable[[Attempt], None]) -> str | None:
        """Return the answer (empty if it was blocked), or None if the service cannot answer now."""
        started = self.clock()
        text, outcome = self._generate(question, attempt)
        note(Attempt(attempt.step, outcome, attempt.model, attempt.region, self.clock() - started))
        if text:
            self.cache.put(question, text)
        return text

    def _generate(self, question: str, attempt: Attempt) -> tuple[str | None, str]:
        from google.genai import errors

        client = self.client(attempt.region)
        try:
            found = client.models.generate_content(
                model=attempt.model, contents=question, config=dict(self.config) or None
            )
        except errors.APIError as error:
            if error.code in (MISSING_HERE, TOO_MANY) or error.code >= SERVER:
                return None, f"{error.code} {error.status}"
            raise
        except Exception as error:
            if not _is_lost_connection(error):
                raise
            return None, type(error).__name__
        return _read(found)

    def _without_model(self, question: str, note: Callable[[Attempt], None], attempts: list[Attempt]) -> FallbackAnswer:
        if (kept := self.cache.get(question)) is not None:
            note(Attempt(CACHE, "answered"))
            return FallbackAnswer(kept[0], CACHE, tuple(attempts), age=kept[1])
        note(Attempt(CACHE, "no answer kept, or too old"))
        note(Attempt(REFUSAL, "answered"))
        return FallbackAnswer(SORRY, REFUSAL, tuple(attempts))


def cloud_log(logger: Logger) -> Callable[[Attempt], None]:
    """Return a `watch` that writes each attempt to Cloud Logging, as a structured entry without the question."""

    def write(attempt: Attempt) -> None:
        severity = "INFO" if attempt.outcome == "answered" else "WARNING"
        logger.log_struct({"message": _line(attempt), **asdict(attempt)}, severity=severity)

    return write


def _is_lost_connection(error: Exception) -> bool:
    """Whether the transport failed. Its library, httpx, is Google's client's own business: it is known by name."""
    names = {kind.__name__ for kind in type(error).__mro__}
    return isinstance(error, ConnectionError | TimeoutError) or "TransportError" in names


def _read(found: GenerateContentResponse) -> tuple[str | None, str]:
    """Return text and outcome: of a blocked answer no text, of an answer without text for another reason None."""
    if found.text:
        return found.text, "answered"
    candidates = found.candidates or []
    stopped = candidates[0].finish_reason if candidates else None
    reason = stopped.value if stopped else "no candidate"
    if not candidates or reason in BLOCKED:
        return "", f"blocked ({reason})"
    return None, f"no text ({reason})"


def _line(attempt: Attempt) -> str:
    where = f" ({attempt.model} in {attempt.region})" if attempt.model else ""
    return f"{attempt.step}{where}: {attempt.outcome}"


def _key(question: str) -> str:
    return hashlib.sha256(json.dumps(question).encode()).hexdigest()
