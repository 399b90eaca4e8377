"""The number that belongs to a project: buckets, the metadata server and the clients' adapters all give this one."""

from __future__ import annotations

import hashlib


def project_number(project: str) -> str:
    """A project's number: twelve digits that follow from its id.

    >>> project_number("offline-project")
    '131999285640'
    """
    return str(10**11 + int(hashlib.sha256(project.encode()).hexdigest(), 16) % (9 * 10**11))
