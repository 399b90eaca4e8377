"""The report of a run: one page of lessons, and each executed lesson as a page of its own."""

from __future__ import annotations

import hashlib
import platform
from collections.abc import Iterable
from html import escape
from pathlib import Path

from jinja2 import DictLoader
from nbconvert import HTMLExporter

from notebooks.editions import LEARNER, SOLUTIONS
from notebooks.execute import Execution

LOCK = Path("constraints") / "lock.txt"
# nbconvert's own page, with the sentence that a figure carries put where a screen reader looks for it.
LESSON_PAGE = """{% extends 'lab/index.html.j2' %}
{% block data_png scoped %}
<div class="jp-RenderedImage jp-OutputArea-output">
<img src="data:image/png;base64,{{ output.data['image/png'] | escape_html }}"
     alt="{{ (output | get_metadata('alt', 'image/png') or '') | escape_html }}">
</div>
{% endblock data_png %}"""

REPORT_PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Course report</title>
<style>
body {{ font-family: system-ui, sans-serif; margin: 2rem auto; max-width: 60rem; padding: 0 1rem; color: #222 }}
table {{ border-collapse: collapse; width: 100% }}
th, td {{ border-bottom: 1px solid #ccc; padding: 0.5rem; text-align: left; vertical-align: top }}
.failed {{ color: #a33b00; font-weight: bold }}
</style></head><body>
<h1>Course report</h1>
<p>{summary}</p>
<table><thead><tr><th>lesson</th><th>edition</th><th>status</th><th>seconds</th><th>figures</th></tr></thead>
<tbody>{rows}</tbody></table>
<p>Python {python} · lock {lock}</p>
</body></html>
"""


def page_name(execution: Execution) -> str:
    """The file name of a lesson's page in the report's folder."""
    suffix = "" if execution.job.which == LEARNER else f"-{SOLUTIONS}"
    return f"{execution.job.source.stem}{suffix}.html"


def lesson_page(execution: Execution) -> str:
    """An executed lesson as HTML; figures carry their alternative text."""
    exporter = HTMLExporter(template_file="lesson.html.j2", extra_loaders=[DictLoader({"lesson.html.j2": LESSON_PAGE})])
    page, _ = exporter.from_notebook_node(execution.notebook, {"metadata": {"name": execution.job.source.stem}})
    return page


def write_report(executions: Iterable[Execution], folder: Path, *, lock: Path = LOCK) -> Path:
    """Write `index.html` and one page per execution into `folder`; the path of the index.

    The index shows status, seconds and figures of each edition and the SHA-256 of the lock file the environment is
    built from, so that two reports can be compared.
    """
    executions = sorted(executions, key=page_name)
    folder.mkdir(parents=True, exist_ok=True)
    for execution in executions:
        (folder / page_name(execution)).write_text(lesson_page(execution), encoding="utf-8")
    failed = sum(bool(execution.error) for execution in executions)
    index = folder / "index.html"
    index.write_text(
        REPORT_PAGE.format(
            summary=f"{len(executions) - failed} of {len(executions)} notebooks ran to their end.",
            rows="".join(map(_row, executions)),
            python=platform.python_version(),
            lock=f"sha256 {hashlib.sha256(lock.read_bytes()).hexdigest()}" if lock.exists() else "not found",
        ),
        encoding="utf-8",
    )
    return index


def _row(execution: Execution) -> str:
    """One line of the index."""
    status = f'<span class="failed">failed: {escape(execution.error)}</span>' if execution.error else "ok"
    link = f'<a href="{page_name(execution)}">{escape(execution.job.source.stem)}</a>'
    fields = (link, execution.job.which, status, f"{execution.seconds:.1f}", str(execution.figures))
    return f"<tr>{''.join(f'<td>{field}</td>' for field in fields)}</tr>\n"
