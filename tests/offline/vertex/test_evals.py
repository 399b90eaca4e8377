"""Evaluation: what the service computes, through `agentplatform.Client().evals` and the gapic client."""

import json

import pandas as pd
import pytest
from google.api_core import exceptions
from google.auth.credentials import AnonymousCredentials
from google.cloud import aiplatform, aiplatform_v1beta1
from google.genai.errors import ServerError

from tests.offline.vertex.conftest import LOCATION, PROJECT
from tests.offline.vertex.platforms import agentplatform, types

PLACE = f"projects/{PROJECT}/locations/{LOCATION}"
CASES = pd.DataFrame(
    {
        "prompt": ["Where is my parcel?", "Cancel my contract."],
        "response": ["The parcel arrives today.", "No."],
        "reference": ["The parcel arrives today.", "We cancelled it."],
    }
)


@pytest.fixture
def evals(vertex):
    return agentplatform.Client().evals


@pytest.fixture
def client(vertex, server):
    options = {"api_endpoint": server.url}
    return aiplatform_v1beta1.EvaluationServiceClient(
        credentials=AnonymousCredentials(), transport="rest", client_options=options
    )


def evaluated(evals, *metrics, cases=CASES):
    dataset = types.EvaluationDataset(eval_dataset_df=cases)
    return {
        found.metric_name: found for found in evals.evaluate(dataset=dataset, metrics=list(metrics)).summary_metrics
    }


def judged(name="politeness", **options):
    prompt = types.MetricPromptBuilder(
        criteria={"Politeness": "The response is polite."},
        rating_scores={"1": "a bare no", "5": "says when the parcel arrives today"},
    )
    return types.LLMMetric(name=name, prompt_template=prompt, **options)


def call(name, said, wanted, **spec):
    instances = [{"prediction": said, "reference": wanted}]
    return {f"{name}_input": {"metric_spec": spec, "instances": instances}}


def steps(*names):
    return {"tool_calls": [{"tool_name": name, "tool_input": "{}"} for name in names]}


def test_metrics_are_computed_for_every_case(evals):
    found = evaluated(evals, *(types.Metric(name=name) for name in ("exact_match", "bleu", "rouge_1", "rouge_l_sum")))
    assert {name: metric.mean_score for name, metric in found.items()} == dict.fromkeys(found, 0.5)
    assert [metric.num_cases_error for metric in found.values()] == [0, 0, 0, 0]


def test_own_functions_and_computed_metrics_stand_side_by_side(evals):
    length = types.Metric(name="length", custom_function=lambda case: len(case["response"]["parts"][0]["text"]))
    found = evaluated(evals, length, types.Metric(name="exact_match"))
    assert found["length"].mean_score == (25 + 3) / 2


def test_a_judge_rates_by_the_definitions_of_its_scores(evals):
    result = evals.evaluate(dataset=types.EvaluationDataset(eval_dataset_df=CASES), metrics=[judged()])
    rated = [case.response_candidate_results[0].metric_results["politeness"] for case in result.eval_case_results]
    assert [metric.score for metric in rated] == [5.0, 1.0]
    assert all(metric.explanation.startswith("[simulated] ") for metric in rated)


def test_a_judge_can_be_chosen_and_asked_often(evals):
    metric = judged(judge_model="gemini-3.5-flash", judge_model_sampling_count=3)
    assert evaluated(evals, metric)["politeness"].mean_score == 3.0


def test_candidates_are_compared_by_their_scores(evals):
    worse = CASES.assign(response=["No.", "No."])
    data = [types.EvaluationDataset(eval_dataset_df=cases) for cases in (CASES, worse)]
    result = evals.evaluate(dataset=data, metrics=[types.Metric(name="exact_match")])
    assert result.win_rates["exact_match"] == {"win_rates": [0.5, 0.0], "tie_rate": 0.5}


@pytest.mark.parametrize(
    ("metric", "message"),
    [
        (types.LLMMetric(name="vague", prompt_template="How good? {response}"), "rating scores"),
        (judged(judge_model="gemini-1.5-pro"), "was not found"),
        (types.Metric(name="general_quality_v1"), "general_quality_v1"),
        (types.LLMMetric(name="lost", prompt_template="1: no\n5: yes\n{context}"), "context"),
    ],
)
def test_what_cannot_be_judged_is_said_case_by_case(evals, metric, message):
    result = evals.evaluate(dataset=types.EvaluationDataset(eval_dataset_df=CASES), metrics=[metric])
    (found,) = result.summary_metrics
    assert (found.num_cases_error, found.mean_score) == (2, None)
    rated = result.eval_case_results[0].response_candidate_results[0].metric_results[metric.name]
    assert message in rated.error_message


def test_inference_is_evaluated(evals):
    cases = pd.DataFrame(
        {"prompt": ["Is this positive or negative? Answer with one word only.\nReview: awful, broken\nLabel:"]}
    )
    answered = evals.run_inference(model="gemini-3.5-flash", src=cases)
    assert answered.eval_dataset_df["response"].tolist() == ["negative"]
    labelled = answered.eval_dataset_df.assign(reference=["negative"])
    assert evaluated(evals, types.Metric(name="exact_match"), cases=labelled)["exact_match"].mean_score == 1.0


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # of pydantic, about the client's own code
def test_inference_reads_and_writes_files(evals, storage_client):
    bucket = storage_client.create_bucket("evals")
    bucket.blob("cases.jsonl").upload_from_string(
        '{"review": "awful, broken"}\n{"review": "fantastic phone, works perfectly"}\n'
    )
    template = "Is this positive or negative? Answer with one word only.\nReview: {review}\nLabel:"
    config = {"prompt_template": template, "dest": "gs://evals/out/"}
    evals.run_inference(model="gemini-3.5-flash", src="gs://evals/cases.jsonl", config=config)
    written = bucket.blob("out/inference_results.jsonl").download_as_text().splitlines()
    assert [json.loads(line)["response"] for line in written] == ["negative", "positive"]


@pytest.mark.filterwarnings("ignore::PendingDeprecationWarning")  # of BigQuery's client, which the client uses
def test_inference_reads_tables(evals, bigquery_client):
    bigquery_client.create_dataset("evals")
    bigquery_client.query("CREATE TABLE evals.cases AS SELECT 'Summarize: It rains.' AS prompt").result()
    answered = evals.run_inference(model="gemini-3.5-flash", src=f"bq://{PROJECT}.evals.cases")
    assert answered.eval_dataset_df["response"].tolist() == ["It rains."]


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_results_are_kept_in_a_bucket(evals, storage_client):
    bucket = storage_client.create_bucket("evals")
    dataset = types.EvaluationDataset(eval_dataset_df=CASES)
    evals.evaluate(dataset=dataset, metrics=[types.Metric(name="exact_match")], config={"dest": "gs://evals/out"})
    (kept,) = bucket.list_blobs(prefix="out/")
    assert json.loads(kept.download_as_bytes())["summary_metrics"][0]["mean_score"] == 0.5


def test_a_pointwise_metric_in_the_older_form(client):
    spec = {"metric_prompt_template": "Rating Rubric:\n1: a bare no\n5: says when\n<response>{response}</response>"}
    given = {"metric_spec": spec, "instance": {"json_instance": json.dumps({"response": "No."})}}
    found = client.evaluate_instances(request={"location": PLACE, "pointwise_metric_input": given})
    assert found.pointwise_metric_result.score == 1.0


def test_metrics_in_a_list_are_computed_for_one_instance(client):
    instance = {"response": {"text": "a b c"}, "reference": {"text": "a b d"}}
    metrics = [{"rouge_spec": {"rouge_type": "rouge1"}}, {"exact_match_spec": {}}]
    request = {"location": PLACE, "metrics": metrics, "instance": instance}
    results = client.evaluate_instances(request=request).metric_results
    assert [result.score for result in results] == [pytest.approx(2 / 3), 0.0]


@pytest.mark.parametrize(
    ("name", "scores"),
    [("exact_match", 0), ("in_order_match", 1), ("any_order_match", 1), ("precision", 2 / 3), ("recall", 1)],
)
def test_trajectories(client, name, scores):
    instance = {"predicted_trajectory": steps("find", "log", "book"), "reference_trajectory": steps("find", "book")}
    request = {"location": PLACE, f"trajectory_{name}_input": {"metric_spec": {}, "instances": [instance]}}
    answer = client.evaluate_instances(request=request)
    values = getattr(getattr(answer, f"trajectory_{name}_results"), f"trajectory_{name}_metric_values")
    assert [value.score for value in values] == [pytest.approx(scores)]


def test_the_order_of_a_trajectory_counts_where_it_should(client):
    instance = {"predicted_trajectory": steps("book", "find"), "reference_trajectory": steps("find", "book")}
    given = {"metric_spec": {}, "instances": [instance]}
    answer = client.evaluate_instances(request={"location": PLACE, "trajectory_in_order_match_input": given})
    assert answer.trajectory_in_order_match_results.trajectory_in_order_match_metric_values[0].score == 0
    given = {"metric_spec": {"tool_name": "find"}, "instances": [{"predicted_trajectory": steps("book", "find")}]}
    answer = client.evaluate_instances(request={"location": PLACE, "trajectory_single_tool_use_input": given})
    assert answer.trajectory_single_tool_use_results.trajectory_single_tool_use_metric_values[0].score == 1


@pytest.mark.parametrize(("name", "scores"), [("tool_call_valid", [1, 1, 0]), ("tool_name_match", [1, 0, 0])])
def test_calls_in_an_answer(client, name, scores):
    said = [json.dumps({"tool_calls": [{"name": tool, "arguments": {}}]}) for tool in ("book", "find")]
    found = []
    for text in (*said, "no call"):
        answer = client.evaluate_instances(request={"location": PLACE, **call(name, text, said[0])})
        found += [value.score for value in getattr(getattr(answer, f"{name}_results"), f"{name}_metric_values")]
    assert found == scores


@pytest.mark.parametrize(
    ("request_part", "error", "message"),
    [
        (call("rouge", "a", "b", rouge_type="rougeX"), exceptions.BadRequest, "rouge1 ... rouge9"),
        (call("rouge", "a " * 2001, "a " * 2000, rouge_type="rougeL"), exceptions.BadRequest, "2,000 words"),
        ({"bleu_input": {"metric_spec": {}}}, exceptions.BadRequest, "at least one"),
        (call("rouge", "a", "b", rouge_type="rouge1", use_stemmer=True), exceptions.GoogleAPICallError, "use_stemmer"),
        (call("tool_parameter_kv_match", "a", "b"), exceptions.GoogleAPICallError, "toolParameterKvMatch"),
        ({"pairwise_metric_input": {}}, exceptions.GoogleAPICallError, "pairwiseMetric"),
        ({}, exceptions.GoogleAPICallError, "no metric"),
    ],
)
def test_what_is_not_computed_is_refused_by_name(client, request_part, error, message):
    with pytest.raises(error, match=message):
        client.evaluate_instances(request={"location": PLACE, **request_part})


@pytest.mark.filterwarnings("ignore::UserWarning", "ignore::DeprecationWarning")
def test_an_evaluation_task_of_the_older_kind_lands_in_its_experiment(vertex):
    from vertexai.evaluation import EvalTask

    cases = CASES.drop(columns="prompt")
    found = EvalTask(dataset=cases, metrics=["exact_match", "bleu"], experiment="answers").evaluate()
    assert found.metrics_table["exact_match/score"].tolist() == [1.0, 0.0]
    assert aiplatform.get_experiment_df("answers")["metric.exact_match/mean"].tolist() == [0.5]


def test_stored_evaluations_are_refused_by_name(evals):
    with pytest.raises(ServerError, match="501.*evaluationSets"):
        evals.list_evaluation_sets()
