# %% [markdown]
# # 4 · Skills: who can fix this at 3 a.m.?
#
# You are on call at a phone company; it is Monday, 30 November 2026. Three weeks ago the file was wrong, then the model, then
# the prompt; each time somebody was there. Now data engineer F, who built the feature pipeline, asks for a fortnight off at
# Christmas, and the team lead asks you one question: *if it breaks at three in the morning, who can fix it?*
#
# **You will be able to**
#
# - tell what people claim from what they have shown, yourself included
# - find out what nobody could restore while somebody is away, and who may be away together
# - prove from an audit log who has really worked on which service
# - find the critical path of a plan; compare hiring, teaching and simplifying with numbers, and say what would change the decision
# - make a roadmap of your own that respects prerequisites, hours and holidays
#
# *70 minutes (in a room with 50: as far as F's holiday, with Exercise 2 left for home; your own roadmap and the placement quiz
# at home too) · BigQuery, with an exported audit log · offline: $0, no account · on Google Cloud: less than a cent*

# %% tags=["parameters"]
CLOUD = "offline"  # @param ["offline", "google"]
PROJECT_ID = ""  # @param {type: "string"}
LOCATION = "us-central1"  # @param {type: "string"}
BREAK_IT = True  # @param {type: "boolean"}

# %%
import datetime as dt
from dataclasses import replace

import pandas as pd
from google.cloud import bigquery
from mlops_helpers import skills
from mlops_helpers.cloud import connect
from mlops_helpers.learning import check, course_data, hint, lines, progress, quiz, show

session = connect(CLOUD, project=PROJECT_ID, location=LOCATION)
session

# %% [markdown]
# ## What can the team do?
#
# Eight people, and no names: a role and a letter will do. For each of 21 skills there is a level from 0 to 4, and what each
# level means is written down, so that two people mean the same by it.

# %%
team = skills.read_team(course_data("team_skills.csv"))
print(*team.catalogue.scale, sep="\n")

# %% [markdown]
# Each person gave a level, and each level was compared with what somebody has *seen*: an explanation in a review, work beside a
# colleague, a **drill**. A drill is an incident on purpose, at a good time of day. Only what was seen counts as *shown*.

# %%
show(skills.team_figure(team), alt=skills.team_alt(team))

# %% [markdown]
# One row per skill, the scarcest on top; darker is better, and a hatched square claims more than anybody has seen. Which skill
# is the rarest? Most people expect deep learning (`multimodal` here). Count, for each skill, who is on level 3: alone, in
# production, also at three in the morning.

# %%
shown = team.levels()
holders = (shown >= 3).sum(axis=1)
assert holders.min() == holders["multimodal"] == 2
assert (holders == 2).sum() == 17
holders[holders > 2].sort_values()

# %% [markdown]
# These four have more than two holders, models most of all. The other 17 have exactly two, deep learning among them: *no* skill
# is rare. The **bus factor** is the smallest number of people whose absence leaves a piece of work undone. It seems to be two
# at least, everywhere. A report to management would stop here, in green.
#
# ## Who can fix it at three in the morning?
#
# At three in the morning you do not call a team. You call *one* person, and that person needs every skill that the repair
# takes. The feature pipeline, which computes what the models are fed with, takes four.

# %%
pipeline = team.catalogue.system("feature_pipeline")
dict(pipeline.needs)

# %%
needed = pd.Series(pipeline.needs)
enough = shown.loc[needed.index].ge(needed, axis=0)
able = enough.all()
assert enough.sum(axis=1).min() == 2
assert able.sum() == 1
able[able].index.tolist()

# %% [markdown]
# One. Each of the four skills has two holders or more, and yet they meet in a single person. Levels of different people do not
# add up on the telephone. The tested version of these lines lives in `mlops_helpers.skills`, and asks it for all systems
# of the company. `alone` counts who could restore a system alone; the most endangered is on top.

# %%
systems = team.bus_factors("system")
assert systems.loc[0, ["name", "held_by"]].tolist() == ["feature pipeline", able.idxmax()]
assert (systems["alone"] == 1).sum() == 1
systems[["name", "alone", "held_by"]]

# %% [markdown]
# Believe no table; simulate. Send each person away, one after the other, and see what nobody left can restore.


# %%
def stranded(team):
    left = team.bus_factors("system")
    return left.loc[left["alone"] == 0, "name"].tolist()


absences = {person.label: stranded(team.without(person.label)) for person in team.people}
assert [who for who, lost in absences.items() if lost] == ["data engineer F"]
absences

# %% [markdown]
# Each of the other seven can go on holiday, and no system is stranded. If F goes, the pipeline is on its own. Why did nobody
# notice? Ask the survey, which holds what people say of themselves.

# %%
claimed = team.bus_factors("system", by="claimed").set_index("name")
assert claimed.loc["feature pipeline", "alone"] == 3
claimed.loc["feature pipeline", "held_by"]

# %% [markdown]
# By the survey there are three, and nobody lied: D and E read the code every week, and neither has ever had to repair all of
# it. A claim is a good reason for a drill, and no reason to sleep well.
#
# **Exercise 1: who may be away together?** Five requests for Christmas are on your desk. Refuse those that leave some system
# without anybody who can restore it alone, and grant the others: `"grant"` or `"refuse"`. You have `stranded` and `without`,
# which takes several people: `team.without("scientist A", "scientist B")`. Stuck? Run `hint("skills.1")`.

# %% tags=["exercise"]
requests = {
    "scientists A and B": ...,
    "scientist B and ML engineer E": ...,
    "ML engineers D and E": ...,
    "ML engineer E and platform engineer G": ...,
    "data engineer F": ...,
}

# %% tags=["solution"]
requests = {
    "scientists A and B": "grant",
    "scientist B and ML engineer E": "refuse",
    "ML engineers D and E": "refuse",
    "ML engineer E and platform engineer G": "grant",
    "data engineer F": "refuse",
}

# %%
check("skills.1", requests, team=team)

# %% [markdown]
# You can refuse F once. Doing it every year is how one loses F altogether, and with F the pipeline.
#
# ## Who has done it lately?
#
# Levels age. Google Cloud writes down every change anybody makes: the **audit log** says who called what, when, and whether it
# was allowed. Half a year of it lies in a file, as it is exported.

# %%
log = skills.read_audit_log(course_data("audit_log.parquet"))
log[["timestamp", "who", "interface", "program", "done"]].head(4)

# %% [markdown]
# Which Google services does the company use at all? The log knows better than any wiki. And how many people could restore each
# of them alone, by the levels they have shown?

# %%
in_use = team.coverage(log["operation"].unique()).set_index("name")
assert in_use["verdict"].tolist() == ["one person"] + ["covered"] * 9
assert in_use["held_by"].iloc[0] == "ML engineer D"
assert team.person("ML engineer E").witnesses["feature_store"] == "did it alone in the last drill"
in_use[["alone", "verdict"]]

# %% [markdown]
# On paper the feature store is covered: F, and ML engineer E, who restored it alone in the last drill. Now count who *changed*
# anything in the last ninety days. The nightly program has a **service account** of its own and is nobody whom you could call;
# and a refused attempt is no change.

# %%
SINCE = pd.Timestamp("2026-09-01", tz="UTC")
counts = log["done"] & ~log["program"] & (log["timestamp"] >= SINCE)
practice = log[counts].groupby("service")["who"].nunique()
both = in_use[["alone"]].assign(practised=practice)
assert both.loc["Vertex AI Feature Store"].tolist() == [2, 1]
assert both.loc["Vertex AI training and batch jobs"].tolist() == [1, 4]
both[both["alone"] != both["practised"]]

# %% [markdown]
# Read the rows that differ. Four people start training jobs, and one could repair them when they do not start: doing is not
# restoring. That one is D, and the table of systems did not show it: a service is not a system. Six people use BigQuery. And
# the feature store is the other way round: two on paper, one in practice. Where is E?

# %%
of_e = log[log["service"].str.endswith("Feature Store") & (log["who"] == "ml-engineer-e")]
assert of_e.loc[of_e["timestamp"] >= SINCE, "done"].eq(False).all()
assert set(of_e.loc[~of_e["done"], "code"]) == {7}
of_e[["timestamp", "interface", "code"]].tail(4)

# %% [markdown]
# The drill in June went well: code 0 is done. At 03:12 on a night in October E tried again, for real, and was *refused*: code 7
# is "permission denied". A skill without a permission restores nothing. The repair is no course; it is one sentence to the
# platform engineer. You would never have found it in a table of levels.
#
# ## At Google scale
#
# This log has 1,489 rows; a real project writes millions a day. So the log is not fetched but sent: a *log sink* keeps writing
# it into BigQuery, nested as Google nests it, and you ask where it lies.

# %%
warehouse = bigquery.Client(project=session.project, location=LOCATION)
dataset = warehouse.create_dataset(f"skills_{session.id}", exists_ok=True)
PARQUET = bigquery.LoadJobConfig(source_format="PARQUET", write_disposition="WRITE_TRUNCATE")


def load(file, name):
    table = f"{dataset.project}.{dataset.dataset_id}.{name}"
    job = warehouse.load_table_from_file(file, table, job_config=PARQUET)
    return job.result().output_rows, table


# %%
with course_data("audit_log.parquet").open("rb") as file:
    rows, audit_table = load(file, "audit_log")
assert rows == len(log)
[column.name for column in warehouse.get_table(audit_table).schema]

# %% [markdown]
# Three columns; the last one is nested, and holds all that was called and by whom. First question: how much of the work is done
# by people? `methodName` ends in *interface.call*, such as `…FeatureRegistryService.UpdateFeature`; the regular expression
# takes the last word but one.

# %%
statement = rf"""
SELECT REGEXP_EXTRACT(protopayload_auditlog.methodName, r'(\w+)\.\w+$') AS interface,
  COUNT(*) AS changes,
  COUNTIF(ENDS_WITH(protopayload_auditlog.authenticationInfo.principalEmail,
    '.gserviceaccount.com')) AS by_program
FROM `{audit_table}` GROUP BY interface ORDER BY interface
"""
pushed_down = warehouse.query_and_wait(statement).to_dataframe()
pushed_down.sort_values("by_program", ascending=False).head(4)

# %%
local = log.groupby("interface")["program"].agg(changes="size", by_program="sum").reset_index()
pd.testing.assert_frame_equal(pushed_down, local, check_dtype=False)
share = local["by_program"].sum() / local["changes"].sum()
online = local.set_index("interface").loc["FeatureOnlineStoreAdminService"]
assert online["by_program"] / online["changes"] > 0.8
assert share > 1 / 3
assert log.loc[log["interface"] == "JobService", "operation"].nunique() == 2
f"{share:.0%}"

# %% [markdown]
# Equal, here as there. (`JobService` is two interfaces of one name, BigQuery's and Vertex AI's; here they count as one.) More
# than a third of all changes are a program's, and of the feature store's online side four in five: a busy service that hardly
# any hand has touched.
#
# **Exercise 2: count people, not programs.** (In a room: for home.) Which interfaces has exactly *one person* changed since 1
# September 2026, 00:00 UTC? Programs are no people, and an attempt that was refused (`protopayload_auditlog.status.code`
# neither empty nor 0) is no change. Write one SQL query like the one above: three conditions in `WHERE`, and `HAVING
# COUNT(DISTINCT …) = 1` after `GROUP BY`. Its first column is the interface; the day is in `timestamp`.
#
# Write it as `r"""…"""`, without the `f`, and with the word `{table}` for the table: the check puts in your log, and then a
# small table full of traps, which this cell loads.

# %%
from mlops_helpers.learning.audit_traps import practice_export

rows, trap_table = load(practice_export(), "traps")

# %% tags=["exercise"]
one_person = ...

# %% tags=["solution"]
one_person = r"""
SELECT REGEXP_EXTRACT(protopayload_auditlog.methodName, r'(\w+)\.\w+$') AS interface FROM `{table}`
WHERE timestamp >= '2026-09-01' AND IFNULL(protopayload_auditlog.status.code, 0) = 0
  AND NOT ENDS_WITH(protopayload_auditlog.authenticationInfo.principalEmail, '.gserviceaccount.com')
GROUP BY interface
HAVING COUNT(DISTINCT protopayload_auditlog.authenticationInfo.principalEmail) = 1
"""

# %%
check("skills.2", one_person, client=warehouse, log=audit_table, traps=trap_table)

# %% [markdown]
# ## Who should learn it?
#
# Somebody has to be the second. How far is it for each of them? `hours_to` counts the hours of learning from what a person has
# shown to what the pipeline needs, with every **prerequisite**: a skill that has to be there before another can be learned.

# %%
far = {person.label: skills.hours_to(person, pipeline.needs) for person in team.people}
nearest = pd.Series(far, name="hours").sort_values()
assert nearest.index[:4].str[-1].tolist() == ["F", "D", "G", "E"]
assert nearest["owner H"] > 6 * nearest["ML engineer D"]
nearest

# %% [markdown]
# Hours become weeks with a calendar. A **roadmap** says what to learn in which week; whatever a skill builds on comes first.
# Let the three with the shortest way learn side by side from 30 November on, each in the hours they have.

# %%
monday = dt.date(2026, 11, 30)
together = skills.teaching_plan(team, pipeline, monday, people=3)
show(skills.roadmap_figure(together), alt=skills.roadmap_alt(together))

# %% [markdown]
# The hatched bars are the **critical path**: of all chains of steps that wait for each other, the one that takes the most
# weeks. E has the most *hours* to learn, 60; but G has 56 and only four a week, and so the path is G's two steps, and the plan
# takes their fourteen weeks.

# %%
steps = together.table
assert set(steps.loc[steps["critical"], "person"]) == {"platform engineer G"}
assert together.schedule.critical_weeks == together.weeks == 14
steps.groupby("person").agg(hours=("hours", "sum"), last_week=("last_week", "max"))

# %% [markdown]
# What would shorten it? No fourth learner, who would only come last. Two more hours a week for G do: from fourteen weeks to
# ten, and then E is the one to wait for.

# %%
eager = replace(team.person("platform engineer G"), hours_per_week=6)
people = [eager if one.label == eager.label else one for one in team.people]
quicker = skills.teaching_plan(
    skills.Team(tuple(people), team.catalogue), pipeline, monday, people=3
)
assert quicker.weeks == 10
assert skills.teaching_plan(team, pipeline, monday, people=4).weeks > 14
set(quicker.table.loc[quicker.table["critical"], "person"])

# %% [markdown]
# One successor is enough for now: ML engineer D, eight weeks. What must D have shown at the end? A plan that ends with a
# certificate has not ended.

# %%
teach_d = skills.teaching_plan(team, pipeline, monday)
assert set(teach_d.table["person"]) == {"ML engineer D"}
assert teach_d.weeks == 8
print(*teach_d.table["shows"])

# %% [markdown]
# ## Hire, teach or simplify?
#
# Eight weeks are not nothing. There are two other ways. *Hire* somebody: 12,000 dollars for the search, twelve weeks to find
# somebody, then 7,500 a month, eight weeks of introduction included. Or *simplify*: rebuild the pipeline so that it does
# without the feature store, 160 hours in four weeks. An hour of anybody costs 70. In the table, `weeks` is how long until it
# works, `total` what was spent once and every month so far (and the risk of each week of waiting, 0 for now), and `alone_after`
# how many can restore it alone afterwards.

# %%
teach = skills.teach(team, pipeline, monday, hour_costs=70)
hire = skills.hire(team, pipeline, skills.HiringTerms(12_000, 7_500, 12, 8))
smaller = skills.Simplification(("feature_store",), hours=160, hours_per_week=40, hour_costs=70)
simplify = skills.simplify(team, pipeline, smaller)
options = skills.compare([teach, hire, simplify], months=24)
assert options["option"].tolist() == ["teach", "simplify", "hire"]
assert options["alone_after"].tolist() == [2, 3, 2]
salary = (24 - 12 / (52 / 12)) * 7_500
assert round(12_000 + salary, 2) == float(options["total"].iloc[-1]) == 171_230.77
options[["option", "once", "per_month", "weeks", "total", "alone_after"]]

# %% [markdown]
# All amounts are dollars, kept as decimals, to the cent. Over two years hiring is out of reach for this one gap (a new
# colleague does other work as well, and then only a share of the salary counts here: try 1,500). Teaching is cheapest.
# Simplifying takes four weeks fewer, and afterwards *three* people can restore what is left. Is that worth 8,400 more? That
# depends on what a week of waiting is worth. By hand: extra cost, divided by weeks saved.

# %%
by_hand = (simplify.once - teach.once) / (teach.weeks - simplify.weeks)
assert by_hand == skills.break_even_risk(teach, simplify) == 2100
f"{by_hand:,} a week"

# %%
risks = range(0, 4001, 500)
costs = pd.DataFrame(index=risks)
for one in (teach, simplify):
    costs[one.name] = [float(one.cost(24, risk)) for risk in risks]
show(
    lines(costs, xlabel="risk, dollars a week", ylabel="total in two years, dollars"),
    alt="Teaching costs less up to a risk of 2,100 dollars a week, simplifying costs less above.",
)

# %% [markdown]
# That is the **break-even**: up to a risk of 2,100 dollars a week, teach; above it, simplify. Whoever disagrees with you need
# not argue about taste, only about one number.
#
# **Exercise 3: what is a week of waiting worth?** Last year the pipeline broke on twelve nights. F is out of reach in 13 of 52
# weeks. When it breaks and F is away, predictions are stale for three days until F is back, and such a day costs 9,000 dollars.
# Give the expected damage of one week with a bus factor of one, in dollars, and the option that follows.

# %% tags=["exercise"]
decision = {"risk_per_week": ..., "option": ...}

# %% tags=["solution"]
decision = {"risk_per_week": 12 / 52 * 13 / 52 * 3 * 9_000, "option": "teach"}

# %%
check("skills.3", decision)

# %% [markdown]
# Whatever you chose, prove that it works before you announce it. Take teaching: let its eight weeks pass on paper, and send
# each person away again.

# %%
later = team.with_shown(teach_d.levels_after(teach_d.weeks), by="drill at the end of January")
afterwards = {person.label: stranded(later.without(person.label)) for person in later.people}
assert not any(afterwards.values())
assert later.coverage(log["operation"].unique())["verdict"].tolist().count("one person") == 1
later.bus_factors("system").set_index("name").loc["feature pipeline", "held_by"]

# %% [markdown]
# Nobody's holiday strands a system any more, and F may go: in February. (The training *service* still hangs on D alone. Write
# it down for the next drill.)
#
# ## Break it: a plan that never begins
#
# Two things happen to every plan. With `BREAK_IT = False` in the first cell neither does. First: somebody improves the
# catalogue. SQL is so much easier to learn, they say, once you know a feature store.

# %%
import json

from mlops_helpers.skills.catalogue import COURSE_CATALOGUE

edited = json.loads(COURSE_CATALOGUE.read_text(encoding="utf-8"))
if BREAK_IT:
    edited["skills"]["sql"]["prerequisites"]["feature_store"] = 1
try:
    skills.catalogue_from(edited)
    said = "accepted"
except skills.CyclicPrerequisite as refused:
    said = str(refused)
assert ("feature_store → sql" in said) == BREAK_IT
said

# %% [markdown]
# Pipelines build on SQL, the feature store on pipelines, and now SQL on the feature store: nobody could ever begin. The circle
# is refused when the catalogue is read, and shown, before anybody has planned a week with it.
#
# Second: D, on whom the plan rests, goes skiing.

# %%
christmas = [dt.date(2026, 12, 21), dt.date(2026, 12, 28)]
away = {"ML engineer D": christmas} if BREAK_IT else {}
slipped = skills.team_roadmap(team, {"ML engineer D": pipeline.needs}, monday, weeks_off=away)
assert slipped.weeks == (10 if BREAK_IT else 8)
slipped.by_week(6)[["week", "hours", "of", "what"]]

# %% [markdown]
# Two weeks off, ten weeks instead of eight: put the holidays in before you promise a date.
#
# ## And this Christmas?
#
# With holidays or without, the plan is right, and too late: F wants to go in three weeks. Look at the survey once more. E
# *claims* what is missing, level 3 in data pipelines. Give E the permission back, and a drill on Friday; it costs an hour, and
# turns the claim into a fact, either way.

# %%
engineer_e = team.person("ML engineer E")
missing = {name: level for name, level in pipeline.needs.items() if engineer_e.level(name) < level}
assert missing == {"data_pipelines": 3}
assert engineer_e.holds(pipeline.needs, by="claimed")
passed = team.with_shown({"ML engineer E": missing}, by="drill on Friday")
stranded(team.without("data engineer F")), stranded(passed.without("data engineer F"))

# %% [markdown]
# If E passes, nothing is stranded, and F goes on holiday *this* year. If E fails, you know it on a Friday at ten instead of a
# Sunday at three, and D is learning already. Either answer is worth the hour. (In a room, stop here.)

# %% [markdown]
# ## And you?
#
# You have looked at eight others; now look at yourself. This part is better done alone. Write down what you would claim. The
# numbers are an example: change them, and everything in this section follows. Hours are whole ones; the roles are the keys of
# `team.catalogue.roles`.

# %%
claims = {"software_engineering": 2, "sql": 2, "modelling": 3, "monitoring": 3}
claims |= {"data_pipelines": 2, "feature_store": 2, "orchestration": 1}
claims |= {"incident_response": 3, "prompt_engineering": 3}
you = skills.Person("you", "ml_engineer", hours_per_week=6, claimed=claims)

# %% [markdown]
# And the evidence? The course has kept a record: which exercises of the first three lessons have you solved? Which
# skill an exercise shows is in `team.catalogue.table`. (If you began here
# the list is empty, and the lesson takes the list of somebody else, who left out two.)

# %%
from mlops_helpers.learning.lesson_04 import AN_EXAMPLE

WEEKS = ("governance", "monitoring", "debugging")
earlier = [name for week in WEEKS for name in progress(week).solved]
you = skills.with_evidence(you, earlier or AN_EXAMPLE)
profile = skills.assess(you)
profile.loc[profile["needed"] > 0, ["skill", "needed", "claimed", "shown", "reading"]]

# %% [markdown]
# `needed` is the **role profile**: what the role of ML engineer asks for. The difference to what is shown is a **skill gap**.
# Read the last column: *there* is enough; *claimed, not shown* calls for a drill; *to learn* calls for hours. And no exercise
# shows more than level 2, for nobody is on call in a lesson.

# %%
assert max(you.shown.values(), default=0) <= 2
assert not you.holds(pipeline.needs)
gaps = profile.loc[profile["gap"] > 0, "reading"].value_counts()
gaps

# %% [markdown]
# So not you either, not tonight. How far is it from where you stand to each of the company's systems?

# %%
all_systems = team.catalogue.systems.values()
your_way = {one.name: skills.hours_to(you, one.needs) for one in all_systems}
your_way = pd.Series(your_way, name="hours")
assert your_way.idxmax() == "feature pipeline"
your_way.sort_values()

# %% [markdown]
# Six hours a week from 30 November on, and nothing at Christmas: these are your first twelve weeks towards the role.

# %%
calendar = skills.StudyCalendar(monday, you.hours_per_week, weeks_off=christmas)
plan = skills.roadmap(you, calendar)
plan.by_week(12)[["week", "monday", "hours", "what"]]

# %%
weeks = plan.by_week(plan.weeks)
assert (weeks["hours"] <= weeks["of"]).all()
to_the_role = skills.hours_to(you, team.catalogue.role(you.role).needs)
assert weeks["hours"].sum() == plan.hours == to_the_role
f"{plan.hours} hours, {plan.weeks} weeks"

# %% [markdown]
# (The tick marks the week in which a step ends.) More than a year for the whole profile, with the example's numbers. But the
# roadmap believes no claim: what you only claim is counted as still to be learned. Pass the drills, and those hours go.

# %%
by_drill = profile[profile["reading"] == "claimed, not shown"].set_index("skill")["claimed"]
drilled = skills.with_levels(you, by_drill.to_dict(), by="drills passed")
left = skills.hours_to(drilled, team.catalogue.role(you.role).needs)
assert left <= to_the_role
f"{to_the_role - left} hours fewer"

# %% [markdown]
# The rest is learning. Nobody *is* a profile; it is a wish list, and twelve weeks are an instalment. Choose what you want to be
# woken for, and put it first.

# %%
woken = skills.roadmap(you, calendar, first=["incident_response"])
assert woken.hours == plan.hours
woken.by_week(3)[["week", "what"]]

# %% [markdown]
# Before week 1, see whether your desk can do it. The doctor looks at the place you work in (Colab, Workbench or a laptop), its
# versions, and whether the cloud answers; each check that fails comes with its repair.

# %%
doctor = session.doctor()
repairs = doctor.table.loc[~doctor.table["ok"], ["check", "fix"]]
assert doctor.healthy == repairs.empty
"ready" if doctor.healthy else repairs

# %% [markdown]
# **Exercise 4: what comes first?** Scientist A would like to be able to restore the feature pipeline some day: 226 hours. Give
# the skills that A still has to work on, as a list, in an order in which nothing comes before what it builds on. There are more
# than the four of the pipeline. A's levels, and what each skill builds on:

# %%
builds_on = team.catalogue.table.set_index("skill")["prerequisites"]
on_paper = pd.DataFrame({"A": shown["scientist A"], "builds on": builds_on})
on_paper.loc[["data_pipelines", "feature_store", "orchestration", "incident_response"]]

# %%
beneath = ["sql", "software_engineering", "infrastructure", "cloud_basics", "observability"]
on_paper.loc[beneath]

# %% tags=["exercise"]
order = ...

# %% tags=["solution"]
order = ["software_engineering", "infrastructure", "orchestration"]
order += ["data_pipelines", "feature_store", "observability", "incident_response"]

# %%
check("skills.4", order, team=team, person="scientist A", system="feature_pipeline")

# %% [markdown]
# ## Where do you stand?
#
# Three challenges lie behind you, one is in hand, four are ahead. Here is one scenario of each: which tool fits? The letters
# are shuffled by the seed.

# %%
paper = skills.placement_quiz(seed=4)
assert len(paper.asked) == 8
paper

# %% [markdown]
# **Exercise 5: place yourself.** Answer with eight letters, such as `"abcdabcd"`; `-` leaves one out. Any eight will do: the
# check says how many are right, which lessons to open first, and why the first wrong answer is wrong. Nobody knows all of them
# here.

# %% tags=["exercise"]
eight_letters = ...

# %% tags=["solution"]
eight_letters = "dacddcaa"

# %%
check("skills.5", eight_letters, paper=paper)

# %% [markdown]
# ## What did it cost, and is anything left?
#
# Which services has this very lesson leaned on? The session's ledger knows what was created, and so it knows the services, and
# who could restore them.

# %%
leaned_on = team.coverage(skills.operations_of(entry.name for entry in session.ledger.entries))
assert leaned_on["name"].tolist() == ["BigQuery"]
leaned_on[["name", "alone", "held_by"]]

# %%
if CLOUD == "offline":
    receipt = session.receipt()
    assert receipt.total < 1
    print(receipt)

# %%
done = session.clean_up()
assert not done.left
done.table["outcome"].value_counts()

# %% [markdown]
# **Quiz.** Three questions; answer with three letters, such as `"abc"`.

# %%
quiz("skills")

# %% tags=["exercise"]
letters = ...

# %% tags=["solution"]
letters = "cab"

# %%
check("skills.quiz", letters)

# %% [markdown]
# ## Recap
#
# - You told what people claim from what they have shown, and did not spare yourself.
# - You found what nobody could restore while F was away, although every skill was held twice, and decided who may be away
#   together.
# - You proved from the audit log who had really worked on which service, and found a permission that was gone.
# - You found the critical path of a plan, which was not the one with the most hours; compared hiring, teaching and simplifying
#   with numbers, and named the one number that would change the decision.
# - You made a roadmap of your own that respects prerequisites, hours and holidays.
#
# D is learning now. Meanwhile a cron job, two notebooks and a wiki page want to become one path that needs fewer heroes: lesson
# 5, *Seven tools, one path*.

# %%
session.close()
assert done.left == []
"End of lesson 4"
