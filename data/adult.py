"""Write `adult_income.parquet` from the UCI Adult data: `python -m data.adult FOLDER`, the folder with UCI's two files.

The files are `adult.data` (the training part) and `adult.test` as UCI publishes them (DOI 10.24432/C5XW20). What is
changed, and nothing else: names for the columns, a missing value where UCI writes "?", no dot after the test part's
labels, and a column `split` that says which part a row is from. The rows keep their order.
"""

from __future__ import annotations

import sys
from pathlib import Path

import pandas as pd

HERE = Path(__file__).resolve().parent
NUMBERS = ("age", "fnlwgt", "education-num", "capital-gain", "capital-loss", "hours-per-week")
COLUMNS = (
    "age",
    "workclass",
    "fnlwgt",
    "education",
    "education-num",
    "marital-status",
    "occupation",
    "relationship",
    "race",
    "sex",
    "capital-gain",
    "capital-loss",
    "hours-per-week",
    "native-country",
    "income",
)


def adult(folder: Path) -> pd.DataFrame:
    """Read both parts as one table of 48,842 rows and 16 columns, missing values as such."""
    parts = [_part(folder / f"adult.{name}", split) for name, split in (("data", "train"), ("test", "test"))]
    frame = pd.concat(parts, ignore_index=True)
    return frame.astype(dict.fromkeys(NUMBERS, "int64"))


def _part(path: Path, split: str) -> pd.DataFrame:
    """Read one file: no header, a blank after each comma; the test part begins with a line that is no row."""
    read = pd.read_csv(path, names=list(COLUMNS), skipinitialspace=True, comment="|", na_values=["?"], dtype="str")
    frame = read.dropna(how="all").assign(split=split)
    frame["income"] = frame["income"].str.rstrip(".")
    return frame


def main() -> None:
    """Write the file."""
    if len(sys.argv) != 2:
        sys.exit("python -m data.adult FOLDER: name the folder that holds adult.data and adult.test of UCI")
    adult(Path(sys.argv[1])).to_parquet(HERE / "adult_income.parquet", index=False, compression="zstd")


if __name__ == "__main__":
    main()
