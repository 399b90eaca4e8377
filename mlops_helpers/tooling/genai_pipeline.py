"""The pipeline that tunes a Gemini model, as KFP sees it: prepare -> tune -> evaluate -> if "deploy": deploy.

Imports KFP; compiled by `pipeline_compiling`. Every step is a few lines around a function of `genai_pipeline_steps`.
Nothing is cached: each step looks at what is there, and does what is missing.
"""

from kfp import dsl
from kfp.dsl import Artifact, Dataset, Input, Metrics, Output

from mlops_helpers.tooling.pipeline_compiling import IMAGE

component = dsl.component(base_image=IMAGE, install_kfp_package=False)
DEPLOY = "deploy"


@component
def prepare(project: str, name: str, examples: str, prepared: Output[Dataset]) -> None:
    """Examples (`gs://...` of a JSONL file): checked, divided, stored under their version in the same bucket."""
    import json
    from dataclasses import asdict
    from pathlib import Path

    from google.cloud import storage

    from mlops_helpers.tooling import genai_pipeline_steps
    from mlops_helpers.tooling.pipeline_step import enter_cloud

    enter_cloud(project, "us-central1")
    blob = storage.Blob.from_uri(examples, client=storage.Client())
    found = asdict(genai_pipeline_steps.prepare(blob.download_as_text(), blob.bucket, name=name))
    Path(prepared.path).write_text(json.dumps(found))
    prepared.metadata.update(found)


@component
def tune(project: str, base_model: str, prepared: Input[Dataset]) -> str:
    """A tuning job for these examples, started or found; gives the tuned endpoint."""
    import json
    from pathlib import Path

    from google import genai

    from mlops_helpers.tooling import genai_pipeline_steps
    from mlops_helpers.tooling.pipeline_step import enter_cloud

    enter_cloud(project, "us-central1")
    client = genai.Client(enterprise=True, project=project, location="us-central1")
    told = genai_pipeline_steps.Prepared(**json.loads(Path(prepared.path).read_text()))
    return genai_pipeline_steps.tune(told, client, base_model=base_model or None)


@component
def evaluate(
    project: str, base_model: str, endpoint: str, cases: str, verdict: Output[Artifact], *, metrics: Output[Metrics]
) -> str:
    """Prompt tests (`gs://...` of a TOML file) of the tuned model and the base model; gives "deploy" or "keep"."""
    import json
    from dataclasses import asdict
    from pathlib import Path

    from google import genai
    from google.cloud import storage

    from mlops_helpers.debugging.case_reading import read_cases
    from mlops_helpers.tooling import genai_pipeline_steps
    from mlops_helpers.tooling.pipeline_step import enter_cloud

    enter_cloud(project, "us-central1")
    content = storage.Blob.from_uri(cases, client=storage.Client()).download_as_bytes()
    client = genai.Client(enterprise=True, project=project, location="us-central1")
    tests = read_cases(content, cases)
    found = genai_pipeline_steps.evaluate(endpoint, tests, client, base_model=base_model or None)
    Path(verdict.path).write_text(json.dumps(asdict(found)))
    metrics.log_metric("tuned_rate", found.tuned_rate)
    metrics.log_metric("base_rate", found.base_rate)
    return found.decision


@component
def deploy(
    project: str, endpoint: str, prepared: Input[Dataset], verdict: Input[Artifact], pointer: Output[Artifact]
) -> None:
    """Point production at the tuned endpoint."""
    import json
    from pathlib import Path

    from google.cloud import storage

    from mlops_helpers.tooling import genai_pipeline_steps
    from mlops_helpers.tooling.pipeline_step import enter_cloud

    enter_cloud(project, "us-central1")
    told = genai_pipeline_steps.Prepared(**json.loads(Path(prepared.path).read_text()))
    judged = genai_pipeline_steps.Verdict(**json.loads(Path(verdict.path).read_text()))
    bucket = storage.Blob.from_uri(told.training, client=storage.Client()).bucket
    found = genai_pipeline_steps.deploy(endpoint, told, judged, bucket)
    Path(pointer.path).write_text(json.dumps(found))
    pointer.metadata.update(endpoint=endpoint, version=told.version)


@dsl.pipeline(name="genai-tuning", description="Check examples, tune Gemini, run prompt tests, point production at it.")
def genai_tuning(project: str, name: str, examples: str, cases: str, base_model: str = "") -> None:
    """`examples` and `cases` are addresses in Cloud Storage; an empty `base_model` is the course's own choice."""
    data = prepare(project=project, name=name, examples=examples)
    data.set_caching_options(enable_caching=False)  # the file may change under the same address
    tuned = tune(project=project, base_model=base_model, prepared=data.outputs["prepared"])
    tuned.set_caching_options(enable_caching=False)
    judged = evaluate(project=project, base_model=base_model, endpoint=tuned.output, cases=cases)
    judged.set_caching_options(enable_caching=False)
    with dsl.If(judged.outputs["Output"] == DEPLOY, name="passes and is not worse"):
        deploy(
            project=project,
            endpoint=tuned.output,
            prepared=data.outputs["prepared"],
            verdict=judged.outputs["verdict"],
        ).set_caching_options(enable_caching=False)
