"""The lint finds what must not be published: machines, models by name, and secrets wherever in the file they stand."""

import base64
import struct
import zlib

import nbformat
import pytest
from hypothesis import given
from hypothesis import strategies as st

from notebooks.lint import lint
from notebooks.lint.secrets import secrets
from tests.notebooks.spoiling import add, rules

GITHUB = "ghp_" + "a1B2" * 9
JWT = ".".join(("eyJhbGciOiJIUzI1NiJ9", "eyJzdWIiOiIxMjM0In0", "c2lnbmF0dXJlLWhlcmU"))
KNOWN = [
    ("a Google API key", "AIza" + "x" * 35),
    ("a Google OAuth token", "ya29." + "a" * 30),
    ("a private key", '{"private_key": "-----BEGIN ' + 'PRIVATE KEY-----\\nMIIE"}'),
    ("a private key", '{"private_key_id": "' + "0a1b" * 10 + '"}'),
    ("a GitHub token", GITHUB),
    ("an AWS key", "AKIA" + "ABCD1234" * 2),
    ("a Slack token", "xoxb-" + "123456789012-abcdefghijkl"),
    ("an API key", "sk-" + "abcdefghij" * 3),
    ("a JSON web token", JWT),
    ("a password in an address", "postgres://ada:" + "lovelace1843@db.example.org/x"),
    ("a password", "password = " + '"tr0ub4dor&3X"'),
    ("a password", "'api_key': " + "'q8Zr-71kLm'"),
]


@pytest.mark.parametrize("text", ["'/home/ada/x.csv'", r"C:\Users\ada", "localhost:8085", "<object at 0x7f00aa11>"])
def test_what_belongs_to_one_machine_is_found_in_source_and_output(lesson, text):
    add(lesson, f"open({text})")
    add(lesson, "x", [nbformat.v4.new_output("stream", name="stdout", text=text)])
    assert [problem.rule for problem in lint(lesson, "learner")] == ["portable", "portable"]


@pytest.mark.parametrize("text", ["gs://bucket/tmp/x", "https://example.org/home/x", "a/b/home/c", "3/4"])
def test_addresses_and_relative_paths_are_fine(lesson, text):
    add(lesson, f"open('{text}')")
    assert rules(lesson) == set()


@pytest.mark.parametrize(("kind", "text"), KNOWN)
def test_each_kind_of_secret_is_told_and_not_repeated(lesson, kind, text):
    lesson.cells[3].source += f"\n\n{text}"
    (problem,) = lint(lesson, "learner")
    assert (problem.rule, problem.cell, problem.found) == ("secret", 4, f"Something that looks like {kind}.")
    assert text not in str(problem)


@pytest.mark.parametrize(
    "text",
    [
        'token = "nextPageToken"',
        'password = "<your password>"',
        'password = "{secret_name}"',
        'api_key = os.environ["API_KEY"]',
        'token="aaaaaaaaaaaaaaaa"',
        "https://storage.googleapis.com/b/o?alt=media",
        "the secret: an asterisk, which is 1 character",
    ],
)
def test_what_only_talks_about_secrets_is_none(text):
    assert list(secrets(text)) == []


def test_colours_and_markup_do_not_hide_a_secret():
    assert list(secrets(f"\x1b[31m{GITHUB[:9]}\x1b[0m{GITHUB[9:]}")) == ["a GitHub token"]
    assert list(secrets(f"<td>{GITHUB[:9]}<b>{GITHUB[9:]}</b></td>")) == ["a GitHub token"]
    assert list(secrets("password = &quot;tr0ub4dor&amp;3X&quot;")) == ["a password"]


@given(st.text(max_size=30), st.text(max_size=30))
def test_a_secret_is_found_between_any_words(before, after):
    assert "a GitHub token" in secrets(f"{before} {GITHUB} {after}")


def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def picture(kind, data):
    """A PNG with a text chunk, as base64."""
    return base64.b64encode(b"\x89PNG\r\n\x1a\n" + chunk(kind, data) + chunk(b"IEND", b"")).decode()


SECRET = GITHUB.encode()
PICTURES = {
    "text": picture(b"tEXt", b"Comment\0" + SECRET),
    "compressed": picture(b"zTXt", b"Comment\0\0" + zlib.compress(SECRET)),
    "unicode": picture(b"iTXt", b"Comment\0\1\0\0\0" + zlib.compress(SECRET)),
}
OUTPUTS = {
    "stream": nbformat.v4.new_output("stream", text=f"got {GITHUB}"),
    "display": nbformat.v4.new_output("display_data", {"text/plain": GITHUB}),
    "html": nbformat.v4.new_output("execute_result", {"text/html": f"<p>{GITHUB}</p>"}, execution_count=1),
    "json": nbformat.v4.new_output("display_data", {"application/json": {"a": [{"b": GITHUB}]}}),
    "traceback": nbformat.v4.new_output("error", ename="E", evalue="", traceback=[f"\x1b[31m{GITHUB}\x1b[0m"]),
    "error": nbformat.v4.new_output("error", ename="E", evalue=GITHUB, traceback=[]),
    "output metadata": nbformat.v4.new_output("display_data", {}, metadata={"note": GITHUB}),
    **{name: nbformat.v4.new_output("display_data", {"image/png": text}) for name, text in PICTURES.items()},
}


@pytest.mark.parametrize("where", OUTPUTS)
def test_a_secret_in_an_output_is_found(lesson, where):
    number = add(lesson, "shown()", [OUTPUTS[where]])
    assert [problem.cell for problem in lint(lesson, "learner") if problem.rule == "secret"] == [number]


@pytest.mark.parametrize(
    "metadata",
    [
        {"widgets": {"application/vnd.jupyter.widget-state+json": {"state": {"1": {"state": {"value": GITHUB}}}}}},
        {"papermill": {"parameters": {"TOKEN": GITHUB}, "environment_variables": {}}},
        {"papermill": {"environment_variables": {GITHUB: "1"}}},
        {"authors": [{"name": GITHUB}]},
    ],
)
def test_a_secret_in_the_notebooks_metadata_is_found(lesson, metadata):
    lesson.metadata.update(metadata)
    (problem,) = lint(lesson, "learner")
    assert (problem.rule, problem.cell) == ("secret", 0)


def test_a_secret_in_an_attachment_a_raw_cell_or_a_cells_metadata_is_found(lesson):
    lesson.cells[3].attachments = {"a.txt": {"text/plain": base64.b64encode(SECRET).decode()}}
    lesson.cells[4].metadata["papermill"] = {"exception": GITHUB}
    lesson.cells.append(nbformat.v4.new_raw_cell(GITHUB))
    found = {problem.cell for problem in lint(lesson, "learner") if problem.rule == "secret"}
    assert found == {4, 5, len(lesson.cells)}


def test_real_pictures_hold_no_secrets(good):
    """Bytes drawn at random look like a key now and then; those of a picture are read as bytes, not as base64."""
    drawn = [output for cell in good["learner"].cells for output in cell.get("outputs", ()) if "data" in output]
    assert any("image/png" in output.data for output in drawn)
    assert rules(good["learner"]) == set()


@pytest.mark.parametrize("id", ["gemini-3.8-flash", "gemini-embedding-001", "text-embedding-005", "imagen-4.0-fast"])
def test_a_model_is_not_named_by_its_id(lesson, id):
    lesson.cells[3].source += f" Ask {id} about it."
    (problem,) = lint(lesson, "learner")
    assert (problem.rule, problem.cell, "choose(" in problem.remedy) == ("model", 4, True)


def test_a_family_of_models_may_be_named(lesson):
    lesson.cells[3].source += " Gemini reads it; so would gemini-models of later years."
    assert rules(lesson) == set()
