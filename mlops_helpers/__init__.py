"""Helpers for the eight challenges of running machine learning on Google Cloud; the map of the package.

cloud          the one door: connect to the offline Google Cloud or to a real project, record and clean up
governance     1  data quality, lineage, versions, privacy
monitoring     2  drift, delayed and estimated performance, alerts, retraining, calls of Gemini
debugging      3  reproducibility, error analysis, traces, experiments, prompts and their tests
skills         4  role profiles, gaps, bus factor, roadmaps, staffing, a quiz bank
tooling        5  pipelines, registry, rollout, batch prediction, decision matrix, infrastructure as code
cost           6  prices, tokens, budgets, labels, forecasts, a cache of answers, right sizes
collaboration  7  RACI, the retraining protocol, feedback, shared metrics, post-mortem
ethics         8  fairness, mitigation, explanation, model card, guardrails, red team
learning       exercises: check, hint, quiz, progress; figures and the glossary
lazy           names of a package that are loaded when they are first asked for
offline        a small Google Cloud on this machine that the real client libraries talk to

Nothing is imported here: `import mlops_helpers` costs milliseconds, and a lesson pays only for what it uses.
"""

__version__ = "0.1.0"
