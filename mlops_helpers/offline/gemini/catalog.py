"""`publishers.google.models`: which models there are today."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..wire import Request
from .places import paged
from .registry import ModelRow, available, find_model, rows

if TYPE_CHECKING:
    from .service import Gemini


def list_models(gemini: Gemini, request: Request) -> dict[str, Any]:
    """All models that can be called."""
    found = [rows()[id] for id in available(gemini.cloud.clock.now())]
    return paged(request, map(show, found), "publisherModels")


def get(gemini: Gemini, request: Request) -> dict[str, Any]:
    """One model. Raises ApiError 404 for a retired or unknown one."""
    return show(find_model(request.params["model"], "", gemini.cloud.clock.now()))


def show(row: ModelRow) -> dict[str, Any]:
    """A model as Google's PublisherModel."""
    stage = "PUBLIC_PREVIEW" if row.preview else "GA"
    name = f"publishers/google/models/{row.id}"
    state = "VERSION_STATE_UNSTABLE" if row.preview else "VERSION_STATE_STABLE"
    return {"name": name, "versionId": "default", "launchStage": stage, "versionState": state}
