"""Challenge 8: ethical AI. Who is hurt by this model, why, what can be done, and may it ship?

The data
    representation   shares of groups against a population's
    data_bias        missing values, labels and measurements that differ by group
    proxies          how well the rest gives the sensitive attribute away (postcodes: a made-up column that does)

The decisions
    fairness         metrics by group and intersection, from one count (groups, outcomes, checks)
    bigquery_fairness    the same, counted in BigQuery
    criteria         how far groups are apart, and whether that could be chance; calibration: do scores mean the same?
    impossibility    which criteria cannot hold together on this data
    fairness_windows fairness over time, with the alerts of lesson 2

What can be done
    reweighing, constrained, thresholds   before, while and after training
    frontier, costs  what fairness costs in accuracy, and whom
    margins          the mistake: fair by each attribute, and only by each

Why
    counterfactuals  other decisions for the same person in another group? swaps: the same for names in prompts
    explaining       importance of features, and whether it is the same when asked again
    vertex_explaining    explanations by the endpoint that predicts

Gemini behind guards
    untrusted     data never becomes instructions: hidden characters, quotation, file names, formulas in CSV
    injections    does a text give orders to a model? `input_guard`: size, language, orders, personal data
    groundedness  is each sentence supported by a source? `output_guard`: schema, ratings, leaks, personal data
    guarded       all of them around a model; `audit_log` writes down every decision, `review_queue` waits for people

Red team
    attacks       attacks as data (attacks.json; harmless_notes.json), and what counts as success
    red_team      run until done or until the money is spent, versions compared; red_team_report shows it
    lending_assistant    the assistant of lesson 8 in three versions, to be attacked

May it ship
    documents     sections, a decision, a digest; document_rendering as Markdown and HTML
    model_cards   Mitchell's nine sections, filled from registry and lineage
    impact        who is hurt, how likely and how badly, what remains, where to appeal
    releasing     both attached to a version of the registry, and binding for its deployment

Privacy
    private_queries      counts, sums and means with noise (private_noise), out of a budget (privacy_budget)

Names listed in `PUBLIC` can be imported from here; their module is loaded only when one of them is used.
"""

from types import MappingProxyType

from mlops_helpers.lazy import lazy_names

PUBLIC = MappingProxyType(
    {
        "BadGroups": "errors",
        "BadLabels": "errors",
        "EmptyData": "errors",
        "EthicsError": "errors",
        "InvalidSetting": "errors",
        "MissingColumn": "errors",
        "MissingExtra": "errors",
        "OneGroup": "errors",
        "UnequalLengths": "errors",
        "DocumentError": "errors",
        "EmptySection": "errors",
        "UnknownSection": "errors",
        "DocumentChanged": "errors",
        "NotSigned": "errors",
        "UnacceptableRisk": "errors",
        "ReviewError": "errors",
        "UnknownReview": "errors",
        "ReviewDecided": "errors",
        "RedTeamError": "errors",
        "BadAttackFile": "errors",
        "UnknownTechnique": "errors",
        "NotComparable": "errors",
        "PrivacyError": "errors",
        "InvalidEpsilon": "errors",
        "BudgetSpent": "errors",
        "discrete_laplace": "private_noise",
        "random_below": "private_noise",
        "PrivacyBudget": "privacy_budget",
        "PrivateQueries": "private_queries",
        "PrivateAnswer": "private_queries",
        "split_epsilon": "private_queries",
        "FairnessReport": "fairness",
        "Groups": "groups",
        "Outcomes": "outcomes",
        "count_outcomes": "outcomes",
        "fairness_sql": "bigquery_fairness",
        "group_metrics": "fairness",
        "groups_of": "groups",
        "GroupCalibration": "calibration",
        "Impossibility": "impossibility",
        "cannot_hold_together": "impossibility",
        "fairness_alarms": "fairness_windows",
        "fairness_over_windows": "fairness_windows",
        "forced_fpr": "impossibility",
        "group_calibration": "calibration",
        "ConstrainedModel": "constrained",
        "Frontier": "frontier",
        "GroupThresholds": "thresholds",
        "UndefinedRate": "errors",
        "constrained_model": "constrained",
        "fairness_frontier": "frontier",
        "group_thresholds": "thresholds",
        "reweighing_weights": "reweighing",
        "who_pays": "costs",
        "ProxyReport": "proxies",
        "find_proxies": "proxies",
        "label_gap": "data_bias",
        "made_up_postcodes": "postcodes",
        "measurement_gap": "data_bias",
        "missing_by_group": "data_bias",
        "population_gap": "representation",
        "Explanations": "vertex_explaining",
        "FlipReport": "counterfactuals",
        "Person": "swaps",
        "Stability": "explaining",
        "SwapReport": "swaps",
        "counterfactual_rows": "counterfactuals",
        "explain_on_vertex": "vertex_explaining",
        "explanation_settings": "vertex_explaining",
        "explanation_stability": "explaining",
        "flip_attribute": "counterfactuals",
        "name_pairs": "swaps",
        "name_swaps": "swaps",
        "permutation_importance": "explaining",
        "shap_importance": "explaining",
        "DATA_RULE": "untrusted",
        "as_data": "untrusted",
        "visible": "untrusted",
        "hidden_characters": "untrusted",
        "safe_file_name": "untrusted",
        "safe_csv": "untrusted",
        "is_formula": "untrusted",
        "Signal": "injections",
        "find_injections": "injections",
        "InputPolicy": "input_guard",
        "InputCheck": "input_guard",
        "check_input": "input_guard",
        "guard_rates": "input_guard",
        "check_groundedness": "groundedness",
        "groundedness_error": "groundedness",
        "judged_pairs": "groundedness",
        "OutputPolicy": "output_guard",
        "OutputCheck": "output_guard",
        "check_output": "output_guard",
        "AuditLog": "audit_log",
        "GuardDecision": "audit_log",
        "ReviewQueue": "review_queue",
        "Review": "review_queue",
        "Guarded": "guarded",
        "GuardedAnswer": "guarded",
        "Attack": "attacks",
        "course_attacks": "attacks",
        "harmless_notes": "attacks",
        "read_attacks": "attacks",
        "Reply": "red_team",
        "RedTeamReport": "red_team",
        "run_attacks": "red_team",
        "compare_red_team": "red_team",
        "call_cost": "red_team",
        "report_html": "red_team_report",
        "rates_figure": "red_team_report",
        "rates_alt": "red_team_report",
        "Document": "documents",
        "Decision": "documents",
        "Template": "documents",
        "to_markdown": "document_rendering",
        "to_html": "document_rendering",
        "MODEL_CARD": "model_cards",
        "model_card": "model_cards",
        "card_facts": "model_cards",
        "data_from_lineage": "model_cards",
        "analysis_table": "model_cards",
        "IMPACT_ASSESSMENT": "impact",
        "Harm": "impact",
        "harm_table": "impact",
        "impact_assessment": "impact",
        "level_of": "impact",
        "Attached": "releasing",
        "attach": "releasing",
        "read_attached": "releasing",
        "release": "releasing",
        "deploy_released": "releasing",
        "thresholds_by_margin": "margins",
    }
)

__all__ = sorted(PUBLIC)
__getattr__, __dir__ = lazy_names(__name__, PUBLIC)
