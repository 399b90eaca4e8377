"""Helpers for the eight challenges of running machine learning on Google Cloud; the map of the package.

cloud          the one door: connect to the offline Google Cloud or to a real project, record and clean up
governance     1  data quality, lineage, versions, privacy
learning       exercises: check, hint, quiz, progress
offline        a small Google Cloud on this machine that the real client libraries talk to

The packages of challenges 2 to 8 (monitoring, debugging, skills, tooling, cost, collaboration, ethics) join this
list with their lessons. Nothing is imported here: `import mlops_helpers` costs milliseconds, and a lesson pays only
for what it uses.
"""

__version__ = "0.1.0"
