"""Bad input to the helpers of lesson 4: each is refused by name, with what was found and what to do."""

import datetime as dt

import pandas as pd
import pytest

from mlops_helpers.learning import course_data
from mlops_helpers.skills import (
    BadAuditLog,
    BadMoney,
    BadTeam,
    HiringTerms,
    NoTime,
    Person,
    PlanError,
    StudyCalendar,
    UnknownName,
    compare,
    hours_to,
    read_audit_log,
    read_team,
    roadmap,
    simplify,
    teach,
    teaching_plan,
    with_evidence,
    with_levels,
)

MONDAY = dt.date(2026, 11, 30)
YOU = Person("you", "ml_engineer", 6)
NONE_FREE = Person("you", "ml_engineer", 0)


def pipeline(team):
    return team.catalogue.system("feature_pipeline")


CASES = {
    "a label for a person": (lambda t: hours_to("ML engineer D", pipeline(t).needs), BadTeam, "team.person"),
    "an id for goals": (lambda t: hours_to(t.people[0], "feature_pipeline"), PlanError, "`needs` of a system"),
    "an id for a system": (lambda t: teaching_plan(t, "feature_pipeline", MONDAY), PlanError, "catalogue.system"),
    "an id to teach": (lambda t: teach(t, "feature_pipeline", MONDAY, hour_costs=70), PlanError, "'feature_pipeline'"),
    "an id to simplify": (lambda t: simplify(t, "x", _simpler()), PlanError, "catalogue.system"),
    "text for a day": (lambda t: teaching_plan(t, pipeline(t), "2026-11-30"), PlanError, r"datetime\.date\(2026"),
    "text for a start": (lambda _: StudyCalendar("2026-11-30", 6), PlanError, "'2026-11-30'"),
    "text for weeks off": (lambda _: StudyCalendar(MONDAY, 6, weeks_off="2026"), PlanError, "datetime.date"),
    "no hours": (lambda _: StudyCalendar(MONDAY, NONE_FREE.hours_per_week), NoTime, "at least one hour"),
    "half an hour": (lambda _: Person("you", "ml_engineer", 2.5), BadTeam, "a whole number from 0 to 40"),
    "one option": (lambda t: compare(teach(t, pipeline(t), MONDAY, hour_costs=70)), PlanError, "in brackets"),
    "one skill as text": (lambda _: roadmap(YOU, _calendar(), first="incident_response"), PlanError, r"first=\["),
    "an unknown skill first": (lambda _: roadmap(YOU, _calendar(), first=["cobol"]), UnknownName, "cobol"),
    "weeks below none": (lambda _: HiringTerms(12_000, 7_500, -12, 8), PlanError, "weeks_to_find=-12"),
    "a salary in floats": (lambda _: HiringTerms(12_000, 0.5, 12, 8), BadMoney, "per_month=0.5"),
    "a claim of no skill": (lambda _: with_evidence(_claiming("sqll"), []), UnknownName, "'sqll'"),
    "no witness": (lambda _: with_levels(YOU, {"sql": 2}, " "), BadTeam, "shown by nothing"),
    "nobody's witness": (lambda t: t.with_shown({"owner H": {"sql": 2}}, by=""), BadTeam, "what showed them"),
    "a skill unknown shown": (lambda t: t.with_shown({"owner H": {"sqll": 2}}, by="drill"), UnknownName, "sqll"),
    "everybody away": (lambda t: t.without(*(one.label for one in t.people)), BadTeam, "nobody is left"),
    "a team of no file": (lambda _: read_team("nowhere.csv"), BadTeam, "no file nowhere.csv"),
    "a team in Parquet": (lambda _: read_team(course_data("audit_log.parquet")), BadTeam, "no CSV file"),
    "a log of no file": (lambda _: read_audit_log("nowhere.parquet"), BadAuditLog, "no file nowhere.parquet"),
    "a log in CSV": (lambda _: read_audit_log(course_data("team_skills.csv")), BadAuditLog, "no Parquet file"),
}


def _calendar():
    return StudyCalendar(MONDAY, 6)


def _simpler():
    from mlops_helpers.skills import Simplification

    return Simplification(("feature_store",), 160, 40, 70)


def _claiming(skill):
    return Person("you", "ml_engineer", 6, claimed={skill: 2})


@pytest.mark.parametrize(("call", "error", "said"), CASES.values(), ids=CASES)
def test_bad_input_is_refused_by_name(team, call, error, said):
    with pytest.raises(error, match=said):
        call(team)


def test_a_system_is_found_by_its_id_and_by_its_shown_name_and_a_skill_by_its_id_only(team):
    assert team.catalogue.system("feature pipeline") is team.catalogue.system("feature_pipeline")
    with pytest.raises(UnknownName, match="Feature store"):
        team.catalogue.skill("Feature store")


def test_a_refused_call_keeps_its_code():
    log = read_audit_log(course_data("audit_log.parquet"))
    assert log.loc[~log["done"], "code"].unique().tolist() == [7]
    assert pd.api.types.is_integer_dtype(log["code"])
