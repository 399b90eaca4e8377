"""URL templates: the tree finds what a template written as a regular expression would find."""

import re
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlops_helpers.offline.vertex.templates import Template, Tree, split_path

URIS = (
    "/v1/{name=projects/*/locations/*/models/*}",
    "/v1/{name=projects/*/locations/*/models/*}:copy",
    "/v1/{parent=projects/*/locations/*}/models:upload",
    "/v1/{parent=projects/*/locations/*}/models",
    "/v1/{endpoint=projects/*/locations/*/publishers/*/models/*}:predict",
    "/v1/projects/special",
    "/v1beta1:evaluateInstances",
)
IDS = st.from_regex(r"[a-z0-9@._ /%-]{1,8}", fullmatch=True).filter(lambda text: text.strip("/"))


@pytest.fixture
def tree():
    found = Tree()
    for uri in URIS:
        found.add("GET", Template.parse(uri), uri)
    return found


@given(st.sampled_from(URIS), st.lists(IDS, min_size=4, max_size=4))
def test_a_path_made_from_a_template_finds_it_and_its_values(uri, ids):
    tree = Tree()
    for known in URIS:
        tree.add("GET", Template.parse(known), known)
    filled = iter(quote(text, safe="") for text in ids)
    path = re.sub(r"\*", lambda found: next(filled), re.sub(r"\{\w+=([^}]*)\}", r"\1", uri))
    found, values = tree.find("GET", path)
    assert found == uri
    stars = sum(value.count("/") >= 0 for value in values.values())
    assert stars == len(re.findall(r"\{", uri))


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/v1/projects/p/locations/l/models/7", {"name": "projects/p/locations/l/models/7"}),
        ("/v1/projects/p/locations/l/models/7%402:copy", {"name": "projects/p/locations/l/models/7@2"}),
        ("/v1/projects/p/locations/l/models:upload", {"parent": "projects/p/locations/l"}),
        ("/v1/projects/special", {}),
        ("/v1beta1/:evaluateInstances", {}),
    ],
)
def test_variables_are_read(tree, path, expected):
    assert tree.find("GET", path)[1] == expected


@pytest.mark.parametrize("path", ["/v1/projects/p", "/v1/projects/p/locations/l/models/7:nonsense", "/"])
def test_other_paths_find_nothing(tree, path):
    assert tree.find("GET", path) is None


def test_other_methods_find_nothing(tree):
    assert tree.find("POST", "/v1/projects/special") is None


def test_an_encoded_slash_stays_inside_its_segment():
    assert split_path("/v1/projects/a%2Fb") == (["v1", "projects", "a/b"], "")
