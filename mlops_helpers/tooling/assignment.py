"""Who sees which model: units are split by a keyed hash, so that nobody has to remember who got what.

    assign(users, experiment="price-page", split={"champion": 50, "challenger": 50})
    assign_one("user-17", experiment="price-page", split=…)      the same arm, without pandas, as a server would ask

A unit is hashed with SipHash-2-4 (Aumasson and Bernstein, 2012), then scattered once more by the last step of
SplitMix64 (Steele, Lea and Flood, 2014). The key is made from the experiment's name, so that two experiments split the
same people independently of each other. pandas computes exactly this for a column, in C, and both algorithms are
public: `siphash` and `scatter` repeat them for a single unit, and any other language can do the same. Python's own
`hash` would differ from process to process; a cryptographic hash would take several times as long for a column.

The hash, a whole number below 2**64, falls into one of the ranges that the arms own, in the order of the split. When
one of two arms grows, the units it had stay with it. 17 and "17" are one unit: an id keeps its arm whatever its type.
"""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from hashlib import sha256
from numbers import Integral, Real
from typing import TYPE_CHECKING

from .errors import BadSplit, BadUnits, InvalidSetting

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    from numpy.typing import ArrayLike

HASHES = 2**64
MASK = HASHES - 1
CHUNK = 20_000  # texts of so many ids stay in the processor's cache; ten times as many take half as long again
START = (0x736F6D6570736575, 0x646F72616E646F6D, 0x6C7967656E657261, 0x7465646279746573)  # constants of SipHash
REMEDY = "Pass ids as text or whole numbers, none of them missing."


def assign(units: ArrayLike, *, experiment: str, split: Mapping[str, float]) -> pd.Series:
    """Return the arm of each unit: a categorical Series named `arm`, indexed as `units` if that is a Series.

    units   ids, text or whole numbers; they may repeat, and always get the same arm
    split   arm -> percent of traffic, together exactly 100; an arm of 0 gets nobody

    Ten million ids take one to two seconds.
    Raises BadSplit, BadUnits (missing or empty ids, fractions, truth values) and InvalidSetting (no experiment's name).
    """
    import numpy as np
    import pandas as pd

    ends, key = _ends(split), _key(experiment)
    # An end of 2**64 is not compared with: no 64-bit hash reaches it. The last range ends there, sometimes others too.
    inner = [np.uint64(end) for end in ends if end < HASHES]
    column = _column(units)
    codes = np.zeros(len(column), np.int16)
    for start in range(0, len(column), CHUNK):
        part = slice(start, start + CHUNK)
        hashes = _hashes(column.iloc[part], key)
        for end in inner:
            codes[part] += hashes >= end
    arms = pd.Categorical.from_codes(codes, categories=list(split))
    return pd.Series(arms, index=column.index, name="arm")


def assign_one(unit: str | int, *, experiment: str, split: Mapping[str, float]) -> str:
    """Return the arm of one unit, the same as `assign` gives it. Raises the same errors."""
    ends, key = _ends(split), _key(experiment)
    is_number = isinstance(unit, Integral) and not isinstance(unit, bool)
    if not is_number and not (isinstance(unit, str) and unit):
        raise BadUnits(f"the unit {unit!r}", "an id", REMEDY)
    place = scatter(siphash(_encoded(str(unit)), key.encode()))
    return next(arm for arm, end in zip(split, ends, strict=True) if place < end)


def siphash(data: bytes, key: bytes) -> int:
    """Return SipHash-2-4 of `data` under a key of 16 bytes, a number below 2**64.

    Two rounds for each eight bytes, four at the end (Aumasson and Bernstein, "SipHash: a fast short-input PRF", 2012).
    Raises InvalidSetting for a key of another length.
    """
    if len(key) != 16:
        raise InvalidSetting(f"a key of {len(key)} bytes", "16 bytes", "Cut or derive it, as by a digest.")
    halves = [int.from_bytes(key[place : place + 8], "little") for place in (0, 8)]
    state = [start ^ halves[place % 2] for place, start in enumerate(START)]
    padded = data + bytes(7 - len(data) % 8) + bytes([len(data) % 256])
    for place in range(0, len(padded), 8):
        word = int.from_bytes(padded[place : place + 8], "little")
        state[3] ^= word
        state = _round(_round(state))
        state[0] ^= word
    state[2] ^= 0xFF
    state = _round(_round(_round(_round(state))))
    return state[0] ^ state[1] ^ state[2] ^ state[3]


def scatter(word: int) -> int:
    """Return a number below 2**64 for another, one to one: the last step of SplitMix64."""
    word = ((word ^ (word >> 30)) * 0xBF58476D1CE4E5B9) & MASK
    word = ((word ^ (word >> 27)) * 0x94D049BB133111EB) & MASK
    return word ^ (word >> 31)


def _round(state: list[int]) -> list[int]:
    a, b, c, d = state
    a, c = (a + b) & MASK, (c + d) & MASK
    b, d = _turned(b, 13) ^ a, _turned(d, 16) ^ c
    a = _turned(a, 32)
    c, a = (c + b) & MASK, (a + d) & MASK
    b, d = _turned(b, 17) ^ c, _turned(d, 21) ^ a
    return [a, b, _turned(c, 32), d]


def _turned(word: int, bits: int) -> int:
    return ((word << bits) | (word >> (64 - bits))) & MASK


def _key(experiment: str) -> str:
    """Return the experiment's 16 characters of key."""
    if not isinstance(experiment, str) or not experiment.strip():
        found = f"the experiment {experiment!r}"
        raise InvalidSetting(found, "a name", "Name it: the name decides who gets which arm.")
    return sha256(_encoded(experiment)).hexdigest()[:16]


def percents(split: Mapping[str, float], *, arms: int = 2, whole: bool = False) -> dict[str, Fraction]:
    """Return each arm's percent of traffic as it is written: 33.3 is 333/10.

    Raises BadSplit unless there are so many `arms` or more, named by text, with percents from 0 to 100, `whole` ones if
    asked for, that add up to 100.
    """
    if len(split) < arms or not all(isinstance(arm, str) and arm for arm in split):
        found = f"the arms {list(split)}"
        raise BadSplit(found, "two arms or more, each named", 'As {"champion": 90, "challenger": 10}.')
    kind = Integral if whole else Real
    expected = f"{'whole per cents' if whole else 'per cents'} of 0 or more that add up to 100"
    for arm, percent in split.items():
        if not isinstance(percent, kind) or isinstance(percent, bool) or not 0 <= percent <= 100:
            raise BadSplit(f"{percent!r} for {arm}", expected, "Correct this arm's share of traffic.")
    exact = {arm: Fraction(str(percent)) for arm, percent in split.items()}
    if (total := sum(exact.values())) != 100:
        found = f"the split {dict(split)} with the sum {float(total):g}"
        raise BadSplit(found, expected, "Change the shares of the arms.")
    return exact


def _ends(split: Mapping[str, float]) -> list[int]:
    """Return where each arm's range of hashes ends (excluded), in the order of the split."""
    reached, ends = Fraction(0), []
    for percent in percents(split).values():
        reached += percent
        ends.append(int(reached * HASHES / 100))
    return ends


def _column(units: ArrayLike) -> pd.Series:
    import pandas as pd

    if isinstance(units, pd.Series):
        return units
    try:
        return pd.Series(units, dtype=None if len(units) else "str")
    except UnicodeEncodeError as error:
        raise _half_a_character(error) from error


def _hashes(column: pd.Series, key: str) -> np.ndarray:
    from pandas.util import hash_array

    try:
        return hash_array(_texts(column), hash_key=key, categorize=False)
    except UnicodeEncodeError as error:  # texts kept as Python objects are encoded only here
        raise _half_a_character(error) from error


def _texts(column: pd.Series) -> np.ndarray:
    """Return the ids as an array of Python texts, the form that pandas hashes."""
    import pandas as pd
    import pyarrow as pa

    if pd.api.types.is_integer_dtype(column) and not column.isna().any():
        return pa.array(column.to_numpy()).cast(pa.string()).to_numpy(zero_copy_only=False)
    kind = "missing" if column.isna().any() else pd.api.types.infer_dtype(column, skipna=False)
    if kind not in ("string", "empty"):
        raise BadUnits(f"a column of ids that is {kind}", "text or whole numbers", REMEDY)
    if (column == "").any():
        raise BadUnits(f"{(column == '').sum()} empty ids", "an id for each unit", REMEDY)
    return column.to_numpy(dtype=object)


def _encoded(text: str) -> bytes:
    try:
        return text.encode()
    except UnicodeEncodeError as error:
        raise _half_a_character(error) from error


def _half_a_character(error: UnicodeEncodeError) -> BadUnits:
    return BadUnits(f"{error.object!r}, which holds half a character", "valid Unicode", "Read the ids as UTF-8.")
