"""Endpoints."""

GENERIC = (
    "EndpointService.CreateEndpoint",
    "EndpointService.GetEndpoint",
    "EndpointService.ListEndpoints",
    "EndpointService.UpdateEndpoint",
    "EndpointService.DeleteEndpoint",
)
