"""A hit of the response cache beside a bare GET of the same bytes, and a day of an endpoint."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import redis
from google.genai.types import GenerateContentResponse

from mlops_helpers import cost

HITS = 1000
MODEL, SECRET = "gemini-3.8-flash", b"a secret of the benchmark's own"
PROMPT = "You answer customers of a phone company in one sentence. Where is order 4711? " * 8
TRAFFIC = Path(__file__).parents[2] / "data" / "endpoint_traffic.parquet"
HARMS = ("HATE_SPEECH", "DANGEROUS_CONTENT", "HARASSMENT", "SEXUALLY_EXPLICIT")
ANSWER = {
    "candidates": [
        {
            "content": {"role": "model", "parts": [{"text": "Your order 4711 left our stock on Monday. " * 3}]},
            "finish_reason": "STOP",
            "safety_ratings": [{"category": f"HARM_CATEGORY_{harm}", "probability": "NEGLIGIBLE"} for harm in HARMS],
        }
    ],
    "model_version": MODEL,
    "response_id": "1",
    "usage_metadata": {"prompt_token_count": 180, "candidates_token_count": 33, "total_token_count": 213},
}


class Answering:
    """Stands where the model is: it is asked once, before anything is timed."""

    @property
    def models(self) -> Answering:
        """The client's models."""
        return self

    def generate_content(self, **asked: Any) -> GenerateContentResponse:
        """The same answer to everything."""
        return GenerateContentResponse.model_validate(ANSWER)


def cases(host: str, port: str) -> dict[str, Callable[[], object]]:
    """Return the cases; a Redis server listens at the address."""
    client = redis.Redis(host, int(port))
    cache = cost.ResponseCache(Answering(), cost.RedisStore(client), ttl=3600, secret=SECRET)
    question = {"model": MODEL, "contents": PROMPT, "config": {"temperature": 0}, "prompt_version": "7"}
    cache.generate_content(**question)
    (key,) = client.keys("mlops:answer:*")

    def bare() -> None:
        for _ in range(HITS):
            client.get(key)

    def hit() -> None:
        for _ in range(HITS):
            cache.generate_content(**question)
        assert cache.stats().misses == 1

    return {"bare": bare, "hit": hit, "day": _day()}


def _day() -> Callable[[], object]:
    import pandas as pd

    requests = pd.read_parquet(TRAFFIC)["requests"]
    replica, policy = cost.Replica(rate=10, latency_ms=80), cost.ScalingPolicy(2, 20, 0.6)

    def day() -> None:
        assert len(cost.simulate_autoscaling(requests, replica, policy).replicas) == 86_400

    return day
