"""Peak memory of each step, measured by Python's own tracer of allocations.

What it sees are Python's objects and numpy's arrays, of all threads; what Arrow allocates (pandas' text columns) it
does not see. It makes programs that allocate much several times slower, so it is off unless asked for.
"""

from __future__ import annotations

import tracemalloc

MEGABYTE = 1e6


class MemoryMeter:
    """Measures nested spans: the peak of an inner one counts for those around it as well."""

    def __init__(self) -> None:
        self._open: list[list[int]] = []  # [bytes at the start, peak so far] of each open span, outermost first
        self._started = False

    def begin(self) -> None:
        """Begin a span inside of those that are open."""
        if not self._open and not tracemalloc.is_tracing():
            tracemalloc.start()
            self._started = True
        self._note_peak()
        now, _ = tracemalloc.get_traced_memory()
        self._open.append([now, now])
        tracemalloc.reset_peak()

    def end(self) -> float:
        """End the innermost span; return by how many megabytes its peak lay above its start."""
        self._note_peak()
        start, peak = self._open.pop()
        tracemalloc.reset_peak()
        if not self._open and self._started:
            tracemalloc.stop()
            self._started = False
        return (peak - start) / MEGABYTE

    def _note_peak(self) -> None:
        """Take the peak since the last look into all open spans."""
        _, peak = tracemalloc.get_traced_memory()
        for span in self._open:
            span[1] = max(span[1], peak)
