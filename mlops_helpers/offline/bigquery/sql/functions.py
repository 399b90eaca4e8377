"""Every BigQuery function the offline cloud knows: the allow-list.

`SAME` lists functions that DuckDB computes alike (or a macro of `macros.sql` does), with the numbers of arguments they
take; `RULES` those that need a decision first. A name in neither is refused: `Function not found: READ_CSV`.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING

from . import aggregates, json_functions, times
from .build import binary, case, cast, fn, listed, null, number, text
from .dialect import invalid_query
from .kinds import is_kind

if TYPE_CHECKING:
    from sqlglot import exp

    from .rewrite import Call

# BigQuery's name, DuckDB's function, fewest and most arguments
SAME_TEXT = """
ABS abs 1 1|SQRT sqrt 1 1|LN ln 1 1|LOG bq_log 1 2|LOG10 log10 1 1|EXP bq_exp 1 1|IEEE_DIVIDE bq_ieee_divide 2 2
SIN sin 1 1|COS cos 1 1|TAN tan 1 1|ASIN asin 1 1|ACOS acos 1 1|ATAN atan 1 1|ATAN2 atan2 2 2|SINH sinh 1 1
COSH cosh 1 1|TANH tanh 1 1|ASINH asinh 1 1|ACOSH acosh 1 1|ATANH atanh 1 1|CBRT cbrt 1 1|COT cot 1 1
IS_NAN isnan 1 1|IS_INF isinf 1 1|RANGE_BUCKET bq_range_bucket 2 2|BIT_COUNT bq_bit_count 1 1|DIV bq_int_div 2 2
COALESCE coalesce 1 99|IFNULL coalesce 2 2|NULLIF nullif 2 2|ERROR error 1 1
UPPER upper 1 1|LOWER lower 1 1|CHAR_LENGTH length 1 1|CHARACTER_LENGTH length 1 1|LENGTH bq_length 1 1
BYTE_LENGTH bq_byte_length 1 1|OCTET_LENGTH bq_byte_length 1 1|STRPOS instr 2 2|INSTR bq_instr 2 4
LEFT bq_left 2 2|RIGHT bq_right 2 2|LPAD bq_lpad 2 3|RPAD bq_rpad 2 3|REPEAT repeat 2 2|REPLACE bq_replace 3 3
REVERSE reverse 1 1|TRIM trim 1 2|LTRIM ltrim 1 2|RTRIM rtrim 1 2|TRANSLATE translate 3 3|SPLIT bq_split 1 2
STARTS_WITH starts_with 2 2|ENDS_WITH ends_with 2 2|CONTAINS_SUBSTR bq_contains_substr 2 2|CHR bq_chr 1 1
ASCII ascii 1 1|UNICODE bq_unicode 1 1|TO_CODE_POINTS bq_code_points 1 1|CODE_POINTS_TO_STRING bq_from_code_points 1 1
EDIT_DISTANCE levenshtein 2 2|REGEXP_CONTAINS regexp_matches 2 2
FROM_HEX unhex 1 1|TO_BASE64 to_base64 1 1|FROM_BASE64 from_base64 1 1
SHA256 bq_sha256 1 1|SHA512 bq_sha512 1 1|SHA1 bq_sha1 1 1|MD5 bq_md5 1 1|FARM_FINGERPRINT bq_farm 1 1
GENERATE_UUID bq_uuid 0 0|ARRAY_REVERSE list_reverse 1 1|ARRAY_SLICE bq_array_slice 3 3
ARRAY_LENGTH len 1 1|ARRAY_TO_STRING bq_array_to_string 2 3
TO_JSON_STRING bq_json_string 1 2|TO_JSON bq_to_json 1 1|PARSE_JSON bq_parse_json 1 1|JSON_TYPE bq_json_type 1 1
UNIX_DATE bq_unix_date 1 1|DATE_FROM_UNIX_DATE bq_from_unix_date 1 1
TIMESTAMP_SECONDS bq_ts_seconds 1 1|TIMESTAMP_MILLIS bq_ts_millis 1 1|TIMESTAMP_MICROS bq_ts_micros 1 1
"""
SAME = {
    name: (duck, int(fewest), int(most))
    for name, duck, fewest, most in (entry.split() for entry in re.split(r"[|\n]", SAME_TEXT.strip()))
}


def concat(call: Call) -> exp.Expression:
    """CONCAT: everything as STRING (BYTES stay BYTES); NULL if any part is NULL."""
    from sqlglot import exp

    as_bytes = any(is_kind(kind, "BYTES") for kind in call.kinds)
    parts = [
        value if as_bytes or value.is_string or is_kind(kind, "STRING") else fn("bq_string", value)
        for value, kind in zip(call.arguments, call.kinds, strict=True)
    ]
    whole = parts[0]
    for part in parts[1:]:
        whole = exp.DPipe(this=whole, expression=part)
    return exp.Paren(this=whole)


def substring(call: Call) -> exp.Expression:
    """SUBSTR of a STRING or of BYTES."""
    return fn("bq_substr_bytes" if is_kind(call.kinds[0], "BYTES") else "bq_substr", *call.arguments)


def extreme(call: Call) -> exp.Expression:
    """GREATEST and LEAST: NULL if any argument is NULL (DuckDB leaves NULLs out)."""
    from sqlglot import exp

    missing = [exp.Is(this=value.copy(), expression=null()) for value in call.arguments]
    any_missing = exp.or_(*missing) if len(missing) > 1 else missing[0]
    return case((any_missing, null()), otherwise=fn(call.name.lower(), *call.arguments))


def rounded(call: Call) -> exp.Expression:
    """ROUND, TRUNC, CEIL, FLOOR: FLOAT64 of an INT64, NUMERIC of a NUMERIC; halves away from zero."""
    value, *places = call.arguments
    name = {"CEILING": "CEIL"}.get(call.name, call.name).lower()
    if is_kind(call.kinds[0], "INTEGER"):
        value = cast(value, "DOUBLE")
    whole = fn(name, value, *[cast(place, "INTEGER") for place in places[:1]])
    return cast(whole, "DECIMAL(38, 9)") if is_kind(call.kinds[0], "NUMERIC") else whole


def signed(call: Call) -> exp.Expression:
    """SIGN keeps the type of its argument."""
    kind = "DOUBLE" if is_kind(call.kinds[0], "FLOAT") else "BIGINT"
    return cast(fn("sign", call.arguments[0]), kind)


def power(call: Call) -> exp.Expression:
    """POW and POWER."""
    whole = fn("bq_pow", *call.arguments)
    return cast(whole, "DECIMAL(38, 9)") if is_kind(call.kinds[0], "NUMERIC") else whole


def modulo(call: Call) -> exp.Expression:
    """MOD(a, b): the sign of a."""
    return binary("Mod", *call.arguments)


def safe_arithmetic(call: Call) -> exp.Expression:
    """SAFE_ADD and its kin: NULL instead of an overflow. SAFE_DIVIDE: NULL for a zero divisor."""
    from sqlglot import exp

    if call.name == "SAFE_NEGATE":
        return fn("TRY", exp.Neg(this=exp.Paren(this=call.arguments[0])))
    if call.name == "SAFE_DIVIDE":
        if call.is_numeric():
            return fn("TRY", fn("bq_numeric_divide", *call.arguments))
        return fn("bq_safe_divide", *call.arguments)
    operator = {"SAFE_ADD": "Add", "SAFE_SUBTRACT": "Sub", "SAFE_MULTIPLY": "Mul"}[call.name]
    return fn("TRY", binary(operator, *call.arguments))


def groups_of(pattern: exp.Expression) -> int:
    """How many capturing groups a regular expression has. Raises ApiError 400 for more than one."""
    bare = re.sub(r"\\.|\[[^\]]*\]", "", pattern.name)
    found = len(re.findall(r"\((?!\?)|\(\?P?<[A-Za-z]", bare))
    if found > 1:
        raise invalid_query(f"Regular expression has more than one capturing group: {pattern.name}")
    return found


def regexp_extract(call: Call) -> exp.Expression:
    """REGEXP_EXTRACT(text, regexp[, position[, occurrence]]): the group if there is one; NULL without a match."""
    value, pattern, *more = call.arguments
    group = number(groups_of(pattern))
    if not more:
        return case((fn("regexp_matches", value, pattern), fn("regexp_extract", value.copy(), pattern.copy(), group)))
    found = fn("regexp_extract_all", fn("bq_substr", value, more[0]), pattern, group)
    return fn("bq_safe_at", found, more[1] if len(more) > 1 else number(1))


def regexp_extract_all(call: Call) -> exp.Expression:
    """REGEXP_EXTRACT_ALL(text, regexp)."""
    value, pattern = call.arguments
    return fn("regexp_extract_all", value, pattern, number(groups_of(pattern)))


def regexp_replace(call: Call) -> exp.Expression:
    r"""REGEXP_REPLACE(text, regexp, replacement): every match; `\1` is a group."""
    return fn("regexp_replace", *call.arguments, text("g"))


def format_call(call: Call) -> exp.Expression:
    """FORMAT(pattern, values...): the values travel as JSON with their types."""
    pattern, *values = call.arguments
    texts = listed([cast(fn("to_json", value), "VARCHAR") for value in values])
    kinds = listed([fn("typeof", value.copy()) for value in values])
    return fn("bq_format", pattern, cast(texts, "VARCHAR[]"), cast(kinds, "VARCHAR[]"))


def generate_array(call: Call) -> exp.Expression:
    """GENERATE_ARRAY(first, last[, step])."""
    first, last, *step = call.arguments
    name = "bq_series_float" if any(is_kind(kind, "FLOAT", "NUMERIC") for kind in call.kinds) else "bq_series"
    return fn(name, first, last, step[0] if step else number(1))


def array_concat(call: Call) -> exp.Expression:
    """ARRAY_CONCAT(array, ...)."""
    from sqlglot import exp

    whole = call.arguments[0]
    for part in call.arguments[1:]:
        whole = exp.DPipe(this=whole, expression=part)
    return exp.Paren(this=whole)


def array_end(call: Call) -> exp.Expression:
    """ARRAY_FIRST and ARRAY_LAST."""
    array = call.arguments[0]
    return fn("bq_at", array, number(1) if call.name == "ARRAY_FIRST" else fn("len", array.copy()))


def normalized(call: Call) -> exp.Expression:
    """NORMALIZE(text[, NFC|NFKC|NFD|NFKD]) and NORMALIZE_AND_CASEFOLD."""
    value, *form = call.arguments
    name = form[0].name.upper() if form else "NFC"
    if name not in ("NFC", "NFKC", "NFD", "NFKD"):
        raise invalid_query(f"A valid normalization mode is required but found {name}: use NFC, NFKC, NFD or NFKD")
    return fn(
        "bq_normalize",
        value,
        text(name),
        fn("list_contains", listed([text("NORMALIZE_AND_CASEFOLD")]), text(call.name)),
    )


def initcap(call: Call) -> exp.Expression:
    """INITCAP(text[, delimiters])."""
    value, *delimiters = call.arguments
    return fn("bq_initcap", value, delimiters[0] if delimiters else text(' \t\n\r\f\v[](){}/|<>!?@"^#$&~_,.:;*%+-'))


def to_hex(call: Call) -> exp.Expression:
    """TO_HEX(bytes): lower case."""
    return fn("lower", fn("hex", call.arguments[0]))


def unix_time(call: Call) -> exp.Expression:
    """UNIX_SECONDS, UNIX_MILLIS, UNIX_MICROS: rounded down."""
    return fn("bq_unix", call.arguments[0], number({"SECONDS": 1_000_000, "MILLIS": 1000, "MICROS": 1}[call.name[5:]]))


def random_number(call: Call) -> exp.Expression:
    """RAND(): the same sequence for the same job."""
    call.scene.uses_random = True
    return fn("random")


def user(call: Call) -> exp.Expression:
    """SESSION_USER()."""
    return text("learner@example.com")


def struct(call: Call) -> exp.Expression:
    """STRUCT(a AS x, b): fields without a name are called `_field_1`, ... as in BigQuery's results."""
    from sqlglot import exp

    parts = []
    for place, value in enumerate(call.node.expressions, 1):
        named = isinstance(value, (exp.Alias, exp.Column, exp.Dot, exp.PropertyEQ)) and value.alias_or_name
        inner = value.this if isinstance(value, exp.Alias) else value
        parts.append((named or f"_field_{place}", inner))
    return struct_of(parts)


def struct_of(parts: list[tuple[str, exp.Expression]]) -> exp.Expression:
    """A DuckDB struct from names and values."""
    from sqlglot import exp

    pairs = [exp.PropertyEQ(this=exp.to_identifier(name, quoted=True), expression=value) for name, value in parts]
    return fn("struct_pack", *pairs)


Rule = tuple[Callable[["Call"], "exp.Expression"], int, int]
RULES: dict[str, Rule] = {
    **{name: (rule, 0, 9) for name, rule in aggregates.RULES.items()},
    **{
        name: (aggregates.RULES[name], 1, 1) for name in ("SUM", "AVG", "COUNTIF", "ANY_VALUE", "APPROX_COUNT_DISTINCT")
    },
    **dict.fromkeys(("CONCAT",), (concat, 1, 99)),
    **dict.fromkeys(("SUBSTR", "SUBSTRING"), (substring, 2, 3)),
    **dict.fromkeys(("GREATEST", "LEAST"), (extreme, 1, 99)),
    **dict.fromkeys(("ROUND", "TRUNC"), (rounded, 1, 2)),
    **dict.fromkeys(("CEIL", "CEILING", "FLOOR"), (rounded, 1, 1)),
    **dict.fromkeys(("POW", "POWER"), (power, 2, 2)),
    "SIGN": (signed, 1, 1),
    "MOD": (modulo, 2, 2),
    **dict.fromkeys(("SAFE_ADD", "SAFE_SUBTRACT", "SAFE_MULTIPLY", "SAFE_DIVIDE"), (safe_arithmetic, 2, 2)),
    "SAFE_NEGATE": (safe_arithmetic, 1, 1),
    **dict.fromkeys(("REGEXP_EXTRACT", "REGEXP_SUBSTR"), (regexp_extract, 2, 4)),
    "REGEXP_EXTRACT_ALL": (regexp_extract_all, 2, 2),
    "REGEXP_REPLACE": (regexp_replace, 3, 3),
    "FORMAT": (format_call, 1, 99),
    **dict.fromkeys(
        ("JSON_VALUE", "JSON_QUERY", "JSON_EXTRACT", "JSON_EXTRACT_SCALAR"), (json_functions.json_path_call, 1, 2)
    ),
    **dict.fromkeys(("JSON_VALUE_ARRAY", "JSON_QUERY_ARRAY"), (json_functions.json_path_call, 1, 2)),
    **dict.fromkeys(("JSON_EXTRACT_ARRAY", "JSON_EXTRACT_STRING_ARRAY"), (json_functions.json_path_call, 1, 2)),
    **dict.fromkeys(("JSON_OBJECT", "JSON_ARRAY"), (json_functions.json_build, 0, 99)),
    **dict.fromkeys(("INT64", "FLOAT64", "BOOL"), (json_functions.json_scalar, 1, 1)),
    "JSON_KEYS": (json_functions.json_keys, 1, 2),
    "GENERATE_ARRAY": (generate_array, 2, 3),
    "ARRAY_CONCAT": (array_concat, 1, 99),
    **dict.fromkeys(("ARRAY_FIRST", "ARRAY_LAST"), (array_end, 1, 1)),
    **dict.fromkeys(("NORMALIZE", "NORMALIZE_AND_CASEFOLD"), (normalized, 1, 2)),
    "INITCAP": (initcap, 1, 2),
    "TO_HEX": (to_hex, 1, 1),
    **dict.fromkeys(("UNIX_SECONDS", "UNIX_MILLIS", "UNIX_MICROS"), (unix_time, 1, 1)),
    "RAND": (random_number, 0, 0),
    "SESSION_USER": (user, 0, 0),
    "STRUCT": (struct, 0, 999),
    **{f"{kind}_{way}": (times.shifted, 2, 2) for kind in times.TYPES for way in ("ADD", "SUB")},
    **{f"{kind}_DIFF": (times.difference, 3, 3) for kind in times.TYPES},
    **{f"{kind}_TRUNC": (times.truncated, 2, 3) for kind in times.TYPES},
    **{f"FORMAT_{kind}": (times.formatted, 2, 3) for kind in times.TYPES},
    **{f"PARSE_{kind}": (times.parsed, 2, 3) for kind in times.TYPES},
    **{f"CURRENT_{kind}": (times.now, 0, 1) for kind in times.TYPES},
    **dict.fromkeys(times.TYPES, (times.constructed, 1, 6)),
    **dict.fromkeys(("GENERATE_DATE_ARRAY", "GENERATE_TIMESTAMP_ARRAY"), (times.date_array, 2, 3)),
    "LAST_DAY": (times.last_day, 1, 2),
    "STRING": (times.as_string, 1, 2),
}
