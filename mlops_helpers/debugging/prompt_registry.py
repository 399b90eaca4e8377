"""Prompts as code: versions in Cloud Storage that never change, and aliases that say which one is in use.

    registry = PromptRegistry(bucket)
    first = registry.save("sentiment", "Label this review: {{ review }}", author="ada")
    registry.set_alias("sentiment", "production", first.version, by="ada")
    registry.load("sentiment", "production").render(review="great phone")
    print(registry.diff("sentiment", 1, "candidate"))
    registry.rollback("sentiment", "production", by="ada", why="the parser broke")

The same in a bucket, readable without this package:

    prompts/sentiment/versions/000001.json      template, model, parameters, who, when, why, SHA-256; written once
    prompts/sentiment/aliases/production.json   every move of the alias, the last one counts

Writers cannot overwrite each other: see `prompt_store` for versions and `prompt_aliases` for aliases.
"""

from __future__ import annotations

import difflib
import hashlib
import json
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from mlops_helpers.debugging.errors import ChecksumMismatch, InvalidSetting, UnknownPrompt
from mlops_helpers.debugging.prompt_aliases import Alias, Aliases, Move, stamp
from mlops_helpers.debugging.prompt_store import VersionedTexts

if TYPE_CHECKING:
    import pandas as pd
    from google.cloud import storage

LOGGER = logging.getLogger(__name__)
LONGEST_DESCRIPTION = 500  # characters; it is repeated in the object's metadata, which may hold 8 KiB
CONTENT = ("name", "version", "template", "model", "parameters", "author", "created", "description")


@dataclass(frozen=True)
class Prompt:
    """One version of a prompt.

    `model` and `parameters` (such as a temperature) belong to it: the same text does something else on another model.
    `created` is an ISO time. `sha256` covers all other fields as stored. `reused` says that a save found it there.
    """

    name: str
    version: int
    template: str
    model: str = ""
    parameters: Mapping[str, Any] = field(default_factory=dict)
    author: str = ""
    created: str = ""
    description: str = ""
    sha256: str = ""
    reused: bool = field(default=False, compare=False)

    def render(self, **variables: Any) -> str:
        """Return the prompt with its variables filled in; see `rendering.render` for what is refused."""
        from mlops_helpers.debugging.rendering import read_template

        return read_template(self.template).render(variables)

    @property
    def id(self) -> str:
        """Name, version and the start of the checksum, to be logged with every answer: `sentiment-v2-3f2a9c01`."""
        return f"{self.name}-v{self.version}-{self.sha256[:8]}"

    def __str__(self) -> str:
        """Say which prompt this is, and whether a save found it there."""
        by = f"{self.name} v{self.version} by {self.author}, {self.created}"
        return f"{by} (the same text was there already: nothing was saved)" if self.reused else by


class PromptRegistry:
    """The prompts below `prefix` of a bucket. `clock` gives the time that is written down."""

    def __init__(
        self, bucket: storage.Bucket, prefix: str = "prompts/", *, clock: Callable[[], datetime] | None = None
    ) -> None:
        self._texts = VersionedTexts(bucket, prefix)
        self._aliases = Aliases(bucket, prefix)
        self._clock = clock or (lambda: datetime.now(UTC))

    def save(
        self,
        name: str,
        template: str,
        *,
        author: str,
        description: str = "",
        model: str = "",
        parameters: Mapping[str, Any] | None = None,
    ) -> Prompt:
        """Store a template as the next version and return it. Two requests: one listing, one upload.

        If any version has the same template, model and parameters, that one is returned, with `reused=True`.
        Raises, before anything is written: TemplateRefused, UnsafePromptName, InvalidSetting.
        """
        from mlops_helpers.debugging.rendering import check_template

        check_template(template)
        if len(description) > LONGEST_DESCRIPTION or not author or len(author) > LONGEST_DESCRIPTION:
            limit = f"an author, and texts of at most {LONGEST_DESCRIPTION} characters"
            raise InvalidSetting(
                f"author {author!r:.50}, description of {len(description)} characters", limit, "Cut it."
            )
        draft = Prompt(name, 0, template, model, _plain(parameters), author, stamp(self._clock()), description)
        written: dict[int, Prompt] = {}

        def write(number: int) -> tuple[bytes, dict[str, str]]:
            written[number] = sealed = _sealed(replace(draft, version=number))
            shown = {key: getattr(sealed, key) for key in ("author", "created", "description", "model", "sha256")}
            return _document(sealed), shown

        found = self._texts.save(name, _fingerprint(draft), write)
        if "fingerprint" not in found.metadata:
            return written[found.number]
        LOGGER.info("%s: the same text was saved before, as version %d", name, found.number)
        return replace(self._read(name, found.number), reused=True)

    def load(self, name: str, version: int | str) -> Prompt:
        """Return a version by its number (one request) or by an alias (two).

        Raises UnknownPrompt with the nearest names, ChecksumMismatch if what is stored is not what was saved.
        """
        return self._read(name, self._number(name, version))

    def names(self) -> list[str]:
        """Return the names of all prompts."""
        return self._texts.names()

    def versions(self, name: str) -> pd.DataFrame:
        """Return one row per version, oldest first: version, author, created, description, model, sha256, aliases."""
        import pandas as pd

        if not (found := self._texts.versions(name)):
            raise self._texts.unknown_name(name)
        pointing = {alias: state.version for alias, state in self._aliases.all(name).items()}
        columns = ["author", "created", "description", "model", "sha256"]
        rows = [{"version": item.number, **{key: item.metadata.get(key, "") for key in columns}} for item in found]
        for row in rows:
            row["aliases"] = ", ".join(alias for alias, number in pointing.items() if number == row["version"])
        return pd.DataFrame(rows)

    def diff(self, name: str, a: int | str, b: int | str) -> str:
        """Return what changed from version (or alias) a to b, as a unified diff; empty if nothing that counts did."""
        old, new = self.load(name, a), self.load(name, b)
        lines = difflib.unified_diff(
            _lines(old), _lines(new), f"{name} v{old.version} ({old.author})", f"{name} v{new.version} ({new.author})",
            lineterm="",
        )  # fmt: skip
        return "\n".join(lines)

    def set_alias(self, name: str, alias: str, version: int, *, by: str, why: str = "") -> Alias:
        """Point an alias to a version and return it with its history. Three requests.

        Raises UnknownPrompt (no such version), AliasMoved (somebody else moved it in between; theirs stays).
        """
        known = self._aliases.read(name, alias)
        if not any(item.number == version for item in self._texts.versions(name)):
            raise self._texts.unknown(name, version)
        return self._aliases.add(name, alias, known, Move(version, "set", by, stamp(self._clock()), why))

    def rollback(self, name: str, alias: str, *, by: str, why: str = "", to: int | None = None) -> Alias:
        """Point an alias to the version it had before; the history keeps both moves. Two requests.

        `to` names the version that you expect to get; nothing moves if it would be another one.
        Raises UnknownPrompt (no such alias, nothing before, or not what `to` expects), AliasMoved.
        """
        known = self._aliases.read(name, alias)
        if not known.moves:
            raise self._aliases.unknown(name, alias)
        if known.before is None:
            found = f"{alias!r} of {name!r} at version {known.version}, the first it had"
            expected = "a version before it" if to is None else f"version {to} before it"
            raise UnknownPrompt(found, expected, "Set the alias to the version you want.")
        if to not in (None, known.before):
            found = f"version {known.before} before the present {known.version} of {alias!r} of {name!r}"
            raise UnknownPrompt(found, f"version {to}", "See log(), or set the alias to the version you want.")
        return self._aliases.add(name, alias, known, Move(known.before, "rollback", by, stamp(self._clock()), why))

    def log(self, name: str) -> pd.DataFrame:
        """Return everything that happened to a prompt, by time: at, what, version, by, why."""
        import pandas as pd

        saved = self.versions(name).to_dict("records")
        rows = [(row["created"], "saved", row["version"], row["author"], row["description"]) for row in saved]
        for alias, state in self._aliases.all(name).items():
            rows += [(move.at, f"{move.kind} {alias}", move.version, move.by, move.why) for move in state.moves]
        columns = ["at", "what", "version", "by", "why"]
        return pd.DataFrame(rows, columns=columns).sort_values("at", kind="stable", ignore_index=True)

    def _number(self, name: str, version: int | str) -> int:
        return version if isinstance(version, int) else self._aliases.version(name, version)

    def _read(self, name: str, number: int) -> Prompt:
        content = self._texts.read(name, number)
        try:
            found = Prompt(**json.loads(content))
        except (ValueError, TypeError) as error:
            raise _mismatch(name, number, "content that is no prompt", "a prompt") from error
        actual = _sealed(found).sha256
        if actual != found.sha256 or (found.name, found.version) != (name, number):
            raise _mismatch(name, number, f"SHA-256 {actual[:12]}…", f"{found.sha256[:12]}…, as it was saved")
        return found


def _mismatch(name: str, number: int, found: str, expected: str) -> ChecksumMismatch:
    remedy = "Do not use it. Restore the object from an older generation, or save the right text as a new version."
    return ChecksumMismatch(f"{name} v{number} with {found}", expected, remedy)


def _plain(parameters: Mapping[str, Any] | None) -> dict[str, Any]:
    """Return parameters as JSON keeps them. Raises `InvalidSetting` for what JSON cannot hold."""
    try:
        return json.loads(json.dumps(dict(parameters or {}), allow_nan=False))
    except (TypeError, ValueError) as error:
        raise InvalidSetting(
            f"parameters that JSON cannot hold ({error})", "texts, numbers, lists", "Fix it."
        ) from error


def _sealed(prompt: Prompt) -> Prompt:
    """Return the prompt with the checksum of its content."""
    content = {key: getattr(prompt, key) for key in CONTENT}
    return replace(prompt, sha256=_digest(content))


def _fingerprint(prompt: Prompt) -> str:
    """Return what tells two versions apart: template, model and parameters."""
    return _digest([prompt.template, prompt.model, prompt.parameters])


def _digest(content: object) -> str:
    return hashlib.sha256(json.dumps(content, sort_keys=True, ensure_ascii=False).encode()).hexdigest()


def _document(prompt: Prompt) -> bytes:
    content = {key: getattr(prompt, key) for key in (*CONTENT, "sha256")}
    return json.dumps(content, indent=1, ensure_ascii=False).encode()


def _lines(prompt: Prompt) -> list[str]:
    """Return model, parameters and template in lines, for a diff."""
    parameters = json.dumps(prompt.parameters, sort_keys=True, ensure_ascii=False)
    return [f"model: {prompt.model or 'any'}", f"parameters: {parameters}", "", *prompt.template.split("\n")]
