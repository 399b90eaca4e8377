"""One cause is planted, several seeds each, and the diagnosis must name it; nothing planted, nothing found."""

from functools import lru_cache
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from mlops_helpers.monitoring.diagnosis import diagnose
from mlops_helpers.monitoring.errors import (
    BadValue,
    EmptyWindow,
    InvalidSetting,
    MismatchedColumns,
    MissingColumn,
    NaiveTimestamp,
)
from tests.monitoring.worlds import FEATURES, NAMES, customers, with_positives

DATA = Path(__file__).resolve().parents[2] / "data"
SEEDS = (0, 1, 2)
CAUSES = {
    "nothing found": lambda seed: customers(seed=seed),
    "covariate change": lambda seed: customers(seed=seed, age=48),
    "concept change": lambda seed: customers(seed=seed, meaning=-1),
    "label shift": lambda seed: with_positives(0.6, seed=seed),
}


@lru_cache
def reference(seed=0):
    return customers(6000, seed=seed)


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("cause", CAUSES)
def test_the_planted_cause_is_named(cause, seed):
    found = diagnose(reference(seed), CAUSES[cause](seed + 1000), **NAMES)
    assert found.kind == cause, str(found)


def test_a_covariate_change_names_the_column_and_its_share_of_the_score():
    found = diagnose(reference(), customers(seed=1000, age=48), **NAMES)
    assert "age: population stability index" in str(found)
    first = found.contributions.loc[0]
    assert first["feature"] == "age"
    assert first["mix"] == pytest.approx(first["change"], abs=0.02)
    assert found.advice in ("keep watching", "retrain now")


def test_a_concept_change_says_where_and_asks_for_training():
    """The effect of age turned, so the old are judged worst; nobody moved."""
    found = diagnose(reference(), customers(seed=1000, meaning=-1), **NAMES)
    assert found.advice == "retrain now"
    assert "age" in found.slices.sort_values("z")["slice"].iloc[-1]
    error = found.evidence.set_index("check").loc["error"]
    assert error["found"]
    assert "through what they mean" in error["what"]


def test_other_inputs_and_a_new_meaning_are_told_apart_in_the_error():
    """Only the inputs move, so reweighting the reference explains all of the change."""
    found = diagnose(reference(), customers(seed=1000, age=48), **NAMES)
    what = found.evidence.set_index("check").loc["error", "what"]
    through_inputs, through_meaning = (float(word) for word in what.split() if word[0] in "+-")
    assert through_inputs > 0.01
    assert abs(through_meaning) < 0.01


def test_everybody_clicking_less_is_a_concept_change_and_no_label_shift():
    assert diagnose(reference(), customers(seed=1000, level=-1), **NAMES).kind == "concept change"


def test_without_labels_a_concept_change_is_invisible_and_that_is_said():
    production = customers(seed=1000, meaning=-1)
    found = diagnose(reference(), production, features=FEATURES, score="score")
    assert found.kind == "nothing found"
    assert "without enough labels a change of concept cannot be seen" in str(found)
    waiting = production.assign(label=production["label"].where(production.index < 50).astype("float64"))
    assert "cannot be seen" in str(diagnose(reference(), waiting, **NAMES))


@pytest.mark.parametrize("known", [0, 50])
def test_where_labels_are_awaited_nothing_found_is_no_reason_to_carry_on(known):
    production = customers(seed=1000).assign(
        label=lambda rows: rows["label"].where(rows.index < known).astype("float64")
    )
    found = diagnose(reference(), production, **NAMES)
    assert (found.kind, found.advice) == ("nothing found", "wait for labels")
    assert diagnose(reference(), production, features=FEATURES, score="score").advice == "carry on"
    assert diagnose(reference(), customers(seed=1000), **NAMES).advice == "carry on"


def test_one_string_is_no_list_of_features():
    with pytest.raises(InvalidSetting, match=r"features='age', one string; expected a list of names: \['age'\]"):
        diagnose(reference(), customers(300), features="age")


def test_without_labels_a_covariate_change_asks_to_wait():
    found = diagnose(reference(), customers(seed=1000, age=48), features=FEATURES)
    assert (found.kind, found.advice) == ("covariate change", "wait for labels")


@pytest.mark.parametrize("seed", SEEDS)
def test_a_block_of_one_category_is_file_order_and_not_a_change(seed):
    """A third of the few from Salem stand together in the file; the true times are as mixed as ever."""
    mix = (0.6, 0.3, 0.1)
    rows = customers(8000, seed=seed + 1000, mix=mix)
    salem = rows[rows["city"] == "Salem"].head(270)
    others = rows.drop(salem.index)
    file = pd.concat([others.head(4000), salem, others.tail(len(others) - 4000)])
    file["at"] = np.random.default_rng(seed).permutation(len(file))
    found = diagnose(customers(6000, seed=seed, mix=mix), file, **NAMES, time="at")
    assert found.kind == "file order", str(found)
    assert (
        "of 20 equal chunks that the file was cut into alarm, 0 when rows are ordered by time; city = Salem in"
        in found.sentence
    )
    assert "10% of all rows" in found.sentence
    assert diagnose(customers(6000, seed=seed, mix=mix), file, **NAMES).kind == "file order"


def test_a_change_in_time_is_not_blamed_on_the_file():
    quiet, later = customers(5000, seed=1000), customers(3000, seed=1001, mix=(0.1, 0.1, 0.8))
    days = pd.date_range("2026-10-01", periods=8000, freq="min", tz="UTC")
    production = pd.concat([quiet, later], ignore_index=True).assign(at=days)
    found = diagnose(reference(), production, **NAMES, time="at")
    assert found.kind == "covariate change"
    assert not found.evidence.set_index("check").loc["file order", "found"]


def test_a_broken_pipeline_comes_before_everything_else():
    production = customers(seed=1000, meaning=-1).assign(price=lambda rows: rows["price"] * 100)
    found = diagnose(reference(), production, **NAMES)
    assert (found.kind, found.advice) == ("data pipeline broke", "call the data team")
    assert "price: the numbers are those of before times 100" in str(found)


def test_too_few_rows_are_no_all_clear():
    found = diagnose(reference(), customers(120, seed=1000), **NAMES)
    assert found.kind == "insufficient data"
    assert "needs 200 in each window" in str(found)
    broken = customers(120, seed=1000).assign(price=lambda rows: rows["price"] * 1000)
    assert diagnose(reference(), broken, **NAMES).kind == "data pipeline broke"


def test_the_same_tables_give_the_same_diagnosis():
    first, second = (diagnose(reference(), customers(seed=1000), **NAMES) for _ in range(2))
    pd.testing.assert_frame_equal(first.evidence, second.evidence)


def test_on_a_real_census_the_alarm_is_file_order():
    windows = [pd.read_parquet(DATA / f"census_{name}.parquet") for name in ("reference", "analysis")]
    features = ["AGEP", "SCHL", "MAR", "RELP", "DIS", "SEX"]
    found = diagnose(*windows, features=features, score="predicted_probability", label="employed", time="year")
    assert found.kind == "file order"
    assert "RELP = 17" in found.sentence or "RELP = 16" in found.sentence


@pytest.mark.parametrize(
    ("change", "options", "error", "message"),
    [
        ({"price": np.inf}, {}, BadValue, "infinite values of 'price' in production"),
        ({"price": "12"}, {}, MismatchedColumns, "'price' as float64 in the reference"),
        ({"score": 7}, {}, BadValue, "outside 0 to 1"),
        ({"label": 3}, {}, BadValue, "0, 1 or missing"),
        ({"at": pd.Timestamp("2026-10-01")}, {"time": "at"}, NaiveTimestamp, "without a zone"),
        ({}, {"features": ["agee"]}, MissingColumn, "Did you mean 'age'"),
        ({}, {"features": []}, InvalidSetting, "no features"),
    ],
)
def test_what_cannot_be_judged_is_refused(change, options, error, message):
    with pytest.raises(error, match=message):
        diagnose(reference(), customers(300).assign(**change), **(NAMES | options))


def test_an_empty_window_is_refused():
    with pytest.raises(EmptyWindow, match="production"):
        diagnose(reference(), customers(300).iloc[:0], **NAMES)
