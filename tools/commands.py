"""The course's commands. `make X` and `python -m tools X` do the same."""

from __future__ import annotations

import argparse
import os
import shutil
from collections.abc import Callable, Sequence

from tools.environment import ROOT, Environment, EnvironmentFailed, say
from tools.locking import colab_sentence, lock_course

COURSE = Environment(ROOT / ".venv", ROOT / "constraints" / "lock.txt")
LAB = Environment(ROOT / ".venv-lab", ROOT / "constraints" / "lab.txt")
DEFAULT_PORT = 8085
# What can be made again. A learner's notebooks and their progress are not in this list.
MADE = ("build", ".venv", ".venv-lab", ".pytest_cache", ".ruff_cache", ".hypothesis")
SIDE_BY_SIDE = ("-n", "2", "--dist", "loadfile", "--no-loadscope-reorder")
PYTEST = ("-m", "pytest", "--nbval", *SIDE_BY_SIDE, "-q", "tests", "notebooks")
OPERATIONS = "build/operations"

Arguments = list[str]


def environment() -> Environment:
    """The lessons' environment, built when it is not there."""
    COURSE.ensure(_finish_course)
    return COURSE


def run(arguments: Arguments) -> int:
    """Execute all lessons and write build/report/index.html."""
    return environment().run("-m", "notebooks.build", "--run", *arguments)


def lesson(arguments: Arguments) -> int:
    """Execute one lesson, by its number: lesson 1. With another parameter: lesson 1 -p BREAK_IT false."""
    if not arguments or not arguments[0].isdigit() or arguments[1:2] not in ([], ["-p"]):
        raise EnvironmentFailed(f"Which lesson? Found {arguments}; give one number, as in: make lesson N=1")
    return run(arguments)


def test(arguments: Arguments) -> int:
    """Everything CI runs: lint, unit, property and contract tests, the notebooks' stored outputs.

    A whole run must have had an answer from each operation that COVERAGE.md calls answered.
    """
    if arguments:
        return environment().run(*PYTEST, *arguments)
    shutil.rmtree(ROOT / OPERATIONS, ignore_errors=True)
    failed = environment().run(*PYTEST, "-p", "tools.tested_operations", "--operations", OPERATIONS)
    return failed or environment().run("-m", "tools.coverage_page", "--untested", OPERATIONS)


def notebooks(arguments: Arguments) -> int:
    """Execute the lessons and store both editions of each."""
    return environment().run("-m", "notebooks.build", *arguments)


def lab(arguments: Arguments) -> int:
    """JupyterLab on the first lesson, in an environment of its own."""
    environment()
    LAB.ensure(_finish_lab)
    return LAB.run("-m", "jupyterlab", *(arguments or ["notebooks/01_governance.ipynb"]))


def cloud(arguments: Arguments) -> int:
    """The offline Google Cloud on its own, for a classroom or another language's client."""
    return environment().run("-m", "mlops_helpers.offline", *(arguments or ["--port", str(DEFAULT_PORT)]))


def bench(arguments: Arguments) -> int:
    """Print the table of speed ratios against peers."""
    return environment().run("-m", "benchmarks", *arguments)


def lock(arguments: Arguments) -> int:
    """Resolve the lock files anew (needs uv) and say what Colab would have to install."""
    uv = shutil.which("uv")
    if uv is None:
        raise EnvironmentFailed("Locking needs uv, which is not on PATH. Install it, then run the command again.")
    lock_course(uv, arguments)
    say(colab_sentence(uv))
    return 0


def clean(arguments: Arguments) -> int:
    """Remove what can be made again: reports, environments, caches. Never a learner's work."""
    for name in MADE:
        shutil.rmtree(ROOT / name, ignore_errors=True)
    for folder in ("mlops_helpers", "notebooks", "tests", "tools", "benchmarks", "data"):
        for cache in sorted((ROOT / folder).rglob("__pycache__")):
            shutil.rmtree(cache, ignore_errors=True)
    return 0


COMMANDS: dict[str, Callable[[Arguments], int]] = {
    command.__name__: command for command in (run, test, lab, lesson, notebooks, cloud, bench, lock, clean)
}


def main(arguments: Sequence[str]) -> int:
    """Run one command; its exit code. What the command does not know itself goes on to what it starts."""
    listing = "\n".join(f"  {name:<10} {(command.__doc__ or '').splitlines()[0]}" for name, command in COMMANDS.items())
    parser = argparse.ArgumentParser(
        prog="python -m tools", epilog=f"commands:\n{listing}", formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("command", choices=COMMANDS, metavar="COMMAND")
    chosen, rest = parser.parse_known_args(arguments)
    try:
        return COMMANDS[chosen.command](rest)
    except EnvironmentFailed as error:
        say(str(error))
        return 1
    except KeyboardInterrupt:
        say("interrupted")
        return 130


def _finish_course(course: Environment) -> None:
    """Put the repository itself on the environment's path, then compile what the lessons import."""
    (packages,) = [path for path in course.folder.rglob("site-packages") if path.parent.name != "lib64"][:1]
    # A path relative to the file it stands in: no build backend, no encoding, and the clone may be moved.
    (packages / "course.pth").write_text(os.path.relpath(ROOT, packages) + "\n", encoding="ascii")
    course.run("-m", "tools.warm", check=True)


def _finish_lab(lab_environment: Environment) -> None:
    """Give JupyterLab the lessons' kernel, under the name the notebooks ask for."""
    prefix = str(lab_environment.folder)
    kernel = ("ipykernel", "install", "--prefix", prefix, "--name", "python3", "--display-name", "Python 3 (course)")
    COURSE.run("-m", *kernel, check=True)
