"""The way into the real Google Cloud: who you are, and which project you mean."""

from __future__ import annotations

import os
import sys

from .errors import NoCredentials, PlaceholderLeft


def need_project(project: str | None) -> str:
    """The project id, from the argument or `GOOGLE_CLOUD_PROJECT`.

    Raises PlaceholderLeft when there is none, or when the notebook's placeholder was left in.
    """
    found = project or os.environ.get("GOOGLE_CLOUD_PROJECT", "")
    if not found or "[" in found or "your-" in found:
        remedy = 'Set PROJECT_ID in the parameters cell (console.cloud.google.com shows it), or CLOUD = "offline".'
        raise PlaceholderLeft(f"PROJECT_ID = {found!r}", "the id of your Google Cloud project", remedy)
    return found


def sign_in() -> None:
    """Colab's own sign-in on Colab; application-default credentials everywhere else.

    Raises NoCredentials when nothing on this machine says who you are.
    """
    if "google.colab" in sys.modules:
        sys.modules["google.colab"].auth.authenticate_user()
        return
    import google.auth
    from google.auth.exceptions import DefaultCredentialsError

    try:
        google.auth.default(scopes=["https://www.googleapis.com/auth/cloud-platform"])
    except DefaultCredentialsError as problem:
        remedy = 'Run `gcloud auth application-default login`, or connect("offline"), which needs no account.'
        raise NoCredentials("no Google credentials", "application-default credentials", remedy) from problem
