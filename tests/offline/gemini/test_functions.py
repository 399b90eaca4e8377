"""Function calling: which function, which arguments, the modes, and the client's own automatic calling."""

import pytest
from google.genai import errors, types

FLASH = "gemini-3.8-flash"
WEATHER = {
    "name": "get_weather",
    "description": "Current weather of a city",
    "parameters": {
        "type": "OBJECT",
        "properties": {"city": {"type": "STRING"}, "unit": {"type": "STRING", "enum": ["celsius", "fahrenheit"]}},
        "required": ["city"],
    },
}
REFUND = {
    "name": "refund_order",
    "description": "Refund an order to the customer",
    "parameters": {
        "type": "OBJECT",
        "properties": {"order_id": {"type": "STRING"}, "amount": {"type": "NUMBER"}},
        "required": ["order_id"],
    },
}


def calls(client, asked, *, mode="AUTO", allowed=None, functions=(WEATHER, REFUND)):
    calling = types.FunctionCallingConfig(mode=mode, allowed_function_names=allowed)
    config = types.GenerateContentConfig(
        tools=[types.Tool(function_declarations=list(functions))],
        tool_config=types.ToolConfig(function_calling_config=calling),
    )
    return client.models.generate_content(model=FLASH, contents=asked, config=config)


def test_the_function_whose_words_fit_is_called(client):
    found = calls(client, "Please refund order A-1042, amount 19.5 dollars").function_calls
    assert [(call.name, call.args) for call in found] == [("refund_order", {"order_id": "A-1042", "amount": 19.5})]


def test_an_enum_is_read_off_the_question(client):
    found = calls(client, "What is the weather in Paris in celsius?").function_calls
    assert found[0].args == {"city": "Paris", "unit": "celsius"}


def test_two_cities_make_two_calls(client):
    found = calls(client, "What is the weather in Paris and in Rome?").function_calls
    assert [call.args["city"] for call in found] == ["Paris", "Rome"]


def test_two_numbers_belong_to_one_call(client):
    add = {
        "name": "add",
        "description": "Add two numbers",
        "parameters": {"type": "OBJECT", "properties": {"a": {"type": "INTEGER"}, "b": {"type": "INTEGER"}}},
    }
    found = calls(client, "Please add 3 and 4", functions=(add,)).function_calls
    assert [call.args for call in found] == [{"a": 3, "b": 4}]


def test_two_tasks_call_two_functions(client):
    found = calls(client, "Refund order B-77, then tell me the weather in Oslo").function_calls
    assert [call.name for call in found] == ["refund_order", "get_weather"]


def test_a_question_about_something_else_is_answered_in_words(client):
    answer = calls(client, "Tell me a joke")
    assert answer.function_calls is None
    assert answer.text.startswith("[simulated]")


def test_a_missing_argument_is_asked_for(client):
    assert "city (for get_weather)" in calls(client, "What is the weather?").text


def test_mode_any_calls_whatever_fits_best(client):
    found = calls(client, "Tell me a joke", mode="ANY", allowed=["refund_order"]).function_calls
    assert [call.name for call in found] == ["refund_order"]


def test_mode_none_calls_nothing(client):
    assert calls(client, "What is the weather in Paris?", mode="NONE").function_calls is None


def test_an_allowed_name_that_is_not_declared_is_refused(client):
    with pytest.raises(errors.ClientError, match="found 'get_time', expected among get_weather, refund_order"):
        calls(client, "hi", mode="ANY", allowed=["get_time"])


def test_a_doubled_declaration_is_refused(client):
    with pytest.raises(errors.ClientError, match="Duplicate function declaration"):
        calls(client, "hi", functions=(WEATHER, WEATHER))


def test_the_client_calls_python_functions_by_itself(client):
    def population_of(city: str) -> dict:
        """Population of a city."""
        return {"people": {"Lyon": 520_774}[city]}

    config = types.GenerateContentConfig(tools=[population_of])
    answer = client.models.generate_content(model=FLASH, contents="What is the population of Lyon?", config=config)
    assert answer.text == "population_of(city=Lyon) returned people: 520774."
    assert len(answer.automatic_function_calling_history) == 3


def test_a_failing_function_is_told(client):
    turns = [
        types.UserContent("What is the weather in Paris?"),
        types.ModelContent([types.Part.from_function_call(name="get_weather", args={"city": "Paris"})]),
        types.UserContent([types.Part.from_function_response(name="get_weather", response={"error": "station down"})]),
    ]
    assert calls(client, turns).text == "get_weather(city=Paris) failed: station down."
