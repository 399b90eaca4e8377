"""The managed twin: the same prompt as a versioned prompt of Vertex AI, to be seen and tried in the console.

    prompts = vertexai.Client(project=..., location=...).prompts
    made = to_managed(prompt, prompts)
    from_managed(made.prompt_id, version_id, prompts)           # ids as prompts.list_versions gives them

The registry stays the source of truth: Vertex AI numbers versions in its own way and checks no template. So the name of
the managed version says which version of the registry it is, with the start of the SHA-256 of its text.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

from mlops_helpers.cloud import models
from mlops_helpers.debugging.errors import ChecksumMismatch
from mlops_helpers.debugging.prompt_registry import Prompt

if TYPE_CHECKING:
    from vertexai._genai import types


def to_managed(prompt: Prompt, prompts: Any, *, prompt_id: str | None = None) -> types.Prompt:
    """Create a managed version of a prompt and return it; `prompts` is `vertexai.Client().prompts`.

    With `prompt_id` the version is added to that managed prompt, else a new one is made. The template travels as it is:
    Vertex AI stores it, but its console fills `{name}`, not Jinja. Without a model the course's default is entered,
    since a managed prompt must have one.
    """
    content = {"role": "user", "parts": [{"text": prompt.template}]}
    config: dict[str, Any] = {"contents": [content], "model": prompt.model or models.choose().id}
    if prompt.parameters:
        config["generation_config"] = dict(prompt.parameters)
    data, names = {"prompt_data": config}, {"version_display_name": _label(prompt.version, prompt.template)}
    if prompt_id is None:
        return prompts.create_version(prompt=data, config=names | {"prompt_display_name": prompt.name})
    return prompts.update(prompt_id=prompt_id, prompt=data, config=names)


def from_managed(prompt_id: str, version_id: str, prompts: Any) -> Prompt:
    """Return a managed version as a prompt, with name and version of the registry it came from.

    Raises `ChecksumMismatch` if its text is not what its name says.
    """
    found = prompts.get_version(prompt_id=prompt_id, version_id=version_id)
    # Not found.prompt_data: in google-cloud-aiplatform 2.7 it holds the newest version, whichever was asked for.
    message = found.dataset_version.metadata.prompt_api_schema.multimodal_prompt.prompt_message
    text = "".join(part.text or "" for content in message.contents for part in content.parts)
    label = found.dataset_version.display_name
    number = label.removeprefix("v").partition(" ")[0]
    if not number.isdigit() or label != _label(int(number), text):
        remedy = "It was changed or made by hand: save its text in the registry as a new version."
        raise ChecksumMismatch(f"a managed version {label!r} with another text", "the text it was made from", remedy)
    settings = message.generation_config
    parameters = settings.model_dump(exclude_none=True, mode="json") if settings else {}
    return Prompt(found.dataset.display_name, int(number), text, message.model, parameters)


def _label(version: int, template: str) -> str:
    return f"v{version} {hashlib.sha256(template.encode()).hexdigest()[:12]}"
