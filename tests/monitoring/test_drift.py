"""The report on drift: what it calls drifted and why, what it refuses to judge, and how it is shown."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from mlops_helpers.monitoring import (
    EmptyWindow,
    InvalidSetting,
    MismatchedColumns,
    MissingColumn,
    Reference,
    detect_drift,
)


def window(seed=0, rows=2000, **changes):
    rng = np.random.default_rng(seed)
    columns = {
        "price": rng.lognormal(3, 0.5, rows),
        "age": rng.integers(18, 90, rows),
        "plan": pd.Series(rng.choice(["free", "plus", "pro"], rows, p=[0.6, 0.3, 0.1]), dtype="str"),
        "mobile": rng.random(rows) < 0.7,
    }
    return pd.DataFrame(columns | {name: make(columns) for name, make in changes.items()})


def one(report, column):
    return report.table.set_index("column").loc[column]


def holes(share, column="age"):
    return lambda columns: pd.Series(columns[column]).where(
        np.arange(len(columns[column])) >= share * len(columns[column])
    )


@pytest.mark.parametrize("mode", ["exact", "sketch"])
def test_quiet_windows_are_stable(mode):
    report = detect_drift(window(0), window(1), mode=mode)
    assert (report.verdict, report.drifted, report.undecided) == ("stable", [], [])
    assert str(report) == "None of 4 columns drifted."


@pytest.mark.parametrize("mode", ["exact", "sketch"])
def test_a_shifted_price_and_a_new_plan_are_found_and_explained(mode):
    changes = {"price": lambda c: c["price"] * 1.5, "plan": lambda c: c["plan"].replace("pro", "team")}
    report = detect_drift(window(0), window(1, **changes), mode=mode)
    assert report.drifted == ["price", "plan"]
    assert one(report, "plan")[["new_levels", "vanished_levels"]].tolist() == ["team", "pro"]
    assert "1 new: team" in one(report, "plan").note
    assert "2 of 4 columns drifted: " in report.sentence


def test_every_number_has_an_oracle():
    a, b = window(0), window(1, price=lambda c: c["price"] * 1.2)
    found = one(detect_drift(a, b), "price")
    expected = stats.ks_2samp(a.price, b.price, method="asymp")
    assert (found.statistic, found.p_value) == pytest.approx((expected.statistic, expected.pvalue), rel=1e-3)
    assert found.wasserstein == pytest.approx(stats.wasserstein_distance(a.price, b.price) / a.price.std(ddof=0))
    deciles = np.quantile(a.price, np.arange(1, 10) / 10, method="inverted_cdf")
    r, p = (np.bincount(np.searchsorted(deciles, x.price), minlength=10) / 2000 for x in (a, b))
    assert found.psi == pytest.approx(((p - r) * np.log(p / r)).sum())


def test_p_values_are_adjusted_over_the_columns():
    table = detect_drift(window(0), window(1)).table
    assert np.allclose(table.p_adjusted, stats.false_discovery_control(table.p_value))


def test_large_windows_agree_in_both_modes():
    a, b = window(0, 50_000), window(1, 50_000, price=lambda c: c["price"] * 1.05)
    exact, sketch = (detect_drift(a, b, mode=mode).table for mode in ("exact", "sketch"))
    assert exact.verdict.tolist() == sketch.verdict.tolist()
    assert (exact.statistic - sketch.statistic).between(0, 0.001).all()
    assert exact.statistic[0] == stats.ks_2samp(a.price, b.price, method="asymp").statistic


def test_what_is_significant_but_small_is_stable():
    a, b = window(0, 50_000), window(1, 50_000, price=lambda c: c["price"] * 1.02)
    found = one(detect_drift(a, b), "price")
    assert found.p_adjusted < 0.01
    assert (found.verdict, found.note[:19]) == ("stable", "too small to matter")


def test_what_is_large_but_may_be_chance_is_stable():
    found = one(detect_drift(window(0, 60), window(11, 60), limits={"psi": 0.01}), "price")
    assert (found.verdict, "chance could do that" in found.note) == ("stable", True)


def test_a_pooled_p_value_never_alarms_alone_but_a_limit_can_be_chosen():
    a, b = window(0, 50_000), window(1, 50_000, price=lambda c: c["price"] * 1.02)
    assert detect_drift(a, b, limits={"statistic": 0.01}).drifted == ["price"]
    assert detect_drift(a, b, limits={"psi": None}).drifted == []


def test_false_alarms_are_rare():
    alarms = [detect_drift(window(seed, 300), window(seed + 500, 300), limits={"psi": 0}).drifted for seed in range(60)]
    assert sum(bool(columns) for columns in alarms) <= 4


def test_missing_values_that_appear_are_drift():
    found = one(detect_drift(window(0), window(1, age=holes(0.3))), "age")
    assert (found.verdict, found.missing_production) == ("drifted", pytest.approx(0.3))
    assert "missing share 0.0% → 30.0%" in found.note


def test_a_column_that_is_gone_alarms_and_says_what_it_lacks():
    found = one(detect_drift(window(0), window(1, age=holes(1.0))), "age")
    assert found.verdict == "drifted"
    assert "needs 50 values in each window, found 2,000 and 0" in found.note


def test_a_column_without_a_value_anywhere_is_insufficient():
    empty = {"age": lambda c: np.nan, "plan": lambda c: None}
    report = detect_drift(window(0, **empty), window(1, **empty))
    assert report.undecided == ["age", "plan"]
    assert one(report, "age").note == "needs 50 values in each window, found 0 and 0"
    assert "Not judged: age (insufficient data), plan (insufficient data)." in str(report)


def test_too_few_rows_are_no_verdict():
    report = detect_drift(window(0), window(1, 49, price=lambda c: c["price"] * 100))
    assert (report.verdict, report.drifted) == ("insufficient data", [])
    assert set(report.table.verdict) == {"insufficient data"}


def test_constant_columns_are_named_and_a_change_of_the_constant_is_drift():
    same = {"age": lambda c: 7, "plan": lambda c: "free"}
    assert one(detect_drift(window(0, **same), window(1, **same)), "age").verdict == "constant"
    assert one(detect_drift(window(0, **same), window(1, **same)), "plan").verdict == "constant"
    other = {"age": lambda c: 8, "plan": lambda c: "plus"}
    assert detect_drift(window(0, **same), window(1, **other)).drifted == ["age", "plan"]


@pytest.mark.parametrize("side", [0, 1])
def test_infinite_values_are_named_not_judged(side):
    windows = [window(0), window(1)]
    windows[side].loc[3, "price"] = np.inf
    report = detect_drift(*windows)
    assert one(report, "price").verdict == "infinite values"
    assert "1 infinite values" in one(report, "price").note
    assert report.undecided == ["price"]


def test_times_and_columns_of_production_alone_are_listed():
    a = window(0, seen=lambda c: pd.Timestamp("2026-01-01"))
    b = window(1, seen=lambda c: pd.Timestamp("2026-02-01"), label=lambda c: 1)
    report = detect_drift(a, b)
    assert report.undecided == ["seen", "label"]
    assert "no quantity" in one(report, "seen").note


@pytest.mark.parametrize("dtype", ["float32", "Int64", "object", "int8"])
def test_number_types_do_not_matter(dtype):
    a, b = window(0), window(1, age=lambda c: c["age"] + 5)
    expected = one(detect_drift(a, b), "age")
    found = one(detect_drift(a, b.astype({"age": dtype})), "age")
    assert (found.statistic, found.psi) == (expected.statistic, expected.psi)


@pytest.mark.parametrize(
    ("reference", "production", "error", "says"),
    [
        (window(), window().iloc[:0], EmptyWindow, "production window without rows"),
        (window().iloc[:0], window(), EmptyWindow, "reference window without rows"),
        (window(), window().drop(columns="price"), MissingColumn, "'price' in production"),
        (window(), window().rename(columns={"price": "prise"}), MissingColumn, "Did you mean 'prise'?"),
        (window(), window(price=lambda c: c["price"].astype(str)), MismatchedColumns, "numeric .float64. in reference"),
        (window(), pd.concat([window(), window()], axis=1), MismatchedColumns, "more than once"),
        (window(), [1, 2], InvalidSetting, "production of type list"),
    ],
)
def test_windows_that_do_not_fit_are_refused(reference, production, error, says):
    with pytest.raises(error, match=says):
        detect_drift(reference, production)


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"mode": "fast"}, "mode 'fast'"),
        ({"alpha": 0}, "alpha 0"),
        ({"limits": {"pis": 0.1}}, "limit pis"),
        ({"limits": {"psi": -1}}, "limit psi=-1"),
        ({"limits": {"psi": np.nan}}, "limit psi=nan"),
    ],
)
def test_options_out_of_range_are_refused(options, says):
    with pytest.raises(InvalidSetting, match=says):
        detect_drift(window(), window(1), **options)


def test_values_that_are_no_text_are_levels_by_how_they_read():
    report = detect_drift(window(plan=lambda c: [["a"]] * 2000), window(1, plan=lambda c: [["a"], ["b"]] * 1000))
    assert one(report, "plan").new_levels == "['b']"


def test_columns_can_be_chosen():
    assert detect_drift(window(), window(1), columns=["age"]).table.column.tolist() == ["age"]
    with pytest.raises(MissingColumn, match="no columns"):
        detect_drift(window(), window(1), columns=[])


def test_one_string_is_not_read_letter_by_letter():
    with pytest.raises(InvalidSetting, match=r"columns='age', one string; expected a list of names: \['age'\]"):
        detect_drift(window(), window(1), columns="age")
    with pytest.raises(InvalidSetting, match=r"a list of names: \['age'\]"):
        Reference(window(), "age").report(window(1))


def test_a_label_that_production_lacks_is_answered_with_the_columns_to_name():
    with pytest.raises(MissingColumn, match="no column 'clicked' in production") as refused:
        detect_drift(window(clicked=lambda c: 1), window(1))
    assert "columns=['price', 'age', 'plan', 'mobile']" in refused.value.remedy
    with pytest.raises(MissingColumn) as chosen:
        detect_drift(window(clicked=lambda c: 1), window(1), columns=["age", "clicked"])
    assert "columns=" not in chosen.value.remedy


def test_of_many_columns_the_advice_names_ten():
    wide = pd.DataFrame({f"x{number}": range(60) for number in range(12)})
    with pytest.raises(MissingColumn, match=r"'x9', …\]\."):
        detect_drift(wide.assign(label=1), wide)


def test_every_column_that_was_not_judged_is_named():
    endless = pd.DataFrame({f"x{number}": np.append(np.arange(99.0), np.inf) for number in range(8)})
    report = detect_drift(endless.assign(age=range(100)), endless.assign(age=range(100)))
    assert (report.drifted, len(report.undecided)) == ([], 8)
    assert all(f"{name} (infinite values)" in str(report) for name in report.undecided)


def test_a_reference_is_used_again_and_left_unchanged():
    frame = window(0, 30_000)
    before = frame.copy()
    reference = Reference(frame)
    tables = [reference.report(window(1, 30_000)).table for _ in range(2)]
    pd.testing.assert_frame_equal(tables[0], tables[1])
    pd.testing.assert_frame_equal(tables[0], detect_drift(before, window(1, 30_000)).table)
    pd.testing.assert_frame_equal(frame, before)


def test_the_report_reads_as_a_page():
    report = detect_drift(window(0), window(1, plan=lambda c: "<b>bold</b>"))
    page = report._repr_html_()
    assert "<b>drifted</b>" in page
    assert "<b>bold</b>" not in page


def test_the_overview_shows_every_column_and_the_limit():
    report = detect_drift(window(0), window(1, price=lambda c: c["price"] * 1.5))
    axes = report.figure().axes[0]
    assert [label.get_text() for label in axes.get_yticklabels()][-1] == "price"
    assert {text.get_text() for text in axes.get_legend().get_texts()} == {"drifted", "stable", "limit 0.1"}
    assert "1 of 4 columns drifted: price" in report.alt()


def test_the_picture_of_a_column_shows_both_windows():
    report = detect_drift(window(0), window(1, plan=lambda c: c["plan"].replace("pro", "team")))
    bars = report.figure("plan").axes[0].containers
    assert [len(group) for group in bars] == [4, 4]
    assert sum(bar.get_height() for bar in bars[0]) == pytest.approx(100)
    assert "changed most, from" in report.alt("plan")
    with pytest.raises(MissingColumn, match="no column 'plam'"):
        report.figure("plam")


def test_whole_numbers_are_named_as_they_are_met():
    a = pd.DataFrame({"stars": [1] * 100 + [2] * 100 + [5] * 300})
    report = detect_drift(a, a[50:])
    assert report.column("stars").bins == (
        "< 1.00",
        "= 1.00",
        "1.00 – 2.00",
        "= 2.00",
        "2.00 – 5.00",
        "= 5.00",
        "> 5.00",
    )
