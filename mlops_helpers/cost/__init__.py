"""Challenge 6: cost. What it costs, who spends it, what it will cost, and what makes it cheaper.

Money
    money                   amounts as Decimal with a currency; nothing is ever a float
    price_table, prices     dated list prices: by day, region and tier; unknown or expired is an error, never zero

Calls that need not be made
    cache_keys              what makes two requests the same question
    cache_stores, _sqlite   where answers are kept: Redis, or a file on one machine
    cache_answers, _tally   which answers may be kept; what the cache has saved
    response_cache          one question is paid for once; near_hits: similar ones too (off unless asked for)

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
    }
)

__all__ = sorted(PUBLIC)
__getattr__, __dir__ = lazy_names(__name__, PUBLIC)
