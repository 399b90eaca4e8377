"""Two commands of the course's door to Google Cloud.

python -m mlops_helpers.cloud clean-up                  after a crash: deletes what earlier sessions left at Google
python -m mlops_helpers.cloud doctor                    is this machine, Colab or Workbench ready for the lessons?
python -m mlops_helpers.cloud doctor --project my-id    … and this project?
"""

from __future__ import annotations

import argparse
import http.client
import sys
from collections.abc import Iterator
from urllib.parse import urlsplit

from .errors import CloudError
from .home import course_home
from .ledger import Ledger


def ledgers() -> Iterator[Ledger]:
    """The journals of sessions that were not cleaned up, oldest first."""
    for path in sorted((course_home() / "ledger").glob("*.jsonl")):
        yield Ledger(path)


def clean(ledger: Ledger) -> str:
    """Clean up after one session; one line that says how it went."""
    from .cleanup import Cleaner
    from .session import Session

    header = ledger.header
    if header["cloud"] == "offline" and not answers(header["url"]):
        ledger.close()
        return f"{header['session']}: its offline cloud is gone, and everything in it"
    with Session(header["cloud"], header["project"], "us-central1", url=header["url"]):
        done = Cleaner(header["project"]).clean(ledger)
    return f"{header['session']}: {len(done.outcomes)} deleted or gone, nothing left"


def answers(url: str) -> bool:
    """Whether an offline cloud still answers at this address."""
    address = urlsplit(url)
    connection = http.client.HTTPConnection(address.hostname, address.port, timeout=2)
    try:
        connection.request("GET", "/_offline/health")
        return connection.getresponse().status == 200
    except OSError:
        return False
    finally:
        connection.close()


def examine(project: str | None, location: str) -> int:
    """Write what the doctor found; without a project about the offline cloud. Returns 1 if something is not well."""
    from .session import connect

    try:
        with connect("google" if project else "offline", project=project, location=location) as session:
            diagnosis = session.doctor()
    except CloudError as problem:
        sys.stderr.write(f"{problem}\n")
        return 1
    sys.stdout.write(f"{diagnosis}\n")
    return 0 if diagnosis.healthy else 1


def main(arguments: list[str] | None = None) -> int:
    """Clean up (or, with --list, only show) what the journals name; or examine. Returns 1 if all is not well."""
    parser = argparse.ArgumentParser(
        prog="python -m mlops_helpers.cloud", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("command", choices=["clean-up", "doctor"])
    parser.add_argument("--list", action="store_true", help="clean-up: show what would be deleted, delete nothing")
    parser.add_argument("--project", help="doctor: examine this project on Google Cloud, not the offline cloud")
    parser.add_argument("--location", default="us-central1", help="doctor: a region of Vertex AI")
    options = parser.parse_args(arguments)
    if options.command == "doctor":
        return examine(options.project, options.location)
    return clean_up(only_list=options.list)


def clean_up(*, only_list: bool = False) -> int:
    """Clean up after every session that left a journal, or only show what that would delete."""
    failed = 0
    for ledger in ledgers():
        if only_list:
            sys.stdout.writelines(f"{entry.kind} {entry.name}\n" for entry in ledger.entries)
            continue
        try:
            sys.stdout.write(clean(ledger) + "\n")
        except CloudError as problem:
            sys.stderr.write(f"{ledger.path.stem}: {problem}\n")
            failed = 1
    return failed


if __name__ == "__main__":
    sys.exit(main())
