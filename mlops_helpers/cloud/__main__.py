"""After a crash: `python -m mlops_helpers.cloud clean-up` deletes what earlier sessions left on Google Cloud."""

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


def main(arguments: list[str] | None = None) -> int:
    """Clean up (or, with --list, only show) what the journals name. Returns 1 if something could not be deleted."""
    parser = argparse.ArgumentParser(prog="python -m mlops_helpers.cloud", description=__doc__)
    parser.add_argument("command", choices=["clean-up"])
    parser.add_argument("--list", action="store_true", help="show what would be deleted, delete nothing")
    options, failed = parser.parse_args(arguments), 0
    for ledger in ledgers():
        if options.list:
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
