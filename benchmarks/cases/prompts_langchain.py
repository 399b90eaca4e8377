"""The same ten thousand prompts by LangChain's `PromptTemplate` in its Jinja format, in an environment of its own."""

from __future__ import annotations

from collections.abc import Callable

from benchmarks.cases.prompts import EXAMPLES, TEMPLATE, reviews


def cases() -> dict[str, Callable[[], object]]:
    """Return the case; the first prompt is looked at before anything is timed."""
    from langchain_core.prompts import PromptTemplate

    template, texts = PromptTemplate.from_template(TEMPLATE, template_format="jinja2"), reviews()
    first = template.format(examples=EXAMPLES, review=texts[0])
    assert "great phone -> positive\n" in first, first
    assert first.endswith(f"Review: {texts[0]}\nLabel:"), first
    return {"render": lambda: [template.format(examples=EXAMPLES, review=text) for text in texts]}
