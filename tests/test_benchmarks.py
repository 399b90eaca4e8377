"""The arithmetic of the benchmarks: medians of pairwise ratios, goals, the table. Nothing here is timed."""

import re
import statistics
import sys
from argparse import Namespace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks import run
from benchmarks.customers import customers
from benchmarks.families import environment
from benchmarks.families.cloud import rate
from benchmarks.families.storage import served
from benchmarks.measure import Pairs, Sample, by_turns, middle
from benchmarks.peers import LISTS, version
from benchmarks.table import Goal, Row, absolute, compared, figure, render, unmeasured
from benchmarks.worker import Worker, WorkerFailed, timed

LESS = Goal("≤", 0.5, "×")
times = st.floats(min_value=1e-6, max_value=1e3)


def samples(*walls):
    return [Sample(wall, wall / 2, grown=wall, peak=wall + 10) for wall in walls]


def test_the_ratio_is_the_median_of_the_pairs_not_the_ratio_of_the_medians():
    pairs = Pairs(samples(1, 10, 100), samples(3, 20, 100))
    assert pairs.ratio("wall") == 2
    assert statistics.median([3, 20, 100]) / statistics.median([1, 10, 100]) == 2.0
    assert Pairs(samples(1, 10, 100), samples(9, 20, 50)).ratio("wall") == 2


def test_speed_is_read_the_other_way_round():
    pairs = Pairs(samples(4, 4, 4), samples(2, 1, 2))
    assert pairs.speed("wall") == 2
    assert pairs.ratio("cpu") == 0.5


@given(st.lists(st.tuples(times, times), min_size=1), st.floats(min_value=0.1, max_value=10))
def test_a_busy_machine_that_slows_both_members_of_a_pair_changes_nothing(pairs, slower):
    reference, case = zip(*pairs, strict=True)
    before = Pairs(samples(*reference), samples(*case)).ratio("wall")
    busy = Pairs(samples(*(slower * x for x in reference)), samples(*(slower * x for x in case)))
    assert busy.ratio("wall") == pytest.approx(before)


@pytest.mark.parametrize(("reference", "case"), [((), ()), ((1,), (1, 2))])
def test_runs_that_cannot_be_paired_are_refused(reference, case):
    with pytest.raises(ValueError, match="as many of each"):
        Pairs(samples(*reference), samples(*case))


def test_turns_go_forth_and_back_after_one_warm_up():
    calls = []
    runs = {name: lambda name=name: calls.append(name) or Sample(1, 1) for name in "ab"}
    found = by_turns(runs, rounds=2)
    assert "".join(calls) == "ab" + "ab" + "ba"
    assert {name: len(list_) for name, list_ in found.items()} == {"a": 2, "b": 2}


def test_memory_is_open_where_one_sample_lacks_it():
    assert middle(samples(1, 2, 3), "grown") == 2
    assert middle([*samples(1), Sample(1, 1)], "grown") is None


@pytest.mark.parametrize(
    ("sign", "found", "met"), [("≤", 0.5, True), ("≤", 0.51, False), ("≥", 0.5, True), ("≥", 0.49, False)]
)
def test_the_bound_itself_meets_the_goal(sign, found, met):
    assert Goal(sign, 0.5, "×").met_by(found) is met


def test_a_goal_needs_a_known_sign():
    with pytest.raises(ValueError, match="expected ≤ or ≥"):
        Goal("<", 1, "s")


def test_a_comparison_shows_the_clock_that_decides_and_the_other_beside_it():
    row = compared("sort", "heap", LESS, Pairs(samples(2, 2), samples(1, 1)), clock="wall")
    assert (row.found, row.verdict, row.n) == (0.5, "met", 2)
    assert row.besides == "wall: 1 s against 2 s; cpu: 0.5 ×"


def test_a_goal_of_at_least_is_compared_as_speed():
    row = compared("sort", "heap", Goal("≥", 2, "×"), Pairs(samples(3), samples(2)), clock="cpu")
    assert (row.found, row.verdict) == (1.5, "**missed**")


def test_milliseconds_are_compared_as_milliseconds():
    row = absolute("import", Goal("≤", 50, "ms"), samples(0.02, 0.04, 0.03))
    assert (row.found, row.verdict, row.besides) == (30, "met", "cpu: 15 ms")


def test_peak_memory_that_the_system_does_not_tell_is_not_a_zero():
    row = absolute("peak", Goal("≤", 50, "MB"), [Sample(1, 1)], field="grown")
    assert (row.found, row.verdict) == (None, "not measured")


def test_a_peer_that_is_missing_is_named_in_the_table():
    row = unmeasured("upload", "fake-gcs-server", LESS, "no wheel for this platform")
    assert row.verdict == "not measured"
    assert "no wheel for this platform" in render([row])


def test_the_table_lines_up_and_keeps_its_columns():
    rows = [Row("short", "", LESS, 0.25, n=5), Row("a longer question", "somebody", LESS, 123.4, "why", 7)]
    lines = render(rows).splitlines()
    assert len(lines) == 4
    assert len({len(line) for line in lines}) == 1
    assert {line.count("|") for line in lines} == {8}


@given(st.floats(min_value=1e-3, max_value=1e6))
def test_a_figure_keeps_its_value_to_half_a_percent_and_has_no_exponent(value):
    assert float(figure(value)) == pytest.approx(value, rel=0.006)
    assert "e" not in figure(value)


def test_the_page_names_date_machine_versions_and_method():
    text = run.page([Row("x", "", LESS, 0.5)], today=date(2026, 1, 5))
    assert "2026-01-05" in text
    assert "pandas" in text
    assert "median of the pairwise ratios" in text


def test_what_broke_off_is_on_the_page_and_in_the_exit_code(monkeypatch, tmp_path, capsys):
    def rows(options):
        yield Row("first", "", LESS, 0.5)
        raise WorkerFailed("case 'second' ended with an error")

    monkeypatch.setattr("benchmarks.families.startup.rows", rows)
    monkeypatch.setattr(run, "RESULTS", tmp_path / "RESULTS.md")
    assert run.main(["--only", "startup", "--store"]) == 1
    text = (tmp_path / "RESULTS.md").read_text(encoding="utf-8")
    assert "| first" in text
    assert "startup broke off: case 'second' ended with an error" in text
    assert text in capsys.readouterr().out


def test_an_unknown_family_is_refused_with_those_there_are(capsys):
    with pytest.raises(SystemExit):
        run.main(["--only", "weather"])
    assert "storage" in capsys.readouterr().err


def test_what_takes_minutes_is_only_measured_on_request(monkeypatch):
    monkeypatch.setattr("shutil.which", lambda name: "uv")
    (row,) = environment.rows(Namespace(slow=False))
    assert row.besides == "takes minutes: --slow"


def test_every_peer_is_pinned_to_exact_versions():
    lines = [line for path in LISTS.glob("*.txt") for line in path.read_text().splitlines()]
    assert len(lines) > 100
    assert [line for line in lines if not re.match(r"[\w.\[\]-]+==[\w.!+]+( ;.*)?$", line)] == []
    assert version("polars").startswith("polars ")


def test_a_sample_counts_both_clocks_and_the_memory_that_grew():
    kept = []
    sample = timed(lambda: kept.append(bytearray(64 * 2**20)))
    assert sample.wall > 0
    assert sample.cpu > 0
    assert sample.grown is None or 60 < sample.grown < 200


def test_a_worker_answers_by_name_and_says_which_case_failed():
    with Worker(sys.executable, "benchmarks.cases.startup") as worker:
        assert worker.run("import").wall > 0
        with pytest.raises(WorkerFailed, match="'sunshine'"):
            worker.run("sunshine")


def test_the_customers_hold_the_defects_they_promise():
    frame = customers(10_000)
    assert frame.shape == (10_000, 7)
    assert frame["customer_id"].str.fullmatch(r"C\d{7}").all()
    assert frame["customer_id"].duplicated().sum() == 10
    assert 20 < (frame["age"] == 150).sum() < 90
    assert frame.equals(customers(10_000))


def test_a_server_is_judged_as_the_lesson_runs_it_and_its_own_process_stands_beside_it():
    found = {"peer": samples(4, 4), "inside": samples(2, 2), "apart": samples(8, 8)}
    row = served("pairs", "peer 1.0", Goal("≥", 1.1, "×"), found)
    assert (row.found, row.verdict) == (2, "met")
    assert row.besides.endswith("own process, wall: 0.5 ×")


def test_a_rate_is_calls_by_the_wall_clock_of_the_median_run():
    row = rate("calls", Goal("≥", 40, "/s"), samples(1, 2, 4), calls=100)
    assert (row.found, row.n, row.verdict) == (50, 3, "met")
    assert row.besides == "cpu: 10 ms each; slowest run: 25 /s"
