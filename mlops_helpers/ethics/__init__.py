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
    }
)

__all__ = sorted(PUBLIC)
__getattr__, __dir__ = lazy_names(__name__, PUBLIC)
