"""Lists of objects, held against a brute-force model; globs, held against an independent matcher."""

import pytest
from google.api_core import exceptions
from hypothesis import given, settings
from hypothesis import strategies as st

from mlops_helpers.offline.errors import ApiError
from mlops_helpers.offline.storage.globs import compile_glob
from mlops_helpers.offline.storage.partial import select

NAMES = ["a/b", "a/c", "d", "e", "e/f", "e/g/h"]
SHORT = st.text("ab/", min_size=1, max_size=5)


@pytest.fixture
def bucket(storage_client):
    bucket = storage_client.create_bucket("lesson-data")
    for name in NAMES:
        bucket.blob(name).upload_from_string(name)
    return bucket


def folders(bucket, **options):
    found = bucket.list_blobs(**options)
    names = [blob.name for blob in found]
    return names, sorted(found.prefixes)


@pytest.mark.parametrize(
    ("options", "names", "prefixes"),
    [
        ({}, NAMES, []),
        ({"prefix": "e"}, ["e", "e/f", "e/g/h"], []),
        ({"delimiter": "/"}, ["d", "e"], ["a/", "e/"]),
        ({"delimiter": "/", "prefix": "e/"}, ["e/f"], ["e/g/"]),
        ({"start_offset": "a/c", "end_offset": "e/f"}, ["a/c", "d", "e"], []),
        ({"match_glob": "*"}, ["d", "e"], []),
        ({"match_glob": "**/[fg]*"}, ["e/f"], []),
        ({"match_glob": "{a,e}/*"}, ["a/b", "a/c", "e/f"], []),
    ],
)
def test_lists(bucket, options, names, prefixes):
    assert folders(bucket, **options) == (names, prefixes)


def test_trailing_delimiter(bucket):
    bucket.blob("a/").upload_from_string("")
    assert folders(bucket, delimiter="/") == (["d", "e"], ["a/", "e/"])
    assert folders(bucket, delimiter="/", include_trailing_delimiter=True) == (["a/", "d", "e"], ["a/", "e/"])


@pytest.mark.parametrize("size", [1, 2, 3, 10])
def test_pages_join_to_the_whole_list(bucket, size):
    bucket.blob("a/").upload_from_string("")
    found = bucket.list_blobs(delimiter="/", include_trailing_delimiter=True, page_size=size)
    pages = [[blob.name for blob in page] for page in found.pages]
    assert [name for page in pages for name in page] == ["a/", "d", "e"]
    assert found.prefixes == {"a/", "e/"}
    assert all(len(page) <= size for page in pages)


def test_a_list_stays_right_while_objects_go(bucket):
    pages = bucket.list_blobs(page_size=2).pages
    first = [blob.name for blob in next(pages)]
    bucket.blob("a/b").delete()
    assert first + [blob.name for page in pages for blob in page] == NAMES


def test_only_the_asked_fields(bucket):
    found = next(iter(bucket.list_blobs(fields="items(name,size),nextPageToken")))
    assert found._properties == {"name": "a/b", "size": "3"}


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"match_glob": "a[b"}, "found '\\[' without '\\]'"),
        ({"match_glob": "{a,b"}, "found '{' without '}'"),
        ({"match_glob": "*", "delimiter": "-"}, "expected '/' or none together with matchGlob"),
        ({"page_token": "nonsense"}, "Invalid pageToken: found 'nonsense'"),
        ({"page_size": -1}, "Invalid maxResults: found '-1'"),
        ({"fields": "items(name"}, "Invalid field selection"),
        ({"versions": True, "soft_deleted": True}, "expected one of them"),
    ],
)
def test_bad_questions_are_refused(bucket, options, message):
    with pytest.raises(exceptions.BadRequest, match=message):
        list(bucket.list_blobs(**options))


def test_filters_are_refused_by_name(bucket):
    with pytest.raises(exceptions.MethodNotImplemented, match="filter or includeFoldersAsPrefixes"):
        list(bucket.list_blobs(filter_='contexts."stage":*'))


@settings(max_examples=25, deadline=None)
@given(
    names=st.sets(SHORT, max_size=8),
    prefix=st.text("ab/", max_size=2),
    delimiter=st.sampled_from(["", "/", "b"]),
    trailing=st.booleans(),
    size=st.integers(1, 4),
)
def test_lists_are_what_a_plain_loop_finds(offline_bucket, names, prefix, delimiter, trailing, size):
    bucket = offline_bucket(names)
    items, prefixes = [], set()
    for name in sorted(names):
        rest = name[len(prefix) :]
        if not name.startswith(prefix):
            continue
        if delimiter and delimiter in rest:
            folder = prefix + rest.split(delimiter)[0] + delimiter
            prefixes.add(folder)
            if not (trailing and folder == name):
                continue
        items.append(name)
    options = {"include_trailing_delimiter": True} if trailing else {}
    found = bucket.list_blobs(prefix=prefix or None, delimiter=delimiter or None, page_size=size, **options)
    assert [blob.name for blob in found] == items
    assert found.prefixes == prefixes


@pytest.fixture(scope="module")
def offline_bucket():
    """A function that makes a bucket holding the named objects, in one cloud for all examples."""
    from google.auth.credentials import AnonymousCredentials
    from google.cloud import storage

    from mlops_helpers.offline.server import OfflineServer
    from mlops_helpers.offline.state import OfflineCloud

    cloud = OfflineCloud()
    with OfflineServer(cloud).start() as server:
        options = {"api_endpoint": server.url}
        client = storage.Client(project="p", credentials=AnonymousCredentials(), client_options=options)

        def make(names):
            bucket = client.create_bucket(f"bucket-{cloud.next_id('bucket')}")
            for name in names:
                bucket.blob(name).upload_from_string("")
            return bucket

        yield make
        client.close()


# From the system tests of Google's own Python client, which run against the real service.
GOOGLE_NAMES = ["foo/bar", "foo/baz", "foo/foobar", "foobar"]
GOOGLE_CASES = [
    ("foo*bar", ["foobar"]),
    ("foo**bar", ["foo/bar", "foo/foobar", "foobar"]),
    ("**/foobar", ["foo/foobar", "foobar"]),
    ("*/ba[rz]", ["foo/bar", "foo/baz"]),
    ("*/ba[!a-y]", ["foo/baz"]),
    ("**/{foobar,baz}", ["foo/baz", "foo/foobar", "foobar"]),
    ("foo/{foo*,*baz}", ["foo/baz", "foo/foobar"]),
]


@pytest.mark.parametrize(("glob", "expected"), GOOGLE_CASES)
def test_globs_as_google_reads_them(glob, expected):
    assert [name for name in GOOGLE_NAMES if compile_glob(glob).fullmatch(name)] == expected


@pytest.mark.parametrize(
    ("glob", "name", "fits"),
    [
        ("a?c", "abc", True),
        ("a?c", "a/c", False),
        ("[]a]", "]", True),
        ("[!a]", "/", False),
        (r"\*", "*", True),
        (r"\*", "a", False),
        ("a.c", "abc", False),
        ("a/**/b", "a/b", True),
        ("a/**/b", "a/x/y/b", True),
        ("a/**/b", "axb", False),
        ("{a,{b,c}d}", "cd", True),
        ("a},]", "a},]", True),
        ("*", "", True),
        ("*", "line\nbreak", True),
    ],
)
def test_glob_details(glob, name, fits):
    assert bool(compile_glob(glob).fullmatch(name)) == fits


def fits_slowly(glob, name):
    """An independent matcher for `*`, `**`, `?` and literals: recursion instead of a regular expression."""
    if not glob:
        return not name
    if glob.startswith("**"):
        return fits_slowly(glob[2:], name) or (name != "" and fits_slowly(glob, name[1:]))
    if glob[0] == "*":
        return fits_slowly(glob[1:], name) or (name[:1] not in ("", "/") and fits_slowly(glob, name[1:]))
    if glob[0] == "?":
        return name[:1] not in ("", "/") and fits_slowly(glob[1:], name[1:])
    return name[:1] == glob[0] and fits_slowly(glob[1:], name[1:])


@given(
    st.text("a/*?", max_size=6).filter(lambda glob: "**/" not in glob and "***" not in glob), st.text("ab/", max_size=6)
)
def test_globs_fit_what_the_slow_matcher_fits(glob, name):
    assert bool(compile_glob(glob).fullmatch(name)) == fits_slowly(glob, name)


def understood(function, text):
    """True when a text is taken, the status when it is refused; any other error is a fault."""
    try:
        return function(text) is not None
    except ApiError as problem:
        return problem.code


@given(st.text("[]{}!^a-,\\*", max_size=8))
def test_any_text_is_a_glob_or_refused(glob):
    assert understood(compile_glob, glob) in (True, 400)


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ("a", {"a": 1}),
        ("b/c", {"b": {"c": 2}}),
        ("b(c),a", {"a": 1, "b": {"c": 2}}),
        ("list/x", {"list": [{"x": 1}, {"x": 3}]}),
        ("*", {"a": 1, "b": {"c": 2, "d": 3}, "list": [{"x": 1, "y": 2}, {"x": 3}]}),
        ("missing,a", {"a": 1}),
        (" a , b / d ", {"a": 1, "b": {"d": 3}}),
    ],
)
def test_partial_answers(fields, expected):
    whole = {"a": 1, "b": {"c": 2, "d": 3}, "list": [{"x": 1, "y": 2}, {"x": 3}]}
    assert select(whole, fields) == expected


@given(st.text("ab(),/*", max_size=8))
def test_any_selection_is_understood_or_refused(fields):
    assert understood(lambda text: select({"a": {"b": 1}}, text), fields) in (True, 400)
