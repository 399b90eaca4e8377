"""Reading CSV strictly: each kind of damage has an exception that names the place."""

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlops_helpers.governance import (
    DuplicateColumn,
    EmptyData,
    MissingColumn,
    MissingTable,
    RaggedRows,
    Schema,
    UnreadableValue,
    WrongEncoding,
    read_table,
)

FIELDS = st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1, max_size=6)


@given(st.lists(st.tuples(FIELDS, FIELDS), min_size=1, max_size=8))
def test_what_python_writes_is_read_back(rows):
    """Quotes, separators and line breaks within fields survive; every field stays the text it was."""
    buffer = io.StringIO(newline="")
    csv.writer(buffer, quoting=csv.QUOTE_ALL).writerows([("a", "b"), *rows])
    frame = read_table(buffer.getvalue().encode())
    assert list(frame.itertuples(index=False, name=None)) == rows


def test_text_stays_text_and_only_nothing_is_missing():
    frame = read_table(b'id,total,note\n007, ,""\n008,,NA\n')
    assert frame["id"].tolist() == ["007", "008"]
    assert frame["total"].isna().tolist() == [False, True]
    assert frame["note"].tolist() == ["", "NA"]


def test_a_schema_gives_columns_their_types():
    schema = Schema.of_types(age="integer", fee="number", since="date", seen="instant", active="boolean")
    content = b"age,fee,since,seen,active,id\n30,1.5,2024-01-31,2026-03-01T01:00:00+01:00,True,001\n,, ,,false,002\n"
    frame = read_table(content, schema=schema)
    assert [str(dtype) for dtype in frame.dtypes][:2] == ["Int64", "float64"]
    assert frame["since"].dt.strftime("%d.%m.%Y").tolist()[0] == "31.01.2024"
    assert frame["seen"].iloc[0].isoformat() == "2026-03-01T00:00:00+00:00"
    assert frame["active"].tolist() == [True, False]
    assert frame["id"].tolist() == ["001", "002"]


def test_a_file_is_read_with_its_encoding_separator_and_byte_order_mark(tmp_path):
    path = tmp_path / "kunden.csv"
    path.write_bytes("name;stadt\nJürgen;Köln\n".encode("cp1252"))
    assert read_table(path, encoding="cp1252", delimiter=";").loc[0, "stadt"] == "Köln"
    assert read_table(b"\xef\xbb\xbfa\n1\n").columns.tolist() == ["a"]


@pytest.mark.parametrize("content", [b"", b"\n", b"a,b\n", b"a,b"])
def test_an_empty_file_is_refused(content):
    with pytest.raises(EmptyData):
        read_table(content)


@pytest.mark.parametrize(
    ("content", "found"),
    [
        (b"a,b\n1,2\n3\n4,5,6\n", "line 3 has 1, line 4 has 3"),
        (b"a,b\n1,2\n\n3,4,5\n", "line 3 has 0, line 4 has 3"),
        (b"a,b\n" + b"1\n" * 8, "line 6 has 1 and 3 more"),
    ],
)
def test_ragged_rows_are_named_by_line(content, found):
    with pytest.raises(RaggedRows, match=found) as error:
        read_table(content)
    assert error.value.expected == "2 fields in each line"


def test_blank_lines_at_the_end_are_no_rows():
    assert len(read_table(b"a,b\n1,2\n\n\r\n")) == 1


def test_wrong_encoding_is_named_by_byte_and_line():
    with pytest.raises(WrongEncoding, match=r"byte 0xfc at offset 10 \(line 2\)"):
        read_table("name,n\nJ__ü,1\n".encode("latin-1"))
    with pytest.raises(WrongEncoding, match="an encoding named 'utf-9'"):
        read_table(b"a\n1\n", encoding="utf-9")


def test_equal_column_names_are_refused():
    with pytest.raises(DuplicateColumn, match="'age' more than once"):
        read_table(b"age,id,age\n1,2,3\n")


def test_a_column_of_the_schema_must_be_there():
    with pytest.raises(MissingColumn, match="no column 'age'.*among: id, ages"):
        read_table(b"id,ages\n1,2\n", schema=Schema.of_types(age="integer"))


@pytest.mark.parametrize(("kind", "value"), [("integer", "1.5"), ("number", "n/a"), ("date", "31.01.2024")])
def test_a_value_of_another_type_is_refused_with_its_row(kind, value):
    with pytest.raises(UnreadableValue, match=rf"'{value}' in row 1 of column 'a' \(1 such values\)"):
        read_table(f"a\n \n{value}\n".encode(), schema=Schema.of_types(a=kind))


def test_a_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(MissingTable, match=r"no file .*absent\.csv"):
        read_table(tmp_path / "absent.csv")
