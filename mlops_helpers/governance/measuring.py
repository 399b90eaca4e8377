"""Count the rows and name the columns of a data file without loading it whole."""

import csv
from dataclasses import dataclass, field
from pathlib import Path

from mlops_helpers.governance.errors import BadTable, EmptyData, WrongEncoding


@dataclass(frozen=True)
class Measured:
    """What a file tells about itself: `rows` is None and `schema` empty where it is no table."""

    rows: int | None = None
    schema: dict[str, str] = field(default_factory=dict)


def measure(path: Path) -> Measured:
    """Return rows and schema of a `.csv`, `.jsonl` or `.parquet` file; other files are no tables.

    A CSV file knows no types, so its columns are all "string"; pass types to `Evidence` if you know better.
    Raises `EmptyData` for a CSV without a header, `BadTable` for a file that cannot be read as what its name says.
    """
    readers = {".csv": _csv, ".parquet": _parquet, ".jsonl": _lines}
    return readers.get(path.suffix.lower(), lambda _: Measured())(path)


def _csv(path: Path) -> Measured:
    """Count the records; a quoted field may hold line breaks, so lines would not do."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            records = csv.reader(file)
            header = next(records, None)
            if not header:
                raise EmptyData(f"{path.name} without a header line")
            return Measured(sum(1 for record in records if record), dict.fromkeys(header, "string"))
    except UnicodeDecodeError as error:
        raise WrongEncoding(f"{path.name} with byte {error.start} that is no UTF-8", "text in UTF-8") from error
    except csv.Error as error:
        raise BadTable(f"{path.name}, not readable as CSV ({error})") from error


def _parquet(path: Path) -> Measured:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        with pq.ParquetFile(path) as file:
            schema = {column.name: str(column.type) for column in file.schema_arrow}
            return Measured(file.metadata.num_rows, schema)
    except pa.ArrowInvalid as error:
        raise BadTable(f"{path.name}, not readable as Parquet", "a complete Parquet file") from error


def _lines(path: Path) -> Measured:
    with path.open("rb") as file:
        return Measured(sum(1 for line in file if line.strip()))
