"""Online prediction: Predict, RawPredict and Explain."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from ..errors import unsupported
from ..wire import Response, parse_json
from . import typed
from .behaviours import Call, behaviour
from .errors import bad_field
from .explaining import explain
from .request_logging import log_prediction
from .serving import LARGEST_REQUEST, deployed_model, predict
from .store import Resource
from .traffic import Draws

if TYPE_CHECKING:
    from .service import Vertex


@behaviour("PredictionService.Predict")
def answer_predict(vertex: Vertex, call: Call) -> dict[str, Any]:
    """Predictions for the request's instances."""
    endpoint = _endpoint(vertex, call)
    instances = call.json.get("instances", [])
    answer = predict(vertex, endpoint, instances)
    log_prediction(vertex, endpoint, instances, answer)
    return answer


@behaviour("PredictionService.RawPredict", "PredictionService.StreamRawPredict")
def answer_raw_predict(vertex: Vertex, call: Call) -> Response:
    """The container's own JSON, `{"predictions": [...]}`; which model answered stands in the headers."""
    endpoint = _endpoint(vertex, call)
    body = parse_json(call.request.http_body.data)
    if not isinstance(body.get("instances"), list):
        raise bad_field("instances", body.get("instances"), 'a list, in a body such as {"instances": [[1, 2, 3]]}')
    found = predict(vertex, endpoint, body["instances"])
    log_prediction(vertex, endpoint, body["instances"], found)
    headers = {
        "X-Vertex-AI-Endpoint-Id": endpoint["name"].rpartition("/")[2],
        "X-Vertex-AI-Deployed-Model-Id": found["deployedModelId"],
        "X-Vertex-AI-Model": found["model"],
        "X-Vertex-AI-Model-Version-Id": found["modelVersionId"],
    }
    return Response(json.dumps({"predictions": found["predictions"]}).encode(), headers=headers)


@behaviour("PredictionService.Explain")
def answer_explain(vertex: Vertex, call: Call) -> dict[str, Any]:
    """Predictions, and how much each feature added to each of them."""
    endpoint, request = _endpoint(vertex, call), call.request
    number = request.deployed_model_id or vertex.part(Draws).pick(endpoint["name"], endpoint.get("trafficSplit", {}))
    deployed = deployed_model(endpoint, number)
    override = typed.to_json(request.explanation_spec_override)
    explanations, predictions = explain(vertex, deployed, call.json.get("instances", []), override)
    return {"explanations": explanations, "predictions": predictions, "deployedModelId": number}


def _endpoint(vertex: Vertex, call: Call) -> Resource:
    name = call.request.endpoint
    if "/publishers/" in name:
        raise unsupported(f"Vertex AI: {call.rpc.key} of a publisher's model")
    length = int(call.wire.headers.get("content-length", 0))
    if length > LARGEST_REQUEST:
        raise bad_field("instances", f"a request of {length} bytes", f"at most {LARGEST_REQUEST}: use batch prediction")
    return vertex.store.get(name)
