"""Challenge 3: debugging. Why does it not do what it did, or what it should: code, data, labels or prompt?

Names listed in `PUBLIC` can be imported from here; their module is loaded only when one of them is used.
"""

from importlib import import_module
from types import MappingProxyType

PUBLIC = MappingProxyType(
    {
        "DebuggingError": "errors",
        "EmptyData": "errors",
        "InvalidSetting": "errors",
        "MissingColumn": "errors",
    }
)

__all__ = sorted(PUBLIC)


def __getattr__(name: str) -> object:
    """Load the module that holds `name` when it is first asked for (PEP 562)."""
    if name not in PUBLIC:
        raise AttributeError(f"mlops_helpers.debugging has no {name!r}; it offers: {', '.join(__all__)}")
    return getattr(import_module(f"{__name__}.{PUBLIC[name]}"), name)


def __dir__() -> list[str]:
    """List the public names, loaded or not, for tab completion."""
    return list(__all__)
