"""The parts of a pipeline run on their own: conditions, order, inputs, files."""

import logging
import threading

import pytest
from google.cloud import aiplatform
from hypothesis import given
from hypothesis import strategies as st
from kfp import compiler, dsl

from mlops_helpers.offline.errors import ApiError
from mlops_helpers.offline.vertex.pipelines.conditions import holds
from mlops_helpers.offline.vertex.pipelines.dag import ordered
from mlops_helpers.offline.vertex.pipelines.mount import Mount
from mlops_helpers.offline.vertex.pipelines.spec import cast, inputs_of, read_spec
from mlops_helpers.offline.vertex.pipelines.values import Scope, Values, resolve
from mlops_helpers.offline.vertex.running import AT_ONCE, Runs
from tests.offline.vertex.samples import BUCKET, store

NAMED = "inputs.parameter_values['{}']"


@given(st.integers(-50, 50), st.integers(-50, 50))
def test_comparisons_of_numbers_agree_with_python(one, other):
    left, right = f"int({NAMED.format('a')})", f"int({NAMED.format('b')})"
    for symbol, expected in (("<", one < other), ("<=", one <= other), ("==", one == other), ("!=", one != other)):
        assert holds(f"{left} {symbol} {right}", {"a": one, "b": other}) is expected


@given(st.booleans(), st.booleans(), st.booleans())
def test_and_binds_closer_than_or(a, b, c):
    text = " || ".join(
        [f"{NAMED.format('a')} == true", f"{NAMED.format('b')} == true && !({NAMED.format('c')} == true)"]
    )
    assert holds(text, {"a": a, "b": b, "c": c}) is (a or (b and not c))


@given(st.text(st.characters(blacklist_characters="'\\", blacklist_categories=("Cs", "Cc")), max_size=12))
def test_text_is_compared_as_it_is(word):
    assert holds(f"{NAMED.format('a')} == '{word}'", {"a": word})


@pytest.mark.parametrize(
    "text", ["", "1 ==", "(1 == 1", "__import__('os')", "1 == 1 1", "exec(1)", "a.b == 1", "int 3"]
)
def test_what_is_no_condition_is_refused(text):
    with pytest.raises(ApiError, match="condition"):
        holds(text, {})


@pytest.mark.parametrize(("text", "parameters"), [("'a' < 1", {}), ("int('x') > 1", {}), (NAMED.format("lost"), {})])
def test_conditions_without_an_answer_are_refused(text, parameters):
    with pytest.raises(ApiError, match="The condition"):
        holds(text, parameters)


@given(st.dictionaries(st.sampled_from("abcdef"), st.lists(st.sampled_from("abcdef"), max_size=3), min_size=1))
def test_every_task_comes_after_those_it_depends_on(wanted):
    tasks = {
        name: {"dependentTasks": [x for x in needed if x < name and x in wanted]} for name, needed in wanted.items()
    }
    order = list(ordered(tasks))
    assert sorted(order) == sorted(tasks)
    for name, task in tasks.items():
        assert all(order.index(needed) < order.index(name) for needed in task["dependentTasks"])


def test_a_circle_is_refused():
    with pytest.raises(ApiError, match="no circle"):
        list(ordered({"a": {"dependentTasks": ["b"]}, "b": {"dependentTasks": ["a"]}}))


def test_inputs_come_from_constants_outer_loops_and_other_tasks():
    item = "pipelinechannel--item"
    outer = Scope(Values({item: {"name": "x", "size": 2}, "own": 1}), names={"pipeline_job_name": "run-1"})
    constant = "size {{$.inputs.parameters['size']}} of {{$.pipeline_job_name}}"
    sources = {
        "size": {"componentInputParameter": item, "parameterExpressionSelector": 'parseJson(string_value)["size"]'},
        "text": {"runtimeValue": {"constant": constant}},
        "hidden": {"componentInputParameter": "own"},
        "made": {"taskOutputParameter": {"producerTask": "first", "outputParameterKey": "Output"}},
    }
    found = resolve(
        {"inputs": {"parameters": sources}}, Scope(Values(), outer, outer.names), {"first": Values({"Output": 5})}, {}
    )
    assert found.parameters == {"size": 2, "made": 5, "text": "size 2 of run-1"}


def test_parameters_take_the_declared_type_and_unknown_ones_are_refused():
    assert [cast("BOOLEAN", "True"), cast("LIST", "[1]"), cast("NUMBER_DOUBLE", 1)] == [True, [1], 1.0]
    known = {"n": {"parameterType": "NUMBER_INTEGER", "defaultValue": 3.0}}
    spec = read_spec({"pipelineInfo": {"name": "p"}, "root": {"inputDefinitions": {"parameters": known}}})
    assert inputs_of(spec, {}) == {"n": 3}
    with pytest.raises(ApiError, match="found 'm'"):
        inputs_of(spec, {"m": 1})


@pytest.mark.parametrize("uri", ["gs://../../x", "gs://b/../../../x", "/etc/passwd", "gs:///etc/passwd"])
def test_no_artifact_leads_out_of_the_folder_of_its_step(cloud, tmp_path, uri):
    with pytest.raises(ApiError, match=r"artifact\.uri"):
        Mount(cloud.service("vertex"), tmp_path / "gcs").path(uri)


@dsl.component(base_image="python:3.11", install_kfp_package=False)
def broken():
    raise ValueError("no")


@dsl.component(base_image="python:3.11", install_kfp_package=False)
def fine(text: str) -> str:
    return text


@dsl.pipeline(name="policy")
def policy():
    broken()
    with dsl.ParallelFor(["a", "b"]) as outer, dsl.ParallelFor([1, 2]) as inner:
        fine(text=f"{outer}{inner}")


@pytest.mark.parametrize(("failure_policy", "texts"), [("fast", []), ("slow", ["a1", "a2", "b1", "b2"])])
def test_a_failure_stops_the_rest_only_if_asked_to(vertex, tmp_path, caplog, failure_policy, texts):
    path = str(tmp_path / "pipeline.yaml")
    compiler.Compiler().compile(policy, path)
    store("readme.txt", b"x")
    job = aiplatform.PipelineJob(
        display_name="p", template_path=path, pipeline_root=f"gs://{BUCKET}/root", failure_policy=failure_policy
    )
    with caplog.at_level(logging.ERROR), pytest.raises(RuntimeError, match=r"\[broken\]"):
        job.run()
    tasks = [task for task in job.task_details if task.task_name == "fine" and task.state.name == "SUCCEEDED"]
    assert [task.execution.metadata["output:Output"] for task in tasks] == texts
    assert "does not belong to project" not in caplog.text


def test_jobs_start_although_every_pipeline_waits_for_one(cloud):
    runs, started, ended = cloud.service("vertex").part(Runs), threading.Event(), []
    for number in range(AT_ONCE):
        runs.start(lambda number=number: ended.append((number, started.wait(5))), kind="pipeline")
    runs.start(started.set)
    runs.close()
    assert sorted(ended) == [(number, True) for number in range(AT_ONCE)]
