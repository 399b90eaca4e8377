"""A kernel in which a cell fails for what went wrong beside it: in a thread, a task, a shell command.

Python prints such errors at some later time, or never, and the cell that caused them counts as passed. Builds and tests
start their kernels in an IPython folder (`ipython_folder`) that loads this module as an extension. After each cell it
shows `WentWrongBeside`, which papermill and nbval take for what it is. Learners' own kernels do not load it.

Standard library only: it is imported into every kernel.
"""

from __future__ import annotations

import asyncio
import inspect
import threading
from pathlib import Path
from types import FrameType
from typing import Any

SETTINGS = """c = get_config()
c.IPKernelApp.log_level = 'CRITICAL'  # no talk of loopback encryption
c.InteractiveShellApp.extensions = ['notebooks.kernel']
"""
PATIENCE = 5.0  # seconds that a cell's threads get to end
REMEDY = "Wait for it in the cell that starts it (join a thread, await a task), and let its error be seen."


class WentWrongBeside(Exception):
    """What a cell started failed, or was still at work when the cell ended."""


def ipython_folder(folder: Path) -> Path:
    """Make an IPython folder whose kernels load this module; a person's start-up files and history take no part."""
    profile = folder / "ipython" / "profile_default"
    profile.mkdir(parents=True, exist_ok=True)
    (profile / "ipython_kernel_config.py").write_text(SETTINGS, encoding="utf-8")
    return folder / "ipython"


def load_ipython_extension(shell: Any) -> None:
    """What IPython calls when the kernel starts."""
    watch = _Watch(shell)
    threading.excepthook = watch.thread_failed
    shell.events.register("pre_run_cell", watch.before)
    shell.events.register("post_run_cell", watch.after)


class _Watch:
    """Notes what each cell starts, and tells after the cell what became of it."""

    def __init__(self, shell: Any) -> None:
        self.shell = shell
        self.failures: list[str] = []
        self.tasks: list[asyncio.Task] = []
        self.threads: set[threading.Thread] = set()

    def thread_failed(self, hook: Any) -> None:
        """Stands in for `threading.excepthook`."""
        if hook.exc_type is not SystemExit:
            name = hook.thread.name if hook.thread else "a thread"
            self.failures.append(f"{name} failed: {hook.exc_type.__name__}: {hook.exc_value}")

    def before(self, info: Any) -> None:
        """Before a cell: see to it that its tasks are noted, and remember the threads there are."""
        asyncio.get_running_loop().set_task_factory(self._note_task)
        self.threads = set(threading.enumerate())
        self.shell.user_ns.pop("_exit_code", None)

    def after(self, result: Any) -> None:
        """After a cell: show what went wrong beside it."""
        self._await_threads()
        self._judge_tasks()
        self._judge_coroutines()
        if code := self.shell.user_ns.get("_exit_code"):
            self.failures.append(f"a shell command ended with code {code}")
        failures, self.failures = self.failures, []
        if failures:
            error = WentWrongBeside(f"{'; '.join(failures)}. {REMEDY}")
            self.shell.showtraceback((WentWrongBeside, error, None))

    def _note_task(self, loop: asyncio.AbstractEventLoop, coroutine: Any, **options: Any) -> asyncio.Task:
        task = asyncio.Task(coroutine, loop=loop, **options)
        if _asked_by(inspect.currentframe()).f_globals is self.shell.user_ns:
            self.tasks.append(task)
        return task

    def _await_threads(self) -> None:
        """Threads that would outlive the notebook anyway (daemons) and workers of a pool are left alone."""
        for thread in set(threading.enumerate()) - self.threads:
            if thread.daemon or _is_pool_worker(thread):
                continue
            thread.join(PATIENCE)
            if thread.is_alive():
                self.failures.append(f"{thread.name} is still at work {PATIENCE:g} s after its cell ended")

    def _judge_tasks(self) -> None:
        for task in self.tasks:
            if not task.done():
                self.failures.append(f"the task {_name(task.get_coro())}() was not awaited")
                task.cancel()
            # The flag by which asyncio itself knows that nobody has looked at the error.
            elif not task.cancelled() and task._log_traceback:
                self.failures.append(f"the task {_name(task.get_coro())}() failed: {task.exception()!r}")
        self.tasks = []

    def _judge_coroutines(self) -> None:
        for value in list(self.shell.user_ns.values()):
            if inspect.iscoroutine(value) and inspect.getcoroutinestate(value) == inspect.CORO_CREATED:
                self.failures.append(f"the coroutine {_name(value)}() was never awaited")
                value.close()


def _asked_by(frame: FrameType) -> FrameType:
    """The first frame outside of this module and of asyncio."""
    while frame.f_back and frame.f_globals.get("__name__", "").startswith((__name__, "asyncio.")):
        frame = frame.f_back
    return frame


def _is_pool_worker(thread: threading.Thread) -> bool:
    """Whether the thread belongs to an executor: it lives as long as that, and its errors come with the results."""
    return getattr(getattr(thread, "_target", None), "__module__", "") == "concurrent.futures.thread"


def _name(coroutine: Any) -> str:
    return getattr(coroutine, "__name__", "?")
