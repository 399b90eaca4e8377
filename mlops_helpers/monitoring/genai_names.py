"""What things are called: attributes of a model call, and the metrics that are made of them. In one place only.

The `gen_ai.*` names are OpenTelemetry's semantic conventions for generative AI. All of them still have the status
"Development" and some were renamed (`gen_ai.system` became `gen_ai.provider.name`): when it happens again, this file
changes and nothing else. Names that begin with `mlops.` are our own, for what the conventions do not have.
Source: https://opentelemetry.io/docs/specs/semconv/gen-ai/
"""

from __future__ import annotations

from dataclasses import dataclass

OPERATION, PROVIDER = "gen_ai.operation.name", "gen_ai.provider.name"
REQUEST_MODEL, RESPONSE_MODEL = "gen_ai.request.model", "gen_ai.response.model"
FINISH_REASONS = "gen_ai.response.finish_reasons"
DURATION, ERROR_TYPE = "gen_ai.client.operation.duration", "error.type"
# Input includes what came from a cache, output includes thoughts: that is how OpenTelemetry counts.
INPUT_TOKENS, OUTPUT_TOKENS = "gen_ai.usage.input_tokens", "gen_ai.usage.output_tokens"
CACHED_TOKENS, THOUGHT_TOKENS = "gen_ai.usage.cache_read.input_tokens", "gen_ai.usage.reasoning.output_tokens"
PROMPT_VERSION, OUTCOME, QUALITY = "mlops.prompt.version", "mlops.outcome", "mlops.quality"
SAFETY, PROMPT, ANSWER, ERROR = "mlops.safety", "mlops.prompt", "mlops.answer", "mlops.error"

GENERATE, VERTEX = "generate_content", "gcp.vertex_ai"
OK, BLOCKED, FAILED = "ok", "blocked", "error"


@dataclass(frozen=True)
class Metric:
    """A custom metric. `counts` tells a running total from the distribution of the values since the last write."""

    name: str
    unit: str
    description: str
    labels: tuple[str, ...]
    counts: bool = True

    @property
    def type(self) -> str:
        """The name under which Cloud Monitoring knows it."""
        return f"custom.googleapis.com/gen_ai/{self.name}"


_WHO = ("model", "prompt_version")
CALLS = Metric("calls", "1", "Calls by outcome: ok, blocked, error", (*_WHO, "outcome", "error_type"))
TOKENS = Metric("tokens", "1", "Tokens: prompt (with cached), cached, thoughts, candidates", (*_WHO, "token_type"))
SAFETY_TRIGGERS = Metric("safety_triggers", "1", "Calls that triggered a safety category", (*_WHO, "category"))
LATENCY = Metric("latency", "s", "Duration of calls that were answered", _WHO, counts=False)
QUALITY_SCORE = Metric("quality", "1", "Quality of answers, from 0 to 1", _WHO, counts=False)
METRICS = (CALLS, TOKENS, SAFETY_TRIGGERS, LATENCY, QUALITY_SCORE)
