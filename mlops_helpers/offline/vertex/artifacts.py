"""Model artifacts in the offline bucket: found as Vertex AI's prebuilt scikit-learn containers find them, and loaded.

The container looks for `model.joblib` or `model.pkl` under the artifact's address. Unpickling runs code, so only bytes
that were uploaded to this very cloud are unpickled (see `offline.trust`). `model.skops` is accepted as well.
"""

from __future__ import annotations

import io
import re
from collections import OrderedDict
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from ..errors import ApiError, unsupported
from .errors import bad_field, precondition

if TYPE_CHECKING:
    from .service import Vertex

URI = re.compile(r"gs://([^/]+)/?(.*)")
FILES = ("model.joblib", "model.pkl", "model.skops")
SKLEARN_IMAGE = re.compile(r"/prediction/sklearn-cpu\.")
KEPT_MODELS = 16

UNTRUSTED = (
    "The pickled model {name} was not uploaded to this offline cloud by this session, so it is not loaded: unpickling "
    "runs whatever code the file contains, and no scanner finds all of it. Upload the model in this session; or save "
    "it as model.skops (skops.io.dump(model, 'model.skops')), which is loaded without running code; or, on a server "
    "whose users you trust, start it with --trust-models."
)


class Artifacts:
    """The artifact of every model version, as it was when the version was registered.

    Vertex AI copies an artifact at that moment; what happens to the bucket afterwards does not change the model. The
    estimators in memory are limited in number, the least recently used ones go.
    """

    def __init__(self, vertex: Vertex) -> None:
        self._trust = vertex.cloud.trust
        self._files: dict[str, dict[str, Any]] = {}
        self._models: OrderedDict[str, Any] = OrderedDict()

    def keep(self, version: str, files: dict[str, Any]) -> None:
        """Remember a version's files: object name below the artifact's address, and content."""
        self._files[version] = files

    def files(self, version: str) -> dict[str, Any]:
        """The files of a version (`model@number`); empty if it was registered without an artifact."""
        return self._files.get(version, {})

    def forget(self, version: str) -> None:
        """Let go of a version that was deleted."""
        self._files.pop(version, None)
        self._models.pop(version, None)

    def load(self, version: str) -> Any:
        """The estimator of a version. Raises ApiError 400 when there is none that may be loaded."""
        if version not in self._models:
            self._models[version] = self._read(version)
        self._models.move_to_end(version)
        while len(self._models) > KEPT_MODELS:
            self._models.popitem(last=False)
        return self._models[version]

    def _read(self, version: str) -> Any:
        files = self.files(version)
        name = next((wanted for wanted in FILES if wanted in files), None)
        if name is None:
            found = ", ".join(sorted(files)[:5]) or "no file"
            raise precondition(
                f"Found {found} in the artifact of {version}, expected one of {', '.join(FILES)}: the prebuilt "
                "scikit-learn container loads a file of exactly that name."
            )
        data = files[name].bytes()
        if name.endswith(".skops"):
            return load_skops(data)
        if not self._trust.holds(data):
            raise precondition(UNTRUSTED.format(name=name))
        return unpickle(data)


def files_under(vertex: Vertex, artifact_uri: str) -> dict[str, Any]:
    """The contents of the objects under an artifact's address, by their name below it.

    Raises ApiError 400 for an address of another form or without files, 404 for a missing bucket.
    """
    found = URI.fullmatch(artifact_uri)
    if found is None:
        raise bad_field("artifact_uri", artifact_uri, "gs://bucket/folder")
    prefix = found[2].rstrip("/") + "/" if found[2] else ""
    objects = vertex.cloud.service("storage").list_objects(found[1], prefix)
    files = {version.name.removeprefix(prefix): version.content for version in objects}
    if not files:
        raise precondition(f"There are no files under {artifact_uri!r}. Upload the model's file there first.")
    return files


def check_servable(version: dict[str, Any]) -> None:
    """Raises ApiError 501 unless the model is served by a prebuilt scikit-learn container."""
    image = version.get("containerSpec", {}).get("imageUri", "")
    if not SKLEARN_IMAGE.search(image):
        raise unsupported(
            f"Vertex AI: serving with the container {image or '(none)'} (scikit-learn's prebuilt ones are)"
        )


def unpickle(data: bytes) -> Any:
    """The object in a trusted pickle. Raises ApiError 400 when the bytes are no model."""
    import joblib

    try:
        return joblib.load(io.BytesIO(data))
    except Exception as problem:  # a model server dies of anything that a pickle raises; say so instead
        raise broken(problem) from problem


def load_skops(data: bytes) -> Any:
    """The object in a skops file, of known types only. Raises ApiError 400 for others, 501 without skops."""
    if find_spec("skops") is None:
        raise unsupported("Vertex AI: a model.skops, because the package skops is not installed here")
    from skops import io as skops_io

    strange = skops_io.get_untrusted_types(data=data)
    if strange:
        raise precondition(f"model.skops holds types that skops does not know as harmless: {', '.join(strange)}.")
    return skops_io.loads(data)


def broken(problem: Exception) -> ApiError:
    """400: the model server could not start."""
    reason = f"{type(problem).__name__}: {problem}"
    return precondition(f"Model server exited unexpectedly. Loading the model failed with {reason}.")
