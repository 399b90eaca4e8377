"""Challenge 1: data governance. Which data do we train on, may we, is it good, where did it come from?

Reading and checking
    reading       a CSV file, strictly: a damaged file is refused with the line or byte that is wrong
    expectations  what good data looks like, as data: seven dimensions, three severities
    rules         small comparisons between columns, understood by pandas and by SQL
    quality       check a DataFrame or a BigQuery table, report rows, stop the pipeline
    profiling     one row of facts for each column, fast
    cleaning      repairs that record what they did to which rows
    schema        what changed since last time: added, removed, retyped, perhaps renamed columns

Knowing where data came from, and who may see it
    artifacts, lineage, versions, pii, masking, anonymity, retention, roles

Names listed in `PUBLIC` can be imported from here; their module is loaded only when one of them is used.
"""

from importlib import import_module
from types import MappingProxyType

PUBLIC = MappingProxyType(
    {
        "GovernanceError": "errors",
    }
)

__all__ = sorted(PUBLIC)


def __getattr__(name: str) -> object:
    """Load the module that holds `name` when it is first asked for (PEP 562)."""
    if name not in PUBLIC:
        raise AttributeError(f"mlops_helpers.governance has no {name!r}; it offers: {', '.join(__all__)}")
    return getattr(import_module(f"{__name__}.{PUBLIC[name]}"), name)


def __dir__() -> list[str]:
    """List the public names, loaded or not, for tab completion."""
    return list(__all__)
