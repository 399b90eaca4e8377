"""Finding personal data: what is found, what must not be, and that hostile text cannot stall the search."""

import re
import time
from itertools import pairwise

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mlops_helpers.governance.check_digits import IBAN_LENGTHS
from mlops_helpers.governance.errors import InvalidSetting, MissingColumn
from mlops_helpers.governance.pii import find_pii, redact_text, scan_pii, summarise_pii

FOUND = [
    ("write to ana.ruiz@example.org.", "email", "ana.ruiz@example.org"),
    ("jürgen@bücher.example", "email", "jürgen@bücher.example"),
    ("card 4111 1111 1111 1111 12/27", "card", "4111 1111 1111 1111"),
    ("3782-822463-10005", "card", "3782-822463-10005"),
    ("DE89 3704 0044 0532 0130 00 PLEASE", "iban", "DE89 3704 0044 0532 0130 00"),
    ("from 192.0.2.17, port 80", "ip", "192.0.2.17"),
    ("host fe80::1.", "ip", "fe80::1"),
    ("::ffff:192.0.2.1", "ip", "::ffff:192.0.2.1"),
    ("call +49 (0) 151 2345-6789 now", "phone", "+49 (0) 151 2345-6789"),
    ("call (555) 234-5678", "phone", "(555) 234-5678"),
    ("Tel. 030 12345678", "phone", "030 12345678"),
    ("01 23 45 67 89", "phone", "01 23 45 67 89"),
    ("SSN 123-45-6789", "us_ssn", "123-45-6789"),
    ("NINO AB 12 34 56 C", "uk_nino", "AB 12 34 56 C"),
    ("tax 86 095 742 719", "de_steuer_id", "86 095 742 719"),
    ("2 55 08 14 168 025 38", "fr_nir", "2 55 08 14 168 025 38"),
    ("DNI 12345678-Z", "es_dni", "12345678-Z"),
    ("RSSMRA85T10A562S", "it_codice_fiscale", "RSSMRA85T10A562S"),
    ("PESEL 44051401359", "pl_pesel", "44051401359"),
]
NOT_FOUND = [
    "C0000123",
    "2026-03-01T08:00:00+01:00",
    "01.02.2024 12:30",
    "1234.50",
    "version 1.2.3.4.5",
    "999.1.1.1",
    "12:30:45",
    "std::abc::def",
    "4111 1111 1111 1112",
    "a@b",
    "..@example.org",
    "123-45-0000",
    "0000000000",
    "",
]
HOSTILE = [
    "a",
    "a@",
    "a@b.",
    "1-",
    "+1",
    "::",
    "1.1.",
    "DE89 ",
    "4 ",
    "0(1)",
    "+1 (",
    "AB12",
    " 1",
    "a.b@c.de ",
    "(555) 2",
]


@pytest.mark.parametrize(("text", "kind", "place"), FOUND)
def test_personal_data_is_found_where_it_stands(text, kind, place):
    (finding,) = find_pii(text)

    assert (finding.kind, text[finding.start : finding.end]) == (kind, place)


@pytest.mark.parametrize("text", NOT_FOUND)
def test_what_only_looks_like_personal_data_is_left_alone(text):
    assert find_pii(text) == []


@pytest.mark.parametrize("unit", HOSTILE)
def test_time_grows_linearly_with_hostile_text(unit):
    def seconds(size: int) -> float:
        text = unit * (size // len(unit))
        start = time.process_time()
        find_pii(text, column="phone")
        return time.process_time() - start

    # Quadratic growth would make sixteen times the text 256 times slower; 64 leaves room for a busy machine, and the
    # best of three leaves out a collection of the garbage that other tests left.
    shorter, longer = (min(seconds(size) for _ in range(3)) for size in (4_000, 64_000))
    assert longer < 64 * max(shorter, 0.002)


def luhn_digit(body: str) -> str:
    """Find the check digit by definition: double every second digit from the right, add the digits, round up to ten."""
    doubled = [int(digit) * (2 - place % 2) for place, digit in enumerate(reversed(body))]
    return str(-sum(value // 10 + value % 10 for value in doubled) % 10)


@given(st.from_regex(r"4[0-9]{14}", fullmatch=True), st.sampled_from(["", " ", "-"]))
def test_every_valid_card_is_found_and_any_wrong_digit_is_not(body, separator):
    number = body + luhn_digit(body)
    written = separator.join(number[place : place + 4] for place in range(0, 16, 4))
    wrong = written[:-1] + str((int(written[-1]) + 1) % 10)

    assert [finding.kind for finding in find_pii(f"pay {written}.")] == ["card"]
    assert "card" not in [finding.kind for finding in find_pii(f"pay {wrong}.", kinds=["card"])]


@given(st.sampled_from(sorted(IBAN_LENGTHS)), st.data())
def test_every_valid_iban_is_found_and_any_wrong_check_digit_is_not(country, data):
    size = IBAN_LENGTHS[country] - 4
    body = data.draw(st.from_regex(rf"[0-9]{{{size}}}", fullmatch=True))
    number = int(body + "".join(str(ord(letter) - 55) for letter in country) + "00")
    check = f"{98 - number % 97:02d}"
    wrong = f"{(int(check) + 1) % 100:02d}"

    assert [finding.kind for finding in find_pii(f"to {country}{check}{body} TODAY", kinds=["iban"])] == ["iban"]
    assert find_pii(f"to {country}{wrong}{body} TODAY", kinds=["iban"]) == []


@given(st.text(max_size=200))
@settings(max_examples=200)
def test_findings_are_ordered_apart_and_never_show_the_raw_value(text):
    findings = find_pii(text)

    assert all(left.end <= right.start for left, right in pairwise(findings))
    assert all(text[finding.start : finding.end] not in repr(finding) for finding in findings)


def test_bare_digits_are_a_phone_only_in_a_phone_column():
    assert find_pii("5551234567") == []
    assert [finding.kind for finding in find_pii("5551234567", column="mobile_phone")] == ["phone"]


def test_scan_names_column_row_and_place():
    data = pd.DataFrame(
        {"email": ["ana@example.org", None], "notes": ["ok", "card 4111111111111111 and 192.0.2.1"]}, index=["r7", "r9"]
    )

    found = scan_pii(data)

    assert found[["column", "row", "kind"]].values.tolist() == [
        ["email", "r7", "email"],
        ["notes", "r9", "card"],
        ["notes", "r9", "ip"],
    ]
    assert not found.astype(str).apply(lambda column: column.str.contains("4111")).to_numpy().any()


def test_scan_finds_a_card_that_was_loaded_as_a_number():
    data = pd.DataFrame({"reference": [4111111111111111, 17], "age": [41, 37], "charge": [20.5, 30.0]})

    assert scan_pii(data)[["column", "row", "kind"]].values.tolist() == [["reference", 0, "card"]]


def test_scan_of_clean_table_is_an_empty_table_with_all_columns():
    found = scan_pii(pd.DataFrame({"age": [41], "contract": pd.Categorical(["One year"])}))

    assert (len(found), list(found)[:3]) == (0, ["column", "row", "kind"])


def test_summary_counts_cells_once_and_names_the_worst_column_first():
    data = pd.DataFrame({"email": ["a@example.org b@example.org", "c@example.org"], "notes": ["192.0.2.1", "-"]})

    table = summarise_pii(scan_pii(data), data)

    assert table[["column", "kind", "cells", "share"]].values.tolist() == [
        ["email", "email", 2, 1.0],
        ["notes", "ip", 1, 0.5],
    ]


def test_redaction_keeps_the_rest_of_the_sentence():
    text = "Ana (ana@example.org, +34 612 345 678) called."

    assert redact_text(text) == "Ana ([EMAIL], [PHONE]) called."
    assert re.search(r"\d", redact_text(text)) is None


def test_unknown_kind_and_unknown_column_are_refused_with_the_choices():
    with pytest.raises(InvalidSetting, match=r"passport.*email, iban"):
        find_pii("x", kinds=["passport"])
    with pytest.raises(MissingColumn, match=r"'mail'.*email"):
        scan_pii(pd.DataFrame({"email": []}), columns=["mail"])
