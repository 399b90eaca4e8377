"""Gemini behind guards: what goes in is checked and quoted, what comes out is filtered, every decision is written down.

    guarded = Guarded(client, model, audit=audit, queue=queue, outputs=OutputPolicy(schema=SCHEMA))
    answer = guarded.generate(INSTRUCTION, data={"note": note}, request="request-17")
    answer.action         allow, review (it waits in the queue) or block

Instructions come from the program and become the system instruction; data come from outside and become the user's turn,
quoted. There is no argument that takes both. A text that is doubtful on its way in is not sent at all: the case goes to
a person (`review_queue`), and so does an answer that is doubtful on its way out.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from mlops_helpers.ethics.audit_log import AuditLog, GuardDecision
from mlops_helpers.ethics.errors import InvalidSetting
from mlops_helpers.ethics.injections import find_injections, score
from mlops_helpers.ethics.input_guard import (
    ALLOW,
    BLOCK,
    DEFAULT_INPUT,
    REVIEW,
    InputCheck,
    InputPolicy,
    action_for,
    check_input,
    strictest,
)
from mlops_helpers.ethics.output_guard import DEFAULT_OUTPUT, OutputPolicy, check_output
from mlops_helpers.ethics.review_queue import ReviewQueue
from mlops_helpers.ethics.untrusted import DATA_RULE, as_data

if TYPE_CHECKING:
    from google import genai

MOST_DATA = 20
WAITS = "A person will look at this request."
REFUSED = "This request cannot be answered."


@dataclass(frozen=True)
class GuardedAnswer:
    """What came of a request: `text` is what may be shown, `reasons` what the guards found; `response` is Google's.

    `response` is None if the model was not asked; it is for its usage: its text may be what a guard held back. `stage`
    says where it was decided: input or output.
    """

    request: str
    action: str
    text: str
    stage: str
    reasons: tuple[str, ...] = ()
    response: Any = field(default=None, repr=False, compare=False)


@dataclass(frozen=True)
class Guarded:
    """A model behind guards. `config` goes with each call (temperature, seed, response schema)."""

    client: genai.Client = field(repr=False)
    model: str
    audit: AuditLog = field(repr=False)
    queue: ReviewQueue | None = field(default=None, repr=False)
    inputs: InputPolicy = DEFAULT_INPUT
    outputs: OutputPolicy = DEFAULT_OUTPUT
    config: Mapping[str, Any] = field(default_factory=dict)

    def generate(
        self, instruction: str, *, data: Mapping[str, str], request: str, sources: Iterable[str] | None = None
    ) -> GuardedAnswer:
        """Ask the model about data from outside.

        `data` is by name, such as {"note": ..., "file_name": ...}; the names are the program's own. `sources` are texts
        of ours that the answer may quote and has to rely on; None: the data. Texts found elsewhere (search results,
        say) are data. Without a queue a doubtful case is blocked. Raises `InvalidSetting` for no data or odd names, and
        what Google's clients raise; no answer is given before it is logged. Answers come in one piece: a stream cannot
        be taken back.
        """
        self._require(data)
        checks, given = {name: check_input(text, self.inputs) for name, text in data.items()}, list(sources or ())
        action = self._settled(strictest(*(check.action for check in checks.values()), self._together(data)))
        reasons = tuple(f"{name}: {reason}" for name, check in checks.items() for reason in check.reasons)
        self.audit.record(GuardDecision(request, "input", action, reasons), text="\n".join(data.values()))
        if action != ALLOW:
            return self._stopped(GuardedAnswer(request, action, "", "input", reasons), _shown(checks))
        response = self._ask(request, system_of(instruction, given), quoted(checks))
        known = [check.text for check in checks.values()] if sources is None else given
        found = check_output(response, self.outputs, sources=known, private=[instruction])
        action = self._settled(found.action)
        self.audit.record(GuardDecision(request, "output", action, found.reasons), text=response.text or "")
        answer = GuardedAnswer(request, action, found.text, "output", (*reasons, *found.reasons), response)
        return answer if action == ALLOW else self._stopped(answer, _shown(checks))

    def decide(self, request: str, *, verdict: str, by: str, why: str, answer: str = "") -> str:
        """Let a person decide a waiting case; both the queue and the audit log keep it. Returns the final answer.

        Raises what `ReviewQueue.decide` raises, and `InvalidSetting` without a queue.
        """
        if self.queue is None:
            raise InvalidSetting("no queue", "a ReviewQueue", "Pass queue=… to Guarded.")
        review = self.queue.decide(request, verdict=verdict, by=by, why=why, answer=answer)
        self.audit.record(
            GuardDecision(request, "person", review.state, (review.why,), by=review.by), text=review.final
        )
        return review.final

    def _require(self, data: Mapping[str, str]) -> None:
        if not 1 <= len(data) <= MOST_DATA or not all(re.fullmatch(r"[a-z_]{1,40}", name) for name in data):
            expected = f"1 to {MOST_DATA} texts under names of small letters"
            raise InvalidSetting(f"data named {list(data)!r:.80}", expected, "File names and the like are data too.")
        if "system_instruction" in self.config:
            raise InvalidSetting("a system_instruction in config", "none", "Pass it as the instruction.")

    def _together(self, data: Mapping[str, str]) -> str:
        """Return the action for all texts read as one: an order may be spread over them."""
        if len(data) == 1:
            return ALLOW
        return action_for(score(find_injections(" ".join(data.values()))), self.inputs)

    def _ask(self, request: str, system: str, contents: str) -> Any:
        config = {**self.config, "system_instruction": system}
        try:
            return self.client.models.generate_content(model=self.model, contents=contents, config=config)
        except Exception as error:
            self.audit.record(GuardDecision(request, "output", "failed", (type(error).__name__,)))
            raise

    def _settled(self, action: str) -> str:
        return BLOCK if action == REVIEW and self.queue is None else action

    def _stopped(self, answer: GuardedAnswer, asked: str) -> GuardedAnswer:
        """Queue a doubtful case; what is shown instead of the answer says no more than that."""
        if answer.action == REVIEW:
            self.queue.submit(answer.request, reasons=answer.reasons, text=asked, answer=answer.text)
        told = WAITS if answer.action == REVIEW else REFUSED
        return GuardedAnswer(answer.request, answer.action, told, answer.stage, answer.reasons, answer.response)


def system_of(instruction: str, sources: Iterable[str] = ()) -> str:
    """Return the system instruction: what to do, what to rely on, and what the data are not."""
    listed = "\n".join(sources)
    parts = [instruction.strip(), f"Sources:\n{listed}" if listed else "", DATA_RULE]
    return "\n\n".join(filter(None, parts))


def quoted(checks: Mapping[str, InputCheck]) -> str:
    """Return the user's turn: each text by name, quoted as data."""
    return "\n".join(
        as_data(check.text) if len(checks) == 1 else f"{name}\n{as_data(check.text)}" for name, check in checks.items()
    )


def _shown(checks: Mapping[str, InputCheck]) -> str:
    return "\n".join(f"{name}: {check.text or '(blocked)'}" for name, check in checks.items())
