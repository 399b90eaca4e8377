"""Which rows occur more than once: exact, in one pass of cheap 64-bit fingerprints.

Equal rows have equal fingerprints, so it is enough to look at the few rows whose fingerprint occurs twice and compare
those in full. Fingerprints come from integers where a column can be read as such (`compact.py`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlops_helpers.governance.compact import arrow_text, compact_texts

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

ODD = 0x9E3779B97F4A7C15  # 2**64 / golden ratio: spreads neighbouring integers over all 64 bits
DENSE = 2  # counters per row that are still cheaper than sorting


def duplicate_mask(frame: pd.DataFrame, columns: tuple[str, ...] = ()) -> np.ndarray:
    """Return a boolean array, True for every row that equals another row in `columns` (default: all columns).

    Missing equals missing, as in `DataFrame.duplicated(keep=False)`, whose result this equals.
    """
    import numpy as np

    names = list(columns or frame.columns)
    suspects = _repeated(_fingerprints(frame, names)) if len(names) > 1 else _repeated(column_codes(frame[names[0]]))
    mask = np.zeros(len(frame), dtype=bool)
    if suspects.any():
        rows = frame.loc[suspects, names]
        mask[suspects] = rows.duplicated(keep=False).to_numpy()
    return mask


def _fingerprints(frame: pd.DataFrame, names: list[str]) -> np.ndarray:
    """Return one uint64 per row, equal where the rows are equal (and, rarely, where they are not)."""
    import numpy as np

    mixed = np.zeros(len(frame), dtype=np.uint64)
    for name in names:
        mixed *= np.uint64(ODD)
        mixed ^= mixed >> np.uint64(29)
        mixed += column_codes(frame[name])
    return mixed


def _repeated(codes: np.ndarray) -> np.ndarray:
    """Return where a code occurs more than once: by counting if the codes are dense, by sorting otherwise."""
    import numpy as np

    if not len(codes):
        return np.zeros(0, dtype=bool)
    low, span = codes.min(), int(codes.max()) - int(codes.min())
    if span < DENSE * len(codes):
        places = (codes - low).astype(np.int64)
        return (np.bincount(places) > 1)[places]
    ordered = np.sort(codes)
    twice = np.unique(ordered[1:][ordered[1:] == ordered[:-1]])
    if not len(twice):
        return np.zeros(len(codes), dtype=bool)
    nearest = np.minimum(np.searchsorted(twice, codes), len(twice) - 1)
    return twice[nearest] == codes


def column_codes(column: pd.Series) -> np.ndarray:
    """Return one uint64 per row, equal where the values are equal; missing values share one code."""
    import numpy as np
    import pandas as pd

    if isinstance(column.dtype, pd.CategoricalDtype):
        return column.cat.codes.to_numpy().astype(np.uint64)
    if isinstance(column.dtype, np.dtype) and column.dtype.kind in "iufb":
        return _number_codes(column.to_numpy())
    if isinstance(column.dtype, pd.StringDtype):
        return _text_codes(column)
    return pd.factorize(column)[0].astype(np.uint64)


def _number_codes(numbers: np.ndarray) -> np.ndarray:
    """Return the bits of each number; −0.0 and 0.0 are one value, and so are all kinds of NaN."""
    import numpy as np

    if numbers.dtype.kind != "f":
        return numbers.astype(np.uint64)
    plain = numbers.astype(np.float64) + 0.0
    bits = plain.view(np.uint64)
    bits[np.isnan(plain)] = np.uint64(0x7FF8_0000_0000_0001)
    return bits


def _text_codes(column: pd.Series) -> np.ndarray:
    """Return one uint64 per text: its compact integer, else its number in a dictionary."""
    import numpy as np
    import pandas as pd

    compact = compact_texts(arrow_text(column))
    return (compact.numbers if compact else pd.factorize(column)[0]).astype(np.uint64)
