"""Which rows occur more than once: exact, in one pass of cheap 64-bit fingerprints.

Hashing a million strings takes longest of all the questions one asks of a table. But equal rows have equal
fingerprints, so it is enough to look at the few rows whose fingerprint occurs twice and compare those in full.
Text of up to eight bytes *is* its fingerprint: eight bytes are one 64-bit integer, and integers sort fast.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    import pyarrow as pa

ODD = 0x9E3779B97F4A7C15  # 2**64 / golden ratio: spreads neighbouring integers over all 64 bits


def duplicate_mask(frame: pd.DataFrame, columns: tuple[str, ...] = ()) -> np.ndarray:
    """Return a boolean array, True for every row that equals another row in `columns` (default: all columns).

    Missing equals missing, as in `DataFrame.duplicated(keep=False)`, whose result this equals.
    """
    import numpy as np

    names = list(columns or frame.columns)
    if len(names) == 1 and _is_ragged_text(frame[names[0]]):
        return frame[names[0]].duplicated(keep=False).to_numpy()
    suspects = _repeated(_fingerprints(frame, names))
    mask = np.zeros(len(frame), dtype=bool)
    if suspects.any():
        rows = frame.loc[suspects, names]
        mask[suspects] = rows.duplicated(keep=False).to_numpy()
    return mask


def _is_ragged_text(column: pd.Series) -> bool:
    """Return whether a text column has no cheap fingerprint, so that pandas' own hash table is the faster way."""
    import pandas as pd

    return isinstance(column.dtype, pd.StringDtype) and fixed_width_words(arrow_text(column)) is None


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
    """Return where a code occurs more than once."""
    import numpy as np

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
        return text_codes(arrow_text(column))
    return pd.factorize(column)[0].astype(np.uint64)


def arrow_text(column: pd.Series) -> pa.Array:
    """Return a text column as one Arrow array, without copying where pandas already keeps it as Arrow."""
    import pyarrow as pa

    array = pa.array(column, from_pandas=True)
    return array.combine_chunks() if isinstance(array, pa.ChunkedArray) else array


def _number_codes(numbers: np.ndarray) -> np.ndarray:
    """Return the bits of each number; −0.0 and 0.0 are one value, and so are all kinds of NaN."""
    import numpy as np

    if numbers.dtype.kind != "f":
        return numbers.astype(np.uint64)
    plain = numbers.astype(np.float64) + 0.0
    bits = plain.view(np.uint64)
    bits[np.isnan(plain)] = np.uint64(0x7FF8_0000_0000_0001)
    return bits


def text_codes(texts: pa.Array) -> np.ndarray:
    """Return one uint64 per text: its own bytes if all have one length up to 8, else its number in a dictionary."""
    import numpy as np
    import pyarrow.compute as pc

    words = fixed_width_words(texts)
    if words is not None:
        return words
    indices = texts.dictionary_encode().indices
    return pc.fill_null(indices, -1).to_numpy(zero_copy_only=False).astype(np.uint64)


def fixed_width_words(texts: pa.Array) -> np.ndarray | None:
    """Return texts of one common length up to 8 bytes as big-endian integers, whose order is that of the texts.

    Returns None for texts of differing length, longer ones, missing ones, or no rows at all.
    """
    import numpy as np
    import pyarrow as pa

    if texts.null_count or not len(texts):
        return None
    offset_type = np.int64 if pa.types.is_large_string(texts.type) else np.int32
    _, offset_buffer, data = texts.buffers()
    offsets = np.frombuffer(offset_buffer, dtype=offset_type)[texts.offset : texts.offset + len(texts) + 1]
    width, length = int(offsets[1] - offsets[0]), int(offsets[-1] - offsets[0])
    if not 0 < width <= 8 or length != width * len(texts) or (np.diff(offsets) != width).any():
        return None
    letters = np.frombuffer(data, dtype=np.uint8)[offsets[0] : offsets[-1]].reshape(len(texts), width)
    padded = np.zeros((len(texts), 8), dtype=np.uint8)
    padded[:, :width] = letters
    return padded.view(">u8").ravel().astype(np.uint64)
