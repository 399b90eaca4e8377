"""The churn pipeline itself: which step follows on which. Imports KFP; compiled by `pipeline_compiling`.

plan -> ingest and validate -> features -> train -> evaluate -> register -> if "deploy": deploy -> monitoring
all of it inside an exit handler that cleans up and reports.
"""

from kfp import dsl

from mlops_helpers.tooling import pipeline_components as steps
from mlops_helpers.tooling.pipeline_evaluation import DEPLOY


def always(task: dsl.PipelineTask) -> dsl.PipelineTask:
    """A task that runs each time: what it looks at changes without its inputs changing."""
    return task.set_caching_options(enable_caching=False)


@dsl.pipeline(name="churn-training", description="Train, compare with the champion, register, deploy if better.")
def churn_training(bucket: str, table: str, train_until: str, reason: str, settings: dict) -> None:
    """Parameters as in `PipelineRun`; `train_until` and `reason` are those of a retraining decision."""
    place = {"bucket": bucket, "table": table, "train_until": train_until, "settings": settings}
    with dsl.ExitHandler(steps.clean_up_and_report(**place), name="churn training"):
        run = always(steps.plan(**place)).output
        rows = steps.ingest_and_validate(run=run).outputs["rows"]
        features = steps.build_features(run=run, rows=rows).outputs
        model = steps.train(run=run, training=features["training"]).outputs["model"]
        judged = always(steps.evaluate(run=run, model=model, holdout=features["holdout"]))
        version = always(
            steps.register(
                run=run,
                reason=reason,
                model=model,
                training=features["training"],
                evaluation=judged.outputs["evaluation"],
            )
        ).outputs["registered"]
        with dsl.If(judged.outputs["Output"] == DEPLOY, name="better, fair and fast"):
            released = always(steps.deploy(run=run, registered=version)).outputs["released"]
            always(steps.configure_monitoring(run=run, registered=version, released=released))
