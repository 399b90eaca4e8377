"""What must not be done or handed over: refused by name, told in three parts, and nothing has changed."""

from datetime import date, timedelta
from types import SimpleNamespace

import pandas as pd
import pytest
from google.cloud import aiplatform, monitoring_v3
from kfp import compiler, dsl

from mlops_helpers.tooling import (
    AbPlan,
    BadCounts,
    BadSplit,
    Canary,
    CanaryPlan,
    Guardrail,
    InvalidSetting,
    LastModel,
    MetricMissing,
    ModelRegistry,
    NotApproved,
    NothingToRollBack,
    PipelineRun,
    PipelineSettings,
    RolloutMetrics,
    RolloutStore,
    SampleSize,
    SelfApproval,
    StepFailed,
    Traffic,
    UnknownVersion,
    batch_predict,
    check_ratio,
    judge_candidate,
    measure,
    online_predict,
    plan_ab_test,
    power_for_shares,
    read_ab_test,
    record_decision,
    run_locally,
    size_for_means,
    size_for_shares,
    start_run,
    train_candidate,
    weigh_options,
)
from tests.tooling.pipeline_samples import rows
from tests.tooling.serving import ADA, IMAGE, Clock, artifact, endpoint_with


@pytest.fixture(scope="module")
def world(session):
    """Endpoints with two models and with one, and a registry with one version that nobody approved."""
    from google.cloud import storage

    bucket, clock = storage.Client().create_bucket("refusals"), Clock()
    registry = ModelRegistry("refused", bucket, clock=clock)
    version = registry.register(artifact(bucket), author=ADA, image=IMAGE)
    registry.request(version, by=ADA, why="better")
    client = monitoring_v3.MetricServiceClient()
    pair, ids = endpoint_with(bucket, "pair")
    alone, (only,) = endpoint_with(bucket, "alone", models=1)

    def canary(endpoint):
        metrics = RolloutMetrics(client, session.project, endpoint.name)
        return Canary(endpoint, RolloutStore(bucket), metrics, clock)

    return SimpleNamespace(
        registry=registry,
        version=version,
        pair=pair,
        ids=ids,
        alone=alone,
        only=only,
        canary=canary,
        bucket=bucket,
        clock=clock,
    )


def write(world, **shares):
    traffic = Traffic(world.pair)
    split = dict(zip(world.ids, shares.values(), strict=False))
    traffic.write(split, traffic.read())


def any_model():
    """A model that would run a job if it were asked to."""
    return aiplatform.Model.list()[0]


def batch(model, instances, world):
    batch_predict(model, instances, world.bucket, name="refused")


def misspelt(world):
    """A metric is written, and the plan asks for another one."""
    canary = world.canary(world.pair)
    canary.metrics.write(world.ids[0], {"p99_latency_ms": 200.0}, 900, at=world.clock())
    canary.start(CanaryPlan(world.ids[1], guardrails=(Guardrail("latnecy", limit=1),)))


# Each: what is tried, the name of the refusal, and words that its message must hold.
REFUSED = {
    "110 per cent": (lambda w: write(w, a=60, b=50), BadSplit, "with the sum 110.*add up to 100"),
    "99 per cent": (lambda w: write(w, a=99), BadSplit, "with the sum 99.*add up to 100"),
    "half a per cent": (lambda w: write(w, a=99.5, b=0.5), BadSplit, "whole per cents"),
    "less than nothing": (lambda w: write(w, a=110, b=-10), BadSplit, "whole per cents of 0 or more"),
    "nothing at all": (lambda w: write(w), BadSplit, "with the sum 0.*add up to 100"),
    "the last model": (lambda w: Traffic(w.alone).undeploy(w.only), LastModel, "alone on its endpoint.*another model"),
    "a model with traffic": (lambda w: Traffic(w.pair).undeploy(w.ids[0]), BadSplit, "with 100 % of the traffic"),
    "a canary of one": (lambda w: w.canary(w.alone).start(CanaryPlan(w.only)), LastModel, "endpoint with 1 model"),
    "a canary of nobody": (lambda w: w.canary(w.pair).start(CanaryPlan("7")), BadSplit, "no deployed model 7"),
    "a canary in the dark": (
        lambda w: w.canary(w.pair).start(CanaryPlan(w.ids[1])),
        MetricMissing,
        "no error_rate, p99_latency_ms, quality, fairness_gap of the champion .*Let the service write it",
    ),
    "a guardrail that is misspelt": (
        misspelt,
        MetricMissing,
        "no latnecy of .*Written until now: p99_latency_ms[.]",
    ),
    "back from nowhere": (
        lambda w: w.canary(w.pair).roll_back(by="grace", why="slow"),
        NothingToRollBack,
        "no rollout on endpoint",
    ),
    "back to no champion": (lambda w: w.registry.roll_back(), NothingToRollBack, "no earlier champion of refused"),
    "approval by the author": (
        lambda w: w.registry.approve(w.version, by=" ADA@example.com ", why="mine"),
        SelfApproval,
        "by its author ada@example.com; expected an approval by somebody else. Ask a colleague",
    ),
    "deploying the unapproved": (
        lambda w: w.registry.deploy(w.version, w.pair),
        NotApproved,
        "refused version 1: requested by .*Ask for approval",
    ),
    "promoting the unapproved": (lambda w: w.registry.promote(w.version), NotApproved, "an approved version"),
    "an endpoint's name": (lambda w: w.registry.deploy("1", "pair"), InvalidSetting, "the text 'pair'.*an Endpoint of"),
    "a canary of a name": (lambda w: Canary("pair", None, None, None), InvalidSetting, "the text 'pair'.*an Endpoint"),
    "a canary without a plan": (lambda w: w.canary(w.pair).start("2"), InvalidSetting, "the text '2'.*a CanaryPlan"),
    "a registry in a name": (lambda w: ModelRegistry("m", "b", w.clock), InvalidSetting, "the text 'b'.*a Bucket of"),
    "a clock that stands": (
        lambda w: ModelRegistry("m", w.bucket, w.clock()),
        InvalidSetting,
        "type datetime.*now, without",
    ),
    "a store in a name": (lambda w: RolloutStore("b"), InvalidSetting, "the text 'b'.*storage.Client"),
    "a batch for an alias": (lambda w: batch("champion", [[1]], w), InvalidSetting, "'champion'.*a Model of.*get"),
    "a batch into a name": (
        lambda w: batch_predict(any_model(), [[1]], "b", name="n"),
        InvalidSetting,
        "the text 'b'.*a Bucket of",
    ),
    "a batch of a table": (
        lambda w: batch(any_model(), pd.DataFrame({"x": [1]}), w),
        InvalidSetting,
        r"type DataFrame; expected a list with a list or dict for each row.*columns\].to_numpy",
    ),
    "a batch with a hole": (
        lambda w: batch(any_model(), [[1.0], [float("nan")]], w),
        InvalidSetting,
        "row 1 that is no JSON.*finite numbers",
    ),
    "an endpoint asked a table": (
        lambda w: online_predict(w.pair, pd.DataFrame({"x": [1]})),
        InvalidSetting,
        "type DataFrame",
    ),
    "a name asked": (lambda w: online_predict("pair", [[1]]), InvalidSetting, "the text 'pair'.*an Endpoint of"),
    "a version that is not": (lambda w: w.registry.deploy("9", w.pair), UnknownVersion, "no version '9'.*one of 1"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_refused_by_name_and_the_endpoint_is_unchanged(world, case):
    attempt, error, words = REFUSED[case]
    before = [Traffic(endpoint).read() for endpoint in (world.pair, world.alone)]
    with pytest.raises(error, match=words) as caught:
        attempt(world)
    problem = caught.value
    assert type(problem) is error
    assert all((problem.found, problem.expected, problem.remedy))
    assert str(problem) == f"Found {problem.found}; expected {problem.expected}. {problem.remedy}"
    assert [Traffic(endpoint).read() for endpoint in (world.pair, world.alone)] == before
    assert not aiplatform.BatchPredictionJob.list()


NOT_A_NUMBER, SIZE = float("nan"), SampleSize(100, 0.02, 0.8, 0.05)
NUMBERS = {
    "a negative sample": (lambda: power_for_shares(-100, 0.1, 0.02), InvalidSetting, "a sample size of -100"),
    "no sample": (lambda: power_for_shares(0, 0.1, 0.02), InvalidSetting, "at least 1 unit per arm"),
    "a sample of NaN": (lambda: power_for_shares(NOT_A_NUMBER, 0.1, 0.02), InvalidSetting, "a sample size of nan"),
    "traffic that runs backwards": (lambda: size_for_shares(0.1, 0.02).days(-5), InvalidSetting, "-5 units per day"),
    "a share above 1": (lambda: size_for_shares(12, 2), InvalidSetting, "Give shares as 0.12, not as 12"),
    "a negative deviation": (lambda: size_for_means(1, -2), InvalidSetting, "a standard deviation of -2"),
    "a negative power": (lambda: size_for_shares(0.1, 0.02, power=-0.8), InvalidSetting, "power = -0.8"),
    "negative counts": (lambda: check_ratio({"a": -1, "b": 5}, {"a": 50, "b": 50}), BadCounts, "the counts .*-1"),
    "a canary of no requests": (lambda: CanaryPlan("1", min_requests=-1), InvalidSetting, "-1 requests"),
    "a negative soak": (lambda: CanaryPlan("1", soak=timedelta(minutes=-1)), InvalidSetting, "0 ≤ soak"),
    "a size of -5 units": (lambda: SampleSize(-5, 0.02, 0.8, 0.05), InvalidSetting, "a sample size of -5"),
    "a test of -5 units": (lambda: AbPlan(-5, 14, SIZE), InvalidSetting, "-5 units per arm and 14 looks"),
    "a test nobody reads": (lambda: AbPlan(100, 0, SIZE), InvalidSetting, "100 units per arm and 0 looks"),
}


@pytest.mark.parametrize("case", NUMBERS)
def test_numbers_that_cannot_be_are_refused_before_anything_starts(case):
    attempt, error, words = NUMBERS[case]
    with pytest.raises(error, match=words) as caught:
        attempt()
    assert all((caught.value.found, caught.value.expected, caught.value.remedy))


def days(count):
    told = [
        {"day": day, "arm": arm, "units": 100, "total": 10}
        for day in range(count)
        for arm in ("champion", "challenger")
    ]
    return pd.DataFrame(told)


def decided(**given):
    matrix = weigh_options(pd.DataFrame({"price": [1, 2], "skill": [2, 2]}, index=["a", "b"]), {"price": 1, "skill": 1})
    told = {"matrix": matrix, "title": "t", "context": "c", "deciders": ["x"], "date": date(2026, 11, 20)}
    record_decision(**told | given)


def judged(**settings):
    judge_candidate(train_candidate(CUSTOMERS, PipelineSettings()), settings=PipelineSettings(**settings))


def started(**given):
    run = PipelineRun("bucket", "p.d.t", MOMENT, PipelineSettings())
    start_run(**{"run": run, "reason": "new customers", "name": "churn"} | given)


CUSTOMERS = rows(200)
FORTNIGHT = plan_ab_test(size_for_shares(0.10, 0.02), looks=14)
MOMENT = "2026-10-01T00:00:00+00:00"
KINDS = {
    "a segment that is no column": (lambda: judged(segment="regoin"), "without regoin; .*Did you mean region"),
    "a judge of texts": (lambda: judge_candidate("model"), "the text 'model'.*a Candidate"),
    "no label to learn": (
        lambda: train_candidate(CUSTOMERS.drop(columns="churned"), PipelineSettings()),
        "rows to train on without churned; expected some of customer_id",
    ),
    "rows that are a path": (lambda: train_candidate("rows.csv", PipelineSettings()), "'rows.csv'.*a DataFrame with"),
    "settings in a dictionary": (lambda: train_candidate(CUSTOMERS, {}), "type dict; expected PipelineSettings"),
    "a setting misspelt": (
        lambda: PipelineSettings.from_dict({"segmnt": "calls"}),
        "the settings segmnt; expected some of model.*Correct the spelling",
    ),
    "a gain in a text": (lambda: PipelineSettings(min_gain="0.01"), "min_gain='0.01'; expected a number"),
    "a gain of a hundred points": (lambda: PipelineSettings(min_gain=1), "min_gain=1; .*one point is 0.01"),
    "a loss in a text": (lambda: PipelineSettings(max_segment_loss="5 %"), "'5 %'; expected a number"),
    "a model that is a number": (lambda: PipelineSettings(model=7), "model: the number 7; expected a text"),
    "a bucket, not its name": (lambda: PipelineRun(object(), "p.d.t", MOMENT, PipelineSettings()), "bucket.name"),
    "a moment, not its text": (
        lambda: PipelineRun("bucket", "p.d.t", pd.Timestamp(MOMENT), PipelineSettings()),
        "type Timestamp; expected train_until as text",
    ),
    "a run with a dictionary": (lambda: PipelineRun("bucket", "p.d.t", MOMENT, {}), "type dict.*PipelineSettings"),
    "a run without reason": (lambda: started(reason=" "), "a run without a reason.*reason='new"),
    "a run with a bad name": (lambda: started(name="Churn 1"), "'Churn 1'; expected a small letter.*'churn-monday'"),
    "a run of nothing": (lambda: started(run={}), "type dict; expected a PipelineRun"),
    "a soak of 30": (lambda: CanaryPlan("1", soak=30), "the number 30; expected a timedelta as soak.*minutes=30"),
    "a challenger by number": (lambda: CanaryPlan(2), "the number 2; expected the id of a deployed model, as text"),
    "one guardrail alone": (lambda: CanaryPlan("1", guardrails=Guardrail("x", limit=1)), "with a comma"),
    "a guardrail's name": (lambda: CanaryPlan("1", guardrails=("x",)), "the text 'x'; expected a Guardrail"),
    "a limit in a text": (lambda: Guardrail("x", limit="400"), "limit '400'.*a finite limit"),
    "a date in a text": (lambda: decided(date="2026-11-20"), "'2026-11-20'; expected a date. Write"),
    "a record of a table": (lambda: decided(matrix=days(1)), "type DataFrame; expected a DecisionMatrix"),
    "no requests": (lambda: measure(pd.DataFrame({"failed": [], "latency_ms": []})), "no requests.*the filter"),
    "requests in a list": (lambda: measure([1, 2]), "type list; expected a DataFrame of requests"),
    "a plan that is its looks": (lambda: read_ab_test(days(3), 14), "the number 14; expected an AbPlan"),
    "counts in a path": (lambda: read_ab_test("daily.csv", FORTNIGHT), "'daily.csv'; expected a DataFrame with"),
}


@pytest.mark.parametrize("case", KINDS)
def test_the_wrong_kind_of_thing_is_named_and_not_met_later(case):
    attempt, words = KINDS[case]
    with pytest.raises(InvalidSetting, match=words) as caught:
        attempt()
    assert all((caught.value.found, caught.value.expected, caught.value.remedy))


def test_more_days_than_planned_looks_are_refused_and_as_many_are_read():
    assert len(read_ab_test(days(14), FORTNIGHT).table) == 14
    with pytest.raises(BadCounts, match="28 days; expected at most 14, one for each planned look"):
        read_ab_test(days(28), FORTNIGHT)


@dsl.component(base_image="python:3.11", install_kfp_package=False)
def count() -> int:
    return "many"


@dsl.component(base_image="python:3.11", install_kfp_package=False)
def use(number: int, marker: str):
    from pathlib import Path

    Path(marker).touch()


@dsl.pipeline(name="another-type")
def another_type(marker: str):
    use(number=count().output, marker=marker)


def test_a_component_that_returns_another_type_fails_by_name_and_nothing_follows(tmp_path):
    compiler.Compiler().compile(another_type, str(tmp_path / "p.yaml"))
    marker = tmp_path / "used"
    with pytest.raises(StepFailed, match=r"count.*type <class 'str'>.*want type <class 'int'>") as caught:
        run_locally(tmp_path / "p.yaml", {"marker": str(marker)}, root=tmp_path / "root")
    assert not marker.exists()
    assert caught.value.remedy
