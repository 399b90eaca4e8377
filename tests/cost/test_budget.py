"""A budget stops the call that it cannot pay, before it is made, whoever else is spending at the same time."""

import threading
from collections import deque
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import partial

import httpx
import pytest
from google import genai
from google.genai import types
from google.genai.errors import APIError
from hypothesis import given, settings
from hypothesis import strategies as st

from mlops_helpers.cost import (
    BadBudget,
    Budget,
    BudgetBook,
    BudgetedModel,
    BudgetExceeded,
    ClockWentBack,
    CyclicBudget,
    MixedCurrencies,
    Money,
    UnknownReservation,
    UsageLog,
    read_usage,
    upper_bound,
    usage_cost,
)

TODAY, NOON = date(2026, 11, 21), datetime(2026, 11, 21, 12, tzinfo=UTC)
FLASH = "gemini-3.8-flash"
CONFIG = {"max_output_tokens": 200, "system_instruction": "Answer in one sentence."}


def company(limit="10", team="6"):
    return BudgetBook([Budget("company", Money(limit)), Budget("support", Money(team), parent="company"),
                       Budget("churn", Money(team), parent="company")])  # fmt: skip


def test_money_is_set_aside_then_settled_in_the_team_and_above():
    book = company()
    held = book.reserve("support", Money(5), at=TODAY)
    assert (book.left("support"), book.left("churn")) == (Money(1), Money(5))
    book.settle(held, Money(2))
    table = book.table().set_index("budget")
    assert table["spent"].to_dict() == {"company": 2, "support": 2, "churn": 0}
    assert table["held"].sum() == 0


@pytest.mark.parametrize(("team", "most"), [("support", "6.01"), ("churn", "5.01")])
def test_a_call_that_could_exceed_any_budget_above_it_is_stopped_and_changes_nothing(team, most):
    book = company()
    book.reserve("support", Money(5), at=TODAY) if team == "churn" else None
    before = book.table()
    with pytest.raises(BudgetExceeded, match="no more than the"):
        book.reserve(team, Money(most), at=TODAY)
    assert book.table().equals(before)


def test_alerts_come_once_at_each_threshold():
    book, crossed = BudgetBook([Budget("company", Money(10), hard=False)]), []
    for _ in range(12):
        alerts = book.settle(book.reserve("company", Money(1), at=TODAY), Money(1))
        crossed += [(alert.threshold, alert.spent) for alert in alerts]
    assert crossed == [(Decimal("0.5"), Money(5)), (Decimal("0.9"), Money(9)), (Decimal(1), Money(10))]
    assert str(alerts) == "[]"


def test_threads_cannot_spend_the_same_dollar():
    book, made = BudgetBook([Budget("company", Money(10))]), []

    def spend():
        for _ in range(50):
            try:
                held = book.reserve("company", Money("0.11"), at=TODAY)
            except BudgetExceeded:
                return
            made.append(book.settle(held, Money("0.10")))

    workers = [threading.Thread(target=spend) for _ in range(8)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    [spent] = book.table()["spent"]
    assert spent == Decimal("0.10") * len(made) <= 10
    assert 95 <= len(made) <= 100


@given(st.lists(st.tuples(st.integers(0, 400), st.integers(0, 100)), max_size=40))
@settings(max_examples=50)
def test_whatever_is_asked_the_limit_holds(calls):
    book = company()
    for most, share in calls:
        try:
            held = book.reserve("support", Money(most) / 100, at=TODAY)
        except BudgetExceeded:
            continue
        book.settle(held, held.amount * share / 100)
    assert (book.table()["left"] >= 0).all()


@pytest.mark.parametrize(
    ("parents", "path"), [({"a": "a"}, "a -> a"), ({"a": "b", "b": "c", "c": "a"}, "a -> b -> c -> a")]
)
def test_budgets_that_contain_each_other_are_refused(parents, path):
    with pytest.raises(CyclicBudget, match=path):
        BudgetBook([Budget(name, Money(1), parent=above) for name, above in parents.items()])


@pytest.mark.parametrize(
    "wrong",
    [{"limit": Money(0)}, {"limit": Money(-1)}, {"name": ""}, {"thresholds": (Decimal(0),)},
     {"thresholds": (Decimal(1), Decimal("0.5"))}],
)  # fmt: skip
def test_a_budget_that_makes_no_sense_is_refused(wrong):
    with pytest.raises(BadBudget):
        Budget(**({"name": "company", "limit": Money(1)} | wrong))


def test_unknown_twice_and_foreign_are_refused():
    with pytest.raises(BadBudget, match="each name once"):
        BudgetBook([Budget("a", Money(1)), Budget("a", Money(2))])
    with pytest.raises(BadBudget, match="'nobody'"):
        BudgetBook([Budget("a", Money(1), parent="nobody")])
    with pytest.raises(BadBudget, match="one of churn, company, support"):
        company().reserve("ads", Money(1), at=TODAY)
    with pytest.raises(MixedCurrencies):
        company().reserve("support", Money(1, "EUR"), at=TODAY)


def test_a_call_is_settled_once():
    book = company()
    held = book.reserve("support", Money(1), at=TODAY)
    book.settle(held, Money(1))
    with pytest.raises(UnknownReservation, match="reservation 1"):
        book.settle(held, Money(1))


def test_a_month_begins_anew_and_never_again():
    book = company()
    held = book.reserve("support", Money(6), at=TODAY)
    assert book.reserve("support", Money(6), at=date(2026, 12, 1)).month == date(2026, 12, 1)
    assert book.settle(held, Money(6)) == []  # November is closed
    with pytest.raises(ClockWentBack, match="December 2026"):
        book.reserve("support", Money(1), at=TODAY)


@pytest.fixture
def client(session):
    return genai.Client(enterprise=True, project=session.project, location="global")


@pytest.mark.parametrize("config", [CONFIG, CONFIG | {"response_schema": {"type": "OBJECT"},
                                                      "response_mime_type": "application/json"}])  # fmt: skip
def test_the_bound_is_never_below_the_bill(client, config):
    question = "Customers write: the app is slow, but support was kind. What do they think?"
    most = upper_bound(client, FLASH, question, at=TODAY, config=config)
    answer = client.models.generate_content(model=FLASH, contents=question, config=config)
    assert usage_cost(FLASH, read_usage(answer), at=TODAY) <= most


def test_the_cap_stops_the_call_before_google_hears_of_it(client):
    log, book = UsageLog(), BudgetBook([Budget("support", Money("0.0016"))])
    model = BudgetedModel(client, FLASH, book, "support", log.calls(FLASH, prompt_version="v1"), CONFIG)
    ask = partial(model.generate, "Is roaming free in Spain?", at=NOON)
    with pytest.raises(BudgetExceeded):
        deque((ask() for _ in range(1000)), maxlen=0)
    [row] = log.frame().to_dict("records")
    assert row["calls"] >= 1
    assert book.table()["spent"].item() == row["cost"] <= Decimal("0.0016")


def test_an_error_of_google_is_not_billed(client, session):
    calls, book = UsageLog().calls(FLASH, prompt_version="v1"), company()
    model = BudgetedModel(client, FLASH, book, "support", calls, CONFIG)
    with session.faults.inject("permission_denied", operation="*generateContent"), pytest.raises(APIError, match="403"):
        model.generate("Hello", at=NOON)
    assert book.left("support") == Money(6)


def test_an_answer_that_was_lost_may_have_been_billed(client, session):
    hurried = genai.Client(
        enterprise=True, project=session.project, location="global", http_options=types.HttpOptions(timeout=150)
    )
    calls, book = UsageLog().calls(FLASH, prompt_version="v1"), company()
    model = BudgetedModel(hurried, FLASH, book, "support", calls, CONFIG)
    slow = session.faults.inject("latency", operation="*generateContent", seconds=0.4)
    with slow, pytest.raises(httpx.TimeoutException):
        model.generate("Hello", at=NOON)
    spent = book.table().set_index("budget").loc["support", "spent"]
    assert spent == upper_bound(client, FLASH, "Hello", at=TODAY, config=CONFIG).amount > 0
