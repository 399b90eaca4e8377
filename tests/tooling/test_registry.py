"""The model registry through the real client: versions, approvals, aliases, and what is not deployed."""

import itertools

import pytest
from google.cloud import aiplatform
from hypothesis import given
from hypothesis import strategies as st

from mlops_helpers.tooling.approval import FOLLOWS, Approval, Approvals, Step, take_step
from mlops_helpers.tooling.errors import (
    ApprovalChanged,
    ApprovalRefused,
    InvalidSetting,
    NotApproved,
    NothingToRollBack,
    SelfApproval,
    UnknownVersion,
)
from mlops_helpers.tooling.registry import ModelRegistry, from_label, to_label
from tests.tooling.serving import ADA, GRACE, IMAGE, Clock, approved, artifact


@pytest.fixture
def registry(bucket, name):
    return ModelRegistry(f"m-{name}", bucket, Clock())


@pytest.fixture
def endpoint(name):
    return aiplatform.Endpoint.create(display_name=name)


def register(registry, bucket, factor=2.0):
    return registry.register(artifact(bucket, factor), author=ADA, image=IMAGE, description=f"factor {factor:g}")


def test_versions_are_numbered_and_tell_their_story(registry, bucket):
    assert [register(registry, bucket, 2), register(registry, bucket, 3)] == ["1", "2"]
    registry.request("2", by=ADA, why="recall +3 points")
    registry.clock.move(hours=1)
    registry.reject("2", by=GRACE, why="worse for one group")
    first, second = registry.versions().to_dict("records")
    assert (first["author"], first["state"], first["by"]) == ("ada@example.com", "unrequested", "")
    assert (second["state"], second["by"], second["why"]) == ("rejected", GRACE, "worse for one group")
    assert (second["at"], second["description"]) == ("2026-03-02T10:00:00+00:00", "factor 3")


def test_the_history_only_grows(registry, bucket):
    version = approved(registry, bucket)
    registry.revoke(version, by=GRACE, why="labels were wrong")
    registry.request(version, by=ADA, why="labels are repaired")
    states = [step.state for step in registry.approval(version).steps]
    assert states == ["requested", "approved", "revoked", "requested"]
    assert "requested by Ada@example.com at 2026-03-02T09:00:00+00:00" in str(registry.approval(version))


@pytest.mark.parametrize("author", [ADA, "ada@example.com", " ADA@EXAMPLE.COM "])
def test_the_author_cannot_approve(registry, bucket, author):
    version = register(registry, bucket)
    registry.request(version, by=GRACE, why="asked for a colleague")
    with pytest.raises(SelfApproval, match=r"by its author ada@example\.com; expected an approval by somebody else"):
        registry.approve(version, by=author, why="I know it works")
    assert registry.approval(version).state == "requested"


def test_nothing_unapproved_is_deployed(registry, bucket, endpoint):
    version = register(registry, bucket)
    for take in (registry.request, registry.reject):
        with pytest.raises(NotApproved, match="expected an approved version"):
            registry.deploy(version, endpoint)
        take(version, by=GRACE, why="a reason")
    with pytest.raises(NotApproved, match="rejected by grace"):
        registry.deploy(version, endpoint)
    with pytest.raises(NotApproved):
        registry.promote(version)
    assert endpoint.list_models() == []
    assert registry.alias("champion") is None


def test_a_revoked_version_cannot_be_deployed_again(registry, bucket, endpoint):
    version = approved(registry, bucket)
    registry.revoke(version, by=GRACE, why="trained on leaked labels")
    with pytest.raises(NotApproved, match="revoked"):
        registry.deploy(version, endpoint)


def test_the_first_model_gets_all_traffic_the_next_none(registry, bucket, endpoint):
    one = registry.deploy(approved(registry, bucket, 2), endpoint)
    two = registry.deploy(approved(registry, bucket, 5), endpoint)
    assert {id_: share for id_, share in endpoint.traffic_split.items() if share} == {one: 100}
    assert [model.display_name for model in endpoint.list_models()] == [f"{registry.model}-v1", f"{registry.model}-v2"]
    assert two != one
    assert endpoint.predict([[1, 0]]).predictions == [pytest.approx(3)]


def test_champion_and_challenger_move_and_the_champion_moves_back(registry, bucket):
    for factor in (2, 3):
        approved(registry, bucket, factor)
    registry.promote("1")
    registry.challenge("2")
    assert registry.versions()["aliases"].tolist() == ["champion", "challenger"]
    registry.promote("challenger")
    assert registry.versions()["aliases"].tolist() == ["previous", "champion"]
    assert registry.roll_back() == "1"
    assert registry.versions()["aliases"].tolist() == ["champion", ""]
    with pytest.raises(NothingToRollBack, match="no earlier champion"):
        registry.roll_back()


def test_a_promotion_that_stopped_half_way_is_no_way_back(registry, bucket):
    """`previous` is written first: it may stand at the champion itself."""
    for factor in (2, 3):
        approved(registry, bucket, factor)
    registry.promote("1")
    aiplatform.models.ModelRegistry(registry.model).add_version_aliases(["previous"], "1")
    with pytest.raises(NothingToRollBack, match="no earlier champion"):
        registry.roll_back()
    registry.promote("2")
    assert registry.roll_back() == "1"


def test_promoting_the_champion_again_keeps_the_way_back(registry, bucket):
    for factor in (2, 3):
        registry.promote(approved(registry, bucket, factor))
    registry.promote("2")
    assert registry.alias("previous") == "1"


def test_without_a_version_the_model_means_its_champion(registry, bucket):
    for factor in (2, 3):
        approved(registry, bucket, factor)
    assert aiplatform.Model(registry.model).version_id == "1"
    registry.promote("2")
    assert aiplatform.Model(registry.model).version_id == "2"


def test_of_two_who_decide_at_once_one_is_told(registry, bucket):
    version = register(registry, bucket)
    registry.request(version, by=ADA, why="better")
    seen = registry.approval(version)
    registry.reject(version, by=GRACE, why="worse for one group")
    with pytest.raises(ApprovalChanged, match=r"rejected in the meantime; expected it to be requested"):
        Approvals(bucket).add(seen, Step("approved", "linus@example.com", "2026-03-02T09:00:00+00:00", "fine"))
    assert registry.approval(version).state == "rejected"


def test_versions_that_do_not_exist_are_named(registry, bucket):
    with pytest.raises(UnknownVersion, match="a model that was registered"):
        registry.approval("1")
    register(registry, bucket)
    with pytest.raises(UnknownVersion, match="no version 'champion' .* expected one of 1"):
        registry.request("champion", by=ADA, why="better")


@pytest.mark.parametrize(("by", "why"), [("", "fine"), (" ", "fine"), (GRACE, ""), (GRACE, "\n")])
def test_who_and_why_are_needed(registry, bucket, by, why):
    version = register(registry, bucket)
    with pytest.raises(InvalidSetting, match=r"no (person|reason)"):
        registry.request(version, by=by, why=why)
    assert registry.approval(version).steps == ()


@given(st.lists(st.sampled_from(["requested", "approved", "rejected", "revoked"]), max_size=12))
def test_no_order_of_steps_leads_to_an_approval_nobody_asked_for(states):
    approval = Approval("churn", "1", ADA)
    for state in states:
        before = approval
        try:
            approval = take_step(approval, Step(state, GRACE, "2026-03-02", "a reason"))
        except ApprovalRefused:
            assert state not in FOLLOWS[before.state]
    taken = [step.state for step in approval.steps]
    assert all(before == "requested" for before, after in itertools.pairwise(taken) if after == "approved")
    assert taken[:1] in ([], ["requested"])


@given(st.text(max_size=20).filter(lambda text: text.strip()))
def test_a_label_gives_the_person_back(person):
    try:
        label = to_label(person)
    except InvalidSetting:
        return
    assert from_label(label) == person.strip().casefold()


def test_an_author_who_does_not_fit_is_refused_before_the_upload(registry, bucket):
    with pytest.raises(InvalidSetting, match="the author"):
        registry.register(artifact(bucket), author="x" * 64, image=IMAGE)
    assert registry.versions().empty
