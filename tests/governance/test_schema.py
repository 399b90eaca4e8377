"""Schemas, what changed between two of them, and the columns that were perhaps renamed."""

import json

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlops_helpers.governance import (
    DuplicateColumn,
    InvalidSetting,
    Schema,
    SchemaChanged,
    compare_schemas,
    require_compatible,
    schema_of,
    to_bigquery_schema,
)
from mlops_helpers.governance.schema import TYPES, Field
from mlops_helpers.governance.schema_changes import similarity


def customers(count=100):
    return pd.DataFrame(
        {
            "customer_id": [f"C{number:07d}" for number in range(count)],
            "contract_type": ["One year", "Two year"] * (count // 2),
            "monthly_charges": [20.0 + number for number in range(count)],
            "tenure_months": range(count),
            "seen": pd.date_range("2026-01-01", periods=count, tz="UTC"),
        }
    )


schemas = st.lists(st.tuples(st.sampled_from("abcdef"), st.sampled_from(TYPES)), unique_by=lambda item: item[0]).map(
    lambda items: Schema(tuple(Field(name, kind) for name, kind in items))
)


def test_types_and_missing_values_are_those_of_the_table():
    schema = schema_of(customers().assign(contract_type=None, when=pd.Timestamp("2026-01-01")))
    assert [field.type for field in schema.fields] == ["text", "text", "number", "integer", "instant", "naive"]
    assert [field.name for field in schema.fields if field.nullable] == ["contract_type"]


def test_a_sketch_shows_shapes_and_no_personal_data():
    frame = pd.DataFrame({"email": [f"ann.{number}@example.com" for number in range(50)]})
    sketch = schema_of(frame)["email"].sketch
    assert sketch == {"shapes": {"a.99@a.a": 0.8, "a.9@a.a": 0.2}}


def test_a_schema_survives_json():
    schema = schema_of(customers())
    again = Schema.from_dict(json.loads(json.dumps(schema.to_dict())))
    assert again == schema
    assert [field.sketch for field in again.fields] == [field.sketch for field in schema.fields]


@given(schemas)
def test_nothing_changed_between_a_schema_and_itself(schema):
    assert compare_schemas(schema, schema).changes == ()
    assert require_compatible(schema, schema).changes == ()


@given(schemas, schemas)
def test_every_column_is_accounted_for(old, new):
    comparison = compare_schemas(old, new)
    renamed = [(change.before.name, change.after.name) for change in comparison.changes if change.kind == "renamed?"]
    gone = {*comparison.names("removed"), *(before for before, _ in renamed)}
    come = {*comparison.names("added"), *(after for _, after in renamed)}
    assert gone == set(old.names) - set(new.names)
    assert come == set(new.names) - set(old.names)


def test_renamed_columns_are_suspected_by_their_values_and_names():
    new = customers().rename(columns={"contract_type": "plan", "monthly_charges": "charge_month"})
    changes = compare_schemas(schema_of(customers()), schema_of(new)).changes
    assert [(change.kind, change.before.name, change.after.name) for change in changes] == [
        ("renamed?", "monthly_charges", "charge_month"),
        ("renamed?", "contract_type", "plan"),
    ]
    assert all(0.6 <= change.score <= 1 for change in changes)


def test_another_column_in_its_place_is_not_a_rename():
    new = customers().drop(columns="contract_type").assign(city=["Rome", "Oslo"] * 50)
    comparison = compare_schemas(schema_of(customers()), schema_of(new))
    assert (comparison.names("removed"), comparison.names("added")) == (("contract_type",), ("city",))


def test_types_differ_or_widen():
    old, new = Schema.of_types(a="integer", b="integer"), Schema.of_types(a="number", b="text")
    table = compare_schemas(old, new).table.set_index("before")
    assert table.loc["a", ["change", "severity"]].tolist() == ["retyped", "repair"]
    assert table.loc["b", ["severity", "what"]].tolist() == ["stop", "b was integer and is text"]


def test_new_missing_values_are_recorded():
    new = customers().assign(tenure_months=[None] + [1.0] * 99)
    old = customers().assign(tenure_months=1.0)
    assert compare_schemas(schema_of(old), schema_of(new)).names("nullable") == ("tenure_months",)


def test_what_stops_is_named_and_additions_pass():
    old = schema_of(customers())
    assert require_compatible(old, schema_of(customers().assign(extra=1))).names("added") == ("extra",)
    with pytest.raises(SchemaChanged, match=r"tenure_months \(integer\) was removed"):
        require_compatible(old, schema_of(customers().drop(columns="tenure_months")))
    with pytest.raises(SchemaChanged, match=r"extra \(integer\) was added"):
        require_compatible(old, schema_of(customers().assign(extra=1)), stop_at="record")


@pytest.mark.parametrize(
    ("one", "two", "score"),
    [
        (Field("plan", "text"), Field("plan", "integer"), 0.0),
        (Field("plan", "text"), Field("plan", "text"), 1.0),
        (Field("a", "text", sketch={"levels": ["x", "y"]}), Field("b", "text", sketch={"levels": ["y"]}), 0.35),
        (Field("a", "text", sketch={"levels": ["x"]}), Field("a", "text", sketch={"shapes": {"9": 1.0}}), 0.3),
        (Field("a", "number", sketch={"deciles": [0.0, 4.0]}), Field("b", "number", sketch={"deciles": [1, 3]}), 0.525),
        (Field("a", "number", sketch={"deciles": [2.0]}), Field("a", "number", sketch={"deciles": [2.0]}), 1.0),
    ],
)
def test_similarity_is_the_hand_worked_one(one, two, score):
    assert similarity(one, two) == pytest.approx(score)


def test_the_comparison_reads_as_html():
    comparison = compare_schemas(Schema.of_types(a="text"), Schema.of_types(**{"<b>": "integer"}))
    assert "&lt;b&gt; (integer) was added" in comparison._repr_html_()
    assert "has not changed" in compare_schemas(Schema(()), Schema(()))._repr_html_()


def test_bigquery_gets_every_type_and_mode():
    schema = Schema.of_types(**{kind: kind for kind in TYPES})
    fields = to_bigquery_schema(schema, required=("text",))
    types = ["INT64", "FLOAT64", "BOOL", "STRING", "DATE", "TIMESTAMP", "DATETIME"]
    assert [field.field_type for field in fields] == types
    assert [field.name for field in fields if field.mode == "REQUIRED"] == ["text"]


@pytest.mark.parametrize(
    ("build", "error"),
    [
        (lambda: Field("a", "complex"), InvalidSetting),
        (lambda: Schema((Field("a"), Field("a"))), DuplicateColumn),
        (lambda: schema_of(pd.DataFrame([[1, 2]], columns=["a", "a"])), DuplicateColumn),
        (lambda: Schema.from_dict({"columns": []}), InvalidSetting),
        (lambda: Schema.of_types(a="text")["b"], InvalidSetting),
        (lambda: to_bigquery_schema(Schema.of_types(a="text"), required=("b",)), InvalidSetting),
    ],
)
def test_bad_schemas_are_refused(build, error):
    with pytest.raises(error):
        build()
