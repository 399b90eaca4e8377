"""k-anonymity and l-diversity against a hand-worked table and against counting by brute force."""

from collections import Counter, defaultdict
from itertools import product

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mlops_helpers.governance.anonymity import generalisations, k_anonymity, l_diversity
from mlops_helpers.governance.errors import EmptyData, InvalidSetting, MissingColumn, NotAnonymous
from mlops_helpers.governance.masks import age_band

QUASI = ["age", "contract"]


@pytest.fixture
def patients() -> pd.DataFrame:
    """Worked by hand: groups (30, A) ×2, (30, B) ×1, (40, A) ×3; in the group of three everybody has churned."""
    return pd.DataFrame(
        {
            "age": [30, 30, 30, 40, 40, 40],
            "contract": ["A", "A", "B", "A", "A", "A"],
            "churned": [0, 1, 0, 1, 1, 1],
        },
        index=list("abcdef"),
    )


def test_hand_worked_table(patients):
    found = k_anonymity(patients, QUASI)

    assert found.k == 1
    assert found.groups.values.tolist() == [[30, "B", 1], [30, "A", 2], [40, "A", 3]]
    assert list(found.below(3)) == ["a", "b", "c"]
    assert l_diversity(patients, QUASI, "churned") == 1
    assert l_diversity(patients[:2], QUASI, "churned") == 2


def test_promise_is_kept_or_the_smallest_group_is_named(patients):
    assert k_anonymity(patients, ["age"]).require(3).k == 3
    with pytest.raises(NotAnonymous, match=r"3 of 6 rows .*'contract': 'B'.*: 1"):
        k_anonymity(patients, QUASI).require(3)


ROWS = st.lists(st.tuples(st.sampled_from([1, 2, None]), st.sampled_from("AB"), st.integers(0, 2)), min_size=1)


@given(ROWS)
def test_agrees_with_counting_by_hand(rows):
    data = pd.DataFrame(rows, columns=["age", "contract", "churned"]).astype({"age": "Int64"})
    counts = Counter((age, contract) for age, contract, _ in rows)
    secrets = defaultdict(set)
    for age, contract, churned in rows:
        secrets[age, contract].add(churned)

    found = k_anonymity(data, QUASI)

    assert found.k == min(counts.values())
    assert list(found.below(2)) == [place for place, row in enumerate(rows) if counts[row[:2]] < 2]
    assert l_diversity(data, QUASI, "churned") == min(map(len, secrets.values()))


LADDERS = {"age": ["keep", {"action": "age_band", "width": 10}, "drop"], "contract": ["keep", "drop"]}


@given(st.lists(st.tuples(st.integers(20, 50), st.sampled_from("AB")), min_size=1, max_size=12), st.integers(1, 4))
@settings(max_examples=60)
def test_generalisations_are_exactly_the_mildest_that_suffice(rows, k):
    coarsen = [[lambda age: age, lambda age: age_band(age), lambda _: ""], [lambda text: text, lambda _: ""]]

    def enough(rungs):
        ways = [ladder[rung] for ladder, rung in zip(coarsen, rungs, strict=True)]
        return min(Counter((ways[0](age), ways[1](text)) for age, text in rows).values()) >= k

    good = [rungs for rungs in product(range(3), range(2)) if enough(rungs)]
    mildest = {
        rungs
        for rungs in good
        if not any(other != rungs and all(a <= b for a, b in zip(other, rungs, strict=True)) for other in good)
    }
    labels = (["keep", "age_band width=10", "drop"], ["keep", "drop"])
    table = generalisations(pd.DataFrame(rows, columns=QUASI), LADDERS, k)

    found = {(labels[0].index(age), labels[1].index(contract)) for age, contract in table[QUASI].values.tolist()}
    assert found == mildest


def test_few_rows_may_be_left_out_instead(patients):
    table = generalisations(patients, LADDERS, 2, max_suppressed=0.2)

    assert table.loc[0].to_dict() == {
        "age": "keep", "contract": "keep", "steps": 0, "k": 2, "groups": 2, "suppressed": 1
    }  # fmt: skip


def test_impossible_k_gives_an_empty_table(patients):
    assert generalisations(patients, LADDERS, 7).empty


def test_bad_questions_are_refused(patients):
    with pytest.raises(MissingColumn, match=r"'postcode'.*age"):
        k_anonymity(patients, ["postcode"])
    with pytest.raises(MissingColumn, match="no quasi-identifier"):
        k_anonymity(patients, [])
    with pytest.raises(EmptyData):
        k_anonymity(patients[:0], QUASI)
    with pytest.raises(InvalidSetting, match="k=0"):
        generalisations(patients, LADDERS, 0)
