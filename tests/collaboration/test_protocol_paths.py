"""Whatever people try, in whatever order: no path deploys a model that was not approved.

The judge reads the log by hand, without the protocol's own state or rules.
"""

from datetime import timedelta
from itertools import pairwise

from hypothesis import Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from mlops_helpers.collaboration import CollaborationError, verify_chain
from mlops_helpers.collaboration.protocol_steps import KINDS, STEPS
from tests.collaboration.incidents import GOOD_WAY, PERSON, advance_to, opened, shown

ROLES = st.sampled_from([*PERSON, "nobody"])
PERSONS = st.sampled_from(list(PERSON.values()))
NAMES = st.sampled_from([step.name for step in STEPS])
VERDICTS = sorted({verdict for step in STEPS for verdict in step.needs.values() if verdict} | {"keep", "running"})
MODELS = st.sampled_from(["fraud@2", "fraud@3", "churn@1"])
EVIDENCE = st.builds(
    shown,
    st.sampled_from(KINDS),
    st.sampled_from(VERDICTS),
    incident=st.sampled_from(["INC-7", "INC-7", "INC-7", "INC-6"]),
    model=MODELS,
    author=PERSONS,
    digest=st.sampled_from("ab"),
)
TABLE = {step.name: step for step in STEPS}
# Who may sign what, written down a second time: the accountable role and its deputy.
SIGNERS = {
    "confirm the alert": ("ml_engineer", "platform_engineer"),
    "check the data": ("data_engineer", "ml_engineer"),
    "decide on retraining": ("business_owner", "platform_engineer"),
    "train the candidate": ("data_scientist", "ml_engineer"),
    "approve the model": ("business_owner", "data_engineer"),
    "roll out the model": ("platform_engineer", "ml_engineer"),
    "verify the recovery": ("ml_engineer", "data_engineer"),
}


class People(RuleBasedStateMachine):
    """They do what they like; the protocol answers."""

    def __init__(self):
        super().__init__()
        self.incident = opened()
        self.deployed, self.refused = [], []

    @initialize(stage=st.sampled_from([step.source for step in STEPS][:8:2] + ["evaluation and approval"] * 3))
    def begin_somewhere(self, stage):
        """Without it chance would seldom come far."""
        advance_to(self.incident, stage)

    def attempt(self, what, *given, **told):
        try:
            return what(*given, **told)
        except CollaborationError as problem:
            self.refused.append(type(problem).__name__)
            return None

    @rule(evidence=EVIDENCE, role=ROLES)
    def show(self, evidence, role):
        self.attempt(self.incident.attach, evidence, role=role)

    @rule(step=NAMES, role=ROLES, person=PERSONS)
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

    @rule(steps=st.integers(1, 3), author=PERSONS, model=st.sampled_from(["fraud@2", "fraud@3"]))
    def go_on_as_agreed(self, steps, author, model):
        for _ in range(steps):
            good = {TABLE[name].source: (name, *way) for name, *way in GOOD_WAY}
            if (stage := self.incident.state.stage) in good:
                step, role, kind, verdict = good[stage]
                evidence = shown(kind, verdict, author=author, model=model)
                self.attempt(self.incident.take, step, role=role, person=PERSON[role], evidence=[evidence])

    @rule(data=st.data())
    def take_a_step_that_is_almost_right(self, data):
        """Of the step's evidence, its signer and what is shown in between, one thing may be wrong."""
        steps = [step for step in STEPS if step.source == self.incident.state.stage]
        if not steps:
            return
        step = data.draw(st.sampled_from(steps))
        role = data.draw(
            st.sampled_from([SIGNERS[step.activity][0]] * 3 + [SIGNERS[step.activity][1], "data_scientist"])
        )
        person = data.draw(st.sampled_from([PERSON[role], self.incident.state.author or "agent S"]))
        candidate = self.incident.state.candidate or "fraud@2"
        for kind, verdict in step.needs.items():
            said = data.draw(st.sampled_from([verdict or "keep", verdict or "keep", "drifted", "failed", "keep"]))
            about = data.draw(st.sampled_from([candidate, candidate, "fraud@2", "fraud@3"]))
            belongs = data.draw(st.sampled_from(["INC-7", "INC-7", "INC-6"]))
            self.attempt(self.incident.attach, shown(kind, said, incident=belongs, model=about), role=role)
        self.attempt(self.incident.sign, step.name, role=role, person=person)
        if step.needs and data.draw(st.booleans()):
            late = shown(*next(iter(step.needs.items())), model=candidate, digest="e" * 64)
            self.attempt(self.incident.attach, late, role=role)
        self.attempt(self.incident.move, step.name)
        self.deploy(candidate)

    @invariant()
    def every_step_was_signed_by_who_may_on_evidence_that_says_so(self):
        entries = self.incident.entries
        begins = [0, *(place for place, one in enumerate(entries) if one.kind == "moved")]
        for begin, end in pairwise(begins):
            judge_step(entries[begin:end], entries[end].content["step"], handed_in(entries[:end]))

    @invariant()
    def what_is_deployed_was_approved(self):
        for model, place in self.deployed:
            moved = [one.content["step"] for one in self.incident.entries[:place] if one.kind == "moved"]
            assert moved[-2:] == ["hand in", "approve"]
            assert handed_in(self.incident.entries[:place])["model"] == model

    @invariant()
    def the_log_holds_and_shows_every_refusal(self):
        verify_chain(self.incident.entries)
        assert [entry.content["error"] for entry in self.incident.refusals] == self.refused


def judge_step(entries, name, candidate):
    """One visit to a stage: its last signature is by who may, after all its evidence, and that says what it must."""
    step = TABLE[name]
    place, signature = [(place, one.content) for place, one in enumerate(entries) if one.kind == "signed"][-1]
    escalated = any(one.kind == "escalated" for one in entries[:place])
    assert signature["step"] == name
    assert signature["role"] == SIGNERS[step.activity][escalated]
    evidence = {one.content["evidence"]["kind"]: (at, one) for at, one in enumerate(entries) if one.kind == "shown"}
    for kind, verdict in step.needs.items():
        at, last = evidence[kind]
        seen = last.content["evidence"]
        assert at < place or seen["digest"] == signature["rests_on"][kind]
        assert verdict in (None, seen["verdict"])
        assert seen["incident"] == "INC-7"
        if kind in ("evaluation", "canary"):
            assert seen["model"] == candidate["model"]
    if name == "approve":
        assert signature["person"] != candidate["author"]


def handed_in(entries):
    """The candidate of the last round that was handed in, None before the first."""
    made = [one.content["evidence"] for one in entries if one.kind == "shown"]
    return next((one for one in reversed(made) if one["kind"] == "candidate"), None)


# Without shrinking: a run that fails ends at once, and its log is short enough to read.
PHASES = (Phase.explicit, Phase.reuse, Phase.generate)
People.TestCase.settings = settings(max_examples=50, stateful_step_count=20, deadline=None, phases=PHASES)
test_no_path_deploys_an_unapproved_model = People.TestCase
