# The image in which the pipeline's steps and the training jobs run on Vertex AI: this package, in the tested versions.
#
#   docker build --tag us-docker.pkg.dev/PROJECT/images/mlops:1 .
#
# Then set_image("churn_training", "mine.yaml", image=...) for the steps, and the setting `image` for training jobs.
FROM python:3.11-slim

ENV PYTHONUNBUFFERED=1 PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
WORKDIR /opt/mlops

COPY requirements.txt pyproject.toml README.md LICENSE ./
COPY constraints/lock.txt constraints/
COPY mlops_helpers mlops_helpers
RUN pip install --constraint constraints/lock.txt ".[pipelines]"

# An image that cannot find its pipelines is not worth pushing.
RUN cd / && python -c "from mlops_helpers.tooling import compiled_pipeline; compiled_pipeline('churn_training').read_text()"
