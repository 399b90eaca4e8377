# %% [markdown]
# # 5 · Tooling: seven tools, one path
#
# You are on call at a phone company. Its churn model came into production by hand: two notebooks, three scripts, a cron job
# and a wiki page. A colleague has trained a better one. *Just put it in, the numbers are good.* They are.
#
# **You will be able to**
#
# - decide what "better" means before a gate decides it for you, and see who pays for a better average
# - run training as one pipeline that can die anywhere and be started again, with nothing half registered
# - read an A/B test, and say what is wrong with stopping it on the day it looks good
# - let a model in by a canary that rolls itself back to the exact split of before
# - choose between batch and online, and between tools, and write down what would change your mind
#
# *75 minutes (in a room with 50: up to Exercise 2, the A/B tests; the canary and the rest at home) · Vertex AI Pipelines,
# Model Registry, Endpoints and batch prediction, Cloud Monitoring, BigQuery, Gemini · offline: $0, no account · on Google
# Cloud: about two dollars*

# %% tags=["parameters"]
CLOUD = "offline"  # @param ["offline", "google"]
PROJECT_ID = ""  # @param {type: "string"}
LOCATION = "us-central1"  # @param {type: "string"}
IMAGE = ""  # @param {type: "string"}
BREAK_IT = True  # @param {type: "boolean"}

# %%
import datetime as dt
import logging

import pandas as pd
from google.cloud import aiplatform, bigquery, storage
from mlops_helpers.cloud import connect
from mlops_helpers.learning import check, course_data, hint, quiz, show

session = connect(CLOUD, project=PROJECT_ID, location=LOCATION)
session

# %% [markdown]
# ## Is the new model better?
#
# Here are the customers of the year, each with the moment the row became known, and with `churned`: did the customer leave in
# the quarter after? The model that runs today, the **champion**, has seen nobody who came after September. The **challenger**
# was trained on everybody.

# %%
customers = pd.read_parquet(course_data("churn_autumn.parquet"))
summer = customers[customers["recorded_at"] < "2026-10-01"]
customers.head(3).T

# %%
from mlops_helpers.tooling import PipelineSettings, judge_candidate, train_candidate

BASICS = {"time_column": "recorded_at", "max_milliseconds": 1000}  # a laptop is slow
settings = PipelineSettings(**BASICS, segment="region")
champion = train_candidate(summer, settings)
challenger = train_candidate(customers, settings)
held_out = challenger.held_out
f"{len(champion.training):,} and {len(challenger.training):,} to learn from, {len(held_out):,} held out"

# %% [markdown]
# Both are logistic regressions. A quarter of the customers is held out from both, always the same people: a hash of the
# customer's number decides, not chance.

# %%
from sklearn.metrics import roc_auc_score

auc = {
    name: roc_auc_score(held_out["churned"], one.scores(held_out))
    for name, one in {"champion": champion, "challenger": challenger}.items()
}
assert auc["challenger"] > auc["champion"] + 0.04
pd.Series(auc).round(3)

# %% [markdown]
# (The area under the ROC curve is the chance that somebody who leaves is ranked above somebody who stays; 0.5 is guessing.)
# Five points: your colleague is right. The team has a **gate**, a function that compares the two for all and for each part
# of the country, and says *deploy* or *keep*. Nobody chose the rest of its rules: a part needs 50 people to be judged and may
# lose five points, and the share of leavers that a model finds may differ by 0.2 between parts.

# %%
by_region = judge_candidate(challenger, champion)
assert by_region.decision == "deploy"
assert round(by_region.overall.challenger_auc, 9) == round(auc["challenger"], 9)
print(by_region)

# %%
by_region.table().set_index("segment")[["rows", "champion_auc", "challenger_auc"]].round(3)

# %% [markdown]
# It says yes. Nobody has asked it about anything but regions. Ask about the customers who call support most, whom the
# company would least like to lose.

# %%
from mlops_helpers.tooling import segment_alt, segment_figure

callers = PipelineSettings(**BASICS, segment="calls")
by_calls = judge_candidate(challenger, champion, settings=callers)
assert by_calls.decision == "keep"
show(segment_figure(by_calls), alt=segment_alt(by_calls))

# %% [markdown]
# A hollow circle is the champion, a full one the challenger. For most people it moves to the right, for those with five calls
# or more to the left, from 0.67 to 0.58: little better than a coin. They are 141 of 1,732, and the average hides them.
# (Chance alone moves such a difference by some four points, not by ten.)
#
# Why? Since October an app sells contracts, and who buys there looks at the price. Compare what people paid.

# %%
who = customers["calls"].replace(
    {"0 or 1": "seldom calls", "2 to 4": "seldom calls", "5 or more": "calls often"}
)
who = who.mask(customers["channel"] == "app", "uses the app").rename("who")
paid = customers.groupby([who, "churned"])["monthly_charges"].mean().unstack()
paid = (paid[1] - paid[0]).rename("leavers paid more by (EUR)")
assert paid["uses the app"] > 5 > 0 > -5 > paid["calls often"]
paid.round(1)

# %% [markdown]
# In the app those who leave paid more than those who stay. Among people who call often it is the other way round: they leave
# for other reasons. A model with *one* weight for the price must please one of them. The app's customers are many.

# %% [markdown]
# ## What does "better" mean?
#
# That is not a question for the gate, but for you, before the gate is built. There is a third model, `paired`. Its price may
# count more for one customer than for another: it also gets the product of each two columns.

# %%
paired = train_candidate(customers, PipelineSettings(**BASICS, interactions=True))
judged = judge_candidate(paired, champion, settings=callers).table().set_index("segment")
judged["paired_auc"] = judged.pop("challenger_auc")
judged.insert(2, "challenger_auc", by_calls.table()["challenger_auc"].to_numpy())
assert (judged["paired_auc"] > judged["champion_auc"]).all()
judged[["rows", "champion_auc", "challenger_auc", "paired_auc"]].round(3)

# %% [markdown]
# **Exercise 1: write the rule.** Write the settings of a gate that stops the challenger because of the people it fails, and
# lets `paired` through. A model must earn its place: less than one point of gain is not worth a release. Name `segment` (a
# column that divides the customers), `min_gain` and `max_segment_loss` (both in AUC: one point is 0.01). Try it with
# `judge_candidate(challenger, champion, settings=PipelineSettings(**BASICS, **gate))`. Stuck? Run `hint("tooling.1")`.

# %% tags=["exercise"]
gate = ...

# %% tags=["solution"]
gate = {"segment": "calls", "min_gain": 0.01, "max_segment_loss": 0.03}

# %%
check("tooling.1", gate, champion=champion, challenger=challenger, paired=paired)

# %% [markdown]
# Right or wrong is only in the details: which customers a company would rather not fail is a decision, and now it is written
# where a machine obeys it.
#
# ## Break it: what if it dies half way?
#
# By hand, a release is a dozen steps and somebody who remembers them. A **pipeline** is the same steps as a graph: rows pass
# the quality gate (lesson 1), become features, then a model; your gate (the step `evaluate`) decides; a version is registered,
# deployed and watched (lesson 2). First the world as it is: a table, a bucket, and the champion that went live by hand.

# %%
from mlops_helpers.governance import load_table

logging.disable(logging.WARNING)  # Google's SDK announces each step; results are enough here
aiplatform.init(project=session.project, location=LOCATION)
bucket = storage.Client(project=session.project).create_bucket(
    f"mlops-tooling-{session.id}", location=LOCATION
)
warehouse = bigquery.Client(project=session.project, location=LOCATION)
dataset = warehouse.create_dataset(f"tooling_{session.id}")
table = f"{dataset.project}.{dataset.dataset_id}.customers"
load_table(warehouse, customers, table).num_rows

# %%
from mlops_helpers.tooling import ModelRegistry, PipelineRun, release_first

by_hand = PipelineRun(bucket.name, table, "2026-10-01T00:00:00+00:00", settings)
live = release_first(champion, by_hand, by="team lead", why="it looked good")
registry = ModelRegistry("churn", bucket, clock=session.now)
print(registry.approval("1").steps[0].why)

# %%
registry.versions()[["version", "aliases", "state", "by", "why"]]

# %% [markdown]
# What was noted for good is the sentence above the table: the gate said *keep*, and somebody overruled it. Now the pipeline, for the paired
# model and with the rule that the team agreed on; it is much like yours. It may judge and register; `automatic=False` says
# that a person releases. (On Google Cloud its steps run in containers: build an image from the `Dockerfile` and name it in
# `IMAGE` above.)

# %%
from mlops_helpers.learning.lesson_05 import AGREED

print(AGREED)
new_settings = PipelineSettings(**BASICS, **AGREED, interactions=True, automatic=False)
run = PipelineRun(bucket.name, table, "2026-11-16T00:00:00+00:00", new_settings)

# %% [markdown]
# Then a classic: the connection dies after the files of the model were uploaded, and before the model was registered. With
# `BREAK_IT = False` above it does not. Watch how each step ends:

# %%
from mlops_helpers.tooling import start_run, step_states

inject = BREAK_IT and CLOUD == "offline"
if inject:
    session.faults.inject("unavailable", operation="vertex.ModelService.UploadModel")
started = {"reason": "new customers", "name": f"churn-{session.id}", "image": IMAGE}
first = start_run(run, **started)
step_states(first=first)

# %%
files = [blob.name for blob in bucket.list_blobs(prefix="models/") if "/model/" in blob.name]
assert first.has_failed == inject
assert len(registry.versions()) == (1 if inject else 2)
f"{len(files)} model files, {len(registry.versions())} registered"

# %% [markdown]
# The files of two models lie in the bucket, and one version is in the registry (with `BREAK_IT = False` two). Nothing is half
# registered: a version begins to exist in one call, at the end. The last step, the **exit handler**, ran all the same: it drops
# what a dead run leaves in BigQuery (here nothing) and wrote a report. So what do you do at three in the morning, half asleep?
# Start it again, with the same words.

# %%
second = start_run(run, **started)
states = step_states(first=first, second=second)
assert (
    states.loc[["ingest-and-validate", "build-features", "train"], "second"]
    .eq("from the cache")
    .all()
)
assert len(registry.versions()) == 2
states

# %% [markdown]
# What had been done came **from the cache**: same component, same inputs, so the old result is the new one. Only the steps that
# look at a changing world (the plan, the gate) ran again. The files carry the hash of their content in their names, and the
# registry is asked for that hash first: however often you start it, the model is registered once (try a third time). And a
# changed table? `plan` hands on when it last changed: that is another input. `deploy` and `configure-monitoring` succeeded by
# doing nothing: the version waits for a person. What was made from what is called **lineage**; Vertex AI has it of each run.

# %%
from mlops_helpers.tooling import run_lineage

lineage = run_lineage(second, table=table, leave_out=["released"])
assert lineage.path(f"bq://{table}", "gs://registered")
show(
    lineage.plot(),
    alt="From the customers' table over rows, training and holdout to model, evaluation and registered version.",
)

# %% [markdown]
# Read it from the right: the registered version goes back to the evaluation that let it through and the rows it was judged on,
# to the model and the rows it learned from, and in the end to the table. No arrow was drawn by hand, so none was forgotten.
# The wiki page can go.

# %% [markdown]
# ## Who may say yes?
#
# The run ended with a version that waits. Its **author** is the pipeline; who says yes must be somebody else.

# %%
from mlops_helpers.tooling import NotApproved, SelfApproval

endpoint = aiplatform.Endpoint(live.endpoint)
refused = []
for attempt in (
    lambda: registry.approve("2", by="training-pipeline", why="the numbers are good"),
    lambda: registry.deploy("2", endpoint),
):
    try:
        attempt()
    except (SelfApproval, NotApproved) as error:
        refused.append(type(error).__name__)
assert refused == ["SelfApproval", "NotApproved"]
refused

# %% [markdown]
# Neither the author nor a shortcut gets through, and nothing changed on the endpoint. You are the second pair of eyes. You look
# at the evaluation (everybody gains, as in your table above), say yes, and give a reason, which is kept for good with your role
# and the time.

# %%
if not registry.approval("2").approved:  # nobody can say yes twice, but this cell can run twice
    registry.approve("2", by="engineer on call", why="nobody is worse off, see run 2")
deployed = {"champion": live.deployed_model, "challenger": registry.deploy("2", endpoint)}
registry.challenge("2")
versions = registry.versions()
assert versions["aliases"].tolist() == ["champion", "challenger"]
versions[["version", "aliases", "state", "by", "why"]].tail(1)

# %%
from mlops_helpers.tooling import Traffic

before = Traffic(endpoint).read().split
assert before == {deployed["champion"]: 100}
f"{len(endpoint.list_models())} models, traffic {list(before.values())} %"

# %% [markdown]
# Two models stand on the endpoint, and the old one has all the traffic: deploying is not releasing.
#
# ## Do customers like it better?
#
# A better AUC is not yet a better business. Each day the team calls the 580 customers most likely to leave and makes an offer.
# An **A/B test** lets champion and challenger choose for half of the customers each, and counts who accepts. In spring there
# was such a test, of another model. On day 4 it was stopped, cheered and shipped; the counting went on because nobody turned
# it off.

# %%
daily = pd.read_csv(course_data("ab_tests.csv"))
daily = daily.rename(columns={"accepted": "total"})  # units: customers called, total: who accepted
spring = daily[daily["test"] == "spring"]

# %%
four_days = spring[spring["day"] <= 4].groupby("arm")[["units", "total"]].sum()
four_days["share"] = four_days["total"] / four_days["units"]
four_days.round(3)

# %%
from scipy.stats import norm

pooled = four_days["total"].sum() / four_days["units"].sum()
error = (pooled * (1 - pooled) * (1 / four_days["units"]).sum()) ** 0.5
z = (four_days.loc["challenger", "share"] - four_days.loc["champion", "share"]) / error
p_value = 2 * norm.sf(abs(z))
assert p_value < 0.05
f"p = {p_value:.3f}"

# %% [markdown]
# `z` is the difference in units of its standard error, the dotted line of every textbook is at 1.96. Three points more accept,
# p = 0.02. Who would not have stopped? Now all fourteen days. The tested version lives in `mlops_helpers.tooling`. It is told
# beforehand what the test is for (to find a difference of two points from ten per cent) and how many *looks* there will be:
# days on which somebody reads the numbers.

# %%
from mlops_helpers.tooling import plan_ab_test, read_ab_test, size_for_shares

plan = plan_ab_test(size_for_shares(0.10, 0.02), looks=14)
spring_test = read_ab_test(spring, plan)
assert abs(spring_test.table.loc[3, "naive_p"] - p_value) < 1e-12
assert spring_test.verdict == "no difference found"
show(spring_test.figure(), alt=spring_test.alt())

# %% [markdown]
# The same test, ten days later: nothing. On days 4 and 5 chance carried it over the dotted line, and somebody was looking. The
# dotted line is meant for *one* look. How often does that happen? Make 2,000 tests in which nothing differs, and look every
# day.

# %%
from mlops_helpers.tooling import simulate_peeking

peeking = simulate_peeking(plan, 0.10, seed=1)
assert peeking.found["every day against 1.96"] > 0.2
assert peeking.found["every day against the day's limit"] < 0.06
show(peeking.figure(), alt=peeking.alt())

# %% [markdown]
# Who looks every day and stops at p < 0.05 finds something in more than one of five tests of *nothing*. The cure is not to
# close your eyes: the dashed limits of the figure before are high on the first days and close in later, so that all looks
# together err in one of twenty. The price is four per cent more customers.
#
# Who is in which half? A keyed hash of the customer's number says so, the same tomorrow and in every service; nobody stores a
# list. And before anybody looks at the numbers: did the halves arrive as planned? (`check_ratio` says no if p < 0.001.)

# %%
from mlops_helpers.tooling import assign, check_ratio

halves = {"champion": 50, "challenger": 50}
arms = assign(customers["customer_id"], experiment="autumn offers", split=halves)
ratio = check_ratio(arms.value_counts().to_dict(), halves)
assert ratio.is_balanced
print(ratio)

# %% [markdown]
# Your test of the last two weeks was divided like that, and is over:

# %%
autumn_test = read_ab_test(daily[daily["test"] == "autumn"], plan)
assert (autumn_test.verdict, autumn_test.decided) == ("higher", 9)
print(plan, autumn_test, sep="\n")

# %% [markdown]
# Decided on day 9, and the interval says how much to expect: anything from next to nothing to more than four points.
#
# **Exercise 2: three tests on day 6.** Other teams ask: `letters`, `shops` and `tablets`, planned like yours. In each the
# challenger is ahead with p < 0.05. For each decide `"stop, ship it"`, `"go on"` or `"throw it away"` (its two groups are not
# comparable). `read_ab_test` reads six days as well as fourteen; `total` is the number of those who accepted.

# %%
six_days = daily[(daily["day"] <= 6) & daily["test"].isin(["letters", "shops", "tablets"])]
six_days.groupby(["test", "arm"])[["units", "total"]].sum().unstack()

# %% tags=["exercise"]
verdicts = {"letters": ..., "shops": ..., "tablets": ...}

# %% tags=["solution"]
verdicts = {"letters": "go on", "shops": "stop, ship it", "tablets": "throw it away"}

# %%
check("tooling.2", verdicts)

# %% [markdown]
# *Here 50 minutes are over; the rest, from the canary to the quiz, can be done at home.*
#
# ## What if it is bad in a way nobody tested?
#
# The A/B test asked for 580 scores a day. The endpoint answers that many in five minutes, to the app and to the shops. So the
# challenger gets 5 % of these requests, then 25, 50 and 100: a **canary**. After each half hour the **guardrails** are read
# from Cloud Monitoring: errors; `p99_latency_ms`, which 99 of 100 answers stay below; `quality`, the share of right answers;
# and `fairness_gap`, the largest difference in that share between groups.

# %%
from google.cloud import monitoring_v3
from mlops_helpers.tooling import Canary, CanaryPlan, RolloutMetrics, RolloutStore, measure

requests = pd.read_parquet(course_data("rollout_requests.parquet"))
metrics = RolloutMetrics(monitoring_v3.MetricServiceClient(), session.project, endpoint.name)
soak_time = dt.timedelta(minutes=31 if CLOUD == "offline" else 1)
requests.head(3)

# %% [markdown]
# `serve` stands for half an hour of the service's life, as it was recorded: it writes what it measured, once per model.
# (`correct` is known at once because customers of last quarter were replayed; live it comes months later, see lesson 2.) A
# stage lasts at least that long: it has to *soak*.

# %%
from mlops_helpers.learning.lesson_05 import pass_time


def serve(share, arms=("champion", "challenger")):
    pass_time(session, soak_time)
    for arm in arms:
        rows = requests.query("share == @share and arm == @arm")
        metrics.write(deployed[arm], *measure(rows, group="calls"), at=session.now())


canary_plan = CanaryPlan(deployed["challenger"], soak=soak_time * 0.9)
pd.DataFrame(canary_plan.guardrails)

# %%
serve(5, arms=["champion"])  # a canary does not begin without knowing what the champion does
canary = Canary(endpoint, RolloutStore(bucket), metrics, clock=session.now)
canary.start(canary_plan)
serve(5)
decision = canary.step()
assert (decision.action, decision.next_share) == ("advance", 25)
decision.why

# %% [markdown]
# Five per cent went well. Now the machine that runs the controller is restarted. Nothing is lost: all that a canary knows is
# in the bucket and on the endpoint, and a new one goes on.

# %%
del canary
serve(25)
canary = Canary(endpoint, RolloutStore(bucket), metrics, clock=session.now)
decision = canary.step()
assert decision.action == "roll back"
decision.why

# %%
from mlops_helpers.tooling import rollout_alt, rollout_figure

assert Traffic(endpoint).read().split == before
show(rollout_figure(canary.state()), alt=rollout_alt(canary.state()))

# %% [markdown]
# The top panel is the challenger's share of the traffic: 5, 25, and back to 0. Below it each guardrail, with its bound dashed.
# Three of them hold; the latency breaks its bound (the cross). At 5 % the challenger was as fast as it had to be; at 25 % its
# requests queue. (Its logs, not shown, say why: products of all columns take longer, and it has one machine.) No test on
# held-out customers could show that. The assertion in that cell is what matters: the endpoint is back at *exactly* the split of
# before, and nobody was called.
#
# **Exercise 3: your guardrails.** The app shows nothing if an answer takes more than 400 ms. Errors: never above 2 %, and at
# most half a point above the champion's. Quality: at most one point below the champion's. Write `rails`, a tuple of three
# `Guardrail(name, limit=..., margin=..., larger_is_better=...)`: a `limit` is a line, a `margin` the distance to the champion,
# in the metric's own unit (2 % is 0.02). The names are `p99_latency_ms`, `error_rate` and `quality`.

# %%
from mlops_helpers.tooling import Guardrail

# %% tags=["exercise"]
rails = ...

# %% tags=["solution"]
rails = (
    Guardrail("p99_latency_ms", limit=400),
    Guardrail("error_rate", limit=0.02, margin=0.005),
    Guardrail("quality", margin=0.01, larger_is_better=True),
)

# %%
check("tooling.3", rails)

# %% [markdown]
# Such rules are agreed on before the canary, when nobody is in love with the new model yet. More machines, and the same canary
# again next week.
#
# ## And if a whole region is down?
#
# The assistant that writes the offers is Gemini, and Gemini has bad days. `Fallback` tries the next region, then the next
# model, then an answer it gave before; after that it says honestly that it cannot answer.

# %%
from google import genai
from mlops_helpers.cloud.models import choose
from mlops_helpers.tooling import Fallback

clients = {
    region: genai.Client(enterprise=True, project=session.project, location=region)
    for region in (LOCATION, "europe-west4")
}
ask = Fallback((choose("default").id, choose("cheap").id), tuple(clients), clients.__getitem__)
question = "Summarise in one sentence.\n\nMessage: The app is slow. I want to cancel."
if CLOUD == "offline":
    session.faults.inject("unavailable", operation="gemini.*", times=2)
answer = ask(question)
assert CLOUD == "google" or answer.source == "next model"
print(answer.source)
answer.table[["step", "region", "outcome"]]

# %% [markdown]
# Two regions refused, and the next model answered: a cheaper one, and the answer says so, because whoever reads it may want to
# know. (The steps after that, an old answer and an honest no, were not needed.)
#
# ## At Google scale
#
# On Mondays every customer gets an answer, 0 or 1: send a letter or not. Asking the endpoint row by row works. A **batch
# prediction** job reads a file and starts machines of its own for it. Same model: are the answers the same?

# %%
from mlops_helpers.tooling import batch_predict, compare_answers, online_predict

instances = customers[settings.features].to_numpy(dtype=object).tolist()
batch = batch_predict(registry.get("champion"), instances, bucket, name="monday")
online = online_predict(endpoint, instances)
found = compare_answers(batch, online)
assert found.same
print(found)

# %%
here = champion.model.predict(customers[settings.features].to_numpy(dtype=object))
assert list(batch.predictions) == here.tolist()
f"{sum(batch.predictions):.0f} of {len(instances):,} are expected to leave"

# %% [markdown]
# Equal three times: the job, the endpoint, and the model in this notebook. So the question is only what it costs. A job pays
# for the time it runs, an endpoint costs by the hour, asked or not. Offline no time passes; say that the job takes a quarter of
# an hour each Monday, start of the machine included, on the machine that the endpoint has (11 cents an hour).

# %%
from dataclasses import replace

from mlops_helpers.tooling import break_even_runs, cost_table

monday = replace(batch, seconds=15 * 60.0)
cost = cost_table(monday, usd_per_hour=0.1095, runs_per_month=4.3)
assert cost["usd"].iloc[1] > 600 * cost["usd"].iloc[0]
assert break_even_runs(monday) == 2920
cost.round(3)

# %% [markdown]
# Twelve cents against eighty dollars, for the same answers. The endpoint pays off from 2,920 such runs a month, one after the
# other, day and night. But money is not all: a job's answers are as old as its last run.
#
# **Exercise 4: which way?** Decide `"batch"` or `"online"`: scores for Monday's letters; an offer while the customer is on the
# telephone, with what was said a minute ago; a risk when a new contract is signed in a shop; a report to the management once a
# month.

# %% tags=["exercise"]
ways = {"letters": ..., "telephone": ..., "new contract": ..., "report": ...}

# %% tags=["solution"]
ways = {"letters": "batch", "telephone": "online", "new contract": "online", "report": "batch"}

# %%
check("tooling.4", ways)

# %% [markdown]
# ## Which tool, and what would change your mind?
#
# Seven tools did this until now; what should run the pipeline? The team gave points from 0 to 10, more is better.

# %%
from mlops_helpers.tooling import weigh_options

criteria = ["cost", "recovery", "lineage", "skills we have", "lock-in"]
points = {
    "cron and scripts": [9, 2, 1, 9, 9],
    "Vertex AI Pipelines": [6, 9, 9, 5, 4],
    "own Kubernetes": [3, 8, 7, 2, 8],
}
scores = pd.DataFrame(points, index=criteria).T
weights = dict(zip(criteria, [20, 25, 20, 20, 15], strict=True))
matrix = weigh_options(scores, weights)
by_hand_sum = (scores * pd.Series(weights) / 100).sum(axis=1)
assert by_hand_sum.idxmax() == matrix.winner == "Vertex AI Pipelines"
by_hand_sum.round(2)

# %% [markdown]
# A weighted sum always names a winner. Ask it how sure it is: by how much may a single weight change until another one wins?

# %%
from mlops_helpers.tooling import sensitivity_alt, sensitivity_figure, weight_flips

nearest = weight_flips(matrix)[0]
show(sensitivity_figure(matrix), alt=sensitivity_alt(matrix))
print(nearest)

# %% [markdown]
# Each bar is the range in which the winner wins, the dot is the weight the team gave. All dots lie well inside, so this
# decision is safe against the usual quarrel about weights; the sentence under the figure names the one nearest to its bound.
# Had a dot lain at the end of its bar, the matrix would have decided nothing, and you should talk about that weight only. Write
# it down for whoever asks in a year: a **decision record**.

# %%
from mlops_helpers.tooling import record_decision

record = record_decision(
    matrix,
    title="What runs the churn pipeline?",
    context="Seven tools, none of which can be started again after it died.",
    deciders=["ML engineer", "platform engineer", "product owner"],
    date=dt.date(2026, 11, 20),
)
assert "What would change our minds" in record
print(record[record.index("## Decision") : record.index("One score")])

# %% [markdown]
# ## Could you build it again?
#
# All you made here was made by calls, in an order that nobody will remember. The next project should get it from a file that
# can be reviewed: **infrastructure as code**. The session's ledger knows what was created, so that file can be written for you:
# Terraform, in its JSON form. These are its resources:

# %%
from mlops_helpers.tooling import terraform_of

infrastructure = terraform_of(session)
kinds = pd.Series([address.partition(".")[0] for address in infrastructure.resources.values()])
assert "google_vertex_ai_endpoint" in set(kinds)
kinds.value_counts(sort=False)

# %%
left_out = infrastructure.left_out
assert left_out["reason"].str.len().min() > 0
print(*left_out["reason"].unique(), sep="\n")

# %% [markdown]
# What is no infrastructure (a run, a model's version) is not forgotten: it stands in the file, with the reason. And who starts
# the pipeline? Four events should: somebody changed the code, data arrived, it is Monday, or the drift alarm of lesson 2 rang.
# All of them run the same three commands, which a person runs as well. (`create_project` of the same package lays out a new
# project that way.)

# %%
from mlops_helpers.tooling import Delivery, cloud_triggers, github_workflow

delivery = Delivery("churn", owner="example")
assert len(cloud_triggers(delivery, project=session.project)) == 4
workflow = github_workflow(delivery).splitlines()
assert "      - run: make test" in workflow
print(*workflow[1:6], *[line for line in workflow if "- run:" in line], sep="\n")

# %% [markdown]
# ## What did it cost, and is anything left?

# %%
if CLOUD == "offline":
    receipt = session.receipt()
    assert receipt.total < 5
    print(receipt, *receipt.table["item"], sep="\n- ")

# %% [markdown]
# The receipt lists calls. What runs by the hour (the endpoint, the steps of the pipeline, the batch machine) is not in it, and
# is most of the two dollars.

# %%
done = session.clean_up()
assert not done.left
done.table["outcome"].value_counts()

# %% [markdown]
# **Quiz.** Three questions; answer with three letters, such as `"abc"`.

# %%
quiz("tooling")

# %% tags=["exercise"]
letters = ...

# %% tags=["solution"]
letters = "bca"

# %%
check("tooling.quiz", letters)

# %% [markdown]
# ## Recap
#
# - You decided what "better" means before a gate did it for you, and saw who paid for a better average.
# - You ran training as one pipeline that died half way and was started again, with nothing half registered.
# - You read an A/B test, and said what is wrong with stopping it on the day it looks good.
# - You tried to let a model in by a canary, and it rolled itself back to the exact split of before.
# - You chose between batch and online, and between tools, and wrote down what would change your mind.
#
# Next week the finance director comes, with a bill that has doubled: lesson 6, *Cost*.

# %%
session.close()
assert done.left == []
"End of lesson 5"
