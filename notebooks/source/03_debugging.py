# %% [markdown]
# # 3 · Debugging: it worked on my machine
#
# You are on call at a phone company. In review the new churn model was excellent. In its first month it is poor: the
# retention team telephones people who never thought of leaving. The colleague who built it says: *it worked on my machine.*
#
# **You will be able to**
#
# - find out whether a run repeats, record everything it depends on, and name the first thing that differs
# - find where a model is wrong, and tell wrong inputs, wrong labels and a leak from each other
# - say which change made a score fall, among many
# - keep prompts in versions, test them with samples, and roll back the one that a trace names
# - turn an incident into a test, and decide what belongs into a golden set
#
# *75 minutes (in a room with 50: up to the answer key, the rest at home) · Cloud Storage, Vertex AI Experiments, Cloud
# Logging, Gemini, BigQuery · offline: $0, no account · on Google Cloud: about 20 cents*

# %% tags=["parameters"]
CLOUD = "offline"  # @param ["offline", "google"]
PROJECT_ID = ""  # @param {type: "string"}
LOCATION = "us-central1"  # @param {type: "string"}
BREAK_IT = True  # @param {type: "boolean"}

# %%
import datetime as dt
from pathlib import Path
from tempfile import TemporaryDirectory

import matplotlib.pyplot as plt
import pandas as pd
from google.cloud import storage
from mlops_helpers.cloud import connect
from mlops_helpers.learning import check, course_data, quiz, show

session = connect(CLOUD, project=PROJECT_ID, location=LOCATION)
session

# %% [markdown]
# ## How bad is it?
#
# `review` is the table the model was trained and reviewed on. `production` is what it was asked in its first month, with the
# truth that came later.

# %%
review = pd.read_csv(course_data("churn_review.csv"))
production = pd.read_csv(course_data("churn_production.csv"))
TEXT = ["contract_type", "region", "channel"]
for table in (review, production):
    table[TEXT] = table[TEXT].astype("category")
review.head(3)

# %% [markdown]
# And this is what the colleague ran: train on three quarters of `review`, measure on the last quarter. Only the second
# number is new, the same model on what production asked.

# %%
from sklearn.ensemble import RandomForestClassifier
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import cross_val_predict, train_test_split

FEATURES = [*TEXT, "age", "tenure_months", "monthly_charges"]
FEATURES += ["support_calls", "data_gb", "winback_calls"]


def auc(forest, rows, features):
    chances = forest.predict_proba(pd.get_dummies(rows[features]))[:, 1]
    return float(roc_auc_score(rows["churned"], chances))


def evaluate(review, production, features):
    seen, unseen = train_test_split(review, test_size=0.25)
    forest = RandomForestClassifier(60, min_samples_leaf=5)
    forest.fit(pd.get_dummies(seen[features]), seen["churned"])
    return {"review": auc(forest, unseen, features), "production": auc(forest, production, features)}


# %%
found = evaluate(review, production, FEATURES)
assert found["review"] > 0.89
assert found["production"] < 0.75
{name: f"about {value:.1f}" for name, value in found.items()}

# %% [markdown]
# (The area under the ROC curve: 0.5 is guessing, 1 is perfect.) In review 0.91 was reported. There are five suspects, and the
# order in which you question them saves days: first what is cheap to ask and would make every other answer worthless.
#
# ## Can you repeat it?
#
# If a run does not repeat, you cannot tell a repair from luck. `record_run` calls a function and writes down what its
# result depends on: code, data, parameters, seed, packages, machine. `replay` does it again and compares.

# %%
from mlops_helpers.debugging import Workspace, record_run, replay

here = Workspace(repository=None, clock=session.now)
files = {"review": review, "production": production}
options = {"parameters": {"features": FEATURES}, "workspace": here}
record = record_run("as-reviewed", evaluate, data=files, **options)
again = replay(record, evaluate, data=files, workspace=here)
again.table["same"].eq(False).groupby(again.table["part"], sort=False).sum().rename("differ")

# %%
assert not again.same_result
assert again.first.part == "result"

# %% [markdown]
# Nothing differs but the result, so the function itself does not repeat. Would a seed help? `probe_determinism` calls it
# without one and, if results differ, with one.

# %%
from mlops_helpers.debugging import probe_determinism

few = {"review": review.head(1000), "production": production.head(1000), "features": FEATURES}
probe = probe_determinism(lambda: evaluate(**few))
assert not probe.repeats
probe.seed_helps

# %% [markdown]
# The colleague's machine is not to blame, but a missing seed is. How much can it explain? Try five.

# %%
from mlops_helpers.debugging import seed_everything

by_seed = {}
for seed in range(5):
    seed_everything(seed)
    by_seed[seed] = evaluate(**files, features=FEATURES)
spread = pd.DataFrame(by_seed).T.agg(["min", "max"]).round(3)
assert (spread.loc["max"] - spread.loc["min"]).max() < 0.025
spread

# %% [markdown]
# Chance moves the score by a hundredth or two. The gap is ten times that. Keep the number: from now on a difference of a
# hundredth is nothing.
#
# **Exercise 1: make it repeat.** `seed_everything` seeds generators that the whole process shares, so a colleague's cell in
# between changes your numbers. Write `repeatable(review, production, features, seed)`: `evaluate`, but the same seed gives
# the same result and nothing shared is touched. Stuck? Run `hint("debugging.1")`.

# %% tags=["exercise"]
repeatable = ...


# %% tags=["solution"]
def repeatable(review, production, features, seed):
    seen, unseen = train_test_split(review, test_size=0.25, random_state=seed)
    forest = RandomForestClassifier(60, min_samples_leaf=5, random_state=seed)
    forest.fit(pd.get_dummies(seen[features]), seen["churned"])
    return {"review": auc(forest, unseen, features), "production": auc(forest, production, features)}


# %%
check("debugging.1", repeatable, **files, features=FEATURES)

# %% [markdown]
# For the rest of the lesson `run` records each attempt, always with seed 7, and keeps the record in a bucket, where it
# can be written once and never changed.

# %%
from mlops_helpers.debugging import RunStore

bucket = storage.Client(project=session.project).create_bucket(f"mlops-debugging-{session.id}", location=LOCATION)
runs, records = RunStore(bucket), {}


def run(name, review, production, features):
    data = {"review": review, "production": production}
    records[name] = record_run(
        name, evaluate, data=data, parameters={"features": features}, seed=7, workspace=here
    )
    runs.save(records[name])
    return pd.Series(records[name].metrics).round(3)


# %%
run("as-reviewed", review, production, FEATURES)

# %%
again = replay(runs.load("as-reviewed"), evaluate, data=files, workspace=here)
assert again.first is None
print(again)

# %% [markdown]
# That is the 0.91 of the review, to the last digit, whenever you want it. First clue closed; it explains nothing, and
# without it you could trust nothing below.
#
# ## Are the inputs the same?
#
# Compare what the model was trained on with what it is asked (the tool of lesson 2).

# %%
from mlops_helpers.monitoring import detect_drift

drift = detect_drift(review, production, columns=FEATURES)
assert set(drift.drifted) == {"winback_calls", "tenure_months"}
print(drift)

# %%
production["tenure_months"].value_counts().head(3)

# %% [markdown]
# Customers for minus 999 months: some system's word for *not known*. Which system? `worst_slices` searches all
# values of all columns, and pairs of them, for the part of the rows where some error piles up. It takes any yes or no.

# %%
from mlops_helpers.debugging import worst_slices

unknown = production["tenure_months"] == -999
who = worst_slices(production, error=unknown, features=[*TEXT, "age", "monthly_charges"])
assert who.table["slice"].tolist() == ["channel = shop"]
print(who)

# %% [markdown]
# The shops, and nobody else: their tills still run the old system. Mend it for now with a guess that you state, the
# typical tenure; the true repair is in the tills.

# %%
typical = review["tenure_months"].median()
mended = production.assign(tenure_months=production["tenure_months"].replace(-999, typical))
run("tenure-mended", review, mended, FEATURES)

# %%
gain = records["tenure-mended"].metrics["production"] - records["as-reviewed"].metrics["production"]
assert 0 < gain < 0.015
f"{gain:+.3f}"

# %% [markdown]
# A fifth of all tenures were nonsense, and mending them is worth less than a hundredth. True, and not the cause. Before you
# go on, close the door: next month's training data will come from production. A gate in front of training (lesson 1)
# refuses it, and names the rows.

# %%
from mlops_helpers.debugging import train_behind_gate
from mlops_helpers.governance import InRange, QualityGateFailed, Suite

promises = Suite("churn inputs", [InRange("tenure_months", 0, 1200, severity="stop")], key="customer_id")
trained = []
try:
    train_behind_gate(production, promises, trained.append)
except QualityGateFailed as refused:
    message = str(refused)
assert trained == []
print(message)

# %% [markdown]
# ## Did it know the future?
#
# The other column that drifted is `winback_calls`: calls by the team that tries to win people back. In production it is
# always zero. `leakage_probe` asks each feature alone how well it separates those who left from those who stayed.

# %%
from mlops_helpers.debugging import leakage_probe

assert production["winback_calls"].max() == 0
alone = leakage_probe(review, label="churned", features=FEATURES, limit=0.8)
assert alone.loc[0, "feature"] == "winback_calls"
assert (alone["verdict"] != "plausible").sum() == 1
alone[["feature", "auc", "verdict"]].round(3).head(4)

# %% [markdown]
# One column alone reaches 0.81. You ask the retention team when they call. *When somebody has given notice, of course.* The
# column is written after the customer has left. In review it gave the answer away; on the day of the prediction it is
# still empty, and the model concludes that nobody leaves.

# %%
HONEST = [name for name in FEATURES if name != "winback_calls"]
run("leak-removed", review, mended, HONEST)

# %%
before, after = records["tenure-mended"].metrics, records["leak-removed"].metrics
assert after["review"] < before["review"] - 0.1
assert after["production"] > before["production"] + 0.04
assert abs(after["review"] - after["production"]) < 0.02

# %% [markdown]
# Read that twice. The repair cost fourteen points in review, and it is the best news of the week: production *rose*, and the
# two numbers agree. The model never was at 0.91. What changed is that the review now measures what customers get.
#
# **Exercise 2: the next leak.** The team proposes five more columns. The prediction is made on the first of the month, for
# the quarter that begins. Decide `"use"` or `"leave out"`. (The churn rate of a postcode is computed over all of
# `review`.)

# %% tags=["exercise"]
proposals = {
    "age of the contract": ...,
    "number of the final invoice": ...,
    "calls to support last quarter": ...,
    "refund granted on leaving": ...,
    "churn rate of the postcode": ...,
}

# %% tags=["solution"]
proposals = {
    "age of the contract": "use",
    "number of the final invoice": "leave out",
    "calls to support last quarter": "use",
    "refund granted on leaving": "leave out",
    "churn rate of the postcode": "leave out",
}

# %%
check("debugging.2", proposals)

# %% [markdown]
# ## Where is it wrong?
#
# The gap is closed, and 0.78 is not much. Let the model predict each row of `review` from the others, call it wrong where it
# takes the wrong side, and look for slices again.

# %%
forest = RandomForestClassifier(60, min_samples_leaf=5, random_state=7)
predicted = cross_val_predict(forest, pd.get_dummies(review[HONEST]), review["churned"], cv=4)
in_review = worst_slices(review, error=predicted != review["churned"], features=HONEST)
assert "region = south" in in_review.table.query("verdict == 'worse'")["slice"].tolist()
in_review.table[["slice", "n", "error_rate", "rest_rate", "verdict"]].round(3).head(4)

# %% [markdown]
# Customers who can leave any month are hard to predict: fine. But why the south? Ask production, where billing tells who
# left.

# %%
forest.fit(pd.get_dummies(review[HONEST]), review["churned"])
wrong = forest.predict(pd.get_dummies(mended[HONEST])) != mended["churned"]
south = wrong.groupby(mended["region"], observed=True).mean()
assert abs(south["south"] - wrong.mean()) < 0.03
south.round(3)

# %% [markdown]
# In production the south is like everywhere. So it is not the people who are odd, it is their labels *in review*. A model that
# has not seen a row, disagrees with its label and is sure of it, makes that label a suspect (*confident learning*). Who made
# the suspects?

# %%
from mlops_helpers.debugging import suspected_label_errors

labels = suspected_label_errors(review[HONEST], review["churned"], groups=review["labelled_by"])
assert labels.by_group.query("verdict == 'worse'")["group"].tolist() == ["survey firm"]
labels.by_group[["group", "n", "suspects", "rate", "verdict"]].round(3)

# %% [markdown]
# Billing sees who stops paying. In the south a survey firm asked by telephone, and by Friday its people were tired. Look
# at their worst suspect, and at the customers most like it: `nearest_examples` shows what the model learned from.

# %%
from mlops_helpers.debugging import nearest_examples

firm = review["labelled_by"] == "survey firm"
worst = labels.table[labels.table["row"].map(firm)].iloc[0]
billed = review[~firm]
alike = nearest_examples(billed, review.loc[worst["row"]], features=HONEST[3:] + ["contract_type"], k=5)
assert (alike["churned"] != worst["given"]).sum() >= 4
print("given", worst["given"], "suggested", worst["suggested"])
alike[["distance", "contract_type", "tenure_months", "support_calls", "churned"]].round(3)

# %% [markdown]
# **Exercise 3: whose labels do you keep?** Give `keep`, True or False for each row of `review`. The rule for a good choice: the
# review score says what production will say, and somebody vouches for every label that stays. `labels.suspect` marks the
# suspects. Try your rows: `run("try-1", review[keep], mended, HONEST)`.

# %% tags=["exercise"]
keep = ...

# %% tags=["solution"]
keep = review["labelled_by"] == "billing"

# %%
check("debugging.3", keep, review=review)

# %% [markdown]
# Three answers that people give, side by side:

# %%
ways = {
    "no-suspects": ~labels.suspect,
    "no-suspects-of-the-firm": ~(labels.suspect & firm),
    "billing-only": ~firm,
}
beside = pd.DataFrame({name: run(name, review[rows], mended, HONEST) for name, rows in ways.items()}).T
assert beside.loc["no-suspects", "review"] > 0.9 > 0.82 > beside["production"].max()
assert beside["production"].idxmax() == "billing-only"
beside

# %% [markdown]
# There is the 0.91 again, even better! Whoever deletes what the model disagrees with takes the hard customers out of the
# exam. Suspects are for finding the cause; the cause is what you repair. Without the firm both numbers say 0.79.

# %%
steps = ["as-reviewed", "tenure-mended", "leak-removed", "billing-only"]
board = pd.DataFrame({name: records[name].metrics for name in steps}).T
figure, axes = plt.subplots(figsize=(6.5, 3), layout="constrained")
axes.plot(board["review"], "--", color="0.45", marker="s", label="in review")
axes.plot(board["production"], color="black", marker="o", label="in production")
axes.set(ylabel="area under the ROC curve", ylim=(0.65, 0.95))
axes.legend()
show(figure, alt="In review the score falls from 0.91 to 0.79, in production it rises from 0.72 to 0.80: they meet.")

# %%
assert board["production"].is_monotonic_increasing
board.round(3)

# %% [markdown]
# Who made these files kept a key. Open it.

# %%
answer_key = pd.read_csv(course_data("churn_answer_key.csv"))
guessed = answer_key.loc[answer_key["what"] == "label guessed wrong", "row"]
assert firm[guessed].all()
first_fifty = labels.table.loc[labels.table["row"].map(firm), "row"].head(50)
assert first_fifty.isin(guessed).sum() >= 40
answer_key["what"].value_counts()

# %%
caught = guessed.isin(labels.table["row"])
f"of the 50 worst suspects {first_fifty.isin(guessed).sum()} were wrong; of all wrong labels {caught.mean():.0%} were suspects"

# %% [markdown]
# Four clues, four causes, all found. And half of the wrong labels were never suspects: that is why you cut by who made
# them.

# %% [markdown]
# ## What does support read?
#
# The fifth clue comes by telephone. Support reads a summary of each message, written by Gemini. Since Tuesday, they say, it
# is nonsense. The prompt lives in a **registry**: versions in Cloud Storage that never change, and an alias, `production`,
# that says which one is in use. Here is what the team left there.

# %%
from google import genai
from mlops_helpers.cloud.models import choose
from mlops_helpers.debugging import PromptRegistry
from mlops_helpers.learning.lesson_03 import SUPPORT_PROMPTS

MODEL = choose("default").id
gemini = genai.Client(enterprise=True, project=session.project, location="global")
registry = PromptRegistry(bucket, clock=session.now)
for edit in SUPPORT_PROMPTS:
    saved = registry.save("summary", **edit, model=MODEL)
    registry.set_alias("summary", "production", saved.version, by=saved.author)
    if CLOUD == "offline":
        session.advance(dt.timedelta(days=1))
registry.versions("summary")[["version", "author", "description", "aliases"]]

# %% [markdown]
# The service answers requests in steps. A `Tracer` gives each request an id and writes every step to Cloud Logging: which
# one, how long, and what was known.

# %%
from google.cloud import logging
from mlops_helpers.debugging import Tracer, repeatable_ids

log, ids = logging.Client(project=session.project), repeatable_ids(3)


def serve(message):
    tracer = Tracer(log.logger("support"), clock=session.now, ids=ids)
    with tracer.step("answer a request"):
        with tracer.step("load the prompt") as step:
            prompt = registry.load("summary", "production")
            step.note(prompt=prompt.id)
        with tracer.step("ask Gemini") as step:
            asked, config = prompt.render(message=message), {**prompt.parameters, "seed": 0}
            answer = gemini.models.generate_content(model=prompt.model, contents=asked, config=config)
            step.note_generation(answer, model=prompt.model, prompt_version=prompt.id, contents=asked)
    return {"message": message, "answer": answer.text, "trace": tracer.trace_id}


# %%
reviews = pd.read_csv(course_data("rated_sentiment_reviews.csv"))
clear = reviews[(reviews["mean_rating"].abs() > 1.5) & reviews["text"].str.len().between(40, 200)].head(24)
served = pd.DataFrame([serve(message) for message in clear["text"].head(8)])
served[["message", "answer"]]
