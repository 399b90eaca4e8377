"""What is known about one column once both windows were compared, before anybody judges it."""

from __future__ import annotations

from dataclasses import dataclass, field

LISTED = 20  # new or vanished levels that are named; the others are counted


@dataclass(frozen=True)
class Comparison:
    """One column, two windows.

    n_reference, n_production   values (rows minus missing); `missing_*` are rows without a value
    statistic, p_value, test    D of Kolmogorov–Smirnov, or Cramér's V with the p-value of chi-squared; None: not tested
    psi, jensen_shannon         over `bins`, whose shares are in `shares` (reference, production)
    wasserstein                 in standard deviations of the reference; None for categories or a constant reference
    constant                    one and the same value everywhere, in both windows
    new_levels, vanished_levels levels of one window only, the frequent first, at most 20; `unlisted` counts the others
    problem, note               why the column could not be compared: the verdict's name and one sentence
    """

    column: str
    kind: str
    n_reference: int = 0
    n_production: int = 0
    missing_reference: int = 0
    missing_production: int = 0
    statistic: float | None = None
    p_value: float | None = None
    test: str = ""
    psi: float | None = None
    jensen_shannon: float | None = None
    wasserstein: float | None = None
    constant: bool = False
    new_levels: tuple[str, ...] = ()
    vanished_levels: tuple[str, ...] = ()
    unlisted: tuple[int, int] = (0, 0)
    bins: tuple[str, ...] = ()
    shares: tuple[tuple[float, ...], tuple[float, ...]] = field(default=((), ()), repr=False)
    problem: str | None = None
    note: str = ""

    @property
    def rows(self) -> tuple[int, int]:
        """Return the rows of both windows, missing values included."""
        return self.n_reference + self.missing_reference, self.n_production + self.missing_production

    @property
    def missing_shares(self) -> tuple[float, float]:
        """Return the share of rows without a value in both windows."""
        missing = (self.missing_reference, self.missing_production)
        return tuple(count / max(rows, 1) for count, rows in zip(missing, self.rows, strict=True))
