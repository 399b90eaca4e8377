"""Columns as integers that are equal where the values are equal, and rise where the values rise.

Hashing a million strings is the slowest question one asks of a table, and integers make it unnecessary:

    "C0000123"   texts of one length that differ only in digits are numbers behind a constant frame
    "DE"         texts of one length up to eight bytes are eight bytes, read as one big-endian integer
    19.99        money is a whole number of cents
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    import pyarrow as pa

MOST_DIGITS = 18  # decimal digits that surely fit a signed 64-bit integer
MOST_MONEY = 2.0**46  # amounts up to here have cents that a float holds exactly


class Compact(NamedTuple):
    """One integer per row, and how to spell the value an integer stands for."""

    numbers: np.ndarray
    spell: Callable[[int], object]


def arrow_text(column: pd.Series) -> pa.Array:
    """Return a text column as one Arrow array, without copying where pandas already keeps it as Arrow."""
    import pyarrow as pa

    array = pa.array(column, from_pandas=True)
    return array.combine_chunks() if isinstance(array, pa.ChunkedArray) else array


def compact_texts(texts: pa.Array) -> Compact | None:
    """Return texts of one length as integers, or None where some are missing or no integer is wide enough."""
    import numpy as np

    letters = _letters(texts)
    if letters is None:
        return None
    places = np.ascontiguousarray(letters.T)  # one row per place in the text: reading along it is fast
    low, high = places.min(axis=1), places.max(axis=1)
    varying = (low != high).nonzero()[0]
    if len(varying) <= MOST_DIGITS and (low[varying] >= ord("0")).all() and (high[varying] <= ord("9")).all():
        return _as_digits(places, varying)
    return _as_bytes(letters) if letters.shape[1] <= 8 else None


def compact_money(amounts: np.ndarray) -> Compact | None:
    """Return amounts (floats without NaN) as whole cents, or None if some amount is not a whole number of cents.

    Exact: an amount is accepted only if its cents, divided by 100, give back the very same float.
    """
    import numpy as np

    if not len(amounts) or not max(-amounts.min(), amounts.max()) < MOST_MONEY:
        return None
    cents = amounts * 100
    np.rint(cents, out=cents)
    if not (cents / 100 == amounts).all():
        return None
    return Compact(cents.astype(np.int64), lambda cent: cent / 100)


def _letters(texts: pa.Array) -> np.ndarray | None:
    """Return the bytes of texts of one length as a matrix (rows × length), a view of Arrow's own memory."""
    import numpy as np
    import pyarrow as pa

    if texts.null_count or not len(texts):
        return None
    offset_type = np.int64 if pa.types.is_large_string(texts.type) else np.int32
    _, offset_buffer, data = texts.buffers()
    offsets = np.frombuffer(offset_buffer, dtype=offset_type)[texts.offset : texts.offset + len(texts) + 1]
    width, start, stop = int(offsets[1] - offsets[0]), int(offsets[0]), int(offsets[-1])
    if not width or stop - start != width * len(texts) or (offsets[1:] - offsets[:-1] != width).any():
        return None
    return np.frombuffer(data, dtype=np.uint8)[start:stop].reshape(len(texts), width)


def _as_digits(places: np.ndarray, varying: np.ndarray) -> Compact:
    """Read the varying places as one decimal number; the other places are the frame around it."""
    import numpy as np

    numbers = np.zeros(places.shape[1], dtype=np.int32 if len(varying) <= 9 else np.int64)
    for place in varying:
        numbers *= 10
        numbers += places[place] - np.uint8(ord("0"))
    frame = places[:, 0].tobytes()

    def spell(number: int) -> str:
        letters = bytearray(frame)
        for place in varying[::-1]:
            number, digit = divmod(number, 10)
            letters[place] = ord("0") + digit
        return letters.decode()

    return Compact(numbers, spell)


def _as_bytes(letters: np.ndarray) -> Compact:
    """Read up to eight bytes as one big-endian integer, whose order is the order of the texts."""
    import numpy as np

    width = letters.shape[1]
    padded = np.zeros((len(letters), 8), dtype=np.uint8)
    padded[:, :width] = letters
    numbers = padded.view(">u8").ravel().astype(np.uint64)
    return Compact(numbers, lambda number: number.to_bytes(8, "big")[:width].decode())
