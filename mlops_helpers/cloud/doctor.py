"""Before a lesson starts: is everything there that it will ask for? One line for each check, and what to do about it.

    diagnosis = examine(session)
    diagnosis.table        check, ok, found, fix
    diagnosis.healthy      True when all is well

Nothing is changed, and no check raises: one that cannot be made is one that failed, and says why. First comes the place
itself (`workplace`: Colab, Workbench, Python, versions); Google is asked over REST, with the same credentials as the
clients. `python -m mlops_helpers.cloud doctor` asks the same from a shell.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING, Any

from .errors import CloudError, Unanswered
from .models import choose, days_left
from .workplace import look_at_imports, look_at_place, look_at_python, look_at_requirements

if TYPE_CHECKING:
    import pandas as pd
    from google.auth.credentials import Credentials

    from .session import Session

PATIENCE = 20  # seconds to wait for one answer
ROOM = 1_000_000_000  # bytes that the offline cloud, the lessons' data and their models fit into
SCOPE = "https://www.googleapis.com/auth/cloud-platform"
BASES = {
    name: f"https://{name}.googleapis.com" for name in ("cloudresourcemanager", "cloudbilling", "serviceusage")
} | {"aiplatform": "https://aiplatform.googleapis.com"}
APIS = ("storage", "bigquery", "bigquerystorage", "aiplatform", "logging", "monitoring", "firestore")
PERMISSIONS = (
    "storage.buckets.create",
    "bigquery.datasets.create",
    "bigquery.jobs.create",
    "aiplatform.models.upload",
    "aiplatform.endpoints.predict",
    "logging.logEntries.create",
    "monitoring.timeSeries.create",
    "datastore.entities.create",
)
PACKAGES = (
    "google-cloud-storage",
    "google-cloud-bigquery",
    "google-cloud-bigquery-storage",
    "google-cloud-aiplatform",
    "google-genai",
    "google-cloud-logging",
    "google-cloud-monitoring",
    "google-cloud-firestore",
    "redis",
    "fakeredis",
    "duckdb",
    "sqlglot",
    "pandas",
    "scikit-learn",
)
SIMULATED = (
    "Cloud Storage, BigQuery, Vertex AI, Logging, Monitoring, Firestore and Redis run on this machine; "
    "Gemini answers by rules and is no language model"
)


@dataclass(frozen=True)
class Finding:
    """What one check found: a plain line, and what to do if it is not ok."""

    check: str
    ok: bool
    found: str
    fix: str = ""


@dataclass(frozen=True)
class Diagnosis:
    """All findings, in the order in which they are worth mending: the first failure often explains the next."""

    findings: tuple[Finding, ...]

    @property
    def healthy(self) -> bool:
        """Whether every check is ok."""
        return all(finding.ok for finding in self.findings)

    @property
    def table(self) -> pd.DataFrame:
        """Columns: check, ok, found, fix."""
        import pandas as pd

        return pd.DataFrame([vars(finding) for finding in self.findings], columns=["check", "ok", "found", "fix"])

    def __str__(self) -> str:
        lines = [f"{'ok ' if one.ok else 'NOT'} {one.check}: {one.found}. {one.fix}".rstrip() for one in self.findings]
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        return self.table.to_html(index=False)


@dataclass(frozen=True)
class Patient:
    """What the checks look at: the session, the day, and Google's REST interfaces (None while offline)."""

    session: Session
    today: date
    ask: Callable[..., dict[str, Any]] | None = None

    @property
    def project(self) -> str:
        """Resource name of the project."""
        return f"projects/{self.session.project}"


@dataclass(frozen=True)
class Check:
    """One check: `look` gives whether all is well and a plain line; `fix` may name {project} and {location}."""

    name: str
    look: Callable[[Patient], tuple[bool, str]]
    fix: str

    def of(self, patient: Patient) -> Finding:
        """Look; an error becomes a finding, also one that comes from an answer of another shape than documented."""
        from google.auth.exceptions import GoogleAuthError

        try:
            ok, found = self.look(patient)
        except (CloudError, GoogleAuthError, OSError, ValueError, LookupError, AttributeError, TypeError) as problem:
            ok, found = False, getattr(problem, "found", None) or f"{type(problem).__name__}: {problem}"
        session = patient.session
        return Finding(
            self.name, ok, found, "" if ok else self.fix.format(project=session.project, location=session.location)
        )


def examine(
    session: Session,
    *,
    bases: Mapping[str, str] = BASES,
    credentials: Credentials | None = None,
    today: date | None = None,
) -> Diagnosis:
    """Make every check that fits the session's cloud; never raises for one that fails.

    `bases` gives the address of each of Google's interfaces by its short name, `credentials` replaces those of this
    machine, `today` is the day from which a model's remaining days are counted.
    """
    day = today or datetime.now(UTC).date()
    if session.cloud == "offline":
        return Diagnosis(tuple(check.of(Patient(session, day)) for check in (*PLACE, *OFFLINE)))
    here = (check.of(Patient(session, day)) for check in PLACE)
    return Diagnosis((*here, *_at_google(session, bases, credentials, day)))


def _at_google(
    session: Session, bases: Mapping[str, str], credentials: Credentials | None, day: date
) -> Iterator[Finding]:
    """Without credentials Google answers nothing: then that is the only finding."""
    from google.auth import default
    from google.auth.exceptions import GoogleAuthError
    from google.auth.transport.requests import AuthorizedSession

    try:
        found = credentials or default(scopes=[SCOPE], quota_project_id=session.project)[0]
    except GoogleAuthError as problem:
        yield Finding("credentials", False, str(problem), "Run `gcloud auth application-default login`.")
        return
    yield Finding("credentials", True, getattr(found, "service_account_email", None) or type(found).__module__)
    with AuthorizedSession(found) as http:
        patient = Patient(session, day, lambda *what, **more: _asked(http, bases, *what, **more))
        yield from (check.of(patient) for check in GOOGLE)


def _asked(http: Any, bases: Mapping[str, str], api: str, path: str, **body: Any) -> dict[str, Any]:
    """One answer of one interface; with a body it is a POST. Raises Unanswered."""
    send = {"json": body} if body else {}
    answer = http.request("POST" if body else "GET", f"{bases[api]}/{path}", timeout=PATIENCE, **send)
    try:
        fields = answer.json()
    except ValueError:
        fields = None
    if answer.ok and isinstance(fields, dict):
        return fields
    error = fields.get("error") if isinstance(fields, dict) else None
    said = error.get("message", "") if isinstance(error, dict) else ""
    raise Unanswered(
        f"{answer.status_code} from {api}: {said or answer.reason}", "200 and JSON", "Do what the fix says."
    )


def _model_row(patient: Patient, day: date) -> tuple[bool, str]:
    """The model that lessons use by default, and how long it will answer."""
    model = choose()
    left = days_left(model.id, day)
    if left is None:
        return True, f"{model.id}, no retirement announced"
    return left > 0, f"{model.id}, {left} days left" if left > 0 else f"{model.id}, retired on {model.retires}"


def _simulated(patient: Patient) -> tuple[bool, str]:
    return True, SIMULATED


def _packages(patient: Patient) -> tuple[bool, str]:
    there, missing = [], []
    for package in PACKAGES:
        try:
            there.append(f"{package} {version(package)}")
        except PackageNotFoundError:
            missing.append(package)
    return not missing, f"missing: {', '.join(missing)}" if missing else ", ".join(there)


def _disk(patient: Patient) -> tuple[bool, str]:
    free = shutil.disk_usage(tempfile.gettempdir()).free
    return free >= ROOM, f"{free / 1e9:.1f} GB free for temporary files, {ROOM / 1e9:.0f} GB needed"


def _loopback(patient: Patient) -> tuple[bool, str]:
    return True, f"the offline cloud answers; its clock says {patient.session.now():%Y-%m-%d %H:%M}"


def _project(patient: Patient) -> tuple[bool, str]:
    state = patient.ask("cloudresourcemanager", f"v3/{patient.project}").get("state", "unknown")
    return state == "ACTIVE", f"{patient.session.project} is {state}"


def _billing(patient: Patient) -> tuple[bool, str]:
    enabled = patient.ask("cloudbilling", f"v1/{patient.project}/billingInfo").get("billingEnabled") is True
    return enabled, "a billing account is linked" if enabled else "no billing account is linked"


def _apis(patient: Patient) -> tuple[bool, str]:
    names = "&".join(f"names={patient.project}/services/{api}.googleapis.com" for api in APIS)
    services = patient.ask("serviceusage", f"v1/{patient.project}/services:batchGet?{names}").get("services", [])
    enabled = {str(one.get("name")).rpartition("/")[2] for one in services if one.get("state") == "ENABLED"}
    missing = [api for api in APIS if f"{api}.googleapis.com" not in enabled]
    return not missing, f"not enabled: {', '.join(missing)}" if missing else f"all {len(APIS)} enabled"


def _permissions(patient: Patient) -> tuple[bool, str]:
    path = f"v3/{patient.project}:testIamPermissions"
    held = patient.ask("cloudresourcemanager", path, permissions=list(PERMISSIONS)).get("permissions", [])
    missing = [permission for permission in PERMISSIONS if permission not in held]
    return not missing, f"missing: {', '.join(missing)}" if missing else f"all {len(PERMISSIONS)} held"


def _region(patient: Patient) -> tuple[bool, str]:
    place = patient.session.location
    found = patient.ask("aiplatform", f"v1/{patient.project}/locations/{place}").get("locationId")
    return (
        found == place,
        f"{place} is a region of Vertex AI" if found == place else f"{place!r} is answered by {found!r}",
    )


def _model(patient: Patient) -> tuple[bool, str]:
    patient.ask("aiplatform", f"v1/publishers/google/models/{choose().id}")
    return _model_row(patient, patient.today)


NEXT_MODEL = "Set another model under `choices` in mlops_helpers/cloud/models.json; it names the replacement."
ENABLE = " ".join(f"{api}.googleapis.com" for api in APIS)
PLACE = (
    Check("place", lambda _: look_at_place(), ""),
    Check("Python", lambda _: look_at_python(), "Install Python 3.12, or choose another kernel or runtime."),
    Check(
        "versions", lambda _: look_at_requirements(), "Run `pip install -r requirements.txt`, then restart the kernel."
    ),
    Check(
        "kernel",
        lambda _: look_at_imports(),
        "Restart the kernel (Colab: Runtime > Restart session), run from the top.",
    ),
)
OFFLINE = (
    Check("simulated", _simulated, ""),
    Check("packages", _packages, "Run `pip install -r requirements.txt`."),
    Check("disk", _disk, "Delete what is not needed, or point the variable TMPDIR at a larger disk."),
    Check("loopback", _loopback, 'Call connect("offline") again; if that fails, let a firewall pass 127.0.0.1.'),
    Check("model", lambda patient: _model_row(patient, patient.today), NEXT_MODEL),
)
GOOGLE = (
    Check("project", _project, "Check PROJECT_ID: `gcloud projects describe {project}` must say ACTIVE."),
    Check(
        "billing", _billing, "Link an account: https://console.cloud.google.com/billing/linkedaccount?project={project}"
    ),
    Check("APIs", _apis, f"Run `gcloud services enable {ENABLE} --project {{project}}`."),
    Check("permissions", _permissions, "Ask the owner of {project} for the role Editor, or for those that hold these."),
    Check("region", _region, "{location} must be one of https://cloud.google.com/vertex-ai/docs/general/locations."),
    Check("model", _model, NEXT_MODEL),
)
