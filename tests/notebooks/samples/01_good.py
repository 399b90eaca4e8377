# %% [markdown]
# # Can we trust three numbers?
#
# A colleague sends three numbers by e-mail an hour before the meeting. They are said to be ages of customers, and the
# board will read their mean. Nobody has looked at them yet. You have a pencil, this notebook, and the rest of the hour.
#
# **You will be able to**
#
# - count what is missing in a column
# - decide which defects stop the pipeline
# - repair a value and record the repair
#
# *5 minutes · no services · offline $0, live $0*

# %% tags=["parameters"]
BREAK_IT = False  # @param {type: "boolean"}
LIMIT = 120.0

# %%
import matplotlib.pyplot as plt

from mlops_helpers.learning import Course, Tutor, local_tutor, show

tutor = Tutor(Course("tests.learning.sample_course"), local_tutor().journal)
check, quiz = tutor.check, tutor.quiz

# %% [markdown]
# ## What arrived?
#
# One of the three numbers cannot be an age. Nobody has ever been that old, and a mean would hide it, for any three
# numbers have one. So look at each of them, and write down which values an age can have before you look again.

# %%
ages = [31, 150, 42] if not BREAK_IT else [31, -7, 42]
ages

# %%
impossible = [age for age in ages if not 0 <= age <= LIMIT]
assert len(impossible) == 1
impossible

# %% [markdown]
# ## What does it look like?
#
# The bar that leaves the picture is the one to ask about. The other two are near forty, as most customers are, and they
# stay where they were when the third is repaired. Ask the colleague where the third number comes from; do not guess it.

# %%
figure, axes = plt.subplots(figsize=(3, 2))
axes.bar(["a", "b", "c"], ages)
axes.set(xlabel="customer", ylabel="age in years")
show(figure, alt="Three bars of ages: two near forty, one at 150 years.")
assert len(axes.patches) == len(ages)

# %% [markdown]
# ## Your turn
#
# Three exercises and a quiz follow. Each can be solved with what stands above, and nothing that you try can break them.
#
# **Exercise 1.** Which column is filled in only after a customer has left?

# %% tags=["exercise"]
leak = ...

# %% tags=["solution"]
leak = "cancelled_at"

# %%
check("governance.1", leak)

# %% [markdown]
# **Exercise 2.** Put one age in order for each customer, and lose none.

# %% tags=["exercise"]
repaired = ...

# %% tags=["solution"]
repaired = [min(age, int(LIMIT)) for age in ages]

# %%
check("governance.2", repaired, customers=ages)

# %% [markdown]
# **Exercise 3.** Write the function that turns cents into euro.

# %% tags=["exercise"]
to_euro = ...


# %% tags=["solution"]
def to_euro(cents):
    return cents / 100


# %%
check("governance.3", to_euro)

# %% [markdown] tags=["solution"]
# Any limit does, as long as it is written down before the data are seen.

# %%
quiz("governance")

# %% tags=["exercise"]
answers = ...

# %% tags=["solution"]
answers = "ba"

# %%
check("governance.quiz", answers)

# %% [markdown]
# ## Recap
#
# - You counted what was missing in the column.
# - You decided which defects stop a pipeline.
# - You repaired a value and recorded that repair.

# %%
assert len(ages) == 3
"End of lesson 1"
