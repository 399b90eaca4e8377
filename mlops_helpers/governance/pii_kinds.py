"""What personal data looks like: one pattern, one proof and one confidence for each kind.

Every pattern runs in linear time. They contain no nested repetition; each repetition is bounded, each step of it
starts with a character that no other step could take, and a look-behind keeps a long run of letters or digits
from being tried again at each of its positions. So no input, however hostile, makes the search explode.
"""

import ipaddress
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from mlops_helpers.governance import check_digits

_NOT_ALNUM = re.compile(r"[^0-9A-Za-z]")
_DATE_FIRST = re.compile(r"\d{2}[./-]\d{2}[./-]\d{4}")


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of personal data.

    `pattern` proposes, `proof` decides on the text proposed, `confidence` (0..1) says how sure a hit is without
    knowing the column. `needs` (a character) and `digits` (a count) let cells without a chance be skipped.
    `hint` matches column names in which this kind is at home; there a hit counts more. `lengths`, given the letters
    and digits of a proposal, says at how many of them the number may end, since a blank may also lead to the next word.
    """

    name: str
    pattern: re.Pattern[str]
    proof: Callable[[str], bool]
    confidence: float
    hint: re.Pattern[str]
    digits: int = 0
    needs: str = ""
    only_with_hint: bool = False
    lengths: Callable[[str], Iterable[int]] | None = None

    def may_occur(self, text: str, digits: int) -> bool:
        """Return whether a text with this many digits deserves a search."""
        return digits >= self.digits and self.needs in text


def compact(text: str) -> str:
    """Drop everything but letters and digits."""
    return _NOT_ALNUM.sub("", text)


def _email(text: str) -> bool:
    local = text.partition("@")[0]
    return not (local.startswith(".") or local.endswith(".") or ".." in text)


def _ip(text: str) -> bool:
    """Return whether `ipaddress` accepts the text; `::` and C++ names such as `abc::def` are not meant."""
    if ":" in text and not any(map(str.isdigit, text)):
        return False
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


def _phone(text: str) -> bool:
    return _DATE_FIRST.match(text) is None and len(set(compact(text))) > 2


def _proof(check: Callable[[str], bool]) -> Callable[[str], bool]:
    """Wrap a check of `check_digits` so that it sees the number without its separators."""
    return lambda text: check(compact(text).upper())


def _iban_lengths(text: str) -> Iterable[int]:
    return (length,) if (length := check_digits.IBAN_LENGTHS.get(text[:2])) else ()


def _card_lengths(text: str) -> Iterable[int]:
    return range(min(len(text), 19), 11, -1)


def _kind(name: str, pattern: str, proof: Callable[[str], bool], confidence: float, **options: object) -> Kind:
    hint = re.compile(str(options.pop("hint", name)), re.IGNORECASE)
    return Kind(name, re.compile(pattern), proof, confidence, hint, **options)


_PHONE = "phone|tel|mobile|fax"
_NUMBER_STARTS = r"(?<![\w.+-])"

# From the surest to the least sure; where two findings overlap, the surer one stays.
KINDS: tuple[Kind, ...] = (
    _kind(
        "email",
        r"(?<![\w.%+'-])[\w.%+'-]{1,64}@(?:[^\W_](?:[\w-]{0,61}[^\W_])?\.){1,8}[^\W\d_]{2,24}(?![\w-])",
        _email,
        0.99,
        hint="mail",
        needs="@",
    ),
    _kind(
        "iban",
        r"(?<![0-9A-Za-z])[A-Z]{2}\d{2}(?:[ -]?[0-9A-Z]){11,30}",
        _proof(check_digits.iban),
        0.99,
        digits=8,
        lengths=_iban_lengths,
    ),
    _kind(
        "card",
        _NUMBER_STARTS + r"\d(?:[ -]?\d){11,18}",
        _proof(check_digits.card),
        0.95,
        hint="card|pan$",
        digits=12,
        lengths=_card_lengths,
    ),
    _kind(
        "it_codice_fiscale",
        r"(?<!\w)[A-Z]{6}[\dL-V]{2}[A-EHLMPRST][\dL-V]{2}[A-Z][\dL-V]{3}[A-Z](?!\w)",
        _proof(check_digits.it_codice_fiscale),
        0.97,
        hint="codice|fiscal",
    ),
    _kind(
        "fr_nir",
        _NUMBER_STARTS + r"[1-478] ?\d\d ?\d\d ?(?:\d\d|2[AB]) ?\d{3} ?\d{3} ?\d\d(?!\w)",
        _proof(check_digits.fr_nir),
        0.93,
        hint="nir|secu",
        digits=14,
    ),
    _kind("es_dni", r"(?<!\w)[XYZ\d]-?\d{7}-?[A-Z](?!\w)", _proof(check_digits.es_dni), 0.93, hint="dni|nie", digits=7),
    _kind(
        "us_ssn",
        _NUMBER_STARTS + r"\d{3}([ -])\d{2}\1\d{4}(?![\w-])",
        _proof(check_digits.us_ssn),
        0.85,
        hint="ssn|social",
        digits=9,
    ),
    _kind(
        "uk_nino",
        r"(?<!\w)[A-Z]{2} ?\d\d ?\d\d ?\d\d ?[A-D](?!\w)",
        _proof(check_digits.uk_nino),
        0.85,
        hint="nino|insurance",
        digits=6,
    ),
    _kind("ip", r"(?<![\w:.])[0-9A-Fa-f:.]{2,45}(?<!\.)(?![\w:])", _ip, 0.9, hint="^ip|_ip", needs=":"),
    _kind("ip", r"(?<![\w.])(?:\d{1,3}\.){3}\d{1,3}(?!\.?\w)", _ip, 0.8, hint="^ip|_ip", digits=4, needs="."),
    _kind(
        "phone", _NUMBER_STARTS + r"(?:\+|00)[1-9](?:[ ./()-]{0,3}\d){6,14}(?!\w)", _phone, 0.8, hint=_PHONE, digits=7
    ),
    _kind(
        "phone",
        _NUMBER_STARTS + r"(?:1[ .-])?(?:\([2-9]\d\d\) ?|[2-9]\d\d[ .-])[2-9]\d\d[ .-]\d{4}(?![\w-])",
        _phone,
        0.75,
        hint=_PHONE,
        digits=10,
    ),
    _kind(
        "de_steuer_id",
        _NUMBER_STARTS + r"[1-9]\d ?\d{3} ?\d{3} ?\d{3}(?!\w)",
        _proof(check_digits.de_steuer_id),
        0.74,
        hint="steuer|tax",
        digits=11,
    ),
    _kind("pl_pesel", _NUMBER_STARTS + r"\d{11}(?!\w)", _proof(check_digits.pl_pesel), 0.72, hint="pesel", digits=11),
    _kind("phone", r"(?<![\w+.,/:-])\(?0[1-9](?:[ ./()-]{0,2}\d){7,9}(?!\w)", _phone, 0.6, hint=_PHONE, digits=9),
    _kind(
        "phone",
        r"(?<![\w+.,/:-])[1-9]\d{6,11}(?!\w)",
        _phone,
        0.5,
        hint=_PHONE,
        digits=7,
        only_with_hint=True,
    ),
)
KIND_NAMES: tuple[str, ...] = tuple(dict.fromkeys(kind.name for kind in KINDS))
