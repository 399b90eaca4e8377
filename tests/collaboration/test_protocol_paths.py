"""Whatever people try, in whatever order: no path deploys a model that was not approved."""

from datetime import timedelta

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from mlops_helpers.collaboration import CollaborationError, verify_chain
from mlops_helpers.collaboration.protocol_steps import KINDS, STEPS
from tests.collaboration.incidents import GOOD_WAY, PERSON, opened, shown

ROLES = st.sampled_from([*PERSON, "nobody"])
NAMES = st.sampled_from([step.name for step in STEPS])
VERDICTS = sorted({verdict for step in STEPS for verdict in step.needs.values() if verdict} | {"keep", "running"})
MODELS = st.sampled_from(["fraud@2", "fraud@3", "churn@1"])
EVIDENCE = st.builds(
    shown,
    st.sampled_from(KINDS),
    st.sampled_from(VERDICTS),
    incident=st.sampled_from(["INC-7", "INC-7", "INC-7", "INC-6"]),
    model=MODELS,
    author=st.sampled_from(list(PERSON.values())),
    digest=st.sampled_from("ab"),
)


class People(RuleBasedStateMachine):
    """They do what they like; the protocol answers."""

    def __init__(self):
        super().__init__()
        self.incident = opened()
        self.deployed, self.refused = [], []

    def attempt(self, what, *given, **told):
        try:
            return what(*given, **told)
        except CollaborationError as problem:
            self.refused.append(type(problem).__name__)
            return None

    @rule(evidence=EVIDENCE, role=ROLES)
    def show(self, evidence, role):
        self.attempt(self.incident.attach, evidence, role=role)

    @rule(step=NAMES, role=ROLES, person=st.sampled_from(list(PERSON.values())))
    def sign(self, step, role, person):
        self.attempt(self.incident.sign, step, role=role, person=person)

    @rule(step=NAMES)
    def move(self, step):
        self.attempt(self.incident.move, step)

    @rule(model=MODELS)
    def deploy(self, model):
        if self.attempt(self.incident.require_approved, model):
            self.deployed.append((model, len(self.incident.entries)))

    @rule(minutes=st.integers(1, 400))
    def wait(self, minutes):
        self.incident.clock.now += timedelta(minutes=minutes)

    @rule(role=ROLES)
    def escalate(self, role):
        self.attempt(self.incident.escalate, role=role)

    @rule(steps=st.integers(1, 3), author=st.sampled_from(list(PERSON.values())))
    def go_on_as_agreed(self, steps, author):
        """Without it chance would seldom come far."""
        for _ in range(steps):
            good = {step.source: (step.name, *way[1:]) for step in STEPS for way in GOOD_WAY if way[0] == step.name}
            if (stage := self.incident.state.stage) not in good:
                return
            step, role, kind, verdict = good[stage]
            self.attempt(self.incident.attach, shown(kind, verdict, author=author), role=role)
            self.attempt(self.incident.sign, step, role=role, person=PERSON[role])
            self.attempt(self.incident.move, step)

    @invariant()
    def what_is_deployed_was_approved(self):
        """Read off the log by hand, without the protocol's own state."""
        for model, place in self.deployed:
            entries = self.incident.entries[:place]
            last = {one.content["step"]: place for place, one in enumerate(entries) if one.kind == "moved"}
            begun, approved = last["hand in"], last["approve"]
            assert begun < approved
            assert max(last.values()) == approved
            assert_approved(entries[: approved + 1], begun, model)

    @invariant()
    def the_log_holds_and_shows_every_refusal(self):
        verify_chain(self.incident.entries)
        assert [entry.content["error"] for entry in self.incident.refusals] == self.refused


def assert_approved(entries, begun, model):
    """The candidate was this model, its evaluation said deploy, and somebody who may and did not make it signed."""
    handed_in = [one.content["evidence"] for one in entries[:begun] if one.kind == "shown"]
    candidate = [one for one in handed_in if one["kind"] == "candidate"][-1]
    judged = [one.content["evidence"] for one in entries[begun:] if one.kind == "shown"][-1]
    signature = [one.content for one in entries[begun:] if one.kind == "signed" and one.content["step"] == "approve"]
    escalated = any(one.kind == "escalated" for one in entries[begun:])
    assert (candidate["model"], candidate["incident"]) == (model, "INC-7")
    assert (judged["kind"], judged["verdict"], judged["model"], judged["incident"]) == (
        "evaluation",
        "deploy",
        model,
        "INC-7",
    )
    assert signature[-1]["role"] == ("data_engineer" if escalated else "business_owner")
    assert signature[-1]["person"] != candidate["author"]


People.TestCase.settings = settings(max_examples=60, stateful_step_count=25, deadline=None)
test_no_path_deploys_an_unapproved_model = People.TestCase
