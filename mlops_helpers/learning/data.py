"""Where the course's data files are, whether a notebook runs in a clone, on Colab or from a build folder."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

VARIABLE = "MLOPS_COURSE_DATA"


def course_data(name: str) -> Path:
    """The path of one of the course's data files, e.g. `course_data("customers.csv")`.

    Looks in `$MLOPS_COURSE_DATA`, then in `data/` of the working folder and the folders above it, then beside the
    package. Raises FileNotFoundError that names the places and what to do.
    """
    if Path(name).name != name:
        raise FileNotFoundError(f"Found {name!r}; expected a file name such as 'customers.csv'. Leave folders out.")
    places = list(_places())
    for place in places:
        if (place / name).is_file():
            return place / name
    tried = ", ".join(str(place) for place in places)
    remedy = f"Run inside a clone of the course, or set {VARIABLE} to its data folder."
    raise FileNotFoundError(f"Found no {name!r}; expected it in one of: {tried}. {remedy}")


def _places() -> Iterator[Path]:
    if VARIABLE in os.environ:
        yield Path(os.environ[VARIABLE])
    here = Path.cwd()
    yield from (folder / "data" for folder in (here, *here.parents))
    yield Path(__file__).resolve().parents[2] / "data"
