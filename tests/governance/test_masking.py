"""Masking, redaction, generalisation and keyed pseudonyms, value by value and by policy."""

import datetime as dt
import hashlib
import hmac

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlops_helpers.governance.errors import InvalidSetting, MissingColumn, NaiveTimestamp, WeakKey
from mlops_helpers.governance.masking import protect
from mlops_helpers.governance.masks import age_band, is_missing, mask, redact, to_month, to_year
from mlops_helpers.governance.moments import require_aware
from mlops_helpers.governance.pseudonyms import collision_bound, pseudonymise

KEY = bytes(range(32))
OTHER_KEY = bytes(range(1, 33))


@pytest.mark.parametrize(
    ("value", "masked"),
    [
        ("4111 1111 1111 1111", "**** **** **** 1111"),
        ("ana.ruiz@example.org", "a**.****@example.org"),
        ("+49 151 2345678", "+** *** ***5678"),
        ("123456", "****56"),
        ("12", "**"),
        ("", ""),
        (None, None),
    ],
)
def test_mask_keeps_shape_and_hides_the_rest(value, masked):
    assert mask(value) == masked


@given(st.text(max_size=60).filter(lambda text: "@" not in text), st.integers(0, 99))
def test_mask_keeps_length_and_shows_at_most_a_third(text, last):
    masked = mask(text, last=last)

    shown = sum(character.isalnum() for character in masked)
    assert len(masked) == len(text)
    assert shown <= min(last, sum(map(str.isalnum, text)) // 3)


@given(st.integers(0, 150), st.integers(1, 50))
def test_age_lies_within_its_band(age, width):
    lower, upper = map(int, age_band(age, width=width).split("-"))

    assert lower <= age <= upper
    assert (upper - lower + 1, lower % width) == (width, 0)


def test_dates_become_months_and_years():
    assert to_month("2026-03-01T08:00:00+01:00") == "2026-03"
    assert to_month(dt.date(2026, 3, 1)) == "2026-03"
    assert to_year(pd.Timestamp("2026-03-01")) == "2026"
    assert to_month(None) is None


def test_values_that_cannot_be_generalised_are_refused_without_showing_them():
    with pytest.raises(InvalidSetting, match="ISO 8601") as refused:
        to_month("in March")
    assert "March" not in str(refused.value)
    with pytest.raises(InvalidSetting, match="at least 1"):
        age_band(40, width=0)


@pytest.mark.parametrize("empty", [None, float("nan"), pd.NA, pd.NaT])
def test_missing_stays_missing(empty):
    assert is_missing(redact(empty))
    assert is_missing(pseudonymise([empty], KEY)[0])


def test_pseudonym_is_hmac_sha256_of_domain_and_value():
    expected = hmac.new(KEY, b"shop\x00ana@example.org", hashlib.sha256).hexdigest()

    assert pseudonymise(["ana@example.org"], KEY, length=64, domain="shop") == [expected]


@given(st.lists(st.text(max_size=20), max_size=20))
def test_pseudonyms_are_equal_exactly_where_values_are(values):
    made = pseudonymise(values, KEY, length=32)

    assert len(set(made)) == len(set(values))
    assert dict(zip(values, made, strict=True)) == dict(zip(values, pseudonymise(values, KEY, length=32), strict=True))
    assert set(made).isdisjoint(pseudonymise(values, OTHER_KEY, length=32))
    assert set(made).isdisjoint(pseudonymise(values, KEY, length=32, domain="other"))


def test_pseudonymised_series_keeps_index_and_name():
    column = pd.Series(["a", None], index=["r1", "r2"], name="email")

    made = pseudonymise(column, KEY)

    assert (made.name, list(made.index), made.isna().tolist()) == ("email", ["r1", "r2"], [False, True])


@pytest.mark.parametrize("key", [b"", bytes(range(31)), b"\x00" * 32, "k" * 32])
def test_weak_keys_are_refused(key):
    with pytest.raises(WeakKey, match="Expected"):
        pseudonymise(["a"], key)


def test_a_key_of_one_repeated_byte_is_called_that():
    with pytest.raises(WeakKey, match="only one distinct byte"):
        pseudonymise(["a"], b"\x00" * 32)


def test_fractions_and_silly_lengths_are_refused():
    with pytest.raises(InvalidSetting, match="Int64"):
        pseudonymise([1.0], KEY)
    with pytest.raises(InvalidSetting, match="8 to 64"):
        pseudonymise(["a"], KEY, length=4)


def test_collision_bound_against_exact_birthday_probability():
    values, space = 100, 16**4
    unique = 1.0
    for taken in range(values):
        unique *= 1 - taken / space

    assert 1 - unique <= collision_bound(values, 4) <= 1.1 * (1 - unique)


@pytest.fixture
def customers() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "customer_id": ["C0000001", "C0000002", "C0000003"],
            "email": ["ana@example.org", "bo@example.org", None],
            "age": [41, 37, 35],
            "notes": ["paid with 4111111111111111", "fine", None],
            "churned": [0, 1, 0],
        },
        index=[10, 20, 30],
    )


def test_policy_protects_each_column_and_reports(customers):
    policy = {
        "customer_id": "pseudonymise",
        "email": "mask",
        "age": {"action": "age_band", "width": 10},
        "notes": "redact_text",
        "churned": "keep",
    }

    protected = protect(customers, policy, key=KEY)

    assert protected.data["age"].tolist() == ["40-49", "30-39", "30-39"]
    assert protected.data["notes"].tolist()[:2] == ["paid with [CARD]", "fine"]
    assert protected.data["email"].isna().tolist() == [False, False, True]
    report = protected.report.set_index("column")
    assert report["changed"].to_dict() == {"customer_id": 3, "email": 2, "age": 3, "notes": 1, "churned": 0}
    assert report.loc["age", ["distinct_before", "distinct_after"]].tolist() == [3, 2]


def test_others_can_be_dropped_and_the_original_is_untouched(customers):
    before = customers.copy(deep=True)

    protected = protect(customers, {"churned": "keep", "age": {"action": "age_band"}}, others="drop")

    assert list(protected.data) == ["age", "churned"]
    pd.testing.assert_frame_equal(customers, before)


def test_a_column_the_policy_leaves_out_is_refused_by_name(customers):
    with pytest.raises(
        InvalidSetting, match=r"'customer_id', 'age', 'notes', 'churned'.*others=\"keep\" or others=\"drop\""
    ):
        protect(customers, {"email": "drop"})


def test_others_can_be_kept_on_purpose(customers):
    protected = protect(customers, {"email": "drop"}, others="keep")

    assert list(protected.data) == ["customer_id", "age", "notes", "churned"]
    assert protected.report["changed"].tolist() == [0, 2, 0, 0, 0]


@pytest.mark.parametrize(
    ("policy", "error", "message"),
    [
        ({"mail": "mask"}, MissingColumn, "'mail'.*email"),
        ({"email": "encrypt"}, InvalidSetting, "'encrypt'.*pseudonymise"),
        ({"email": {"action": "mask", "first": 2}}, InvalidSetting, "first for mask.*last"),
        ({"email": "pseudonymise"}, WeakKey, "without a key"),
    ],
)
def test_bad_policy_is_refused_before_anything_happens(customers, policy, error, message):
    with pytest.raises(error, match=message):
        protect(customers, policy, others="keep")


def test_time_without_a_zone_is_refused():
    with pytest.raises(NaiveTimestamp, match="expires"):
        require_aware(dt.datetime(2026, 3, 1), "expires")
