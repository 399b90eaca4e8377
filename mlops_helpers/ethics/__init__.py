"""Challenge 8: ethical AI. Who is hurt by this model, why, what can be done, and may it ship?

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
    }
)

__all__ = sorted(PUBLIC)
__getattr__, __dir__ = lazy_names(__name__, PUBLIC)
