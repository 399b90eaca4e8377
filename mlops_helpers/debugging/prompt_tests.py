"""Run prompt tests: in a notebook, in pytest, and in CI, where a failure ends the job.

    report = run_prompt_tests(prompt_cases("cases.toml"), gemini_generator(client), template=prompt.template, samples=5)
    require_pass(report, at_least=0.9)

From the command line, against a registry (`gs://bucket/prefix/`) or a template in a file:

    python -m mlops_helpers.debugging.prompt_tests cases.toml --registry gs://my-prompts --prompt sentiment@candidate \\
        --against production --samples 5 --fail-under 0.9 --cloud google --project my-project

Offline, a registry lives in a server that runs already (`python -m mlops_helpers.offline`, MLOPS_OFFLINE_URL).
It ends with 0 if the rate is reached and nothing got worse beyond chance, with 1 if not, with 2 if it could not run.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from mlops_helpers.debugging.case_reading import PromptCase, prompt_cases, refuse_repeated
from mlops_helpers.debugging.errors import DebuggingError, InvalidSetting, PromptTestsFailed
from mlops_helpers.debugging.prompt_checks import judge_answer
from mlops_helpers.debugging.prompt_compare import compare_reports
from mlops_helpers.debugging.prompt_models import Answer, Generator, Grader, gemini_generator, gemini_grader
from mlops_helpers.debugging.prompt_report import Outcome, PromptTestReport

if TYPE_CHECKING:
    from mlops_helpers.debugging.prompt_registry import Prompt

MOST_SAMPLES = 1000
PROGRAM = "mlops_helpers.debugging.prompt_tests"


def run_prompt_tests(
    cases: Sequence[PromptCase],
    generate: Generator,
    *,
    template: str | None = None,
    samples: int = 1,
    grader: Grader | None = None,
    name: str = "prompt",
) -> PromptTestReport:
    """Ask for `samples` answers to every case (seeds 0, 1, …) and check each of them.

    All that can be wrong with the cases is found before the first call is paid for: BadCase (an id twice),
    MissingVariables and its kin (the template does not fit a case), InvalidSetting (no template, no grader, samples).
    If all samples of each case turn out to be the same text, they count as one (`report.alike`).
    """
    _require_runnable(cases, template, grader, samples)
    prompts = [_prompt(case, template) for case in cases]
    answers = [[generate(prompt, seed) for seed in range(samples)] for prompt in prompts]
    alike = samples > 1 and all(len({answer.text for answer in given}) == 1 for given in answers)
    outcomes: list[Outcome] = []
    grading: list[Answer] = []
    for case, given in zip(cases, answers, strict=True):
        for sample, answer in enumerate(given[:1] if alike else given):
            verdicts = [(check.kind, judge_answer(check, answer, grader)) for check in case.checks]
            outcomes += [Outcome(case.id, sample, kind, found.passed, found.why) for kind, found in verdicts]
            grading += [found.call for _, found in verdicts if found.call]
    said = tuple(answer for given in answers for answer in given)
    return PromptTestReport(name, 1 if alike else samples, tuple(outcomes), said, tuple(grading), alike)


def require_pass(report: PromptTestReport, *, at_least: float = 1.0) -> PromptTestReport:
    """Return the report if its pass rate is at least this, else raise `PromptTestsFailed` with the first failures."""
    if not 0 <= at_least <= 1:
        raise InvalidSetting(f"at_least={at_least}", "a share from 0 to 1", "Use 0.9 for ninety of a hundred.")
    if report.rate < at_least:
        first = [f"{item.case}, {item.check}: {item.why}" for item in report.outcomes if not item.passed][:5]
        raise PromptTestsFailed(str(report), f"a rate of at least {at_least:.0%}", f"Failed: {'; '.join(first)}")
    return report


def _require_runnable(cases: Sequence[PromptCase], template: str | None, grader: Grader | None, samples: int) -> None:
    if not cases or not 1 <= samples <= MOST_SAMPLES:
        found = f"{len(cases)} cases and {samples} samples"
        raise InvalidSetting(found, f"at least one case, and 1 to {MOST_SAMPLES} samples", "Correct the call.")
    refuse_repeated(cases, "the list")
    if template is None and (needing := [case.id for case in cases if case.prompt is None]):
        found = f"no template, and variables in {', '.join(needing[:5])}"
        raise InvalidSetting(found, "a template to fill", "Pass template=….")
    graded = sorted({check.kind for case in cases for check in case.checks if check.needs_grader})
    if graded and grader is None:
        raise InvalidSetting(
            f"no grader, and checks that need one: {', '.join(graded)}", "one", "Pass gemini_grader(…)."
        )


def _prompt(case: PromptCase, template: str | None) -> str:
    from mlops_helpers.debugging.rendering import read_template

    return case.prompt if case.prompt is not None else read_template(template or "").render(case.variables)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; return its exit code."""
    from google.api_core.exceptions import GoogleAPIError
    from google.genai.errors import APIError

    from mlops_helpers.cloud import CloudError, connect

    options = _parser().parse_args(arguments)
    try:
        cases = prompt_cases(options.cases)
        with connect(options.cloud, project=options.project) as session:
            options.project = session.project
            reports = [_run(cases, prompt, options) for prompt in _prompts(options)]
        return _conclude(reports, options.fail_under)
    except (DebuggingError, CloudError, GoogleAPIError, APIError, OSError, ValueError) as error:
        sys.stderr.write(f"{type(error).__name__}: {error}\n")
        return 2


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m mlops_helpers.debugging.prompt_tests", description="Test a prompt."
    )
    parser.add_argument("cases", type=Path, help="a TOML file, see prompt_cases")
    under = parser.add_mutually_exclusive_group(required=True)
    under.add_argument("--registry", help="gs://bucket or gs://bucket/prefix/ of a prompt registry")
    under.add_argument("--template", type=Path, help="a file with the template")
    parser.add_argument("--prompt", default="", help="name@version or name@alias in the registry")
    parser.add_argument("--against", help="a version or alias that it must not be worse than")
    parser.add_argument("--samples", type=int, default=1, help="answers to each case")
    parser.add_argument("--fail-under", type=_share, default=1.0, help="the least pass rate, 0 to 1")
    parser.add_argument("--cloud", choices=("offline", "google"), default="offline")
    parser.add_argument("--project", help="the Google Cloud project")
    return parser


def _share(text: str) -> float:
    if not 0 <= float(text) <= 1:
        raise argparse.ArgumentTypeError(f"{text} is no share from 0 to 1")
    return float(text)


def _prompts(options: argparse.Namespace) -> list[Prompt]:
    """Return the prompts to run: the one to be compared with first, if any."""
    from mlops_helpers.debugging.prompt_registry import Prompt, PromptRegistry

    if options.template:
        return [Prompt(options.template.name, 0, options.template.read_text(encoding="utf-8"))]
    from google.cloud import storage

    bucket, _, prefix = options.registry.removeprefix("gs://").partition("/")
    registry = PromptRegistry(storage.Client().bucket(bucket), prefix or "prompts/")
    name, _, version = options.prompt.partition("@")
    if not version:
        raise InvalidSetting(f"--prompt {options.prompt!r}", "name@version or name@alias", "Say which one.")
    wanted = [options.against, version] if options.against else [version]
    return [registry.load(name, int(item) if item.isdigit() else item) for item in wanted]


def _run(cases: Sequence[PromptCase], prompt: Prompt, options: argparse.Namespace) -> PromptTestReport:
    from google import genai

    client = genai.Client(enterprise=True, project=options.project, location="global")
    generate = gemini_generator(client, model=prompt.model or None, config=prompt.parameters)
    grader = gemini_grader(client)
    name = f"{prompt.name} v{prompt.version}" if prompt.version else prompt.name
    report = run_prompt_tests(cases, generate, template=prompt.template, samples=options.samples, grader=grader)
    return replace(report, name=name)


def _conclude(reports: Sequence[PromptTestReport], fail_under: float) -> int:
    """Write what was found; return 0 for good and 1 for not good enough."""
    last, code = reports[-1], 0
    for failure in last.failures().to_dict("records"):
        sys.stdout.write("{case} [{sample}] {check}: {why}\n".format(**failure))
    sys.stdout.write(f"{last}\n")
    if last.rate < fail_under:
        sys.stdout.write(f"below --fail-under {fail_under}\n")
        code = 1
    if len(reports) > 1:
        comparison = compare_reports(*reports)
        sys.stdout.write(f"{comparison}\n")
        code = 1 if comparison.is_worse else code
    return code


if __name__ == "__main__":
    raise SystemExit(main())
