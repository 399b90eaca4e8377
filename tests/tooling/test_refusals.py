"""What a rollout must not do: refused by name, told in three parts, and the endpoint is as it was before."""

from datetime import timedelta
from types import SimpleNamespace

import pytest
from google.cloud import monitoring_v3
from kfp import compiler, dsl

from mlops_helpers.tooling import (
    AbPlan,
    BadCounts,
    BadSplit,
    Canary,
    CanaryPlan,
    InvalidSetting,
    LastModel,
    MetricMissing,
    ModelRegistry,
    NotApproved,
    NothingToRollBack,
    RolloutMetrics,
    RolloutStore,
    SampleSize,
    SelfApproval,
    StepFailed,
    Traffic,
    UnknownVersion,
    check_ratio,
    power_for_shares,
    run_locally,
    size_for_means,
    size_for_shares,
)
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
        registry=registry, version=version, pair=pair, ids=ids, alone=alone, only=only, canary=canary, bucket=bucket
    )


def write(world, **shares):
    traffic = Traffic(world.pair)
    split = dict(zip(world.ids, shares.values(), strict=False))
    traffic.write(split, traffic.read())


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
