"""When each role of the seventh lesson could be reached on the weekend of the fraud incident. Made by hand.

friday_hours.csv   one row per span: role, from, until (a day and a time each)

What is planted: of the two roles that have the last word on retraining each could be reached three times before Monday,
and never both at once.
"""

from __future__ import annotations

import pandas as pd

HOURS = """
ml_engineer        Fri 00:00  Mon 24:00
platform_engineer  Fri 00:00  Mon 24:00
support            Fri 00:00  Mon 24:00
data_engineer      Fri 08:00  Fri 19:00
data_engineer      Mon 08:00  Mon 17:00
data_scientist     Fri 09:00  Fri 18:30
data_scientist     Sat 10:00  Sat 12:00
data_scientist     Sun 18:00  Sun 19:00
data_scientist     Mon 09:00  Mon 18:00
business_owner     Fri 08:00  Fri 17:45
business_owner     Fri 20:30  Fri 23:00
business_owner     Sat 14:00  Sat 16:00
business_owner     Sun 09:00  Sun 10:00
business_owner     Mon 10:30  Mon 18:00
"""


def friday_hours() -> pd.DataFrame:
    """Columns: role, from, until."""
    rows = [line.split() for line in HOURS.strip().splitlines()]
    spans = [(role, f"{day} {time}", f"{last} {end}") for role, day, time, last, end in rows]
    return pd.DataFrame(spans, columns=["role", "from", "until"])


def friday_files() -> dict[str, pd.DataFrame]:
    """File name -> table, of the seventh lesson."""
    return {"friday_hours.csv": friday_hours()}
