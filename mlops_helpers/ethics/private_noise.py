"""Noise for differential privacy: the geometric mechanism (discrete Laplace), drawn exactly, from whole numbers only.

An answer is epsilon-differentially private if adding or removing one person changes the chance of any output by a
factor of at most exp(epsilon) (Dwork, McSherry, Nissim and Smith, 2006). Noise Y with P(Y = y) proportional to
exp(-epsilon |y| / sensitivity) on the whole numbers does that for whole-numbered answers (Ghosh, Roughgarden and
Sundararajan, 2009).

Textbook Laplace noise in floating point does not: its lowest bits tell the true value (Mironov, 2012). Here no
floating-point number takes part. Chances are fractions, a coin of chance exp(-g) is thrown by coins of chance g / k
(Canonne, Kamath and Steinke, 2020, algorithms 1 and 2), and real values are put on a grid first (`private_queries`).
What stays open: how long a draw takes depends on what is drawn.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from decimal import Decimal, InvalidOperation
from fractions import Fraction

from mlops_helpers.ethics.errors import InvalidEpsilon, InvalidSetting

Below = Callable[[int], int]  # a whole number from 0 to n - 1, each as likely


def random_below(seed: int | None = None) -> Below:
    """Return a source of chance: the operating system's, or one that repeats itself from a seed.

    A seed is for lessons and tests only: who knows it can subtract the noise.
    """
    if seed is None:
        return secrets.randbelow
    import numpy as np

    generator = np.random.default_rng(seed)

    def below(n: int) -> int:
        bits = max((n - 1).bit_length(), 1)
        while True:  # a number of that many bits is below n at least every other time
            drawn = int.from_bytes(generator.bytes((bits + 7) // 8)) >> (-bits % 8)
            if drawn < n:
                return drawn

    return below


def check_epsilon(epsilon: float | Decimal | str) -> Decimal:
    """Return epsilon as the decimal number that was written. Raises `InvalidEpsilon` unless it is above 0 and finite.

    Decimals add up as on paper: ten times 0.1 is 1, and the budget is spent exactly.
    """
    try:
        found = Decimal(str(epsilon))
    except InvalidOperation:
        found = Decimal("NaN")
    if isinstance(epsilon, bool) or not found.is_finite() or found <= 0:
        remedy = "Small is private: 0.1 hides a person well, 10 hardly at all; 0 would allow no answer."
        raise InvalidEpsilon(f"epsilon = {epsilon!r}", "a number above 0", remedy)
    return found


def discrete_laplace(epsilon: float | Decimal | str, below: Below, *, sensitivity: int = 1) -> int:
    """Return one draw of noise; `sensitivity` is how much one person can change the true answer, a whole number.

    Standard deviation: about 1.41 x sensitivity / epsilon. Raises `InvalidEpsilon`, `InvalidSetting`.
    """
    if isinstance(sensitivity, bool) or not isinstance(sensitivity, int) or sensitivity < 1:
        raise InvalidSetting(f"a sensitivity of {sensitivity!r}", "a whole number from 1 on", "Use a grid for others.")
    rate = Fraction(check_epsilon(epsilon)) / sensitivity
    while True:
        rest = below(rate.denominator)
        if not exponential_coin(Fraction(rest, rate.denominator), below):
            continue
        rounds = 0
        while exponential_coin(Fraction(1), below):
            rounds += 1
        size, negative = (rest + rate.denominator * rounds) // rate.numerator, below(2) == 1
        if size or not negative:  # zero has no sign: it would come up twice as often
            return -size if negative else size


def exponential_coin(exponent: Fraction, below: Below) -> bool:
    """Return True with chance exp(-exponent), for an exponent from 0 to 1.

    Counts how often coins of chance exponent / 1, exponent / 2, ... show heads in a row; that number is even with the
    chance asked for, as the series of exp(-exponent) says.
    """
    throws = 1
    while below(exponent.denominator * throws) < exponent.numerator:
        throws += 1
    return throws % 2 == 1


def noise_margin(epsilon: float | Decimal | str, *, sensitivity: int = 1, confidence: float = 0.95) -> int:
    """Return the smallest whole number that the noise does not exceed, in size, with this probability.

    P(|Y| > m) = 2 q^(m+1) / (1 + q) with q = exp(-epsilon / sensitivity).
    """
    import math

    if not 0 < confidence < 1:
        raise InvalidSetting(f"a confidence of {confidence}", "a number between 0 and 1", "0.95 is usual.")
    rate = float(check_epsilon(epsilon)) / sensitivity
    return max(0, math.ceil(-math.log((1 - confidence) * (1 + math.exp(-rate)) / 2) / rate - 1))
