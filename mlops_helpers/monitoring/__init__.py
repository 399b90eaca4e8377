"""Challenge 2: monitoring. Is the model still right, and if not, why, and who should wake up?

Names listed in `PUBLIC` can be imported from here; their module is loaded only when one of them is used.
"""

from importlib import import_module
from types import MappingProxyType

PUBLIC = MappingProxyType(
    {
        "Sketch": "sketch",
        "AlertPolicy": "alerts",
        "BadLabels": "errors",
        "BadValue": "errors",
        "CallNotFinished": "errors",
        "Decision": "retraining",
        "DomainAuc": "domain_classifier",
        "EmbeddingDrift": "embeddings",
        "EmptyWindow": "errors",
        "GenAIMonitor": "genai",
        "HandOver": "handover",
        "InvalidSetting": "errors",
        "JoinedLabels": "labels",
        "MismatchedColumns": "errors",
        "MissingColumn": "errors",
        "MmdTest": "mmd",
        "ModelState": "retraining",
        "MonitoringError": "errors",
        "NaiveTimestamp": "errors",
        "NothingToHandOver": "errors",
        "RetrainingTrigger": "retraining",
        "Threshold": "thresholds",
        "TooFewDraws": "errors",
        "UnorderedTime": "errors",
        "domain_auc": "domain_classifier",
        "draw_statistic": "thresholds",
        "embed_texts": "text_embeddings",
        "embedding_drift": "embeddings",
        "genai_figure": "genai_reading",
        "hand_over": "handover",
        "history_limit": "thresholds",
        "join_labels": "labels",
        "managed_drift": "managed",
        "mmd_test": "mmd",
        "noise_limit": "thresholds",
        "pipeline_submitter": "handover",
        "policy_figure": "simulation",
        "policy_grid": "alerts",
        "prediction_drift": "performance",
        "realised_performance": "performance",
        "request_submitter": "handover",
        "roc_auc": "scores",
        "simulate_policies": "simulation",
        "text_drift": "text_embeddings",
        "watch_endpoint": "managed",
        "ManagedRunFailed": "errors",
        "create_monitor": "managed",
        "run_monitor": "managed",
        "field_types": "managed",
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
