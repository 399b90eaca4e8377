"""The same commands after every event, on Cloud Build and on GitHub Actions.

    delivery = Delivery("churn", owner="example", repository="churn")
    github_workflow(delivery)         text of .github/workflows/ci.yml
    cloud_build(delivery)             text of cloudbuild.yaml
    cloud_triggers(delivery, project="my-project")     file name -> text, for `gcloud builds triggers import --source`
    setup_commands(delivery, project="my-project", location="us-central1", bucket="my-data")

Four events start them, and the commands learn which one it was from the variable EVENT:

    event       Cloud Build                                             GitHub Actions
    code        push to the branch                                      push, pull_request
    data        an object is finalised in the bucket -> Pub/Sub         repository_dispatch of type "data"
    schedule    Cloud Scheduler -> Pub/Sub                              schedule
    drift       a Cloud Monitoring alert -> Pub/Sub                     repository_dispatch of type "drift"

A request that `monitoring.hand_over` leaves in a bucket is an object that is finalised: it may start `drift` as well.
What to do in a command is the Makefile's business, so that a person can run on a laptop whatever the machines run.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass

from .errors import InvalidSetting

CODE, DATA, SCHEDULE, DRIFT = "code", "data", "schedule", "drift"
EVENTS = (CODE, DATA, SCHEDULE, DRIFT)
NAME = re.compile(r"[a-z][a-z0-9-]{0,40}[a-z0-9]")
PART = re.compile(r"[A-Za-z0-9][A-Za-z0-9._/-]{0,99}")
CRON = re.compile(r"[0-9*,/-]+( [0-9*,/-]+){4}")
VERSION = re.compile(r"3\.\d{1,2}")
COMMAND = re.compile(r"[A-Za-z0-9 ./=_-]+")
MINUTES = 30
EVENT_OF_ACTIONS = (
    "${{ github.event_name == 'schedule' && 'schedule'"
    " || github.event_name == 'repository_dispatch' && github.event.action || 'code' }}"
)


@dataclass(frozen=True)
class Delivery:
    """What is run, and after which events.

    name                 of the project, as in Google Cloud: small letters, digits, hyphens
    owner, repository    where the code is on GitHub
    commands             run one after the other, each must succeed
    events               some of code, data, schedule, drift; code has to be among them
    cron                 five fields, UTC

    Raises InvalidSetting for anything that could not stand in the files as it is.
    """

    name: str
    owner: str = "your-organisation"
    repository: str = ""
    branch: str = "main"
    commands: tuple[str, ...] = ("make install", "make test", "make pipeline")
    events: tuple[str, ...] = EVENTS
    cron: str = "0 6 * * 1"
    python: str = "3.11"

    def __post_init__(self) -> None:
        object.__setattr__(self, "repository", self.repository or self.name)
        for field, form, wanted in (
            ("name", NAME, "2 to 42 small letters, digits and hyphens, a letter first"),
            ("owner", PART, "letters, digits, hyphens"),
            ("repository", PART, "letters, digits, hyphens"),
            ("branch", PART, "letters, digits, hyphens"),
            ("cron", CRON, "five fields, as 0 6 * * 1"),
            ("python", VERSION, "a version, as 3.11"),
        ):
            _need(form, getattr(self, field), f"the {field}", wanted)
        if isinstance(self.commands, str) or not self.commands:
            raise InvalidSetting(f"the commands {self.commands!r}", "a list of at least one", 'Try ("make test",).')
        for command in self.commands:
            _need(COMMAND, command, "the command", "words that mean nothing to a shell; the rest belongs in a Makefile")
        if CODE not in self.events or not set(self.events) <= set(EVENTS):
            found = f"the events {self.events}"
            raise InvalidSetting(found, f"code, and others of {', '.join(EVENTS)}", "Correct the events.")

    @property
    def address(self) -> str:
        """Where the code is."""
        return f"https://github.com/{self.owner}/{self.repository}"

    def topic(self, event: str) -> str:
        """Return the short name of the Pub/Sub topic that carries an event."""
        return f"{self.name}-{event}"


def github_workflow(delivery: Delivery) -> str:
    """Return the text of a workflow for GitHub Actions."""
    dispatched = [event for event in (DATA, DRIFT) if event in delivery.events]
    lines = [
        f"name: {delivery.name}",
        "on:",
        f"  push: {{branches: [{_quoted(delivery.branch)}]}}",
        "  pull_request: {}",
        *([f"  schedule: [{{cron: {_quoted(delivery.cron)}}}]"] if SCHEDULE in delivery.events else []),
        *([f"  repository_dispatch: {{types: [{', '.join(dispatched)}]}}"] if dispatched else []),
        "permissions: {contents: read}",
        "jobs:",
        "  run:",
        "    runs-on: ubuntu-latest",
        f"    timeout-minutes: {MINUTES}",
        "    env:",
        f"      EVENT: {EVENT_OF_ACTIONS}",
        "    steps:",
        "      - uses: actions/checkout@v4",
        "      - uses: actions/setup-python@v5",
        f"        with: {{python-version: {_quoted(delivery.python)}}}",
        *(f"      - run: {command}" for command in delivery.commands),
    ]
    return "\n".join(lines) + "\n"


def cloud_build(delivery: Delivery) -> str:
    """Return the text of a build configuration for Cloud Build; triggers put the event into `_EVENT`."""
    lines = ["steps:"]
    for command in delivery.commands:
        lines += [
            f"  - id: {command.replace(' ', '-')}",
            f"    name: python:{delivery.python}",
            '    env: ["EVENT=${_EVENT}"]',
            f"    script: {_quoted(command)}",
        ]
    lines += [
        f"substitutions: {{_EVENT: {CODE}}}",
        f"timeout: {MINUTES * 60}s",
        "options: {logging: CLOUD_LOGGING_ONLY}",
    ]
    return "\n".join(lines) + "\n"


def cloud_triggers(delivery: Delivery, *, project: str) -> dict[str, str]:
    """Return one file per event for `gcloud builds triggers import --source FILE`: name -> text (JSON is YAML).

    Raises InvalidSetting for a project id that cannot be.
    """
    _need(NAME, project, "the project", "a project id")
    triggers = {event: _trigger(delivery, event, project) for event in delivery.events}
    return {f"on_{event}.yaml": json.dumps(trigger, indent=2) + "\n" for event, trigger in triggers.items()}


def _trigger(delivery: Delivery, event: str, project: str) -> dict[str, object]:
    """Return a BuildTrigger of Cloud Build's API, version 1."""
    shared = {"name": delivery.topic(event), "substitutions": {"_EVENT": event}}
    if event == CODE:
        pushed = {"branch": f"^{re.escape(delivery.branch)}$"}
        github = {"owner": delivery.owner, "name": delivery.repository, "push": pushed}
        return {**shared, "filename": "cloudbuild.yaml", "github": github}
    place = {"uri": delivery.address, "repoType": "GITHUB"}
    head = f"refs/heads/{delivery.branch}"
    return {
        **shared,
        "pubsubConfig": {"topic": f"projects/{project}/topics/{delivery.topic(event)}"},
        "sourceToBuild": {**place, "ref": head},
        "gitFileSource": {**place, "path": "cloudbuild.yaml", "revision": head},
    }


def setup_commands(delivery: Delivery, *, project: str, location: str, bucket: str) -> tuple[str, ...]:
    """Return the commands, to be run once by a person, that make each event arrive at its topic.

    The alert's policy is `monitoring`'s to write; here it gets the channel that it notifies.
    """
    for what, value in (("project", project), ("location", location), ("bucket", bucket)):
        _need(PART, value, f"the {what}", "letters, digits, hyphens")
    senders = {
        DATA: f"gcloud storage buckets notifications create gs://{bucket} --topic={{topic}}"
        " --event-types=OBJECT_FINALIZE",
        SCHEDULE: f"gcloud scheduler jobs create pubsub {{topic}} --schedule='{delivery.cron}' --topic={{topic}}"
        f" --location={location} --message-body=schedule",
        DRIFT: f"gcloud beta monitoring channels create --type=pubsub --display-name={{topic}}"
        f" --channel-labels=topic=projects/{project}/topics/{{topic}}",
    }
    found = []
    for event in delivery.events:
        if event in senders:
            topic = delivery.topic(event)
            found += [f"gcloud pubsub topics create {topic}", senders[event].format(topic=topic)]
        found.append(f"gcloud builds triggers import --source=triggers/on_{event}.yaml")
    return tuple(f"{command} --project={project}" for command in found)


def _need(form: re.Pattern[str], value: object, what: str, wanted: str) -> None:
    if not isinstance(value, str) or not form.fullmatch(value):
        raise InvalidSetting(f"{value!r} as {what}", wanted, "Correct it.")


def _quoted(text: str) -> str:
    """Return a text as JSON, which is YAML as well: 3.10 stays a text, * no reference."""
    return json.dumps(text)
