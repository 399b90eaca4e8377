"""An incident becomes a test: what went wrong once is asked again with every version of the prompt.

add_case_from_incident("cases.toml", "inc-42-empty-review", variables={"review": ""},
                       check={"equals": "neutral"}, source="INC-42: the parser got a sentence")
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from mlops_helpers.debugging.case_reading import PromptCase, read_cases
from mlops_helpers.debugging.errors import BadCase

BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")


def add_case_from_incident(
    path: Path | str, case_id: str, *, check: Mapping[str, Any], source: str, **given: Any
) -> PromptCase:
    """Append a case to a file of prompt tests (made if there is none) and return it.

    `given` is `variables={...}` or `prompt="..."`, `check` as in the file, `source` the incident. The new text is read
    back before it takes the old one's place. Raises `BadCase`: id taken, unknown word, value that TOML cannot hold.
    """
    path = Path(path)
    before = path.read_text(encoding="utf-8") if path.exists() else ""
    row = {"id": case_id, "source": source, **given, "check": dict(check)}
    lines = "\n".join(f"{key} = {_toml(value, case_id)}" for key, value in row.items())
    after = f"{before.rstrip()}\n\n[[case]]\n{lines}\n".lstrip()
    case = read_cases(after.encode(), path.name)[-1]
    beside = path.with_name(f"{path.name}.new")
    beside.write_text(after, encoding="utf-8")
    os.replace(beside, path)
    return case


def _toml(value: Any, where: str) -> str:
    """Return a value as TOML writes it in one line. Raises `BadCase` for what it cannot hold, such as None."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int | float):
        return repr(value)
    if isinstance(value, str) and _is_unicode(value):
        return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
    if isinstance(value, list | tuple):
        return f"[{', '.join(_toml(item, where) for item in value)}]"
    if isinstance(value, Mapping) and all(isinstance(key, str) for key in value):
        return f"{{{', '.join(f'{_key(key, where)} = {_toml(item, where)}' for key, item in value.items())}}}"
    kinds = "texts, numbers, booleans, lists and tables"
    raise BadCase(f"a {type(value).__name__} in case {where!r}", kinds, "Leave it out, or write it as text.")


def _key(key: str, where: str) -> str:
    return key if BARE_KEY.fullmatch(key) else _toml(key, where)


def _is_unicode(text: str) -> bool:
    """Return whether a text has no half characters, which no file can hold."""
    return not any("\ud800" <= character <= "\udfff" for character in text)
