"""Templates: what is allowed, what is refused and how fast, and that data never becomes a template."""

import json
import time

import jinja2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlops_helpers.debugging import errors
from mlops_helpers.debugging.rendering import LONGEST_TEMPLATE, MOST_DATA, read_template, render
from mlops_helpers.debugging.sandbox import MOST_TURNS

NAMES = st.from_regex(r"[a-z][a-z0-9]{0,8}", fullmatch=True).map("v_".__add__)
PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**9), 10**9) | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=8,
)


def refused(template, **variables):
    with pytest.raises(errors.TemplateRefused) as caught:
        render(template, **variables)
    return str(caught.value)


def test_variables_loops_conditions_and_items_are_filled_in():
    template = "{% for e in examples %}{{ loop.index }}. {{ e['text'] }}{% if not loop.last %}; {% endif %}{% endfor %}"
    assert render(template, examples=[{"text": "great"}, {"text": "bad"}]) == "1. great; 2. bad"


def test_json_is_written_without_escapes_for_html_and_the_last_newline_stays():
    assert render("{{ review|tojson }}\n", review="<b> \"ça\" & 'so'") == '"<b> \\"ça\\" & \'so\'"\n'


def test_all_missing_variables_are_named_at_once():
    with pytest.raises(errors.MissingVariables, match="no value for one, three; expected values for one, three, two"):
        render("{{ one }}{% if two %}{{ three }}{% endif %}", two=True)


def test_an_unknown_variable_is_named_with_the_nearest():
    with pytest.raises(errors.UnknownVariables, match=r"revew \(perhaps review\)"):
        render("{{ review }}", review="x", revew="y")


def test_variables_with_a_default_are_optional():
    template = read_template(
        "{{ tone|default('friendly') }} {{ name }}{% if extra is defined %} {{ extra }}{% endif %}"
    )
    assert (template.required, template.optional) == ({"name"}, {"tone", "extra"})
    assert template.render({"name": "Ada"}) == "friendly Ada"


@given(st.dictionaries(NAMES, st.text(), min_size=1, max_size=5))
def test_values_come_out_exactly_as_they_went_in(variables):
    template = "|".join(f"{{{{ {name} }}}}" for name in variables)
    assert render(template, **variables) == "|".join(variables.values())


@given(st.sampled_from(["{{ secret }}", "{% for x in y %}", "{# note #}", "{{ 7*7 }}", "{% raw %}"]), st.text())
def test_what_looks_like_a_template_in_the_data_stays_data(braces, around):
    value = around + braces + around
    assert render("<review>{{ review }}</review>", review=value) == f"<review>{value}</review>"


@given(PLAIN)
def test_json_in_a_prompt_can_be_read_back(value):
    assert json.loads(render("{{ value|tojson }}", value=value)) == value


@given(st.text(max_size=60))
def test_any_text_is_a_template_or_refused_by_name(text):
    try:
        template = read_template(text)
    except errors.TemplateRefused:
        return
    assert template.text == text


@given(st.text(alphabet="abc {}\n.,", max_size=60).filter(lambda text: "{" not in text))
def test_a_text_without_braces_is_itself(text):
    assert render(text) == text


@given(st.lists(st.dictionaries(st.just("k"), st.text(max_size=5), min_size=1), max_size=6), st.booleans())
def test_what_is_allowed_means_what_it_means_in_jinja(items, flag):
    template = (
        "{% for i in items %}{{ loop.index0 }}{{ i['k']|upper }}{% if flag %}!{% endif %}{% else %}none{% endfor %}"
    )
    assert render(template, items=items, flag=flag) == jinja2.Template(template).render(items=items, flag=flag)


@pytest.mark.parametrize(
    ("template", "what"),
    [
        ("{{ a.b }}", "the attribute .b in line 1"),
        ("\n\n{{ a.__class__ }}", "the attribute .__class__ in line 3"),
        ("{{ loop.index }}", "the attribute .index"),
        ("{% for x in loop.length %}{% endfor %}", "the attribute .length"),
        ("{{ a() }}", "a call"),
        ("{% for x in range(9) %}{% endfor %}", "a call"),
        ("{{ a[b] }}", "an item whose key is computed"),
        ("{% set a = 1 %}", "an assignment"),
        ("{{ 'a' * 9 }}", "'Mul'"),
        ("{{ a % 9 }}", "'Mod'"),
        ("{% macro m() %}{% endmacro %}", "'Macro'"),
        ("{% include 'x' %}", "'Include'"),
        ("{% import 'x' as y %}", "'Import'"),
        ("{% extends 'x' %}", "'Extends'"),
        ("{% block x %}{% endblock %}", "'Block'"),
        ("{% filter upper %}x{% endfilter %}", "'FilterBlock'"),
        ("{% for x in a recursive %}{% endfor %}", "a recursive loop"),
        ("{{ a|tojsn }}", "the filter 'tojsn' in line 1 of the template; expected 'tojson', perhaps"),
        ("{{ a|center(999999999) }}", "the filter 'center'"),
        ("{{ a|replace('a', b) }}", "the filter 'replace'"),
        ("{{ a|join(b) }}", "an argument of 'join'"),
        ("{{ a|tojson|tojson|tojson|tojson }}", "a long row of filters"),
        ("{% if a is divisibleby(3) %}{% endif %}", "the test 'divisibleby'"),
        ("{{ self }}", "the name 'self'"),
        ("{{ _turns }}", "the name '_turns'"),
        ("{% for loop in a %}{% endfor %}", "the name 'loop'"),
        ("{{ a", "breaks off in line 1"),
        ("{% if a %}", "breaks off in line 1"),
        ("{% if a %}" * 12 + "{% endif %}" * 12, "too much nesting"),
        ("{{ " + "(" * 5000 + "a" + ")" * 5000 + " }}", "nested beyond reading"),
        ("{{ a }}" * 6000, "more than 5,000 elements"),
        ("\ud800", "half a character"),
    ],
)  # fmt: skip
def test_what_prompts_do_not_need_is_refused_by_name(template, what):
    assert what in refused(template, a=[1], b="b")


@pytest.mark.parametrize("key", ["__class__", "__init__", "items", "missing"])
def test_items_are_never_attributes(key):
    assert "has no" in refused(f"{{{{ a['{key}'] }}}}", a={"b": 1})


def test_values_that_do_not_fit_the_template_are_refused():
    assert "'int' object is not iterable" in refused("{% for x in a %}{% endfor %}", a=3)
    assert "not supported between" in refused("{% if a < 'x' %}{% endif %}", a=3)


def test_ten_megabytes_are_refused_before_they_are_parsed():
    started = time.perf_counter()
    assert "a template of 10,000,000 characters" in refused("{{ a }}" + "x" * 9_999_993, a=1)
    assert time.perf_counter() - started < 1


@pytest.mark.parametrize("broken", ["{{", "{%", "{#", "{{ 'a", "{{ a ~ ", "{{ not ", "{{ a[0]", "{{ a|upper"])
def test_long_nonsense_is_refused_in_a_moment(broken):
    started = time.perf_counter()
    refused((broken * LONGEST_TEMPLATE)[:LONGEST_TEMPLATE], a=1)
    assert time.perf_counter() - started < 5


def test_loops_end_even_if_they_write_nothing():
    template = "{% for x in a %}{% for y in a %}{% for z in a %}{% endfor %}{% endfor %}{% endfor %}"
    with pytest.raises(errors.OutputTooLong, match=f"{MOST_TURNS:,} turns"):
        render(template, a=list(range(1000)))


def test_a_prompt_is_cut_off_while_it_grows():
    template = read_template("{% for x in a %}{% for y in a %}{{ text }}{% endfor %}{% endfor %}")
    with pytest.raises(errors.OutputTooLong, match="more than 5,000 characters"):
        template.render({"a": list(range(100)), "text": "x" * 100}, longest=5000)


class Loud:
    def __str__(self):
        raise AssertionError("a value's own code was run")


@pytest.mark.parametrize("value", [Loud(), [Loud()], {"a": Loud()}, iter([1]), b"bytes", {Loud(): 1}])
def test_values_with_code_of_their_own_are_refused(value):
    with pytest.raises(errors.InvalidSetting, match="plain data"):
        render("{{ a }}", a=value)


def test_too_much_data_is_refused():
    endless = []
    endless.append(endless)
    for value in ("x" * (MOST_DATA + 1), endless, [["x" * 600_000], "y" * 600_000]):
        with pytest.raises(errors.InvalidSetting, match="too much data in a"):
            render("{{ a }}", a=value)


def test_a_template_is_compiled_once():
    text = "compiled once: {{ a }}"
    assert read_template(text) is read_template("compiled once: " + "{{ a }}")


def test_a_misspelt_variable_is_named_beside_the_missing_one():
    with pytest.raises(
        errors.MissingVariables, match="no value for message, and a value for msg, which it does not use"
    ):
        render("Summarise: {{ message }}", msg="it rings")
