"""When to move objects to a colder class: every lifecycle rule is tried on what really happened to them.

    plans = best_lifecycle(objects, prefixes=("recordings/", "exports/"), at=today)
    apply_lifecycle(bucket, plans)                       # the same rules, as the bucket's own lifecycle

A colder class costs less to keep and more to read. Given when each object was made and read, what a rule would have
cost until today can be counted exactly: GiB-days in each class, GiB and operations read from each class, one operation
for each move. A rule names for each class an age (of a list) or none. There are so few that all are tried: the best one
is the best, not an estimate. It is the best for the past; take it for the future if reads go on alike.

Facts from cloud.google.com/storage/pricing and .../lifecycle: a rule's move costs one class A operation of the new
class, no retrieval and no early deletion, and counts the days since the object was made. Deleting earlier than a class'
minimum costs the rest of the days. Reads of an object do not move it back.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np

from .errors import BadSeries, InvalidSetting
from .money import Money
from .prices import price

if TYPE_CHECKING:
    import pandas as pd
    from google.cloud import storage

CLASSES = ("STANDARD", "NEARLINE", "COLDLINE", "ARCHIVE")
AGES = (0, 30, 60, 90, 120, 180, 270, 365)
GIB, MONTH = 2**30, Decimal(365) / 12  # bytes; days
COLUMNS = ("name", "size_bytes", "age_days", "read_ages")
Moves = tuple[tuple[int, str], ...]


@dataclass(frozen=True)
class LifecyclePlan:
    """A rule for the objects whose name begins with `prefix`, and what it would have cost.

    `moves` are pairs (age in days, class), in order; `delete_after` is an age or None. `before` is what the objects
    cost as STANDARD from their first day until today, `after` what they would have cost under the rule.
    """

    prefix: str
    moves: Moves
    delete_after: int | None
    objects: int
    before: Money
    after: Money

    @property
    def saving(self) -> Money:
        """What the rule would have saved."""
        return self.before - self.after

    def __str__(self) -> str:
        moves = ", ".join(f"{name} at {age} days" for age, name in self.moves) or "stay STANDARD"
        end = f", deleted at {self.delete_after} days" if self.delete_after is not None else ""
        return f"{self.prefix or 'all'}: {moves}{end}; {self.after.cents()} instead of {self.before.cents()}"


def best_lifecycle(
    objects: pd.DataFrame,
    *,
    at: date,
    prefixes: Sequence[str] = ("",),
    ages: Sequence[int] = AGES,
    delete_after: int | None = None,
    region: str | None = None,
) -> list[LifecyclePlan]:
    """Return the cheapest rule for each prefix.

    `objects` has one row for each: name, size_bytes, age_days (today), read_ages (list of the ages at which it was
    read). `delete_after` is a decision about the data, not about money, so it is given, not sought. Prices are those
    of `at`. Raises BadSeries for objects that cannot be, InvalidSetting for ages or prefixes that make no rule,
    UnknownSku, PriceNotValid.
    """
    _check(objects, ages, prefixes, delete_after)
    tariff = Tariff.on(at, region)
    plans = []
    for prefix in prefixes:
        mine = objects[objects["name"].str.startswith(prefix)]
        if mine.empty:
            remedy = "Leave it out, or correct it: a rule for nothing would save nothing."
            raise BadSeries(f"no object whose name begins with {prefix!r}", "at least one for each prefix", remedy)
        history = _History(mine, ages, delete_after)
        costs = {moves: history.cost(moves, tariff) for moves in every_rule(ages)}
        best = min(costs, key=lambda moves: (costs[moves].amount, len(moves)))
        before = _History(mine, ages, None).cost((), tariff)
        plans.append(LifecyclePlan(prefix, best, delete_after, len(mine), before, costs[best]))
    return plans


def rule_cost(objects: pd.DataFrame, moves: Moves, *, at: date, delete_after: int | None = None) -> Money:
    """Return what a rule of one's own would have cost; see `best_lifecycle` for the columns and the errors."""
    ages = tuple(age for age, _ in moves) or (0,)
    ordered = [CLASSES.index(name) for _, name in moves if name in CLASSES]
    if len(ordered) < len(moves) or sorted(set(ordered)) != ordered:
        raise InvalidSetting(f"moves {moves}", f"classes of {CLASSES}, colder each time", "See LifecyclePlan.moves.")
    _check(objects, ages, ("",), delete_after)
    return _History(objects, ages, delete_after).cost(moves, Tariff.on(at))


def every_rule(ages: Sequence[int]) -> Iterator[Moves]:
    """Yield all rules: for each choice of colder classes, all choices of rising ages; the empty rule first."""
    for number in range(len(CLASSES)):
        for names in combinations(CLASSES[1:], number):
            for chosen in combinations(ages, number):
                yield tuple(zip(chosen, names, strict=True))


def apply_lifecycle(bucket: storage.Bucket, plans: Sequence[LifecyclePlan]) -> None:
    """Replace a bucket's lifecycle by the plans' rules, in one request; a metageneration that moved on is refused.

    Raises google.api_core's PreconditionFailed if somebody changed the bucket since it was read.
    """
    bucket.reload()
    bucket.clear_lifecycle_rules()
    for plan in plans:
        where = {"matches_prefix": [plan.prefix]} if plan.prefix else {}
        for age, name in plan.moves:
            bucket.add_lifecycle_set_storage_class_rule(name, age=age, **where)
        if plan.delete_after is not None:
            bucket.add_lifecycle_delete_rule(age=plan.delete_after, **where)
    bucket.patch(if_metageneration_match=bucket.metageneration)


@dataclass(frozen=True)
class Tariff:
    """Prices by class: a GiB for a day, a GiB read, one read, one move into the class; and the minimum days."""

    day: dict[str, Decimal]
    retrieval: dict[str, Decimal]
    read: dict[str, Decimal]
    move: dict[str, Decimal]
    minimum_days: dict[str, int]
    currency: str

    @classmethod
    def on(cls, at: date, region: str | None = None) -> Tariff:
        """Return the prices of a day. Raises UnknownSku, PriceNotValid."""

        def each(item: str) -> dict[str, Decimal]:
            found = {}
            for name in CLASSES:
                family = "storage" if name == "STANDARD" and "class" in item else f"storage.{name.lower()}"
                row = price(f"{family}.{item}", at=at, region=region)
                found[name] = row.each.amount / row.per
            return found

        stored = {name: price(f"storage.{name.lower()}.gib_month", at=at, region=region) for name in CLASSES}
        days = {name: row.each.amount / MONTH for name, row in stored.items()}
        minimum = {name: int(row.details.get("minimum_days", 0)) for name, row in stored.items()}
        currency = stored["STANDARD"].each.currency
        return cls(days, each("retrieval"), each("class_b"), each("class_a"), minimum, currency)


class _History:
    """What happened to some objects, summed up between each two ages at which a rule may move them."""

    def __init__(self, objects: pd.DataFrame, ages: Sequence[int], delete_after: int | None) -> None:
        self._edges = sorted({0, *ages})
        sizes = objects["size_bytes"].to_numpy(dtype=np.int64)
        age = objects["age_days"].to_numpy(dtype=np.int64)
        self._end = delete_after
        self._lived = age if delete_after is None else np.minimum(age, delete_after)
        self._sizes = [int(size) for size in sizes]
        self._ended = [
            size for size, days in zip(self._sizes, age, strict=True) if delete_after and days >= delete_after
        ]
        upper = [*self._edges[1:], np.iinfo(np.int64).max]
        spans = [np.clip(self._lived, low, high) - low for low, high in zip(self._edges, upper, strict=True)]
        self._byte_days = [sum(map(int, sizes.astype(object) * span)) for span in spans]
        self._reached = [int((self._lived > edge).sum()) for edge in self._edges]
        self._reads, self._bytes_read = self._read(objects, upper)

    def _read(self, objects: pd.DataFrame, upper: list[int]) -> tuple[list[int], list[int]]:
        reads, sizes = [0] * len(upper), [0] * len(upper)
        for size, lived, ages in zip(self._sizes, self._lived, objects["read_ages"], strict=True):
            kept = [age for age in ages if age < lived or self._end is None]
            for place in np.searchsorted(upper, kept, side="right"):
                reads[place] += 1
                sizes[place] += size
        return reads, sizes

    def cost(self, moves: Moves, tariff: Tariff) -> Money:
        """What a rule would have cost, exact."""
        name, total, pending = "STANDARD", Decimal(0), dict(moves)
        for place, edge in enumerate(self._edges):
            if edge in pending:
                name = pending[edge]
                total += self._reached[place] * tariff.move[name]
            total += Decimal(self._byte_days[place]) / GIB * tariff.day[name]
            total += Decimal(self._bytes_read[place]) / GIB * tariff.retrieval[name]
            total += self._reads[place] * tariff.read[name]
        if self._end is not None and tariff.minimum_days[name] > self._end:
            missing = tariff.minimum_days[name] - self._end
            total += Decimal(sum(self._ended)) / GIB * missing * tariff.day[name]
        return Money(total, tariff.currency)


def _check(objects: pd.DataFrame, ages: Sequence[int], prefixes: Sequence[str], delete_after: int | None) -> None:
    if missing := set(COLUMNS) - set(objects.columns):
        raise BadSeries(
            f"objects without {', '.join(sorted(missing))}", f"the columns {', '.join(COLUMNS)}", "Add them."
        )
    if objects.empty or (objects[["size_bytes", "age_days"]] < 0).any(axis=None):
        raise BadSeries("no objects, or one with a size or age below 0", "sizes and ages of 0 or more", "Look for it.")
    late = [name for name, age, reads in zip(objects["name"], objects["age_days"], objects["read_ages"], strict=True)
            if len(reads) and not 0 <= min(reads) <= max(reads) <= age]  # fmt: skip
    if late:
        raise BadSeries(f"{late[0]}: read before it was made, or after today", "reads in its lifetime", "Check clocks.")
    if any(age < 0 for age in ages) or len(set(ages)) < len(ages) or list(ages) != sorted(ages):
        raise InvalidSetting(f"ages {tuple(ages)}", "days of 0 or more that rise", "See storage_tiers.AGES.")
    if any(one != other and other.startswith(one) for one in prefixes for other in prefixes):
        raise InvalidSetting(f"prefixes {tuple(prefixes)}", "none inside another", "Objects would have two rules.")
    if delete_after is not None and delete_after <= max([*ages, 0]):
        raise InvalidSetting(f"delete_after={delete_after}", f"more than {max(ages)} days", "Leave later ages out.")
