"""The data in the repository are what the generator writes and what their README says."""

import re

import pandas as pd
import pytest

from data.generate import HERE, SEED, churn_probability, customers, main

FILES = ("customers.csv", "customers_audited.csv", "customers_next_day.csv", "answer_key.csv")


@pytest.fixture(scope="module")
def delivered():
    return pd.read_csv(HERE / "customers.csv")


@pytest.fixture(scope="module")
def key():
    return pd.read_csv(HERE / "answer_key.csv")


def test_the_files_are_what_the_generator_writes(tmp_path, monkeypatch):
    monkeypatch.setattr("data.generate.HERE", tmp_path)
    main()
    for name in FILES:
        assert (tmp_path / name).read_bytes() == (HERE / name).read_bytes(), f"{name}: run `python data/generate.py`"


@pytest.mark.parametrize("name", FILES)
def test_the_readme_counts_the_rows(name):
    row = re.search(rf"\| `{name}` \| ([\d,]+) \|", (HERE / "README.md").read_text())
    assert int(row[1].replace(",", "")) == len(pd.read_csv(HERE / name))


def test_every_planted_defect_is_where_the_answer_key_says(delivered, key):
    rows = key.groupby("defect")["row"].apply(list)
    assert (delivered.loc[rows["age of 150"], "age"] == 150).all()
    assert (delivered.loc[rows["contract nobody sells"], "contract_type"] == "Lifetime").all()
    assert delivered.loc[rows["age missing"], "age"].isna().all()
    assert (delivered.loc[rows["total blank"], "total_charges"] == " ").all()
    assert delivered.duplicated().to_numpy().nonzero()[0].tolist() == rows["loaded twice"]


def test_rows_without_an_entry_are_clean(delivered, key):
    clean = delivered.drop(index=key["row"])
    assert clean["age"].between(18, 92).all()
    assert not clean["customer_id"].duplicated().any()
    assert clean["monthly_charges"].between(15, 120).all()


def test_churn_follows_from_what_a_model_can_see():
    import numpy as np

    clean = customers(np.random.default_rng(SEED))
    likely = churn_probability(clean) > 0.5
    assert clean.loc[likely, "churned"].mean() > 2 * clean.loc[~likely, "churned"].mean()
