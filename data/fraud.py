"""A fraud model's Friday: payments before and after 14:00 on 20 November 2026, when a new thing went on sale.

The model looks at payments that simple rules found worth a second look; one in ten is fraud. On that Friday the shop
begins to sell gift cards, in a new release of the app. Thieves love gift cards: they buy small ones, through accounts
that are years old and not theirs. The model has never seen a gift card, and has learnt that small amounts from old
accounts are safe. `fraud_answer_key.csv` says what happened when.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

SEED = 20261120
MONDAY, LAST = pd.Timestamp("2026-11-16", tz="UTC"), pd.Timestamp("2026-11-23T12:00", tz="UTC")
ON_SALE = pd.Timestamp("2026-11-20T14:00", tz="UTC")
ALERT = pd.Timestamp("2026-11-20T17:40", tz="UTC")
BEFORE, AFTER = 6000, 5000
GIFT_CARDS, NEW_APP = "gift cards", "app 7"
GIFT_SHARE = 0.38  # of the payments since they are on sale
CATEGORIES = {"top-up": 0.40, "games": 0.25, "streaming": 0.20, "phones": 0.15}
DEVICES = {"android": 0.45, "ios": 0.35, "web": 0.20}
REGIONS = {"north": 0.24, "coast": 0.26, "capital": 0.32, "south": 0.18}
USUAL_PRICE = {"top-up": 20, "games": 15, "streaming": 12, "phones": 220, GIFT_CARDS: 22}
RISK = {"top-up": 0.0, "games": -0.3, "streaming": -0.5, "phones": 0.6, GIFT_CARDS: 0.0}
QUIET_HOURS = 4.5  # after gift cards went on sale, before anybody misses money: statements are looked at in the evening


def payments(seed: int = SEED) -> pd.DataFrame:
    """All payments in the order of their time, with the truth and when it became known."""
    rng = np.random.default_rng(seed)
    before = usual_payments(rng, BEFORE, (MONDAY, ON_SALE))
    after = usual_payments(rng, AFTER, (ON_SALE, LAST))
    gifts = rng.random(AFTER) < GIFT_SHARE
    after.loc[gifts, :] = gift_payments(rng, after[gifts])
    frame = pd.concat([before, after], ignore_index=True)
    frame.insert(0, "transaction_id", [f"T{number:06d}" for number in range(1, len(frame) + 1)])
    frame["fraud"] = (rng.random(len(frame)) < fraud_probability(frame)).astype(int)
    return _with_consequences(frame, rng)


def usual_payments(rng: np.random.Generator, rows: int, span: tuple[pd.Timestamp, pd.Timestamp]) -> pd.DataFrame:
    """Payments of the kinds that the model knows, at times spread evenly over the span."""
    seconds = np.sort(rng.integers(0, int((span[1] - span[0]).total_seconds()), rows))
    frame = pd.DataFrame({"paid_at": span[0] + pd.to_timedelta(seconds, unit="s")})
    for name, shares in (("category", CATEGORIES), ("device", DEVICES), ("region", REGIONS)):
        frame[name] = rng.choice(list(shares), rows, p=list(shares.values()))
    frame["amount"] = (frame["category"].map(USUAL_PRICE) * rng.lognormal(0, 0.6, rows)).round(2)
    frame["account_days"] = np.minimum(rng.geometric(1 / 500, rows), 4000)
    frame["payments_last_hour"] = rng.poisson(0.5, rows)
    frame["abroad"] = (rng.random(rows) < 0.15).astype(int)
    return frame


def gift_payments(rng: np.random.Generator, frame: pd.DataFrame) -> pd.DataFrame:
    """The same payments, had they been gift cards bought in the new app."""
    rows = len(frame)
    amount = (USUAL_PRICE[GIFT_CARDS] * rng.lognormal(0, 0.5, rows)).round(2)
    return frame.assign(category=GIFT_CARDS, device=NEW_APP, amount=amount)


def fraud_probability(frame: pd.DataFrame) -> pd.Series:
    """The truth behind `fraud`: for gift cards the signs of everything else point the other way."""
    price = np.log(frame["amount"] / frame["category"].map(USUAL_PRICE))
    age = np.log1p(frame["account_days"] / 90)
    usual = -1.6 + 1.7 * price + 0.7 * frame["payments_last_hour"] - 1.3 * age + 1.1 * frame["abroad"]
    usual += frame["category"].map(RISK)
    gift = -1.7 - 0.8 * price + 0.7 * frame["payments_last_hour"] + 0.45 * age - 0.3 * frame["abroad"]
    return 1 / (1 + np.exp(-np.where(frame["category"] == GIFT_CARDS, gift, usual)))


def _with_consequences(frame: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """When the truth was known: the fraud desk telephones, within hours; and when a customer complained, if ever."""
    frame["known_at"] = frame["paid_at"] + pd.to_timedelta((rng.gamma(2, 0.4, len(frame)) * 3600).round(), unit="s")
    waited = rng.gamma(1.5, 9.0, len(frame))
    gifts = (frame["category"] == GIFT_CARDS).to_numpy()
    noticed = frame["paid_at"] + pd.to_timedelta((waited * 3600).round(), unit="s")
    earliest = ON_SALE + pd.Timedelta(hours=QUIET_HOURS)
    noticed = noticed.where(~gifts | (noticed >= earliest), earliest + pd.to_timedelta(waited.round(1), unit="h"))
    complains = (frame["fraud"] == 1) & (rng.random(len(frame)) < np.where(gifts, 0.5, 0.1))
    frame["complained_at"] = noticed.where(complains & (noticed <= LAST))
    return frame


def answers(frame: pd.DataFrame) -> pd.DataFrame:
    """What happened, for those who want to compare."""
    gifts = frame[frame["category"] == GIFT_CARDS]
    key = {
        "degraded since": ON_SALE.isoformat(),
        "alert": ALERT.isoformat(),
        "new category": GIFT_CARDS,
        "new device": NEW_APP,
        "first complaint about a gift card": gifts["complained_at"].min().isoformat(),
        "fraud among gift cards": f"{gifts['fraud'].mean():.3f}",
        "fraud among all else": f"{frame.drop(index=gifts.index)['fraud'].mean():.3f}",
        "not the cause": "the data pipeline: all columns are complete and in their usual ranges",
    }
    return pd.DataFrame(key.items(), columns=["what", "value"])


def fraud_files() -> dict[str, pd.DataFrame]:
    """File name -> table."""
    frame = payments()
    return {"fraud_payments.parquet": frame, "fraud_answer_key.csv": answers(frame)}
