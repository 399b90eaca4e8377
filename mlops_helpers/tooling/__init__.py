"""Challenge 5: tooling. From scattered tools to one pipeline, one registry, one safe rollout.

One pipeline
    pipeline_compiling    one compiled file for KFP's local runner, the offline Vertex AI and Vertex AI Pipelines
    pipeline_settings     what it is told, checked before anything is written
    pipeline_data, _features, _training, _evaluation    rows, feature store, model; better, fair and fast enough?
    pipeline_jobs, _task    training in the step, in a custom job or in a tuning job of Vertex AI: the same model
    pipeline_registering, _release, _report     a version, its approval, its endpoint, its monitor; nothing twice
    pipeline_components, _churn                 the same as KFP sees it (imports kfp); _champion, _step: small helpers
    given                 what callers hand over, refused by name if it is the wrong kind of thing
    pipeline_by_hand, _watching, evaluation_figure    the same without a pipeline; a run and a comparison looked at
    genai_pipeline_rows, _steps                 tuning a Gemini model: examples checked by line, tests, a pointer
    genai_pipeline                              the same as KFP sees it

One honest experiment
    assignment, sample_ratio    who sees which model, by a keyed hash; did the split arrive as planned?
    power, sequential           how many units it takes; limits that allow a look every day
    ab_test, peeking            a test planned and read; what looking every day does without limits (ab_test_figure)

One decision
    decision_matrix, _sensitivity    which tool, by weighted criteria; exactly what would change the answer
    decision_record, _figure         the same in writing and as a picture

Infrastructure as code
    terraform, _syntax                          what the ledger noted, as one file of Terraform; names, references, text
    terraform_reading                           the ledger's entries as the cloud describes them; what is left out
    terraform_tables, _vertex, _watching        buckets and tables; endpoints and features; sinks, metrics and alerts

One way to begin
    golden_path      a new project with pipeline, tests, Makefile and CI, made whole or not at all
    cicd             the same commands on Cloud Build and GitHub Actions, after code, data, a schedule or drift

Names listed in `PUBLIC` can be imported from here; their module is loaded only when one of them is used.
"""

from types import MappingProxyType

from mlops_helpers.lazy import lazy_names

PUBLIC = MappingProxyType(
    {
        "InvalidSetting": "errors",
        "MissingExtra": "errors",
        "ToolingError": "errors",
        "PipelineError": "errors",
        "NothingToLearn": "errors",
        "ModelChanged": "errors",
        "StalePipeline": "errors",
        "StepFailed": "errors",
        "BadExamples": "errors",
        "TuningFailed": "errors",
        "PointerMoved": "errors",
        "PipelineSettings": "pipeline_settings",
        "PipelineRun": "pipeline_settings",
        "Evaluation": "pipeline_evaluation",
        "SegmentScore": "pipeline_evaluation",
        "pipeline_suite": "pipeline_data",
        "Candidate": "pipeline_by_hand",
        "train_candidate": "pipeline_by_hand",
        "judge_candidate": "pipeline_by_hand",
        "release_first": "pipeline_by_hand",
        "start_run": "pipeline_watching",
        "step_states": "pipeline_watching",
        "run_lineage": "pipeline_watching",
        "segment_figure": "evaluation_figure",
        "segment_alt": "evaluation_figure",
        "compiled_pipeline": "pipeline_compiling",
        "compile_pipeline": "pipeline_compiling",
        "set_image": "pipeline_compiling",
        "check_compiled": "pipeline_compiling",
        "run_locally": "pipeline_compiling",
        "TuningExample": "genai_pipeline_rows",
        "TuningData": "genai_pipeline_rows",
        "read_examples": "genai_pipeline_rows",
        "divide_examples": "genai_pipeline_rows",
        "RegistryError": "errors",
        "UnknownVersion": "errors",
        "ApprovalRefused": "errors",
        "SelfApproval": "errors",
        "ApprovalChanged": "errors",
        "NotApproved": "errors",
        "RolloutError": "errors",
        "LastModel": "errors",
        "MetricMissing": "errors",
        "NothingToRollBack": "errors",
        "RolloutChanged": "errors",
        "BatchFailed": "errors",
        "ModelRegistry": "registry",
        "Approval": "approval",
        "Approvals": "approval",
        "Traffic": "traffic",
        "check_split": "traffic",
        "canary_split": "traffic",
        "Guardrail": "guardrails",
        "Window": "guardrails",
        "CanaryPlan": "canary",
        "Rollout": "canary",
        "Canary": "canary_controller",
        "RolloutStore": "canary_state",
        "rollout_figure": "canary_figure",
        "rollout_alt": "canary_figure",
        "RolloutMetrics": "rollout_metrics",
        "measure": "rollout_metrics",
        "Fallback": "fallback",
        "FallbackAnswer": "fallback",
        "AnswerCache": "fallback",
        "cloud_log": "fallback",
        "batch_predict": "batch_prediction",
        "online_predict": "batch_prediction",
        "compare_answers": "batch_prediction",
        "cost_table": "batch_prediction",
        "break_even_runs": "batch_prediction",
        "BadSplit": "errors",
        "BadUnits": "errors",
        "BadCounts": "errors",
        "assign": "assignment",
        "assign_one": "assignment",
        "check_ratio": "sample_ratio",
        "RatioCheck": "sample_ratio",
        "SampleSize": "power",
        "size_for_shares": "power",
        "size_for_means": "power",
        "power_for_shares": "power",
        "sequential_limits": "sequential",
        "AbPlan": "ab_test",
        "AbResult": "ab_test",
        "plan_ab_test": "ab_test",
        "read_ab_test": "ab_test",
        "Peeking": "peeking",
        "simulate_peeking": "peeking",
        "Terraform": "terraform",
        "LeftOut": "terraform_reading",
        "terraform_of": "terraform",
        "create_project": "golden_path",
        "Delivery": "cicd",
        "github_workflow": "cicd",
        "cloud_build": "cicd",
        "cloud_triggers": "cicd",
        "setup_commands": "cicd",
        "BadMatrix": "errors",
        "DecisionMatrix": "decision_matrix",
        "weigh_options": "decision_matrix",
        "WeightFlip": "decision_sensitivity",
        "ScoreFlip": "decision_sensitivity",
        "weight_flips": "decision_sensitivity",
        "score_flips": "decision_sensitivity",
        "flip_table": "decision_sensitivity",
        "record_decision": "decision_record",
        "sensitivity_figure": "decision_figure",
        "sensitivity_alt": "decision_figure",
    }
)

__all__ = sorted(PUBLIC)
__getattr__, __dir__ = lazy_names(__name__, PUBLIC)
