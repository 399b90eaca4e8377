"""Names of a package that are loaded when they are first asked for (PEP 562): importing the package costs nothing."""

from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any


def lazy_names(package: str, public: Mapping[str, str]) -> tuple[Callable[[str], Any], Callable[[], list[str]]]:
    """Return `__getattr__` and `__dir__` for a package whose `public` names stand in the modules named there.

    An unknown name raises AttributeError, as Python expects, and says what the package offers.
    """

    def load(name: str) -> Any:
        if name not in public:
            raise AttributeError(f"{package} has no {name!r}; it offers: {', '.join(sorted(public))}")
        return getattr(import_module(f"{package}.{public[name]}"), name)

    return load, lambda: sorted(public)
