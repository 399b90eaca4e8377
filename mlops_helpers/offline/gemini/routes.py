"""The operations of the offline Gemini, to be read top to bottom.

Names follow Google's discovery document, `aiplatform.projects.locations` shortened to `gemini`.
"""

from __future__ import annotations

from collections.abc import Callable

from ..router import Route
from . import batches, caches, catalog, models, tuned, tuning

PLACE = "/projects/{project}/locations/{location}"
MODEL = PLACE + "/publishers/google/models/{model}"
ENDPOINT = PLACE + "/endpoints/{endpoint}"
TABLE: tuple[tuple[str, str, str, Callable], ...] = (
    ("publishers.models.generateContent", "POST", MODEL + ":generateContent", models.generate_content),
    ("publishers.models.streamGenerateContent", "POST", MODEL + ":streamGenerateContent", models.stream_content),
    ("publishers.models.countTokens", "POST", MODEL + ":countTokens", models.count_tokens),
    ("publishers.models.computeTokens", "POST", MODEL + ":computeTokens", models.compute_tokens),
    ("publishers.models.embedContent", "POST", MODEL + ":embedContent", models.embed_content),
    ("publishers.models.predict", "POST", MODEL + ":predict", models.predict),
    ("endpoints.generateContent", "POST", ENDPOINT + ":generateContent", tuned.generate_content),
    ("endpoints.streamGenerateContent", "POST", ENDPOINT + ":streamGenerateContent", tuned.stream_content),
    ("endpoints.countTokens", "POST", ENDPOINT + ":countTokens", tuned.count_tokens),
    ("endpoints.get", "GET", ENDPOINT, tuned.get_endpoint),
    ("endpoints.undeployModel", "POST", ENDPOINT + ":undeployModel", tuned.undeploy),
    ("endpoints.delete", "DELETE", ENDPOINT, tuned.delete_endpoint),
    ("models.list", "GET", PLACE + "/models", tuned.list_models),
    ("models.get", "GET", PLACE + "/models/{id}", tuned.get),
    ("models.delete", "DELETE", PLACE + "/models/{id}", tuned.delete),
    ("publishers.models.list", "GET", "/publishers/google/models", catalog.list_models),
    ("publishers.models.get", "GET", "/publishers/google/models/{model}", catalog.get),
    ("cachedContents.create", "POST", PLACE + "/cachedContents", caches.create),
    ("cachedContents.list", "GET", PLACE + "/cachedContents", caches.list_caches),
    ("cachedContents.get", "GET", PLACE + "/cachedContents/{id}", caches.get),
    ("cachedContents.patch", "PATCH", PLACE + "/cachedContents/{id}", caches.patch),
    ("cachedContents.delete", "DELETE", PLACE + "/cachedContents/{id}", caches.delete),
    ("batchPredictionJobs.create", "POST", PLACE + "/batchPredictionJobs", batches.create),
    ("batchPredictionJobs.list", "GET", PLACE + "/batchPredictionJobs", batches.list_jobs),
    ("batchPredictionJobs.get", "GET", PLACE + "/batchPredictionJobs/{id}", batches.get),
    ("batchPredictionJobs.cancel", "POST", PLACE + "/batchPredictionJobs/{id}:cancel", batches.cancel),
    ("batchPredictionJobs.delete", "DELETE", PLACE + "/batchPredictionJobs/{id}", batches.delete),
    ("tuningJobs.create", "POST", PLACE + "/tuningJobs", tuning.create),
    ("tuningJobs.list", "GET", PLACE + "/tuningJobs", tuning.list_jobs),
    ("tuningJobs.get", "GET", PLACE + "/tuningJobs/{id}", tuning.get),
    ("tuningJobs.cancel", "POST", PLACE + "/tuningJobs/{id}:cancel", tuning.cancel),
)
# More specific paths first: `{id}` would also take `123:cancel`.
ROUTES = tuple(
    Route(f"gemini.{operation}", method, f"/{version}{template}", handler)
    for operation, method, template, handler in sorted(TABLE, key=lambda row: ":" not in row[2])
    for version in ("v1beta1", "v1")
)
