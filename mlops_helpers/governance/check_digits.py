"""Numbers that carry their own proof: check digits of cards, bank accounts and national identity numbers.

A check digit tells a real number from sixteen random digits, which is what keeps the finder of personal data from
crying wolf. Each function takes the number without blanks or hyphens and answers yes or no; none of them raises.

    luhn               payment cards            ISO/IEC 7812-1
    iban               bank accounts            ISO 13616, remainder by ISO 7064 mod 97-10
    us_ssn             United States            rules of the Social Security Administration (no check digit)
    uk_nino            United Kingdom           rules of HM Revenue & Customs (no check digit)
    de_steuer_id       Germany                  ISO 7064 mod 11,10 and the rule of the repeated digit
    fr_nir             France                   key = 97 - number mod 97, Corsica written 2A and 2B
    es_dni             Spain (DNI and NIE)      letter = number mod 23
    it_codice_fiscale  Italy                    weighted letters mod 26
    pl_pesel           Poland                   weights 1 3 7 9, and a date that exists
"""

import re
from types import MappingProxyType

# Length of an IBAN by country, from the registry kept by SWIFT for ISO 13616.
_IBAN_REGISTRY = (
    "AD24 AE23 AL28 AT20 AZ28 BA20 BE16 BG22 BH22 BR29 BY28 CH21 CR22 CY28 CZ24 DE22 DK18 DO28 EE20 EG29 ES24 FI18 "
    "FO18 FR27 GB22 GE22 GI23 GL18 GR27 GT28 HR21 HU28 IE22 IL23 IQ23 IS26 IT27 JO30 KW30 KZ20 LB28 LC32 LI21 LT20 "
    "LU20 LV21 MC27 MD24 ME22 MK19 MR27 MT31 MU30 NL18 NO15 PK24 PL28 PS29 PT25 QA29 RO24 RS22 SA24 SC31 SE24 SI19 "
    "SK24 SM27 ST25 SV28 TL23 TN24 TR26 UA29 VA22 VG24 XK20"
)
IBAN_LENGTHS = MappingProxyType({entry[:2]: int(entry[2:]) for entry in _IBAN_REGISTRY.split()})

_CARD_NETWORKS = re.compile(
    r"4(?:\d{12}|\d{15}|\d{18})"  # Visa
    r"|(?:5[1-5]|2[2-7])\d{14}"  # Mastercard
    r"|3[47]\d{13}"  # American Express
    r"|3(?:0[0-5]|[689]\d)\d{11}"  # Diners Club
    r"|35\d{14}"  # JCB
    r"|(?:50|5[6-9]|6\d)\d{10,17}"  # Maestro, Discover, UnionPay
)
_NINO_FORBIDDEN = frozenset({"BG", "GB", "NK", "KN", "TN", "NT", "ZZ"})
_DNI_LETTERS = "TRWAGMYFPDXBNJZSQVHLCKE"
# Value of the digits 0-9 and letters A-Z at the odd places of a codice fiscale (Italian decree of 23 December 1976).
_ODD_DIGITS = (1, 0, 5, 7, 9, 13, 15, 17, 19, 21)
_CODICE_ODD = (*_ODD_DIGITS, *_ODD_DIGITS, 2, 4, 18, 20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24, 23)


def luhn(digits: str) -> bool:
    """Return whether every second digit, doubled, makes the sum divisible by ten."""
    if not (digits.isascii() and digits.isdigit()):
        return False
    doubled = (0, 2, 4, 6, 8, 1, 3, 5, 7, 9)
    values = [int(digit) for digit in reversed(digits)]
    return (sum(values[::2]) + sum(doubled[value] for value in values[1::2])) % 10 == 0


def card(digits: str) -> bool:
    """Return whether the digits have the prefix and length of a card network and pass `luhn`."""
    return _CARD_NETWORKS.fullmatch(digits) is not None and luhn(digits)


def iban(text: str) -> bool:
    """Return whether the text has the length of its country and leaves remainder 1 when divided by 97."""
    if not (text.isascii() and text.isalnum()) or len(text) != IBAN_LENGTHS.get(text[:2]):
        return False
    return _as_number(text[4:] + text[:4]) % 97 == 1


def _as_number(text: str) -> int:
    """Read letters as two digits, A = 10 to Z = 35."""
    return int("".join(str(int(character, 36)) for character in text))


def us_ssn(digits: str) -> bool:
    """Return whether none of the three parts is one that was never issued."""
    area, group, serial = digits[:3], digits[3:5], digits[5:]
    return area not in ("000", "666") and area < "900" and group != "00" and serial != "0000"


def uk_nino(text: str) -> bool:
    """Return whether the two prefix letters and the suffix letter are ones that are issued."""
    return text[:2] not in _NINO_FORBIDDEN and not set(text[:2]) & set("DFIQUV") and text[1] != "O"


def de_steuer_id(digits: str) -> bool:
    """Return whether one of the first ten digits occurs twice or thrice, the others once, and the last one checks."""
    if len(digits) != 11 or digits[0] == "0":
        return False
    repeats = sorted(digits[:10].count(digit) for digit in set(digits[:10]))
    if repeats[-1] not in (2, 3) or (len(repeats) > 1 and repeats[-2] != 1):
        return False
    product = 10
    for digit in digits[:10]:
        product = ((int(digit) + product) % 10 or 10) * 2 % 11
    return (11 - product) % 10 == int(digits[10])


def fr_nir(text: str) -> bool:
    """Return whether the last two digits are 97 minus the remainder of the first thirteen."""
    number = text[:13].replace("2A", "19").replace("2B", "18")
    return number.isdigit() and text[13:].isdigit() and int(text[13:]) == 97 - int(number) % 97


def es_dni(text: str) -> bool:
    """Return whether the letter is the one of the number; X, Y and Z of foreigners count as 0, 1 and 2."""
    number = text[:-1].translate(str.maketrans("XYZ", "012"))
    return number.isdigit() and _DNI_LETTERS[int(number) % 23] == text[-1]


def it_codice_fiscale(text: str) -> bool:
    """Return whether the sixteenth letter follows from the fifteen characters before it."""
    odd = sum(_CODICE_ODD[int(character, 36)] for character in text[0:15:2])
    even = sum(int(character, 36) - (0 if character.isdigit() else 10) for character in text[1:15:2])
    return chr(ord("A") + (odd + even) % 26) == text[15]


def pl_pesel(digits: str) -> bool:
    """Return whether the date inside exists (the month also tells the century) and the weighted sum is right."""
    if len(digits) != 11 or not 1 <= int(digits[2:4]) % 20 <= 12 or not 1 <= int(digits[4:6]) <= 31:
        return False
    weights = (1, 3, 7, 9, 1, 3, 7, 9, 1, 3, 1)
    return sum(weight * int(digit) for weight, digit in zip(weights, digits, strict=True)) % 10 == 0
