"""Plausible wrong answers to lesson 4, and what the learner is told."""

import pytest

from mlops_helpers.learning import Course, Journal, Tutor, audit_traps, course_data, lesson_04
from mlops_helpers.skills import placement_quiz, read_audit_log, read_team

GRANTED = {"scientists A and B": "grant", "ML engineer E and platform engineer G": "grant"}
REFUSED = dict.fromkeys(("scientist B and ML engineer E", "ML engineers D and E", "data engineer F"), "refuse")
LEAVE = {**GRANTED, **REFUSED}
INTERFACE = r"REGEXP_EXTRACT(protopayload_auditlog.methodName, r'(\w+)\.\w+$')"
ACCOUNT = "protopayload_auditlog.authenticationInfo.principalEmail"
LATELY = "timestamp >= '2026-09-01'"
CODE = "protopayload_auditlog.status.code"
DONE = f"IFNULL({CODE}, 0) = 0"
PEOPLE = f"NOT ENDS_WITH({ACCOUNT}, '.gserviceaccount.com')"
ORDER = ["software_engineering", "infrastructure", "orchestration"]
ORDER += ["data_pipelines", "feature_store", "observability", "incident_response"]


def query(*conditions, count=f"COUNT(DISTINCT {ACCOUNT})"):
    """The query of the lesson with these filters."""
    where = " AND ".join(conditions) or "TRUE"
    return f"SELECT {INTERFACE} AS what FROM `{{table}}` WHERE {where} GROUP BY what HAVING {count} = 1"


@pytest.fixture
def tutor(tmp_path):
    return Tutor(Course(), Journal(tmp_path))


@pytest.fixture(scope="module")
def team():
    return read_team(course_data("team_skills.csv"))


@pytest.fixture(scope="module")
def tables(tmp_path_factory):
    """A client, the team's log, and the table of traps."""
    from google.cloud import bigquery

    from mlops_helpers.cloud import connect

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MLOPS_COURSE_HOME", str(tmp_path_factory.mktemp("home")))
        with connect("offline"):
            client = bigquery.Client()
            client.create_dataset("lesson_four")
            names = {name: f"{client.project}.lesson_four.{name}" for name in ("log", "traps")}
            config = bigquery.LoadJobConfig(source_format="PARQUET")
            with course_data("audit_log.parquet").open("rb") as log:
                for name, file in (("log", log), ("traps", audit_traps.practice_export())):
                    client.load_table_from_file(file, names[name], job_config=config).result()
            yield {"client": client, **names}


def test_leave_is_judged_by_what_would_be_stranded(tutor, team):
    assert tutor.check("skills.1", LEAVE, team=team)
    for request, word in LEAVE.items():
        other = "grant" if word == "refuse" else "refuse"
        told = tutor.check("skills.1", LEAVE | {request: other}, team=team).message
        assert f"{request}: think again" in told
        assert ("nobody could restore the" in told) == (word == "refuse")


@pytest.mark.parametrize(
    ("sql", "told"),
    [
        (query(LATELY, DONE), "WithProgram: one person and one program changed it"),
        (query(LATELY, PEOPLE, f"{CODE} IS NULL OR {CODE} = 0"), "WithDeployment: one person and one program"),
        (query(LATELY, f"{CODE} IS NULL OR {CODE} = 0", PEOPLE), "AND binds closer than OR: are the brackets right?"),
        (query(LATELY, DONE, f"{ACCOUNT} NOT LIKE '%nightly%'"), "WithDeployment: one person and one program"),
        (query(LATELY, PEOPLE, f"IFNULL({CODE}, 0) != 7"), "WithNotFound: the second person's call failed"),
        (query("timestamp >= '2026-08-01'", DONE, PEOPLE), "DayBefore: the second person's change is of 31 August"),
        (query("timestamp >= '2026-10-01'", DONE, PEOPLE), "FirstMoment: two people changed it"),
        (query("timestamp > '2026-09-01'", DONE, PEOPLE), "FirstMoment: two people changed it"),
        (query(LATELY, PEOPLE, f"{CODE} = 0"), "Empty: one person changed it in October; the code is empty"),
        (query(LATELY, PEOPLE), "WithRefusal: the second person was refused"),
        (query(DONE, PEOPLE), "WithDrill: the second person's change is of June"),
        (query(LATELY, PEOPLE, f"{CODE} IS NULL"), "Zero: one person changed it in October; the code is 0"),
        (query(LATELY, DONE, PEOPLE, count="COUNT(*)"), "Twice: one person changed it twice"),
        ("SELECT COUNT(*) FROM `{table}`", "is no interface"),
        ("SELECT nothing FROM `{table}`", "BigQuery refuses the query"),
        ("SELECT 1", "with {table} where the table's name belongs"),
    ],
)
def test_queries_that_count_wrongly(tables, sql, told):
    assert told in audit_traps.one_person_in_sql(sql, **tables)


def test_the_right_query_in_two_ways_and_one_written_for_the_traps(tables):
    assert audit_traps.one_person_in_sql(query(LATELY, DONE, PEOPLE), **tables) is True
    other = query(
        "DATE(timestamp) >= '2026-09-01'",
        "(protopayload_auditlog.status.code IS NULL OR protopayload_auditlog.status.code = 0)",
        f"{ACCOUNT} NOT LIKE '%gserviceaccount.com'",
    )
    assert audit_traps.one_person_in_sql(other, **tables) is True
    by_hand = f"SELECT * FROM UNNEST({sorted(audit_traps.ALONE)}) -- {{table}}"
    assert "written in by hand" in audit_traps.one_person_in_sql(by_hand, **tables)


@pytest.mark.parametrize(
    ("order", "told"),
    [
        (
            ORDER[:3] + ORDER[3:5] + ORDER[6:],
            "cannot do yet: observability; incident_response builds on it (level 1; scientist A has 0)",
        ),
        (ORDER[1:], "software_engineering; orchestration builds on it (level 2; scientist A has 1)"),
        ([*ORDER[2:], *ORDER[:2]], "orchestration comes before software_engineering, and needs it on level 2"),
        (["sql", *ORDER], "No hours are needed for sql: level 2 is there, and enough"),
        ([*ORDER, "modelling"], "Nothing on the way to this system needs modelling."),
        ([*ORDER, "orchestration"], "orchestration is there twice"),
        (", ".join(ORDER), "Give a list of skills"),
    ],
)
def test_orders_that_cannot_be_learned(team, order, told):
    given = {"team": team, "person": "scientist A", "system": "feature_pipeline"}
    assert told in lesson_04._order(order, **given)


def test_every_order_that_respects_what_is_built_on_is_right(tutor, team):
    given = {"team": team, "person": "scientist A", "system": "feature_pipeline"}
    assert tutor.check("skills.4", ORDER, **given)
    other = ["observability", "data_pipelines", "incident_response", "feature_store", "infrastructure"]
    assert tutor.check("skills.4", (*other, "software_engineering", "orchestration"), **given)
    assert "cannot be used: UnknownName" in tutor.check("skills.4", ["deep_learning"], **given).message


@pytest.mark.parametrize(
    ("decision", "told"),
    [
        ({"risk_per_week": 6230, "option": "simplify"}, "the damage if F were never there"),
        ({"risk_per_week": 519, "option": "teach"}, "that counts one day"),
        ({"risk_per_week": 81_000, "option": "teach"}, "that is a year's"),
        ({"risk_per_week": 1558, "option": "simplify"}, "it pays from 2,100 a week on"),
        ({"risk_per_week": 1558, "option": "hire"}, "D has been there for twelve weeks"),
        ({"risk_per_week": 1558, "option": "wait"}, "'wait' is none of"),
        ({"risk_per_week": 27_000, "option": "simplify"}, "one failure in every week, and F always away"),
        ({"risk_per_week": 6_750, "option": "simplify"}, "one failure in every week; it is 12 a year"),
        ({"risk_per_week": 324_000, "option": "simplify"}, "of an F who is never there"),
        ({"risk_per_week": 7, "option": "teach"}, "is not what the four numbers give"),
        ({"risk_per_week": 1558, "option": ...}, "Say something about option"),
        ("teach", "Give a dictionary"),
    ],
)
def test_decisions_that_do_not_follow(decision, told):
    assert told in lesson_04._choice(decision)


def test_the_decision_rounded_or_not(tutor):
    for risk in (1557.69, 1558, "1560", 12 / 52 * 13 / 52 * 27_000):
        assert tutor.check("skills.3", {"risk_per_week": risk, "option": "Teach"})


def test_any_letters_place_you_and_the_first_mistake_is_explained(tutor):
    paper = placement_quiz(seed=4)
    right = "".join(one.right for one in paper.asked)
    assert tutor.check("skills.5", right, paper=paper).message.startswith("Placed: 8 of 8 right.")
    seven = tutor.check("skills.5", right[:7] + "-", paper=paper)
    assert seven
    assert seven.message.startswith("Placed: 7 of 8 right. Open first: ethics (lesson 8).")
    wrong = tutor.check("skills.5", "-" + ("a" if right[1] != "a" else "b") + right[2:], paper=paper)
    assert wrong
    assert "Open first: governance (lesson 1), monitoring (lesson 2). Question 2, " in wrong.message


@pytest.mark.parametrize("letters", ["abc", "abcdabcz", 12345678])
def test_letters_that_are_no_answer_are_explained_without_the_name_of_a_class(tutor, letters):
    told = tutor.check("skills.5", letters, paper=placement_quiz(seed=4))
    assert not told
    assert told.message.startswith("Hint: Found ")


def test_who_is_granted_leave_strands_no_service_in_use(team):
    log = read_audit_log(course_data("audit_log.parquet"))
    for request, word in LEAVE.items():
        if word == "grant":
            left = team.without(*lesson_04.REQUESTS[request]).coverage(log["operation"].unique())
            assert "nobody" not in set(left["verdict"])


def test_the_example_is_made_of_exercises_that_exist():
    known = {one.id for week in ("governance", "monitoring", "debugging") for one in Course().exercises(week)}
    assert known - set(lesson_04.AN_EXAMPLE) == {"monitoring.4", "debugging.4"}
