"""Twice the same? Functions, generative models; and the gate in front of training."""

import itertools
import random

import numpy as np
import pandas as pd
import pytest

from mlops_helpers.debugging import (
    InvalidSetting,
    MissingColumn,
    probe_determinism,
    probe_generation,
    require_inputs,
    train_behind_gate,
)
from mlops_helpers.debugging.prompt_models import Answer, gemini_generator
from mlops_helpers.governance import (
    InRange,
    NotNull,
    QualityGateFailed,
    SchemaChanged,
    Suite,
    check_quality,
    schema_of,
)

COUNTER = itertools.count()


def test_what_draws_nothing_repeats():
    report = probe_determinism(lambda: {"a": np.arange(3)}, times=3)
    assert report.repeats
    assert str(report) == "repeats: 3 runs, one result."


def test_a_missing_seed_is_found_and_helps():
    report = probe_determinism(lambda: {"score": [1, np.random.random()]})
    assert report.difference.where == "['score'][1]"
    assert report.seed_helps
    assert "With a seed it repeats" in str(report)


def test_what_a_seed_does_not_help_is_told():
    report = probe_determinism(lambda: next(COUNTER))
    assert report.seed_helps is False
    assert "A seed does not help" in str(report)
    assert "look for threads, clocks" in str(probe_determinism(lambda: next(COUNTER), seed=1))


def test_a_generator_of_its_own_is_not_seeded():
    assert probe_determinism(lambda: np.random.default_rng().random()).seed_helps is False


def test_a_probe_leaves_randomness_as_it_was():
    random.seed(1)
    expected = random.random()
    random.seed(1)
    probe_determinism(random.random, times=3)
    assert random.random() == expected


def test_a_tolerance_and_the_number_of_runs():
    assert probe_determinism(random.random, tolerance=1.0).repeats
    with pytest.raises(InvalidSetting, match="cannot differ from itself"):
        probe_determinism(random.random, times=1)


def answers(*texts):
    """A model that gives these answers in turn."""
    waiting = itertools.cycle(texts)
    return lambda prompt, seed: next(waiting)


def test_answers_are_compared_to_the_letter_and_parsed():
    report = probe_generation(answers('{"a": 1, "b": 2}', '{"b":2,"a":1}'), "?", times=4)
    assert (report.identical, report.identical_parsed, report.unparsed) == (0.5, 1.0, 0.0)
    assert report.table["count"].tolist() == [2, 2]
    assert str(report) == "50% of 4 answers are identical, 100% parsed."


def test_what_cannot_be_parsed_agrees_with_nothing():
    report = probe_generation(answers("{broken"), "?", times=4)
    assert (report.identical, report.identical_parsed, report.unparsed) == (1.0, 0.25, 1.0)
    assert "100% could not be parsed" in str(report)


def test_another_parser_and_a_model_that_ignores_sampling():
    def generate(prompt, seed):
        return Answer(f"Label: {'Yes' if next(COUNTER) % 2 else 'yes'}.", model="gemini-4-argon")

    report = probe_generation(generate, "?", parse=lambda text: text.strip(".").split()[-1].lower())
    assert report.identical == 0.6
    assert report.identical_parsed == 1.0
    assert "ignores temperature" in report.advice[0]
    assert "response_schema" in report._repr_html_()
    with pytest.raises(InvalidSetting, match="One answer"):
        probe_generation(generate, "?", times=1)


def test_gemini_is_probed_through_its_client(session):
    from google import genai

    client = genai.Client(enterprise=True, project=session.project, location="global")
    prompt = "Classify the sentiment as positive or negative: a great phone"
    report = probe_generation(gemini_generator(client), prompt, times=3, parse=str.lower)
    assert len(report.answers) == 3
    assert report.ignores_sampling is not None
    assert 1 / 3 <= report.identical <= report.identical_parsed <= 1


CUSTOMERS = pd.DataFrame({"id": ["a", "b", "c"], "age": [30, -999, 40], "churned": [0, 1, 1]})
SUITE = Suite("churn", (NotNull("id"), InRange("age", 18, 120)), key="id")


def test_nothing_is_trained_behind_a_closed_gate_and_the_rows_are_named():
    trained = []
    with pytest.raises(QualityGateFailed, match="first: 'b'"):
        train_behind_gate(CUSTOMERS, SUITE, trained.append)
    assert trained == []


def test_an_open_gate_trains_and_keeps_report_and_schema():
    good = CUSTOMERS[CUSTOMERS["age"] > 0]
    trained = train_behind_gate(good, SUITE, len)
    assert (trained.model, trained.report.passed) == (2, True)
    again = train_behind_gate(good, trained.report, len, agreed=trained.schema)
    assert again == trained


def test_another_tables_report_and_another_schema_stop_it_too():
    good = CUSTOMERS[CUSTOMERS["age"] > 0]
    report = check_quality(good, SUITE)
    with pytest.raises(InvalidSetting, match="a report on 2 rows and a table of 3"):
        train_behind_gate(CUSTOMERS, report, len)
    with pytest.raises(SchemaChanged, match="age was text and is integer"):
        train_behind_gate(good, SUITE, len, agreed=schema_of(good.astype({"age": str})))


def test_inputs_have_to_look_like_what_was_trained_on():
    schema = schema_of(CUSTOMERS)
    inputs = CUSTOMERS.drop(columns="churned")
    assert require_inputs(schema, inputs, without=["churned"]).changes == ()
    with pytest.raises(SchemaChanged, match="churned"):
        require_inputs(schema, inputs)
    with pytest.raises(SchemaChanged, match="age may have been renamed to years"):
        require_inputs(schema, inputs.rename(columns={"age": "years"}), without=["churned"])
    with pytest.raises(MissingColumn, match="chrned"):
        require_inputs(schema, inputs, without=["chrned"])


def test_a_result_instead_of_a_function_is_refused():
    with pytest.raises(InvalidSetting, match="not called yet"):
        probe_determinism({"review": 0.9})
