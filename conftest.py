"""Notebooks under test (nbval) get a course home of their own: what a learner has solved must not change an output.

Their kernels are those of a build (`notebooks.kernel`), and one that dies is noticed at once. `tools.lesson_outcomes`
asks what their exercises said, and `tools.run_times` says at the end where the time went.
"""

import os
import tempfile
import time
from queue import Empty

import pytest

from notebooks.kernel import ipython_folder
from tools.lesson_homes import HOMES, environment, home

pytest_plugins = ["tools.run_times", "tools.lesson_outcomes"]

BEFORE = pytest.StashKey[dict]()
KERNEL_VARIABLES = ("MLOPS_COURSE_HOME", "MLOPS_OPERATIONS_FILE", "IPYTHONDIR", "PYTHONPATH")


def pytest_configure(config):
    config.stash[HOMES] = tempfile.TemporaryDirectory(prefix="mlops-tests-")
    config.stash[BEFORE] = {name: os.environ.get(name) for name in KERNEL_VARIABLES}
    os.environ["PYTHONPATH"] = str(config.rootpath)  # kernels start in the notebook's folder


def pytest_unconfigure(config):
    for name, value in config.stash[BEFORE].items():
        if value is None:
            os.environ.pop(name, None)
        else:
            os.environ[name] = value
    config.stash[HOMES].cleanup()


def pytest_collection_modifyitems(items):
    """What executes lessons comes first: few tests, long ones, which at the end would keep one process busy alone."""
    items.sort(key=lambda item: item.path.parent.name not in ("notebooks", "solutions"))


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item):
    """Runs before nbval starts a notebook's kernel, which takes over these variables."""
    if item.path.suffix == ".ipynb":
        own = home(item)
        own.mkdir(parents=True, exist_ok=True)
        os.environ.update(environment(item))
        os.environ["IPYTHONDIR"] = str(ipython_folder(own))


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_call(item):
    """nbval would wait half an hour for the answer of a kernel that is dead."""
    kernel = getattr(item.parent, "kernel", None)
    if kernel is not None and "await_reply" not in vars(kernel):
        kernel.await_reply = _mortal(kernel)


def _mortal(kernel):
    """The kernel's `await_reply`, which looks every second whether there still is a kernel."""
    ask = kernel.await_reply

    def await_reply(message, timeout=None):
        deadline = time.monotonic() + (timeout or float("inf"))
        while True:
            try:
                return ask(message, timeout=min(timeout or 1, 1))
            except Empty:
                if not kernel.is_alive():
                    raise RuntimeError("The kernel died. Look for what ended it in this cell.") from None
                if time.monotonic() > deadline:
                    raise

    return await_reply
