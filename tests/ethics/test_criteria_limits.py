"""What cannot hold together, what a score means in each group, and fairness over time."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mlops_helpers.ethics import (
    BadLabels,
    InvalidSetting,
    MissingColumn,
    cannot_hold_together,
    fairness_alarms,
    fairness_over_windows,
    forced_fpr,
    group_calibration,
    group_metrics,
)
from mlops_helpers.ethics.outcomes import listed
from mlops_helpers.monitoring import AlertPolicy

counts = st.lists(st.tuples(*[st.integers(1, 60)] * 4), min_size=2, max_size=4)


@settings(max_examples=50)
@given(counts)
def test_the_identities_hold_in_every_group(cells):
    outcomes = listed(["g"], [(str(i),) for i in range(len(cells))], cells)
    table = cannot_hold_together(outcomes).table
    forced = forced_fpr(*(table[name].to_numpy() for name in ("base_rate", "ppv", "tpr")))
    assert forced == pytest.approx(table["fpr"].to_numpy())
    assert table["implied_base_rate"].to_numpy() == pytest.approx(table["base_rate"].to_numpy())


def test_unequal_base_rates_force_unequal_false_alarms():
    outcomes = listed(["sex"], [("f",), ("m",)], [[80, 10, 4, 6], [40, 20, 10, 30]])
    found = cannot_hold_together(outcomes)
    assert found.verdicts["verdict"].tolist() == ["cannot hold together"] * 2
    ppv, tpr = 36 / 66, 36 / 50  # of all rows, by hand
    assert found.table["forced_fpr"].tolist() == pytest.approx(
        [0.1 / 0.9 * (1 - ppv) / ppv * tpr, 0.4 / 0.6 * (1 - ppv) / ppv * tpr]
    )
    assert "would force on each group a fpr of f 0.067, m 0.400" in str(found)


def test_equal_base_rates_force_nothing():
    outcomes = listed(["sex"], [("f",), ("m",)], [[80, 10, 4, 6], [160, 20, 10, 10]])
    assert cannot_hold_together(outcomes).verdicts["verdict"].tolist() == ["can hold together"] * 2


def test_what_divides_by_zero_is_undefined():
    outcomes = listed(["sex"], [("f",), ("m",)], [[0, 0, 4, 6], [40, 20, 10, 30]])
    found = cannot_hold_together(outcomes)
    assert np.isnan(found.table.loc[0, "forced_fpr"])
    assert found.verdicts.loc[0, "verdict"] == "undefined"


def scored(rows=6000, seed=0):
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame({"sex": rng.choice(["f", "m"], rows), "score": rng.random(rows)})
    truth = frame["score"] - 0.15 * (frame["sex"] == "f")
    return frame.assign(y=(rng.random(rows) < truth).astype(int))


def test_a_score_that_promises_one_group_too_much():
    found = group_calibration(scored(), label="y", score="score", groups="sex", bins=5)
    bias = found.groups.set_index("group")["bias"]
    assert bias["f"] == pytest.approx(0.15, abs=0.03)
    assert abs(bias["m"]) < 0.03
    verdicts = found.bins.groupby("group")["verdict"].agg(list)
    assert verdicts["f"].count("score too high") == 5
    assert verdicts["m"].count("fits") >= 4


def test_calibration_agrees_with_a_plain_groupby():
    frame = scored(rows=700)
    found = group_calibration(frame, label="y", score="score", groups="sex", bins=4).bins
    cut = frame.groupby(["sex", (frame["score"] * 4).astype(int)])
    assert found["n"].tolist() == cut.size().tolist()
    assert found["mean_score"].to_numpy() == pytest.approx(cut["score"].mean().to_numpy())
    assert found["positive_share"].to_numpy() == pytest.approx(cut["y"].mean().to_numpy())


def test_scores_are_probabilities():
    with pytest.raises(BadLabels, match="the first in row 0"):
        group_calibration(scored().assign(score=1.2), label="y", score="score", groups="sex")


def stream():
    """Six weeks; from the fourth on the model rejects half of the women it used to take."""
    rng = np.random.default_rng(0)
    rows = 6 * 400
    frame = pd.DataFrame({"at": pd.Timestamp("2026-01-05", tz="UTC") + pd.to_timedelta(np.arange(rows) * 25.2, "min")})
    frame["sex"], frame["y"] = rng.choice(["f", "m"], rows), rng.integers(0, 2, rows)
    hit = np.where(frame["y"] == 1, 0.8, 0.2)
    later = (frame["at"] >= pd.Timestamp("2026-01-26", tz="UTC")) & (frame["sex"] == "f")
    return frame.assign(p=(rng.random(rows) < np.where(later, hit / 2, hit)).astype(int))


def windows(frame, **options):
    return fairness_over_windows(
        frame, **{"time": "at", "outcome": ("y", "p"), "groups": "sex", "every": "7D"} | options
    )


def test_each_window_is_a_report_of_its_rows():
    frame, found = stream(), windows(stream())
    week = frame[(frame["at"] >= "2026-01-12") & (frame["at"] < "2026-01-19")]
    expected = group_metrics(week, label="y", prediction="p", groups="sex").gaps(draws=100)
    chosen = found[found["window"] == pd.Timestamp("2026-01-12", tz="UTC")]
    assert chosen["difference"].tolist() == pytest.approx(expected["difference"].tolist())


def test_unfairness_that_persists_is_an_alarm():
    alarms = fairness_alarms(windows(stream()), AlertPolicy(0.2, needed=2, of=3), criterion="equal opportunity")
    assert alarms.loc[alarms["alarm"], "day"].tolist()[0] == pd.Timestamp("2026-02-02", tz="UTC")


def test_windows_with_few_of_a_group_are_skipped():
    thin = stream().iloc[::20]
    found = windows(thin)
    assert found["difference"].isna().all()
    assert found["verdict"].str.startswith("insufficient data: ").all()


def test_windows_and_policies_are_checked():
    with pytest.raises(InvalidSetting, match="frequency"):
        windows(stream(), every="often")
    with pytest.raises(InvalidSetting, match="a time in every row"):
        windows(stream().assign(at="yesterday"))
    with pytest.raises(MissingColumn):
        windows(stream(), groups="gender")
    with pytest.raises(InvalidSetting, match="no policy for"):
        fairness_alarms(windows(stream()), {"demographic parity": AlertPolicy(0.1)})
