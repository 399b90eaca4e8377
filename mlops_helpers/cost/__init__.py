"""Challenge 6: cost. What it costs, who spends it, what it will cost, and what makes it cheaper.

Money
    money                   amounts as Decimal with a currency; nothing is ever a float
    price_table, prices     dated list prices: by day, region and tier; unknown or expired is an error, never zero
    usage, usage_log        tokens of a call, priced on any day; counts by model, prompt version, team and lesson
    usage_file              the same beyond one process: SQLite, CSV, BigQuery
    budget, budgeted_calls  a cap that stops a call before it is made; alerts at half, nine tenths and all of it
    forecast                days to come and the end of the month, with an interval
    cost_figures            who spent it, what it will be, what each lever saved

Who spent it
    attribution, _sql       a billing export by label, the unlabelled share first: by pandas and by BigQuery
    label_policy            which labels everything must carry, as data
    labelled, label_audit   what there is in a project; what is wrong with its labels, and the repair

Calls that need not be made
    cache_keys              what makes two requests the same question
    cache_stores, _sqlite   where answers are kept: Redis, or a file on one machine
    cache_answers, _tally   which answers may be kept; what the cache has saved
    response_cache          one question is paid for once; near_hits: similar ones too (off unless asked for)
    retry_storm             what retries make of an outage, and of the bill

Machines, traffic, objects
    right_sizing, spot      the cheapest machine that fits; when spot pays, and how often to save
    autoscaling             a day of an endpoint, second by second: cost against p99 (compute_figures)
    batching                an endpoint against batch jobs; Gemini's discounts against each other
    storage_tiers           the best lifecycle rule for what really happened to the objects
    query_scans             bytes and dollars of a query before it runs
    idle                    what serves nobody (idle_vertex, idle_storage); deleted only when it is named
    savings                 levers that add up to the cent

Names listed in `PUBLIC` can be imported from here; their module is loaded only when one of them is used.
"""

from types import MappingProxyType

from mlops_helpers.lazy import lazy_names

PUBLIC = MappingProxyType(
    {
        "CostError": "errors",
        "MoneyError": "errors",
        "NotMoney": "errors",
        "MixedCurrencies": "errors",
        "PriceError": "errors",
        "UnknownSku": "errors",
        "PriceNotValid": "errors",
        "OverlappingPrices": "errors",
        "BadPriceRow": "errors",
        "UsageError": "errors",
        "BadUsage": "errors",
        "ClockWentBack": "errors",
        "BudgetError": "errors",
        "BadBudget": "errors",
        "CyclicBudget": "errors",
        "BudgetExceeded": "errors",
        "UnknownReservation": "errors",
        "ForecastError": "errors",
        "LabelError": "errors",
        "BadLabelPolicy": "errors",
        "FixRefused": "errors",
        "BillingError": "errors",
        "attribution_figure": "cost_figures",
        "attribution_alt": "cost_figures",
        "forecast_figure": "cost_figures",
        "forecast_alt": "cost_figures",
        "savings_figure": "cost_figures",
        "savings_alt": "cost_figures",
        "LabelPolicy": "label_policy",
        "Rule": "label_policy",
        "read_policy": "label_policy",
        "Resource": "labelled",
        "Audit": "label_audit",
        "Fix": "label_audit",
        "FixPlan": "label_audit",
        "audit_labels": "label_audit",
        "audit_resources": "label_audit",
        "Attribution": "attribution",
        "Share": "shares",
        "attribute": "attribution",
        "load_export": "attribution_sql",
        "daily_costs": "attribution",
        "Forecast": "forecast",
        "forecast_costs": "forecast",
        "month_end": "forecast",
        "Usage": "usage",
        "read_usage": "usage",
        "usage_cost": "usage",
        "UsageLog": "usage_log",
        "Calls": "usage_log",
        "save": "usage_file",
        "load": "usage_file",
        "write_csv": "usage_file",
        "to_bigquery": "usage_file",
        "Budget": "budget",
        "BudgetBook": "budget",
        "Alert": "budget",
        "Reservation": "budget",
        "BudgetedModel": "budgeted_calls",
        "upper_bound": "budgeted_calls",
        "Money": "money",
        "total": "money",
        "decimal_of": "money",
        "Price": "price_table",
        "PriceTable": "price_table",
        "read_row": "price_table",
        "list_prices": "price_table",
        "price": "prices",
        "cost": "prices",
        "price_changes": "prices",
        "price_frame": "prices",
        "InvalidSetting": "errors",
        "CacheError": "errors",
        "BadTtl": "errors",
        "ValueTooLarge": "errors",
        "StoreGone": "errors",
        "UnknownRequest": "errors",
        "ComputeError": "errors",
        "BadSeries": "errors",
        "NothingFits": "errors",
        "SavingError": "errors",
        "RemovalRefused": "errors",
        "Request": "cache_keys",
        "key_of": "cache_keys",
        "RedisStore": "cache_stores",
        "SQLiteStore": "cache_sqlite",
        "ResponseCache": "response_cache",
        "CacheSettings": "response_cache",
        "CacheStats": "cache_tally",
        "NearHits": "near_hits",
        "measure_near_hits": "near_hits",
        "Replica": "autoscaling",
        "ScalingPolicy": "autoscaling",
        "ScalingResult": "autoscaling",
        "simulate_autoscaling": "autoscaling",
        "scaling_frontier": "autoscaling",
        "SpotJob": "spot",
        "SpotPlan": "spot",
        "best_interval": "spot",
        "young_interval": "spot",
        "expected_hours": "spot",
        "plan_spot": "spot",
        "simulate_spot": "spot",
        "LifecyclePlan": "storage_tiers",
        "best_lifecycle": "storage_tiers",
        "rule_cost": "storage_tiers",
        "apply_lifecycle": "storage_tiers",
        "Scan": "query_scans",
        "dry_run": "query_scans",
        "measured_scan": "query_scans",
        "compare_scans": "query_scans",
        "Need": "right_sizing",
        "Machine": "right_sizing",
        "machines": "right_sizing",
        "right_size": "right_sizing",
        "OnlineOrBatch": "batching",
        "online_or_batch": "batching",
        "PromptMix": "batching",
        "token_offers": "batching",
        "frontier_figure": "compute_figures",
        "frontier_alt": "compute_figures",
        "scaling_figure": "compute_figures",
        "scaling_alt": "compute_figures",
        "storm_figure": "compute_figures",
        "storm_alt": "compute_figures",
        "Storm": "retry_storm",
        "RetryRule": "retry_storm",
        "StormResult": "retry_storm",
        "simulate_retries": "retry_storm",
        "compare_retries": "retry_storm",
        "Idle": "idle_items",
        "IdleFinder": "idle",
        "IdleReport": "idle",
        "Saving": "savings",
        "Savings": "savings",
    }
)

__all__ = sorted(PUBLIC)
__getattr__, __dir__ = lazy_names(__name__, PUBLIC)
