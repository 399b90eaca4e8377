"""Challenge 2: monitoring. Is the model still right, and if not, why, and who should wake up?

Names listed in `PUBLIC` can be imported from here; their module is loaded only when one of them is used.
"""

from importlib import import_module
from types import MappingProxyType

PUBLIC = MappingProxyType(
    {
        "BadLabels": "errors",
        "BadValue": "errors",
        "EmptyWindow": "errors",
        "InvalidSetting": "errors",
        "MismatchedColumns": "errors",
        "MissingColumn": "errors",
        "MonitoringError": "errors",
        "NaiveTimestamp": "errors",
        "TooFewDraws": "errors",
        "UnorderedTime": "errors",
        "NothingToHandOver": "errors",
        "CallNotFinished": "errors",
        "AlertPolicy": "alerts",
        "policy_grid": "alerts",
        "Threshold": "thresholds",
        "noise_limit": "thresholds",
        "history_limit": "thresholds",
        "draw_statistic": "thresholds",
        "simulate_policies": "simulation",
        "policy_figure": "simulation",
        "Decision": "retraining",
        "ModelState": "retraining",
        "RetrainingTrigger": "retraining",
        "HandOver": "handover",
        "hand_over": "handover",
        "pipeline_submitter": "handover",
        "request_submitter": "handover",
        "GenAIMonitor": "genai",
        "genai_figure": "genai_reading",
        "managed_drift": "managed",
        "watch_endpoint": "managed",
    }
)

__all__ = sorted(PUBLIC)


def __getattr__(name: str) -> object:
    """Load the module that holds `name` when it is first asked for (PEP 562)."""
    if name not in PUBLIC:
        raise AttributeError(f"mlops_helpers.monitoring has no {name!r}; it offers: {', '.join(__all__)}")
    return getattr(import_module(f"{__name__}.{PUBLIC[name]}"), name)


def __dir__() -> list[str]:
    """List the public names, loaded or not, for tab completion."""
    return list(__all__)
