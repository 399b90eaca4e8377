"""The team of the fourth lesson: eight people, what they say they can do, and what somebody has seen. Made by hand.

team_skills.csv   one row per person and skill; levels 0 to 4 as in `mlops_helpers/skills/catalogue.json`

What is planted: everybody can model. Every single skill of the feature pipeline is held by two people or more, and yet
one person alone holds all of them together; going by what people claim, it would be three.
"""

from __future__ import annotations

import pandas as pd

PEOPLE = {  # label: role, hours a week to learn in
    "scientist A": ("data_scientist", 4),
    "scientist B": ("data_scientist", 4),
    "scientist C": ("data_scientist", 6),
    "ML engineer D": ("ml_engineer", 5),
    "ML engineer E": ("ml_engineer", 6),
    "data engineer F": ("data_engineer", 3),
    "platform engineer G": ("platform_engineer", 4),
    "owner H": ("business_owner", 2),
}
# Per skill one cell for each person, in the order above: the level shown, after a stroke the level claimed if another.
LEVELS = """
software_engineering  1/2  2    1/3  3    3    3    3    0
sql                   2    2    3    2    2/3  4    2    1
cloud_basics          1    1    1    3    2    2    4    0
infrastructure        0    0    0/1  3    1/2  1    3    0
modelling             3    4    3    3    3    2    2    2/3
data_quality          3    2    2    1    1    3    1    1
data_pipelines        0/1  1    1/2  3    2/3  4    3    0
feature_store         1/2  1    1    2/3  3    3    1    0
reproducibility       3    2    1/3  3    2    2    2    0
orchestration         0    1    0/2  3    3    2    2    0
deployment            1/2  1    1    3    3    1    2    0
monitoring            2/3  3    1    3    2    1    1    1/2
observability         0    2    1    3    2    2    4    0
incident_response     0/1  0    0    3    2    3    3    0/1
prompt_engineering    2    3    1/2  2    3    1    1    1/2
multimodal            3    3    1/2  1    0    0    0    0
cost_management       0    0    0    1    1    1    3    3
security_privacy      0    1    1    1/2  1    3    3    1
responsible_ai        3    1/2  1    0    1    0    0    3
collaboration         1    1/2  1    1/2  1    2    3    3/4
ml_architecture       0/1  1/2  0    3    1/3  1    3    0
"""
SEEN_BY = {
    1: "explained it in a review",
    2: "did it beside a colleague",
    3: "did it alone in the last drill",
    4: "taught it to the team",
}


def team_skills() -> pd.DataFrame:
    """Columns: person, role, hours_per_week, skill, claimed, shown, evidence; grouped by person."""
    table = [line.split() for line in LEVELS.strip().splitlines()]
    rows = []
    for column, (label, (role, hours)) in enumerate(PEOPLE.items(), start=1):
        for line in table:
            shown, _, claimed = line[column].partition("/")
            level = int(shown)
            rows.append((label, role, hours, line[0], int(claimed or shown), level, SEEN_BY.get(level, "")))
    columns = ["person", "role", "hours_per_week", "skill", "claimed", "shown", "evidence"]
    return pd.DataFrame(rows, columns=columns)


def team_files() -> dict[str, pd.DataFrame]:
    """File name -> table, of the fourth lesson."""
    return {"team_skills.csv": team_skills()}
