"""Pictures of endpoints and storms, each with the sentence that tells it to who does not see it (`..._alt`).

What is told by colour is told by shape or dash too.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

import numpy as np

from .errors import BadSeries

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

    from .autoscaling import ScalingResult
    from .retry_storm import StormResult

DARK, MIDDLE, LIGHT = "#1b4f72", "#5d8aa8", "#d5d8dc"
MINUTE, HOUR = 60, 3600
STYLES = ("-", "--", ":", "-.")


def frontier_figure(table: pd.DataFrame) -> Figure:
    """Return cost against p99 of the policies of `scaling_frontier`; those that no other beats are joined by a line."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(7, 4), layout="constrained")
    axes = figure.subplots()
    usd, best = table["usd"].astype(float), table[table["best"]]
    axes.plot(usd, table["p99_ms"], "o", color="white", markeredgecolor="grey", label="beaten by another policy")
    axes.plot(best["usd"].astype(float), best["p99_ms"], "s-", color=DARK, label="cheaper or faster than all others")
    for row in best.itertuples():
        text = f"{row.minimum}–{row.maximum} at {row.target:.0%}"
        axes.annotate(text, (float(row.usd), row.p99_ms), xytext=(5, 5), textcoords="offset points", fontsize="small")
    axes.set_yscale("log")
    axes.set_xlabel("cost of the time simulated (USD)")
    axes.set_ylabel("latency of the slowest 1 % (ms, log)")
    axes.set_title("Cost against waiting")
    axes.legend(fontsize="small")
    return figure


def frontier_alt(table: pd.DataFrame) -> str:
    """Return the ends of the frontier in a sentence."""
    best = table[table["best"]]
    first, last = best.iloc[0], best.iloc[-1]
    return (
        f"{len(best)} of {len(table)} policies are on the frontier, from {first['usd']:.2f} USD with a p99 of "
        f"{first['p99_ms']:,.0f} ms to {last['usd']:.2f} USD with {last['p99_ms']:,.0f} ms."
    )


def scaling_figure(result: ScalingResult) -> Figure:
    """Return requests and replicas over the day, by minute, and below them the latency of each minute's slowest."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(7, 5), layout="constrained")
    above, below = figure.subplots(2, sharex=True)
    minutes = len(result.requests) // MINUTE
    if not minutes:
        raise BadSeries(f"{len(result.requests)} seconds", "at least a minute", "Simulate longer.")
    hours = np.arange(minutes) * MINUTE / HOUR
    above.fill_between(hours, _by_minute(result.requests, np.mean), color=LIGHT, label="requests a second")
    replicas = above.twinx()
    replicas.step(hours, _by_minute(result.billed, np.max), color=DARK, where="post", label="replicas billed")
    replicas.set_ylabel("replicas (line)")
    replicas.set_ylim(bottom=0)
    above.set_ylabel("requests a second (area)")
    below.semilogy(hours, _by_minute(result.latency_ms, np.max), color=DARK)
    below.set_ylabel("slowest request (ms, log)")
    below.set_xlabel("hour of the day")
    above.set_title(f"{float(result.replica_hours):,.1f} replica hours, p99 {result.p99_ms:,.0f} ms")
    return figure


def scaling_alt(result: ScalingResult) -> str:
    """Return the day in a sentence."""
    worst = int(result.latency_ms.argmax())
    return (
        f"{int(result.requests.sum()):,} requests, between {result.billed.min()} and {result.billed.max()} replicas; "
        f"the longest wait is {result.latency_ms.max():,.0f} ms, {worst / HOUR:.1f} hours after the beginning."
    )


def storm_figure(results: Mapping[str, StormResult], *, outage: tuple[int, int]) -> Figure:
    """Return the calls in each second (mean of 10), by rule, on a logarithmic scale; the outage is grey."""
    from matplotlib.figure import Figure

    if not results:
        raise BadSeries("no results", "at least one, by the name of its rule", "See simulate_retries.")
    figure = Figure(figsize=(7, 4), layout="constrained")
    axes = figure.subplots()
    axes.axvspan(*outage, color=LIGHT, label="outage")
    for number, (name, result) in enumerate(results.items()):
        smooth = np.convolve(result.calls, np.ones(10) / 10, mode="same")
        color = DARK if number % 2 == 0 else MIDDLE
        axes.semilogy(np.maximum(smooth, 0.1), STYLES[number % len(STYLES)], color=color, label=name)
    axes.set_xlabel("second")
    axes.set_ylabel("calls a second (log)")
    axes.set_title("What retries make of an outage")
    axes.legend(fontsize="small")
    return figure


def storm_alt(results: Mapping[str, StormResult]) -> str:
    """Return calls per request of each rule in a sentence."""
    parts = [f"{name}: {result.amplification:.1f} calls per request, at worst {result.worst:,} a second"
             for name, result in results.items()]  # fmt: skip
    return "; ".join(parts) + "."


def _by_minute(values: np.ndarray, how: Callable[..., np.ndarray]) -> np.ndarray:
    return how(values[: len(values) // MINUTE * MINUTE].reshape(-1, MINUTE), axis=1)
