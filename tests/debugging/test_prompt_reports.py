"""Rates, intervals and comparisons, each against an independent way to compute it."""

import itertools
import math
from datetime import date

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from mlops_helpers.cloud.errors import UnknownPrice
from mlops_helpers.debugging import errors
from mlops_helpers.debugging.prompt_compare import compare_reports
from mlops_helpers.debugging.prompt_models import Answer
from mlops_helpers.debugging.prompt_report import Outcome, PromptTestReport, wilson


def report(passes, samples, name="prompt", **options):
    """A report in which `passes[i]` samples of case i passed their only check."""
    outcomes = [
        Outcome(f"case-{case}", sample, "equals", sample < passed, "" if sample < passed else "wrong")
        for case, passed in enumerate(passes)
        for sample in range(samples)
    ]
    answers = tuple(Answer("x", model="gemini-3.8-flash", input_tokens=1000, output_tokens=100) for _ in outcomes)
    return PromptTestReport(name, samples, tuple(outcomes), answers, **options)


@given(st.integers(1, 60).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_the_interval_is_wilsons_formula(counts):
    passed, n = counts
    z, share = 1.959963984540054, passed / n
    centre = (share + z * z / (2 * n)) / (1 + z * z / n)
    half = z / (1 + z * z / n) * math.sqrt(share * (1 - share) / n + z * z / (4 * n * n))
    assert wilson(passed, n) == pytest.approx((centre - half, centre + half), abs=1e-9)


def test_wilson_on_a_published_example():
    """Newcombe 1998, table I: 81 of 263 has the interval 0.2553 to 0.3662."""
    assert [round(bound, 4) for bound in wilson(81, 263)] == [0.2553, 0.3662]


def test_the_table_counts_each_check_of_each_case():
    table = report([2, 0], 3).table()
    assert table["passed"].tolist() == [2, 0]
    assert table["rate"].tolist() == pytest.approx([2 / 3, 0])
    assert table["why"].tolist() == ["wrong", "wrong"]
    assert (table["low"] <= table["rate"]).all()
    assert len(report([2, 0], 3).failures()) == 4


def test_a_report_says_itself_in_one_line_and_as_html():
    found = report([2, 1], 2, name="<v1>")
    assert str(found).startswith(
        "<v1>: 3 of 4 samples passed (75%; 30% to 95%) in 2 cases; 4,000 tokens in, 400 out, $"
    )
    assert "&lt;v1&gt;" in found._repr_html_()
    assert "<table" in found._repr_html_()


def test_the_cost_is_that_of_the_day():
    found = report([1], 1)
    assert found.cost(date(2026, 11, 22)) == pytest.approx(1000 * 0.75e-6 + 100 * 3.75e-6)
    assert found.cost(date(2027, 1, 2)) == pytest.approx(1000 * 1.5e-6 + 100 * 7.5e-6)
    with pytest.raises(UnknownPrice):
        found.cost(date(2020, 1, 1))


def test_a_generator_without_a_model_has_no_price():
    found = PromptTestReport("p", 1, (Outcome("a", 0, "equals", True, ""),), (Answer("x", input_tokens=5),))
    assert found.cost() is None
    assert "no price" in str(found)


pairs = st.integers(1, 4).flatmap(
    lambda n: st.tuples(
        st.just(n), st.lists(st.tuples(st.integers(0, n), st.integers(0, n)), min_size=1, max_size=8)
    )
)  # fmt: skip


@given(pairs)
def test_the_permutation_test_counts_all_signs(drawn):
    samples, counts = drawn
    gains = [after - before for before, after in counts]
    sums = [
        abs(sum(s * g for s, g in zip(signs, gains, strict=True)))
        for signs in itertools.product((1, -1), repeat=len(gains))
    ]
    expected = np.mean([total >= abs(sum(gains)) for total in sums])
    before, after = zip(*counts, strict=True)
    assert compare_reports(report(before, samples), report(after, samples)).p == pytest.approx(expected)


@given(st.lists(st.tuples(st.integers(0, 1), st.integers(0, 1)), min_size=1, max_size=40))
def test_with_one_sample_it_is_mcnemars_exact_test(counts):
    lost = sum(before > after for before, after in counts)
    won = sum(after > before for before, after in counts)
    expected = stats.binomtest(lost, lost + won).pvalue if lost + won else 1.0
    before, after = zip(*counts, strict=True)
    assert compare_reports(report(before, 1), report(after, 1)).p == pytest.approx(expected)


def test_a_single_case_that_broke_is_found_among_many_that_did_not():
    before, after = report([10] * 12, 10, name="v1"), report([10] * 11 + [0], 10, name="v2")
    found = compare_reports(before, after)
    assert found.is_worse
    assert [change.case for change in found.regressions] == ["case-11"]
    assert found.changes[0].p == pytest.approx(stats.fisher_exact([[10, 0], [0, 10]]).pvalue)
    assert found.changes[0].adjusted == pytest.approx(found.changes[0].p * 12)
    assert str(found) == (
        "v2 against v1: 100% → 92% of samples pass (p = 1.000); 1 cases worse, 0 better: worse, beyond chance; "
        "worst: case-11 100% → 0%"
    )


def test_a_small_loss_is_not_called_worse():
    found = compare_reports(report([5, 5, 4], 5), report([5, 4, 4], 5))
    assert not found.is_worse
    assert "no loss beyond chance" in str(found)
    assert found.table()["case"].tolist() == ["case-1"]


@given(pairs)
def test_no_prompt_is_worse_than_itself_and_only_one_of_two_can_be_worse_overall(drawn):
    samples, counts = drawn
    first, second = (report(column, samples) for column in zip(*counts, strict=True))
    assert not compare_reports(first, first).is_worse
    there, back = compare_reports(first, second), compare_reports(second, first)
    assert there.p == pytest.approx(back.p)
    assert len(there.regressions) == len(back.changes) - len(back.regressions)


def test_a_gain_is_never_worse_however_sure():
    assert not compare_reports(report([0] * 10, 5), report([5] * 10, 5)).is_worse


def test_a_report_whose_samples_were_alike_can_be_compared_with_one_of_several():
    found = compare_reports(report([1] * 8, 1, alike=True), report([0] * 8, 5))
    assert found.is_worse
    assert found.p == pytest.approx(2 / 2**8)


@pytest.mark.parametrize(
    ("before", "after", "message"),
    [
        (report([1], 2), report([1], 3), "2 samples in prompt and 3 in prompt"),
        (report([1, 1], 2), report([1], 2), "not the same in prompt and prompt: case-1"),
    ],
)
def test_reports_of_different_tests_are_not_compared(before, after, message):
    with pytest.raises(errors.ReportsNotComparable, match=message):
        compare_reports(before, after)
