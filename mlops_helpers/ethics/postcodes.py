"""A made-up column that gives a group away: postcodes of a town in which people live apart.

For lessons and tests: where an attribute is left out of a model, a postcode can bring it back.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlops_helpers.ethics.checks import require_between
from mlops_helpers.ethics.groups import groups_from

if TYPE_CHECKING:
    import numpy.typing as npt
    import pandas as pd

DISTRICTS = 40


def made_up_postcodes(
    groups: pd.Series | npt.ArrayLike, *, apart: float = 0.7, districts: int = DISTRICTS, seed: int = 0
) -> pd.Series:
    """Return a postcode per row, "70123" and the like, that tells the group as well as `apart` says.

    groups   one value per row, shape (n,)
    apart    0: everybody lives anywhere; 1: every group has districts of its own
    Districts belong to the groups by turns; a share `apart` of a group's people lives in its own, the rest anywhere.
    The codes are in no order, so that no number gives it away, only the code as such. Raises InvalidSetting, BadGroups.
    """
    import numpy as np
    import pandas as pd

    grouped = groups_from(groups)
    require_between(apart, 0, 1, name="apart")
    require_between(districts, len(grouped.names), 900, name="districts")
    rng = np.random.default_rng(seed)
    codes = 70_100 + rng.permutation(900)[:districts]
    anywhere = rng.integers(0, districts, len(grouped.codes))
    at_home = anywhere - anywhere % len(grouped.names) + grouped.codes
    at_home = np.where(at_home < districts, at_home, grouped.codes)
    place = np.where(rng.random(len(grouped.codes)) < apart, at_home, anywhere)
    index = groups.index if isinstance(groups, pd.Series) else None
    return pd.Series([str(code) for code in codes[place]], index=index, name="postcode", dtype="str")
