"""Golden sets: inputs with answers that a person accepted, in versions that never change.

    golden = GoldenSets(bucket)
    golden.save("sentiment", [Example("r1", {"review": "great phone"}, "positive")], author="ada")
    cases = golden.load("sentiment", 1).cases()            # prompt tests: the answer must be the accepted one

Each version is one JSON Lines object, an example a line, written under the same preconditions as prompts.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from mlops_helpers.debugging.case_reading import PromptCase, check_id, refuse_repeated
from mlops_helpers.debugging.check_reading import read_check
from mlops_helpers.debugging.errors import BadCase, ChecksumMismatch, EmptyData
from mlops_helpers.debugging.prompt_aliases import stamp
from mlops_helpers.debugging.prompt_store import VersionedTexts

if TYPE_CHECKING:
    import pandas as pd
    from google.cloud import storage


@dataclass(frozen=True)
class Example:
    """An input (the variables of a template) and the answer that was accepted for it."""

    id: str
    variables: Mapping[str, Any]
    expected: str
    source: str = ""


@dataclass(frozen=True)
class GoldenSet:
    """One version of a golden set. `reused` says that a save found the same examples there."""

    name: str
    version: int
    examples: tuple[Example, ...]
    reused: bool = field(default=False, compare=False)

    def cases(self, *, at_least: float | None = None) -> list[PromptCase]:
        """Return the examples as prompt tests: equal to the accepted answer, or with `at_least` similar to it."""
        if at_least is None:
            return [self._case(example, "equals", example.expected) for example in self.examples]
        return [
            self._case(example, "similar", {"to": example.expected, "at_least": at_least}) for example in self.examples
        ]

    def _case(self, example: Example, kind: str, value: Any) -> PromptCase:
        check = read_check(kind, value, f"{self.name} v{self.version}, example {example.id!r}")
        return PromptCase(example.id, (check,), example.variables, source=example.source)


class GoldenSets:
    """The golden sets below `prefix` of a bucket. `clock` gives the time that is written down."""

    def __init__(
        self, bucket: storage.Bucket, prefix: str = "golden/", *, clock: Callable[[], datetime] | None = None
    ) -> None:
        self._texts = VersionedTexts(bucket, prefix, suffix=".jsonl", kind="golden set")
        self._clock = clock or (lambda: datetime.now(UTC))

    def save(self, name: str, examples: Sequence[Example], *, author: str, description: str = "") -> GoldenSet:
        """Store examples as the next version, or return the version that has the same ones. Two requests.

        Raises EmptyData, BadCase (an id twice, an answer that cannot be compared), UnsafePromptName.
        """
        if not examples:
            raise EmptyData(f"no examples for {name!r}", "at least one", "Accept some answers first.")
        for example in examples:
            check_id(example.id, f"an example of {name!r}")
        draft = GoldenSet(name, 0, tuple(examples))
        refuse_repeated(draft.cases(), f"the golden set {name!r}")
        content = _lines(examples)
        facts = {"author": author, "description": description, "created": stamp(self._clock())}
        facts["examples"] = str(len(examples))
        found = self._texts.save(name, hashlib.sha256(content).hexdigest(), lambda _: (content, facts))
        return GoldenSet(name, found.number, draft.examples, reused="fingerprint" in found.metadata)

    def load(self, name: str, version: int) -> GoldenSet:
        """Return a version. Two requests. Raises UnknownPrompt, ChecksumMismatch."""
        content = self._texts.read(name, version)
        (saved,) = [item for item in self._texts.versions(name) if item.number == version]
        if (actual := hashlib.sha256(content).hexdigest()) != (expected := saved.metadata.get("fingerprint", "none")):
            found = f"{name} v{version} with SHA-256 {actual[:12]}…"
            raise ChecksumMismatch(found, f"{expected[:12]}…, as it was saved", "Do not use it.")
        return GoldenSet(
            name, version, tuple(Example(**json.loads(line)) for line in content.decode().split("\n")[:-1])
        )

    def versions(self, name: str) -> pd.DataFrame:
        """Return one row per version, oldest first: version, author, created, description, examples."""
        import pandas as pd

        if not (found := self._texts.versions(name)):
            raise self._texts.unknown_name(name)
        columns = ["version", "author", "created", "description", "examples"]
        rows = [{"version": item.number, **item.metadata, "examples": int(item.metadata["examples"])} for item in found]
        return pd.DataFrame(rows, columns=columns)


def _lines(examples: Sequence[Example]) -> bytes:
    """Return JSON Lines. Raises `BadCase` for variables that JSON cannot hold."""
    try:
        return "".join(json.dumps(asdict(example), allow_nan=False) + "\n" for example in examples).encode()
    except (TypeError, ValueError) as error:
        kinds = "texts, numbers, booleans, lists and dicts"
        raise BadCase(f"an example that JSON cannot hold ({error})", kinds, "Convert it first.") from error
