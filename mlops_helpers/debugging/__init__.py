"""Challenge 3: debugging. Why does it not do what it did, or what it should: code, data, labels or prompt?

Does it repeat itself
    seeds         one call that seeds what is installed, and says what it could not seed
    run_record    a run with everything its result depends on (surroundings, content); run_store keeps it
    replaying     the run again, and the first thing that differs (differences)
    determinism   twice the same? For a function, and for a generative model

Where it is wrong
    slices        the worst slices, found among all values of all columns (binning, slice_search, significance)
    confusion     the confusion matrix of each slice
    neighbours    the training rows most similar to one that went wrong
    label_errors  labels that a model trained on other rows contradicts, and who made them
    leakage       features too good to be true, known too late, or missing for a reason; rows shared with the test
    metrics       classes, and any metrics by name (metrics_text: entities, BLEU, ROUGE, perplexity; metrics_vision)

Fail fast
    training_gate the quality gate in front of training, the training schema in front of predicting

Where it went
    tracing       one trace id through all steps, in Cloud Logging (trace_ids, trace_memory)
    trace_reading the path of a request, as table, tree and picture (trace_figure)

Which run was it
    experiments   runs in Vertex AI Experiments, curves in TensorBoard, best against worst
    regressions   the run, or the commit, where a metric fell

Prompts as code
    rendering            templates in a small, bounded Jinja (template_check, sandbox)
    prompt_registry      immutable versions and aliases in Cloud Storage (prompt_store, prompt_aliases)
    prompt_tests         cases in TOML (case_reading, check_reading, prompt_checks), N times (prompt_models), reported
                         (prompt_report), compared (prompt_compare); from incident_cases and golden_sets
    managed_prompts      the same prompt in Vertex AI

Names listed in `PUBLIC` can be imported from here; their module is loaded only when one of them is used.
"""

from types import MappingProxyType

from mlops_helpers.lazy import lazy_names

PUBLIC = MappingProxyType(
    {
        "DebuggingError": "errors",
        "EmptyData": "errors",
        "InvalidSetting": "errors",
        "MissingColumn": "errors",
        "OneClass": "errors",
        "UnequalLengths": "errors",
        "DuplicateMetric": "errors",
        "MissingExtra": "errors",
        "NaiveTimestamp": "errors",
        "RecordChanged": "errors",
        "RunError": "errors",
        "RunExists": "errors",
        "RunsNotComparable": "errors",
        "UnknownMetric": "errors",
        "UnknownRun": "errors",
        "UnknownTrace": "errors",
        "Seeds": "seeds",
        "seed_everything": "seeds",
        "content_digest": "content",
        "Difference": "differences",
        "first_difference": "differences",
        "Workspace": "surroundings",
        "RunRecord": "run_record",
        "record_run": "run_record",
        "RunStore": "run_store",
        "compare_runs": "replaying",
        "replay": "replaying",
        "RunComparison": "replaying",
        "DeterminismReport": "determinism",
        "GenerationReport": "determinism",
        "probe_determinism": "determinism",
        "probe_generation": "determinism",
        "BestAndWorst": "experiments",
        "compare_experiments": "experiments",
        "log_curves": "experiments",
        "log_run": "experiments",
        "read_curves": "experiments",
        "runs_table": "experiments",
        "Fall": "regressions",
        "bisect_fall": "regressions",
        "find_fall": "regressions",
        "Tracer": "tracing",
        "TracePath": "trace_reading",
        "latest_traces": "trace_reading",
        "path_of": "trace_reading",
        "random_ids": "trace_ids",
        "read_traceparent": "trace_ids",
        "repeatable_ids": "trace_ids",
        "Trained": "training_gate",
        "require_inputs": "training_gate",
        "train_behind_gate": "training_gate",
        "SliceReport": "slices",
        "worst_slices": "slices",
        "confusion_by_slice": "confusion",
        "nearest_examples": "neighbours",
        "LabelReport": "label_errors",
        "suspected_label_errors": "label_errors",
        "leakage_probe": "leakage",
        "shared_rows": "leakage",
        "classification_scores": "metrics",
        "Metric": "metrics",
        "MetricSet": "metrics",
        "bleu": "metrics_text",
        "entity_scores": "metrics_text",
        "perplexity": "metrics_text",
        "rouge": "metrics_text",
        "rouge_l": "metrics_text",
        "rouge_n": "metrics_text",
        "Span": "metrics_text",
        "spans_from_tags": "metrics_text",
        "average_precision": "metrics_vision",
        "Box": "metrics_vision",
        "Detection": "metrics_vision",
        "iou": "metrics_vision",
        "psnr": "metrics_vision",
        "ssim": "metrics_vision",
        "PromptError": "errors",
        "TemplateRefused": "errors",
        "MissingVariables": "errors",
        "UnknownVariables": "errors",
        "OutputTooLong": "errors",
        "UnknownPrompt": "errors",
        "UnsafePromptName": "errors",
        "ChecksumMismatch": "errors",
        "AliasMoved": "errors",
        "BadCase": "errors",
        "PromptTestsFailed": "errors",
        "ReportsNotComparable": "errors",
        "PromptTemplate": "rendering",
        "read_template": "rendering",
        "render": "rendering",
        "Prompt": "prompt_registry",
        "PromptRegistry": "prompt_registry",
        "Alias": "prompt_aliases",
        "PromptCase": "case_reading",
        "prompt_cases": "case_reading",
        "Answer": "prompt_models",
        "Grader": "prompt_models",
        "gemini_generator": "prompt_models",
        "gemini_grader": "prompt_models",
        "guess_language": "prompt_language",
        "require_pass": "prompt_tests",
        "run_prompt_tests": "prompt_tests",
        "PromptTestReport": "prompt_report",
        "PromptComparison": "prompt_compare",
        "compare_reports": "prompt_compare",
        "add_case_from_incident": "incident_cases",
        "Example": "golden_sets",
        "GoldenSet": "golden_sets",
        "GoldenSets": "golden_sets",
        "from_managed": "managed_prompts",
        "to_managed": "managed_prompts",
    }
)

__all__ = sorted(PUBLIC)
__getattr__, __dir__ = lazy_names(__name__, PUBLIC)
