"""The data in the repository are what the generator writes and what their README says."""

import re

import pandas as pd
import pytest

from data.adverts import FATIGUE, LATEST_LABEL_DAYS, NEW_RELEASE, REDESIGN, adverts
from data.churn import SENTINEL
from data.generate import HERE, SEED, churn_probability, customers, main

FILES = ("customers.csv", "customers_audited.csv", "customers_next_day.csv", "answer_key.csv", "ad_answer_key.csv")
FILES += ("customers_next_day_ok.csv", "churn_review.csv", "churn_production.csv", "churn_answer_key.csv")
FILES += ("team_skills.csv", "ab_tests.csv")
TABLES = ("ads_reference.parquet", "ads_production.parquet", "ads_labels.parquet", "ads_next_day.parquet")
TABLES += ("churn_autumn.parquet", "rollout_requests.parquet", "audit_log.parquet")
FILES += ("billing_answer_key.csv", "fraud_answer_key.csv", "friday_hours.csv")
TABLES += (
    "billing_export.parquet",
    "assistant_requests.parquet",
    "endpoint_traffic.parquet",
    "storage_objects.parquet",
    "fraud_payments.parquet",
)
FOREIGN = ("census_reference.parquet", "census_analysis.parquet", "adult_income.parquet")


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
        assert (tmp_path / name).read_bytes() == (HERE / name).read_bytes(), f"{name}: run `python -m data.generate`"
    for name in TABLES:  # the bytes of a Parquet file differ with the library that writes it, the values do not
        pd.testing.assert_frame_equal(pd.read_parquet(tmp_path / name), pd.read_parquet(HERE / name))


@pytest.mark.parametrize("name", FILES + TABLES + FOREIGN)
def test_the_readme_counts_the_rows(name):
    row = re.search(rf"\| `{name}` \| ([\d,]+) \|", (HERE / "README.md").read_text())
    table = pd.read_csv(HERE / name) if name.endswith(".csv") else pd.read_parquet(HERE / name)
    assert int(row[1].replace(",", "")) == len(table)


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


def test_one_next_day_keeps_to_what_was_agreed_and_the_other_renames_a_column(delivered):
    from mlops_helpers.governance import compare_schemas, schema_of

    agreed, renamed = (pd.read_csv(HERE / f"customers_next_day{which}.csv") for which in ("_ok", ""))
    assert compare_schemas(schema_of(delivered), schema_of(agreed)).table.empty
    assert "monthly_fee" in renamed.columns
    assert agreed["monthly_charges"].tolist() == renamed["monthly_fee"].tolist()


def test_churn_follows_from_what_a_model_can_see():
    import numpy as np

    clean = customers(np.random.default_rng(SEED))
    likely = churn_probability(clean) > 0.5
    assert clean.loc[likely, "churned"].mean() > 2 * clean.loc[~likely, "churned"].mean()


def test_a_redesign_moves_a_feature_and_no_click():
    ads = adverts()
    before = ads[(ads["shown_at"] < REDESIGN)]
    after = ads[(ads["shown_at"] >= REDESIGN) & (ads["shown_at"] < FATIGUE)]
    assert after["seconds_on_page"].median() < 0.6 * before["seconds_on_page"].median()
    assert after["clicked"].mean() == pytest.approx(before["clicked"].mean(), abs=0.01)


def test_fatigue_moves_clicks_and_no_feature():
    ads = adverts()[lambda table: table["shown_at"] < NEW_RELEASE]
    frequent = ads[ads["times_seen"] >= 4].groupby(ads["shown_at"] >= FATIGUE)["clicked"].mean()
    assert frequent[True] < 0.5 * frequent[False]
    seen = ads.groupby(ads["shown_at"] >= FATIGUE)["times_seen"].mean()
    assert seen[True] == pytest.approx(seen[False], abs=0.05)


def test_labels_come_after_their_impression_and_within_days():
    waited = adverts().eval("labelled_at - shown_at")
    assert waited.min() > pd.Timedelta(0)
    assert waited.max() <= pd.Timedelta(days=LATEST_LABEL_DAYS)


def test_only_tablets_report_megabytes():
    last = adverts()[lambda table: table["shown_at"] >= NEW_RELEASE]
    large = last.groupby("device")["data_left_gb"].median() > 1000
    assert large.to_dict() == {"android": False, "ios": False, "tablet": True}


def test_what_is_wrong_with_the_churn_files_is_where_the_answer_key_says():
    key = pd.read_csv(HERE / "churn_answer_key.csv").groupby("what")["row"].apply(list)
    review, served = pd.read_csv(HERE / "churn_review.csv"), pd.read_csv(HERE / "churn_production.csv")
    assert served.index[served["tenure_months"] == SENTINEL].tolist() == key[f"tenure_months is {SENTINEL}"]
    assert set(review.loc[key["label guessed wrong"], "labelled_by"]) == {"survey firm"}
    assert review.groupby("labelled_by")["region"].unique()["survey firm"].tolist() == ["south"]
    assert (review.loc[review["region"] == "south", "labelled_by"] == "billing").sum() == 176
    assert (served["winback_calls"] == 0).all()
    assert (
        review.groupby("churned")["winback_calls"].mean()[1] > 5 * review.groupby("churned")["winback_calls"].mean()[0]
    )


def test_adult_has_the_published_figures():
    """UCI's own count of complete rows, and the shares by sex that papers on fairness cite."""
    table = pd.read_parquet(HERE / "adult_income.parquet")
    assert len(table.dropna()) == 45_222
    assert (table.dropna()["income"] == ">50K").mean() == pytest.approx(0.2478, abs=5e-5)
    by_sex = (table["income"] == ">50K").groupby(table["sex"]).mean().round(3)
    assert by_sex.to_dict() == {"Female": 0.109, "Male": 0.304}
    assert table["split"].value_counts().to_dict() == {"train": 32_561, "test": 16_281}


def test_adult_is_read_as_uci_writes_it(tmp_path):
    from data.adult import COLUMNS, adult

    line = "39, ?, 77516, Bachelors, 13, Never-married, Adm-clerical, Not-in-family, White, Male, 0, 0, 40, Cuba, <=50K"
    (tmp_path / "adult.data").write_text(f"{line}\n\n")
    (tmp_path / "adult.test").write_text(f"|1x3 Cross validator\n{line}.\n")
    table = adult(tmp_path)
    assert list(table) == [*COLUMNS, "split"]
    assert table["split"].tolist() == ["train", "test"]
    assert table["income"].tolist() == ["<=50K", "<=50K"]
    assert table["workclass"].isna().all()
    assert table["age"].tolist() == [39, 39]


def test_gift_cards_change_the_payments_at_14_on_friday_and_nobody_complains_before_the_alert():
    from data.fraud import ALERT, ON_SALE

    table = pd.read_parquet(HERE / "fraud_payments.parquet")
    key = pd.read_csv(HERE / "fraud_answer_key.csv").set_index("what")["value"]
    gifts = table[table["category"] == key["new category"]]
    assert gifts["paid_at"].min() >= ON_SALE
    assert set(gifts["device"]) == {key["new device"]}
    assert gifts["complained_at"].min() == pd.Timestamp(key["first complaint about a gift card"]) > ALERT
    assert gifts["fraud"].mean() > 2.5 * table.drop(index=gifts.index)["fraud"].mean()
    assert (table["known_at"] > table["paid_at"]).all()
