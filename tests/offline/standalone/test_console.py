"""The console: every page well-formed, accessible, escaped; forms that only the console can send.

Where a Chromium is installed it looks at the pages too.
"""

import re
import shutil
import subprocess
from html.parser import HTMLParser

import pytest
import requests
from google.cloud import aiplatform, bigquery, storage
from google.cloud import logging as cloud_logging

from mlops_helpers.offline.console import Console
from mlops_helpers.offline.console.html import Html, join, link, tag
from mlops_helpers.offline.console.style import SHEET
from mlops_helpers.offline.door import COOKIE, Access
from mlops_helpers.offline.wire import Request

EVIL = "<script>alert('x')</script>&\""
TABLE = "/bigquery/shop-project/shop/orders"
PATHS = ("", "/storage", "/storage/shop-data", "/bigquery", TABLE, "/bigquery/shop-project/shop/view", "/models")
PATHS += ("/runs", "/logs", "/spend", "/faults", "/clock")
VOID = {"meta", "link", "input", "br"}


class Page(HTMLParser):
    """A parsed page: fails on markup that does not nest; collects what a screen reader would."""

    def __init__(self, text):
        super().__init__()
        self.open, self.tags, self.words = [], [], []
        self.feed(text.removeprefix("<!doctype html>\n"))
        self.close()
        assert self.open == []

    def handle_starttag(self, name, attributes):
        self.tags.append((name, dict(attributes)))
        if name not in VOID:
            self.open.append(name)

    def handle_endtag(self, name):
        assert self.open.pop() == name

    def handle_data(self, data):
        self.words.append(data)

    def all(self, name):
        return [attributes for found, attributes in self.tags if found == name]

    @property
    def text(self):
        return " ".join(" ".join(self.words).split())


@pytest.fixture
def browser(start):
    """A server, and a session that has signed in with its token."""
    server = start()
    session = requests.Session()
    session.get(f"{server.url}/console", params={"token": server.address.token}, timeout=5).raise_for_status()
    session.server, session.console = server, f"{server.url}/console"
    yield session
    session.close()


@pytest.fixture
def filled(browser, attach):
    with attach(browser.server, project="shop-project") as opened:
        bucket = storage.Client().create_bucket("shop-data")
        bucket.blob(EVIL).upload_from_string(b"x" * 2048, content_type="text/csv")
        tables = bigquery.Client()
        tables.create_dataset("shop")
        rows = [{"customer": f"{EVIL}{n}", "tags": ["a", "b"]} for n in range(30)]
        tables.load_table_from_json(rows, "shop.orders").result()
        tables.query("CREATE VIEW shop.view AS SELECT * FROM shop.orders").result()
        aiplatform.init(project=opened.project, location=opened.location)
        aiplatform.Endpoint.create(display_name="churn")
        cloud_logging.Client().logger("training").log_text("epoch 1 done")
        opened.faults.inject("latency", operation="firestore.*", seconds=0.1)
    return browser


def chromium(url):
    """What a real browser makes of a page, where there is one."""
    program = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if program is None:
        return None
    options = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"]
    options += ["--disable-background-networking", "--dump-dom", url]
    return subprocess.run([program, *options], capture_output=True, text=True, check=True, timeout=60).stdout


def test_every_page_is_well_formed_accessible_and_escaped(filled):
    for path in PATHS:
        answer = filled.get(filled.console + path, timeout=10)
        assert answer.status_code == 200, path
        page = Page(answer.text)
        assert page.all("html") == [{"lang": "en"}]
        assert [len(page.all(name)) for name in ("h1", "main", "title", "script")] == [1, 1, 1, 0], path
        assert len([a for a in page.all("a") if a.get("aria-current") == "page"]) == 1, path
        assert len(page.all("table")) == len(page.all("caption")), path
        assert all(head.get("scope") in ("col", "row") for head in page.all("th")), path
        shown = [box["id"] for box in (*page.all("input"), *page.all("select")) if box.get("type") != "hidden"]
        assert sorted(shown) == sorted(label["for"] for label in page.all("label")), path
        assert {"Content-Security-Policy", "X-Content-Type-Options", "Referrer-Policy"} <= set(answer.headers)


def test_the_pages_show_what_there_is(filled):
    def text(path):
        return Page(filled.get(filled.console + path, timeout=10).text).text

    assert "shop-project 1 1 0" in text("")
    assert "shop-data shop-project US STANDARD 1 2.0 KiB off" in text("/storage")
    assert f"{EVIL} 2.0 KiB text/csv 17676" in text("/storage/shop-data")
    assert "shop shop-project US 2" in text("/bigquery")
    assert f'20 {EVIL}19 ["a", "b"]' in text(TABLE)
    assert f"{EVIL}20" not in text(TABLE)
    assert "A view has no rows of its own" in text("/bigquery/shop-project/shop/view")
    assert "churn shop-project none" in text("/models")
    assert "training epoch 1 done" in text("/logs")
    assert "storage.objects.insert 1" in text("/spend")
    assert "latency firestore.* 1 0 0.1" in text("/faults")


def test_a_browser_follows_the_tokens_link_and_shows_the_page(filled):
    """What the parser says holds everywhere; a browser, where there is one, must agree."""
    url = f"{filled.console}/storage/shop-data?token={filled.server.address.token}"
    page = Page(requests.get(url, timeout=5).text)
    assert f"{EVIL} 2.0 KiB" in page.text
    dom = chromium(url)
    if dom is not None:
        assert "<h1>Bucket shop-data</h1>" in dom
        assert "<script>" not in dom


def test_whoever_has_no_cookie_is_asked_for_the_token(start):
    server = start()
    for path in ("", "/storage", "/nothing"):
        answer = requests.get(f"{server.url}/console{path}", timeout=5)
        assert (answer.status_code, "Sign in" in answer.text) == (401, True)
    wrong = requests.post(f"{server.url}/console", data={"token": "wrong"}, timeout=5)
    assert (wrong.status_code, "not the token" in wrong.text) == (401, True)
    right = {"token": server.address.token}
    answer = requests.post(f"{server.url}/console", data=right, timeout=5, allow_redirects=False)
    assert answer.status_code == 303
    assert re.fullmatch(rf"{COOKIE}=\w{{64}}; Path=/console; HttpOnly; SameSite=Strict", answer.headers["Set-Cookie"])
    assert server.address.token not in answer.headers["Set-Cookie"]


def test_faults_are_switched_on_and_off(browser):
    key = re.search(r'name="form_key" value="(\w+)"', browser.get(f"{browser.console}/faults", timeout=5).text)[1]
    fault = {"form_key": key, "kind": "unavailable", "operation": "storage.*", "times": "2", "seconds": "0"}
    shown = browser.post(f"{browser.console}/faults", data=fault, timeout=5)
    assert "unavailable storage.* 2 0" in Page(shown.text).text
    assert browser.server.get("/storage/v1/b?project=p").status_code == 503
    assert browser.post(f"{browser.console}/faults/clear", data={"form_key": key}, timeout=5).url.endswith("/faults")
    assert browser.server.get("/storage/v1/b?project=p").status_code == 200


def test_the_clock_jumps_ahead(browser):
    key = Access(browser.server.address.token).form_key
    before = browser.server.get("/_offline/clock").json()["now"]
    shown = browser.post(f"{browser.console}/clock", data={"form_key": key, "days": "30"}, timeout=5)
    after = browser.server.get("/_offline/clock").json()["now"]
    assert (before[:10], after[:10]) == ("2026-01-05", "2026-02-04")
    assert after in shown.text


@pytest.mark.parametrize("key", [{}, {"form_key": ""}, {"form_key": "0" * 64}])
def test_forms_of_other_pages_are_refused(browser, key):
    answer = browser.post(f"{browser.console}/clock", data={**key, "days": "1"}, timeout=5)
    assert answer.status_code == 403
    assert browser.server.get("/_offline/clock").json()["now"].startswith("2026-01-05")


@pytest.mark.parametrize(
    ("path", "values", "message"),
    [
        ("clock", {"days": "-1"}, "expected more than 0"),
        ("clock", {"days": "soon"}, "expected a number"),
        ("clock", {"days": "nan"}, "expected a number"),
        ("clock", {"days": "1e9"}, "at most 3650"),
        ("faults", {"kind": EVIL, "operation": "x", "times": "1", "seconds": "0"}, "found fault"),
        ("faults", {"kind": "latency", "operation": "x", "times": "inf", "seconds": "0"}, "expected a number"),
        ("faults", {"kind": "latency", "operation": "x", "times": "1", "seconds": "x"}, "expected a number"),
        ("clock", {"days": "1" * 20_000}, "expected at most"),
    ],
)
def test_nonsense_in_a_form_is_refused_with_a_sentence(browser, path, values, message):
    key = Access(browser.server.address.token).form_key
    answer = browser.post(f"{browser.console}/{path}", data={"form_key": key, **values}, timeout=5)
    assert 400 <= answer.status_code < 500
    assert message in Page(answer.text).text


@pytest.mark.parametrize(
    "path", ["/nothing", "/storage/no-bucket", "/bigquery/p/d/t", "/storage/%3Cscript%3E", "/storage/a/b/c"]
)
def test_what_is_not_there_is_a_404_page(browser, path):
    answer = browser.get(browser.console + path, timeout=5)
    assert answer.status_code == 404
    assert "<script>" not in answer.text


def test_a_fault_of_the_console_is_a_page_too(cloud, caplog):
    def broken(usage):
        raise KeyError("boom")

    access = Access(None)
    answer = Console(cloud, access, receipt=broken).answer(Request("GET", "/console/spend"))
    assert (answer.status, b"boom" in answer.body) == (501, True)
    assert "fault while showing /console/spend" in caplog.text


def test_looking_does_not_load_services(browser):
    for path in ("", "/storage", "/bigquery", "/models", "/runs", "/logs", "/spend"):
        assert "None." in browser.get(browser.console + path, timeout=5).text, path
    assert browser.server.get("/_offline/usage").json()["usage"] == {}


def test_text_becomes_html_in_one_place():
    assert tag("p", EVIL, cls=EVIL) == (
        '<p class="&lt;script&gt;alert(&#x27;x&#x27;)&lt;/script&gt;&amp;&quot;">'
        "&lt;script&gt;alert(&#x27;x&#x27;)&lt;/script&gt;&amp;&quot;</p>"
    )
    assert join([Html("<b>"), "<b>", None, 3]) == "<b>&lt;b&gt;3"
    assert link("x", "storage", "a/../b") == '<a href="/console/storage/a%2F..%2Fb">x</a>'


def luminance(colour):
    parts = [int(colour[n : n + 2], 16) / 255 for n in (1, 3, 5)]
    red, green, blue = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@pytest.mark.parametrize("scheme", [0, 1], ids=["light", "dark"])
def test_colours_keep_a_contrast_that_can_be_read(scheme):
    """WCAG 2.2, contrast (minimum): 4.5 : 1 for text."""
    colours = dict(re.findall(r"--([\w-]+): (#\w{6})", SHEET.split("@media")[scheme]))
    pairs = [(front, back) for front in ("ink", "soft", "link", "warn") for back in ("paper", "band")]
    for front, back in (*pairs, ("on-act", "act")):
        high, low = sorted((luminance(colours[front]), luminance(colours[back])), reverse=True)
        assert (high + 0.05) / (low + 0.05) >= 4.5, (front, back)
