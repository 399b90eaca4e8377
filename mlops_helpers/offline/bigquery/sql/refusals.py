"""What Google's BigQuery does and the offline one does not: each refused by its name, never guessed.

Some of it cannot even be parsed (`ML.PREDICT(MODEL ...)`), so it is looked for in the text, with strings and comments
taken out first.
"""

from __future__ import annotations

import re

from ...errors import ApiError, unsupported

QUOTED = re.compile(
    r'"""(?:\\.|[^\\])*?"""|\'\'\'(?:\\.|[^\\])*?\'\'\'|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'|`[^`]*`'
    r"|--[^\n]*|#[^\n]*|/\*.*?\*/",
    re.DOTALL,
)

# A pattern over the bare text, and the name under which it is refused.
BY_TEXT = (
    (r"\bML\s*\.\s*(\w+)\s*\(", "BigQuery ML: ML.{}"),
    (r"\bAI\s*\.\s*(\w+)\s*\(", "BigQuery AI: AI.{}"),
    (r"\bCREATE\s+(?:OR\s+REPLACE\s+)?MODEL\b()", "BigQuery ML: CREATE MODEL"),
    (r"\b(ALTER|DROP|EXPORT)\s+MODEL\b", "BigQuery ML: {} MODEL"),
    (r"\bLANGUAGE\s+(js|python|java)\b", "BigQuery functions in another language: LANGUAGE {}"),
    (r"\bREMOTE\s+WITH\s+CONNECTION\b()", "BigQuery remote functions"),
    (r"\bCREATE\s+(?:OR\s+REPLACE\s+)?AGGREGATE\s+FUNCTION\b()", "BigQuery SQL: CREATE AGGREGATE FUNCTION"),
    (r"\bCREATE\s+(?:OR\s+REPLACE\s+)?EXTERNAL\s+(TABLE|SCHEMA)\b", "BigQuery SQL: CREATE EXTERNAL {}"),
    (r"\bCREATE\s+(SEARCH|VECTOR)\s+INDEX\b", "BigQuery SQL: CREATE {} INDEX"),
    (r"\bCREATE\s+(?:OR\s+REPLACE\s+)?ROW\s+ACCESS\s+POLICY\b()", "BigQuery SQL: CREATE ROW ACCESS POLICY"),
    (r"\b(VECTOR_SEARCH|EXTERNAL_QUERY|GAP_FILL|APPENDS|CHANGES)\s*\(", "BigQuery table function {}"),
    (r"\b(EXPORT|LOAD)\s+DATA\b", "BigQuery SQL: {} DATA"),
    (r"\bEXECUTE\s+(IMMEDIATE)\b", "BigQuery scripting: EXECUTE {}"),
    (r"^\s*(GRANT|REVOKE)\b", "BigQuery SQL: {}"),
    (r"\bMATCH_RECOGNIZE\b()", "BigQuery SQL: MATCH_RECOGNIZE"),
    (r"\bWITH\s+(DIFFERENTIAL_PRIVACY|AGGREGATION_THRESHOLD)\b", "BigQuery SQL: {}"),
    (r"\bCREATE\s+(?:OR\s+REPLACE\s+)?(?:TEMP(?:ORARY)?\s+)?(PROCEDURE|RESERVATION|ASSIGNMENT|CAPACITY)\b",
     "BigQuery SQL: CREATE {}"),
    (r"(?:^|;)\s*(LOOP|WHILE|REPEAT|FOR|IF|CALL|RAISE|LEAVE|ITERATE|BREAK|CONTINUE|CASE|COMMIT|ROLLBACK|ASSERT)\b",
     "BigQuery scripting: {}"),
)  # fmt: skip
PATTERNS = tuple((re.compile(pattern, re.IGNORECASE), name) for pattern, name in BY_TEXT)

# BigQuery functions that exist there and not here. Prefixes end in an underscore or a dot.
FUNCTION_PREFIXES = {
    "ST_": "BigQuery geography functions",
    "S2_": "BigQuery geography functions",
    "HLL_COUNT.": "BigQuery sketches",
    "KLL_QUANTILES.": "BigQuery sketches",
    "KEYS.": "BigQuery encryption functions",
    "AEAD.": "BigQuery encryption functions",
    "DETERMINISTIC_": "BigQuery encryption functions",
    "RANGE_": "BigQuery range functions",
    "DLP_": "BigQuery encryption functions",
    "NET.": "BigQuery network functions",
    "OBJ.": "BigQuery object functions",
}
FUNCTION_NAMES = (
    "RANGE GENERATE_RANGE_ARRAY SEARCH TEXT_ANALYZE TOKENIZE COSINE_DISTANCE EUCLIDEAN_DISTANCE BAG_OF_WORDS TF_IDF "
    "CODE_POINTS_TO_BYTES COLLATE SOUNDEX JSON_ARRAY_APPEND JSON_ARRAY_INSERT JSON_REMOVE JSON_SET JSON_STRIP_NULLS "
    "PARSE_NUMERIC PARSE_BIGNUMERIC LAX_INT64 LAX_FLOAT64 LAX_BOOL LAX_STRING JUSTIFY_DAYS JUSTIFY_HOURS "
    "JUSTIFY_INTERVAL REGEXP_INSTR TO_BASE32 FROM_BASE32 BIT_CAST_TO_INT64 TIMESTAMP_BUCKET DATE_BUCKET "
    "DATETIME_BUCKET LAST_MODIFIED SAFE_CONVERT_BYTES_TO_STRING"
)
FUNCTIONS = frozenset(FUNCTION_NAMES.split())


def refuse_by_text(sql: str) -> None:
    """Raises ApiError 501 for what is refused whatever the rest of the query says."""
    bare = QUOTED.sub(" ", sql)
    for pattern, name in PATTERNS:
        if found := pattern.search(bare):
            raise unsupported(name.format((found[1] or "").upper()))


def refused_function(name: str) -> ApiError | None:
    """The refusal of a function that Google's BigQuery has and the offline one has not; None for any other name."""
    for prefix, family in FUNCTION_PREFIXES.items():
        if name.startswith(prefix):
            return unsupported(f"{family}: {name}")
    return unsupported(f"BigQuery function {name}") if name in FUNCTIONS else None
