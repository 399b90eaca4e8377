"""Check digits: published examples are accepted, and one wrong digit never is (what the schemes were designed for)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlops_helpers.governance import check_digits as checks

# Specimens published by card networks, the IBAN registry, tax offices and textbooks; none belongs to a person.
PUBLISHED = [
    (checks.card, "4111111111111111"),
    (checks.card, "378282246310005"),
    (checks.card, "5555555555554444"),
    (checks.card, "30569309025904"),
    (checks.card, "3530111333300000"),
    (checks.card, "6011111111111117"),
    (checks.iban, "DE89370400440532013000"),
    (checks.iban, "GB82WEST12345698765432"),
    (checks.iban, "FR1420041010050500013M02606"),
    (checks.iban, "NO9386011117947"),
    (checks.de_steuer_id, "86095742719"),
    (checks.de_steuer_id, "47036892816"),
    (checks.fr_nir, "255081416802538"),
    (checks.es_dni, "12345678Z"),
    (checks.es_dni, "X1234567L"),
    (checks.it_codice_fiscale, "RSSMRA85T10A562S"),
    (checks.pl_pesel, "44051401359"),
    (checks.us_ssn, "123456789"),
    (checks.uk_nino, "AB123456C"),
]


@pytest.mark.parametrize(("check", "number"), PUBLISHED)
def test_published_specimen_is_accepted(check, number):
    assert check(number)


@pytest.mark.parametrize(
    ("check", "number"), [pair for pair in PUBLISHED if pair[0] not in (checks.us_ssn, checks.uk_nino)]
)
def test_every_single_digit_error_is_detected(check, number):
    places = [place for place, character in enumerate(number) if character.isdigit()]
    wrong = [
        number[:place] + digit + number[place + 1 :]
        for place in places
        for digit in "0123456789"
        if digit != number[place]
    ]

    assert [text for text in wrong if check(text)] == []


@given(st.text(alphabet="0123456789", min_size=1, max_size=18))
def test_exactly_one_check_digit_satisfies_luhn(body):
    assert sum(checks.luhn(body + digit) for digit in "0123456789") == 1


@pytest.mark.parametrize("number", ["000123456", "666123456", "900123456", "123004567", "123450000"])
def test_social_security_numbers_never_issued_are_refused(number):
    assert not checks.us_ssn(number)


@pytest.mark.parametrize("number", ["BG123456A", "DA123456A", "AO123456A", "QQ123456C"])
def test_insurance_numbers_with_unused_prefixes_are_refused(number):
    assert not checks.uk_nino(number)


def test_corsican_number_counts_its_letter_as_a_digit():
    body = "1850799123456".replace("99", "2A", 1)
    key = 97 - int(body.replace("2A", "19")) % 97

    assert checks.fr_nir(f"{body}{key:02d}")


def test_text_that_is_no_number_is_refused_and_never_raises():
    assert not checks.luhn("4111-1111")
    assert not checks.luhn("٤١١١")
    assert not checks.iban("XX00123")
