"""One call that seeds everything installed that draws random numbers, and says what it could not seed.

    seeds = seed_everything(7)
    seeds.generator.normal(size=3)         the modern way: a generator of one's own, passed to whoever draws

A seed makes a program repeat itself only in the same environment: other versions, another processor or several threads
that add up floating-point numbers in another order may give other results.
"""

from __future__ import annotations

import os
import random
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import ModuleType
from typing import TYPE_CHECKING

from mlops_helpers.debugging.errors import InvalidSetting

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

LARGEST = 2**32 - 1  # numpy's old global generator takes no larger seed
HASHES = "PYTHONHASHSEED"


@dataclass(frozen=True)
class Seeds:
    """What was seeded, and what was not, with the reason. `generator` is a fresh numpy generator of the same seed."""

    seed: int
    seeded: tuple[str, ...]
    not_seeded: dict[str, str]
    generator: np.random.Generator = field(repr=False, compare=False)

    @property
    def table(self) -> pd.DataFrame:
        """One row for each source of randomness: source, seeded (bool), note."""
        import pandas as pd

        rows = [(source, True, "") for source in self.seeded]
        rows += [(source, False, note) for source, note in self.not_seeded.items()]
        return pd.DataFrame(rows, columns=["source", "seeded", "note"])

    def __str__(self) -> str:
        """Say in one line what was seeded and what was not."""
        missing = "; ".join(f"{source} ({note})" for source, note in self.not_seeded.items())
        return f"Seed {self.seed}: {', '.join(self.seeded)}. Not seeded: {missing or 'nothing'}."


def seed_everything(seed: int) -> Seeds:
    """Seed `random`, numpy's global generator, and PyTorch and TensorFlow if they are imported already.

    numpy's global generator is also what scikit-learn (`random_state=None`) and pandas' `sample` draw from. The order
    of sets of texts depends on PYTHONHASHSEED, which counts only when Python starts: it is reported, not set.
    Raises `InvalidSetting` unless `seed` is a whole number from 0 to 2³²-1.
    """
    import numpy as np

    if isinstance(seed, bool) or not isinstance(seed, int | np.integer) or not 0 <= seed <= LARGEST:
        raise InvalidSetting(f"the seed {seed!r}", f"a whole number from 0 to {LARGEST}", "Choose any, and keep it.")
    seed = int(seed)
    random.seed(seed)
    np.random.seed(seed)
    seeded, missing = ["random", "numpy"], {}
    for name, how in (("torch", _seed_torch), ("tensorflow", _seed_tensorflow)):
        if module := sys.modules.get(name):
            how(module, seed)
            seeded.append(name)
        else:
            missing[name] = "not imported; import it first"
    if note := _note_on_hashes():
        missing[HASHES] = note
    return Seeds(seed, tuple(seeded), missing, np.random.default_rng(seed))


@contextmanager
def kept_randomness() -> Iterator[None]:
    """Give `random` and numpy's global generator back as they were: a probe should not change what it looks at."""
    import numpy as np

    ours, theirs = random.getstate(), np.random.get_state()
    try:
        yield
    finally:
        random.setstate(ours)
        np.random.set_state(theirs)


def _seed_torch(torch: ModuleType, seed: int) -> None:
    torch.manual_seed(seed)  # the processor and all graphics cards


def _seed_tensorflow(tensorflow: ModuleType, seed: int) -> None:
    tensorflow.random.set_seed(seed)


def _note_on_hashes() -> str:
    """Return why the order of sets of texts may differ between processes; nothing if it cannot."""
    if not sys.flags.hash_randomization:
        return ""
    if os.environ.get(HASHES, "random").isdigit():
        return ""
    return "not set: sets of texts have another order in each process; sort them, or set it before Python starts"
