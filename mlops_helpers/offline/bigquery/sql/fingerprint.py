"""FARM_FINGERPRINT: Google's FarmHash Fingerprint64 in plain Python, signed as BigQuery returns it.

Source: the published algorithm of the FarmHash project (`farmhashna::Hash64`); the tests hold it against the values
in BigQuery's documentation. Used to split data repeatably: `MOD(ABS(FARM_FINGERPRINT(id)), 10) < 8`.
"""

from __future__ import annotations

MASK = (1 << 64) - 1
K0, K1, K2 = 0xC3A5C85C97CB3127, 0xB492B66FBE98F273, 0x9AE16A3B2F90404F
SEED = 81
Pair = tuple[int, int]


def farm_fingerprint(data: bytes) -> int:
    """The 64-bit fingerprint of some bytes as a signed integer.

    >>> farm_fingerprint(b"") == -7286425919675154353
    True
    """
    unsigned = _short(data) if len(data) <= 16 else _medium(data) if len(data) <= 64 else _long(data)
    return unsigned - (1 << 64) if unsigned >> 63 else unsigned


def _word(data: bytes, at: int, size: int = 8) -> int:
    return int.from_bytes(data[at : at + size], "little")


def _rotated(value: int, shift: int) -> int:
    value &= MASK
    return (value >> shift | value << (64 - shift)) & MASK


def _folded(value: int) -> int:
    return value ^ value >> 47


def _mixed(first: int, second: int, multiplier: int) -> int:
    low = _folded((first ^ second) * multiplier & MASK)
    return _folded((second ^ low) * multiplier & MASK) * multiplier & MASK


def _short(data: bytes) -> int:
    size = len(data)
    multiplier = K2 + size * 2
    if size >= 8:
        start, end = (_word(data, 0) + K2) & MASK, _word(data, size - 8)
        first = _rotated(end, 37) * multiplier + start
        second = (_rotated(start, 25) + end) * multiplier
        return _mixed(first & MASK, second & MASK, multiplier)
    if size >= 4:
        return _mixed(size + (_word(data, 0, 4) << 3), _word(data, size - 4, 4), multiplier)
    if size:
        low, high = data[0] + (data[size >> 1] << 8), size + (data[-1] << 2)
        return _folded(low * K2 & MASK ^ high * K0 & MASK) * K2 & MASK
    return K2


def _medium(data: bytes) -> int:
    size = len(data)
    multiplier = K2 + size * 2
    if size <= 32:
        a, b = _word(data, 0) * K1 & MASK, _word(data, 8)
        c, d = _word(data, size - 8) * multiplier & MASK, _word(data, size - 16) * K2 & MASK
        first = _rotated(a + b, 43) + _rotated(c, 30) + d
        return _mixed(first & MASK, (a + _rotated(b + K2, 18) + c) & MASK, multiplier)
    a, b = _word(data, 0) * K2 & MASK, _word(data, 8)
    c, d = _word(data, size - 8) * multiplier & MASK, _word(data, size - 16) * K2 & MASK
    y = (_rotated(a + b, 43) + _rotated(c, 30) + d) & MASK
    z = _mixed(y, (a + _rotated(b + K2, 18) + c) & MASK, multiplier)
    e, f = _word(data, 16) * multiplier & MASK, _word(data, 24)
    g, h = (y + _word(data, size - 32)) * multiplier & MASK, (z + _word(data, size - 24)) * multiplier & MASK
    first = _rotated(e + f, 43) + _rotated(g, 30) + h
    return _mixed(first & MASK, (e + _rotated(f + a, 18) + g) & MASK, multiplier)


def _weak(data: bytes, at: int, a: int, b: int) -> Pair:
    w, x, y, z = (_word(data, at + 8 * step) for step in range(4))
    a += w
    b = _rotated(b + a + z, 21)
    first = a
    a += x + y
    return (a + z) & MASK, (b + _rotated(a, 44) + first) & MASK


def _long(data: bytes) -> int:
    y = (SEED * K1 + 113) & MASK
    z = _folded((y * K2 + 113) & MASK) * K2 & MASK
    state = ((SEED * K2 + _word(data, 0)) & MASK, y, z, (0, 0), (0, 0))
    end = (len(data) - 1) // 64 * 64
    for at in range(0, end, 64):
        state = _round(data, at, state, K1, weight=1)
    x, y, z, v, w = state
    rest = (len(data) - 1) & 63
    multiplier = K1 + ((z & 0xFF) << 1)
    w = ((w[0] + rest) & MASK, w[1])
    v = ((v[0] + w[0]) & MASK, v[1])
    w = ((w[0] + v[0]) & MASK, w[1])
    x, y, z, v, w = _round(data, end + rest - 63, (x, y, z, v, w), multiplier, weight=9)
    first = _mixed(v[0], w[0], multiplier) + _folded(y) * K0 + z
    return _mixed(first & MASK, (_mixed(v[1], w[1], multiplier) + x) & MASK, multiplier)


def _round(data: bytes, at: int, state: tuple, multiplier: int, *, weight: int) -> tuple:
    x, y, z, v, w = state
    x = _rotated(x + y + v[0] + _word(data, at + 8), 37) * multiplier & MASK
    y = _rotated(y + v[1] + _word(data, at + 48), 42) * multiplier & MASK
    x ^= w[1] * weight & MASK
    y = (y + v[0] * weight + _word(data, at + 40)) & MASK
    z = _rotated(z + w[0], 33) * multiplier & MASK
    v = _weak(data, at, v[1] * multiplier & MASK, (x + w[0]) & MASK)
    w = _weak(data, at + 32, (z + w[1]) & MASK, (y + _word(data, at + 16)) & MASK)
    return z, y, x, v, w
