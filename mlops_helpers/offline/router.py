"""From a method and a path to the one function that answers: a table that can be read top to bottom.

A service lists its operations as `Route`s. The operation's name is the one in Google's discovery document, so that the
table is the coverage list and every exchange can be held against the published contract.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from urllib.parse import unquote

from .errors import unsupported
from .wire import Request, Response


@dataclass(frozen=True)
class Route:
    """One operation: its published name, where it lives and who answers.

    `template` holds `{name}` for one path segment and `{name*}` for the rest of the path. The handler receives the
    service and the request, and returns a dict (sent as JSON) or a `Response`. `answered` is False where the handler
    only refuses by name.
    """

    operation: str
    method: str
    template: str
    handler: Callable[..., dict | Response]
    answered: bool = True

    def pattern(self) -> re.Pattern[str]:
        """The template as a regular expression over the still percent-encoded path."""
        whole = re.sub(r"\{(\w+)\*\}", r"(?P<\1>.+)", self.template)
        return re.compile(re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", whole))


class Router:
    """Finds the route of a request; refuses by name what no route answers."""

    def __init__(self, routes: Iterable[Route]) -> None:
        self._by_method: dict[str, list[tuple[re.Pattern[str], Route]]] = defaultdict(list)
        for route in routes:
            self._by_method[route.method].append((route.pattern(), route))

    def find(self, request: Request) -> Route:
        """The route that answers, with its path parameters put into `request.params`.

        Raises ApiError 501 when nothing answers this method and path.
        """
        for pattern, route in self._by_method[request.method]:
            if found := pattern.fullmatch(request.path):
                request.params = {name: unquote(value) for name, value in found.groupdict().items()}
                return route
        raise unsupported(f"{request.method} {request.path}")
