"""Challenge 2: monitoring. Is the model still right, and if not, why, and who should wake up?

Did something move?
    drift           all columns of two tables in one call (columns, comparison, judgement; drift_report, drift_figures)
    windows         day by day against one reference
    bigquery_drift  the same report from two BigQuery tables (bigquery_statements: the SQL)
    numeric, categorical    one column; ks is exact, sketch a mergeable summary (sketch_edges, grid, ordered, values);
                            distances and proportions say how far apart, and whether it could be chance
    embeddings      texts and pictures by their vectors (points, mmd, domain_classifier, text_embeddings)

Is the model still right?
    labels          late labels, joined as of a date; nothing from the future
    performance     per chunk and segment, with intervals (scores, ranking; performance_figures)
    estimation      before any label is there (calibration, expected)
    diagnosis       why it drifted, and whom to call (faults, units, shift, file_order; bins, scorecard, evidence)
    contributions   which columns and slices carry a change

Who should wake up?
    thresholds      limits from the reference's own variation
    alerts          breaches that persist; simulation: false alarms against delay
    retraining      when to train again, and when better not; handover: once per decision

In the cloud
    managed         Vertex AI Model Monitoring
    genai           calls of Gemini: metrics and masked log entries (genai_names, _calls, _writing, _reading)

Names listed in `PUBLIC` can be imported from here; their module is loaded only when one of them is used.
"""

from types import MappingProxyType

from mlops_helpers.lazy import lazy_names

PUBLIC = MappingProxyType(
    {
        "AlertPolicy": "alerts",
        "BadLabels": "errors",
        "BadValue": "errors",
        "Calibration": "calibration",
        "CallNotFinished": "errors",
        "Decision": "retraining",
        "Diagnosis": "diagnosis",
        "DomainAuc": "domain_classifier",
        "DriftReport": "drift_report",
        "EmbeddingDrift": "embeddings",
        "EmptyWindow": "errors",
        "GenAIMonitor": "genai",
        "HandOver": "handover",
        "InvalidSetting": "errors",
        "JoinedLabels": "labels",
        "ManagedRunFailed": "errors",
        "MismatchedColumns": "errors",
        "MissingColumn": "errors",
        "MmdTest": "mmd",
        "ModelState": "retraining",
        "MonitoringError": "errors",
        "NaiveTimestamp": "errors",
        "NothingToHandOver": "errors",
        "PerformanceEstimator": "estimation",
        "Reference": "drift",
        "RetrainingTrigger": "retraining",
        "Sketch": "sketch",
        "Threshold": "thresholds",
        "TooFewDraws": "errors",
        "TooFewRows": "errors",
        "UnorderedTime": "errors",
        "chi_squared": "proportions",
        "compare_sketches": "distances",
        "create_monitor": "managed",
        "detect_drift": "drift",
        "diagnose": "diagnosis",
        "domain_auc": "domain_classifier",
        "draw_statistic": "thresholds",
        "drift_over_windows": "windows",
        "drift_over_windows_figure": "windows",
        "drift_sql": "bigquery_drift",
        "embed_texts": "text_embeddings",
        "embedding_drift": "embeddings",
        "feature_contributions": "contributions",
        "field_types": "managed",
        "genai_figure": "genai_reading",
        "hand_over": "handover",
        "history_limit": "thresholds",
        "jensen_shannon_distance": "distances",
        "jensen_shannon_divergence": "distances",
        "join_labels": "labels",
        "ks_test": "ks",
        "managed_drift": "managed",
        "mmd_test": "mmd",
        "noise_limit": "thresholds",
        "pipeline_faults": "faults",
        "pipeline_submitter": "handover",
        "performance_figure": "performance_figures",
        "policy_figure": "simulation",
        "policy_grid": "alerts",
        "population_stability_index": "distances",
        "prediction_drift": "performance",
        "realised_performance": "performance",
        "report_on": "drift_report",
        "request_submitter": "handover",
        "roc_auc": "scores",
        "run_monitor": "managed",
        "share_change": "proportions",
        "simulate_policies": "simulation",
        "slice_contributions": "contributions",
        "text_drift": "text_embeddings",
        "watch_endpoint": "managed",
    }
)

__all__ = sorted(PUBLIC)
__getattr__, __dir__ = lazy_names(__name__, PUBLIC)
