"""Digests of content: equal for equal data in every process and on every machine, different for any change.

Text is told from numbers, `1` from `1.0`, one column's name or order from another's; how a library happens to store
text (objects or Arrow) makes no difference. Cells of tables are hashed with pandas' 64-bit hash before SHA-256 covers
them all: that finds every accident, but would not withstand somebody who looks for a collision. Files are covered by
SHA-256 alone.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mlops_helpers.debugging.errors import InvalidSetting
from mlops_helpers.governance.artifacts import Artifact
from mlops_helpers.governance.files import sha256_of

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd


def content_digest(value: Any) -> str:
    """Return the SHA-256 (64 hexadecimal digits) of a value's content.

    Takes tables, series, arrays, files (`Path`), artifacts of governance, texts, bytes, numbers, times, and mappings,
    lists and sets of these. Mappings and sets have no order, lists have. Raises `InvalidSetting` for anything else.
    """
    return hashlib.sha256(b"".join(_pieces(value))).hexdigest()


def describe(value: Any) -> str:
    """Return size and digest of a piece of data in one line: `5,000 rows × 7 columns, sha256 3f2a9c01b2c4…`."""
    return f"{_size(value)}, sha256 {content_digest(value)}"


def _size(value: Any) -> str:
    shape = getattr(value, "shape", None)
    if isinstance(value, Path):
        return f"{value.stat().st_size:,} bytes" if value.is_file() else "no file"
    if isinstance(value, Artifact):
        return value.id
    if shape and len(shape) == 2 and hasattr(value, "columns"):
        return f"{shape[0]:,} rows × {shape[1]:,} columns"
    if shape is not None:
        return f"array {'×'.join(map(str, shape)) or 'of one'}"
    return f"{len(value):,} items" if isinstance(value, list | tuple | Mapping | set) else type(value).__name__


def _pieces(value: Any) -> Iterable[bytes]:
    """Yield bytes that together spell the value; each begins with its kind, so that kinds cannot be mistaken."""
    module = type(value).__module__.partition(".")[0]
    if value is None or isinstance(value, bool | int | float | complex):
        return [f"{type(value).__name__}:{value!r}".encode()]
    if isinstance(value, str | bytes | bytearray):
        return [type(value).__name__.encode(), b":", value.encode() if isinstance(value, str) else bytes(value)]
    if isinstance(value, dt.date | dt.time | dt.timedelta):
        return [f"{type(value).__name__}:{value!s}".encode()]
    if isinstance(value, Path):
        return [b"file:", _file(value).encode()]
    if isinstance(value, Artifact):
        return [f"artifact:{value.id}:{value.sha256}".encode()]
    if isinstance(value, Mapping):
        pairs = sorted((content_digest(key), content_digest(item)) for key, item in value.items())
        return [b"mapping:", *(f"{key}{item}".encode() for key, item in pairs)]
    if isinstance(value, list | tuple):
        return [b"list:", *(content_digest(item).encode() for item in value)]
    if isinstance(value, set | frozenset):
        return [b"set:", *sorted(content_digest(item).encode() for item in value)]
    return _scientific(value, module)


def _scientific(value: Any, module: str) -> Iterable[bytes]:
    """Yield the pieces of numpy's and pandas' values."""
    import numpy as np
    import pandas as pd

    if isinstance(value, np.generic):
        return _pieces(value.item())
    if isinstance(value, np.ndarray):
        return _array(value)
    if isinstance(value, pd.DataFrame):
        columns = (value.iloc[:, place] for place in range(value.shape[1]))
        return [b"table:", *_column(value.index.to_series(name="index")), *(p for c in columns for p in _column(c))]
    if isinstance(value, pd.Series | pd.Index):
        return [b"series:", *_column(pd.Series(value))]
    if value is pd.NA or value is pd.NaT:
        return [b"missing:"]
    raise InvalidSetting(
        f"a {module}.{type(value).__qualname__}, whose content cannot be compared",
        "tables, arrays, files (pathlib.Path), texts, numbers, or lists and mappings of them",
        "Pass what it was made from, or what it predicts.",
    )


def _array(array: np.ndarray) -> Iterable[bytes]:
    head = f"array:{array.dtype.str}:{array.shape}:".encode()
    if array.dtype.hasobject:
        return [head, *(content_digest(item).encode() for item in array.ravel().tolist())]
    return [head, array.tobytes()]


def _column(column: pd.Series) -> Iterable[bytes]:
    """Yield name, type and hashed cells of a column; a column of mixed objects is hashed cell by cell, slowly."""
    import pandas as pd

    kind = "category" if isinstance(column.dtype, pd.CategoricalDtype) else str(column.dtype)
    if pd.api.types.is_object_dtype(column.dtype) or isinstance(column.dtype, pd.StringDtype):
        content = pd.api.types.infer_dtype(column, skipna=True)
        if content not in ("string", "empty"):
            cells = [f"{content_digest(item)}\n".encode() for item in column.tolist()]
            return [f"column:{column.name!r}:object:".encode(), *cells]
        kind = "text"
    hashed = pd.util.hash_pandas_object(column, index=False).to_numpy().astype("<u8")
    return [f"column:{column.name!r}:{kind}:{len(column)}:".encode(), hashed.tobytes()]


def _file(path: Path) -> str:
    if not path.is_file():
        raise InvalidSetting(f"no file {path.name!r}", "a file that exists", "Check the name and the folder.")
    return sha256_of(path)
