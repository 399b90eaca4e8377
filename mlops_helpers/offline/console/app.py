"""Which page answers, who may see it, and what a form may do."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs

from ..door import COOKIE, same
from ..errors import ApiError
from ..router import Route, Router
from ..wire import Request, Response
from . import operations, pages, tables, vertex
from .html import Html, field, join, tag
from .style import SHEET

if TYPE_CHECKING:
    from ..door import Access
    from ..state import OfflineCloud

log = logging.getLogger(__name__)
SUBJECTS = (
    ("Overview", ()),
    ("Storage", ("storage",)),
    ("BigQuery", ("bigquery",)),
    ("Models and endpoints", ("models",)),
    ("Runs", ("runs",)),
    ("Logs", ("logs",)),
    ("Spend", ("spend",)),
    ("Faults", ("faults",)),
    ("Clock", ("clock",)),
)
PAGES = (
    Route("Overview", "GET", "/console/?", pages.overview),
    Route("Storage", "GET", "/console/storage", pages.buckets),
    Route("Storage", "GET", "/console/storage/{bucket}", pages.objects),
    Route("BigQuery", "GET", "/console/bigquery", tables.datasets),
    Route("BigQuery", "GET", "/console/bigquery/{project}/{dataset}/{table}", tables.table_page),
    Route("Models and endpoints", "GET", "/console/models", vertex.models),
    Route("Runs", "GET", "/console/runs", vertex.runs),
    Route("Logs", "GET", "/console/logs", operations.logs),
    Route("Spend", "GET", "/console/spend", operations.spend),
    Route("Faults", "GET", "/console/faults", operations.faults),
    Route("Clock", "GET", "/console/clock", operations.clock),
)
FORMS = (
    Route("Faults", "POST", "/console/faults", operations.inject_fault),
    Route("Faults", "POST", "/console/faults/clear", operations.clear_faults),
    Route("Clock", "POST", "/console/clock", operations.advance_clock),
)
HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; form-action 'self'; frame-ancestors 'none'; "
    "base-uri 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}
LONGEST_FORM = 10_000


class Console:
    """The console of one cloud. `receipt` prices a count of operations: its `table`-like lines and its total.

    Handlers take the console and a request, and return what the page shows.
    """

    def __init__(self, cloud: OfflineCloud, access: Access, *, receipt: Callable[[Mapping[str, int]], Any]) -> None:
        self.cloud, self.access, self.receipt = cloud, access, receipt
        self._router = Router((*PAGES, *FORMS))

    @property
    def form_key(self) -> str:
        """What every form must bring back."""
        return self.access.form_key

    def ask(self, method: str, target: str, body: dict[str, Any]) -> None:
        """Let the cloud do something as if a client had asked. Raises ApiError."""
        raw = io.BytesIO(json.dumps(body).encode())
        found = self.cloud.answer(Request(method, target, {"content-type": "application/json"}, raw))
        if found.status >= 400:
            raise ApiError(found.status, "refused", found.json["error"]["message"])

    def answer(self, request: Request) -> Response:
        """A page; never raises."""
        if request.path == "/console/style.css":
            return Response(SHEET.encode(), content_type="text/css; charset=utf-8", headers=dict(HEADERS))
        try:
            if not self.access.signed_in(request):
                return self._sign_in(request)
            if request.query("token"):
                return self._signed_in(request.path)
            return self._page(request)
        except ApiError as problem:
            code = 404 if problem.code == 501 else problem.code
            return self._show("", "This did not work", tag("p", problem.message, role="alert"), status=code)
        except Exception as problem:  # as everywhere: a fault of ours is said, and is no passing fault
            log.exception("fault while showing %s", request.path)
            return self._show("", "A fault of the console", tag("p", repr(problem), role="alert"), status=501)

    def _page(self, request: Request) -> Response:
        route = self._router.find(request)
        if request.method == "POST":
            values = submitted(request)
            if not same(values.get("form_key", ""), self.form_key):
                raise ApiError(403, "forbidden", "This form was not made by this console, or is old: load it again.")
            route.handler(self, values)
            return Response(status=303, headers={**HEADERS, "Location": request.path.removesuffix("/clear")})
        title, body = route.handler(self, request)
        return self._show(route.operation, title, body)

    def _sign_in(self, request: Request) -> Response:
        shown = submitted(request).get("token") if request.method == "POST" else request.query("token")
        if shown and self.access.is_token(shown):
            return self._signed_in(request.path)
        wrong = tag("p", "That is not the token of this server.", cls="warn", role="alert") if shown else None
        why = tag("p", "The server printed a token when it started.")
        box = field("token", "Token", type="password", autocomplete="off", required=True)
        body = join(
            [why, wrong, tag("form", box, tag("button", "Sign in", type="submit"), method="post", action="/console")]
        )
        return self._show("", "Sign in", body, status=401)

    def _signed_in(self, path: str) -> Response:
        cookie = f"{COOKIE}={self.access.cookie}; Path=/console; HttpOnly; SameSite=Strict"
        return Response(status=303, headers={**HEADERS, "Location": path, "Set-Cookie": cookie})

    def _show(self, subject: str, title: str, body: Html, *, status: int = 200) -> Response:
        text = f"<!doctype html>\n{document(subject, title, body)}"
        return Response(text.encode(), status, dict(HEADERS), "text/html; charset=utf-8")


def submitted(request: Request) -> dict[str, str]:
    """The fields of a form. Raises ApiError 413 for more than a form of ours holds."""
    raw = request.data()
    if len(raw) > LONGEST_FORM:
        raise ApiError(413, "tooLarge", f"found a form of {len(raw)} bytes, expected at most {LONGEST_FORM}")
    return {name: values[-1] for name, values in parse_qs(raw.decode(errors="replace")).items()}


def document(subject: str, title: str, body: Html) -> Html:
    """A whole page: header, navigation, one main part with one first heading."""
    items = [tag("li", _subject(name, path, here=name == subject)) for name, path in SUBJECTS]
    head = tag(
        "head",
        tag("meta", charset="utf-8"),
        tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
        tag("title", f"{title} – offline Google Cloud"),
        tag("link", rel="stylesheet", href="/console/style.css"),
        tag("link", rel="icon", href="data:,"),
    )
    name = tag("p", tag("strong", "Offline Google Cloud"), " – a simulator on this machine. Nothing here is billed.")
    top = tag("header", name, tag("nav", tag("ul", *items), aria_label="Subjects"))
    skip = tag("a", "Skip to the content", href="#content", cls="skip")
    main = tag("main", tag("h1", title), body, id="content")
    return tag("html", head, tag("body", skip, top, main), lang="en")


def _subject(name: str, path: tuple[str, ...], *, here: bool) -> Html:
    target = "/".join(["/console", *path])
    return tag("a", name, href=target, aria_current="page" if here else None)
