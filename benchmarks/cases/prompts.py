"""Ten thousand prompts from one template, and a prompt saved: by `debugging`, and as one would write it without.

The template has two examples and one review. Before anything is timed, all ways must give the same prompts.
"""

from __future__ import annotations

from collections.abc import Callable

PROMPTS, SAVES = 10_000, 50
TEMPLATE = (
    "Classify the review as positive or negative. Answer only with the label.\n"
    "{% for example in examples %}{{ example['text']|trim }} -> {{ example['label'] }}\n{% endfor %}"
    "\nReview: {{ review }}\nLabel:"
)
EXAMPLES = [{"text": "great phone", "label": "positive"}, {"text": "broken at once", "label": "negative"}]


def cases(which: str) -> dict[str, Callable[[], object]]:
    """Return the cases of "rendering" or of "saving"."""
    return _rendering() if which == "rendering" else _saving()


def reviews() -> list[str]:
    """Return as many different reviews as there are prompts."""
    return [f"Review number {number}: it works, but the {{{{ battery }}}} is weak." for number in range(PROMPTS)]


def _rendering() -> dict[str, Callable[[], object]]:
    from jinja2 import StrictUndefined
    from jinja2.sandbox import ImmutableSandboxedEnvironment

    from mlops_helpers.debugging.rendering import render

    texts = reviews()
    compiled = ImmutableSandboxedEnvironment(undefined=StrictUndefined).from_string(TEMPLATE)

    def ours() -> list[str]:
        return [render(TEMPLATE, examples=EXAMPLES, review=text) for text in texts]

    def jinja() -> list[str]:
        return [compiled.render(examples=EXAMPLES, review=text) for text in texts]

    assert ours() == jinja(), "the prompts differ"
    return {"render": ours, "jinja": jinja}


def _saving() -> dict[str, Callable[[], object]]:
    """`save` against what is usually written: upload the text, then its metadata; as many requests, nothing is safe."""
    from itertools import count

    from google.cloud import storage

    from mlops_helpers.cloud import connect
    from mlops_helpers.debugging.prompt_registry import PromptRegistry

    connect("offline")
    bucket, numbers = storage.Client().create_bucket("bench"), count()
    registry = PromptRegistry(bucket)

    def save() -> None:
        for number in (next(numbers) for _ in range(SAVES)):
            assert registry.save(f"prompt-{number}", f"{number} {TEMPLATE}", author="bench").version == 1

    def overwrite() -> None:
        for number in (next(numbers) for _ in range(SAVES)):
            blob = bucket.blob(f"plain/prompt-{number}.txt")
            blob.upload_from_string(f"{number} {TEMPLATE}")
            blob.metadata = {"author": "bench", "version": "1"}
            blob.patch()

    return {"save": save, "overwrite": overwrite}
