"""Safe names and whole files: nothing is written outside its folder, and nothing half-written is ever seen."""

import hashlib
import os
import re
import tempfile
from pathlib import Path

from mlops_helpers.governance.errors import UnsafeName

MAX_NAME_BYTES = 1024  # the limit of Cloud Storage
_DRIVE = re.compile(r"[A-Za-z]:")


def check_name(name: str) -> str:
    """Return a relative name such as `clean/churn.csv` unchanged, or raise `UnsafeName` saying what is wrong with it.

    Refused are empty names, absolute ones, `.` and `..` as a part, backslashes, drive letters, backticks,
    control characters (NUL, newline) and names above 1024 bytes. The same rule serves files and object names.
    """
    if problem := _problem(name):
        raise UnsafeName(f"the name {name!r:.120}, {problem}")
    return name


def _problem(name: object) -> str:
    """Say what makes a name unsafe; an empty string means nothing does."""
    if not isinstance(name, str) or not name:
        return "which is no text or empty"
    if not name.isprintable() or "\\" in name or "`" in name:
        return "with a control character, a backslash or a backtick"
    if name.startswith("/") or _DRIVE.match(name):
        return "which is absolute"
    if not {"", ".", ".."}.isdisjoint(name.split("/")):
        return "with an empty part, '.' or '..'"
    return "which is too long" if len(name.encode()) > MAX_NAME_BYTES else ""


def path_within(root: Path, name: str) -> Path:
    """Return `root / name`; raise `UnsafeName` if the name, or a symbolic link on the way, leaves the folder."""
    path = Path(root) / check_name(name)
    if not path.resolve().is_relative_to(Path(root).resolve()):
        raise UnsafeName(f"the name {name!r}, which leads out of its folder through a symbolic link")
    return path


def write_whole(path: Path, content: bytes) -> None:
    """Write a file under a temporary name beside it, then rename: readers see all of it or none."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=".", suffix=".part")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        os.replace(temporary, path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def sha256_of(path: Path) -> str:
    """Return the SHA-256 of a file in hexadecimal, read in pieces, so that a file may be larger than memory."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
