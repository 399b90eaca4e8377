"""Which pickled models may be loaded, and which packages run: those that were uploaded to this very cloud.

They are told by their SHA-256. Unpickling runs code, and a scanner that looks for dangerous pickles misses the
well-made ones. A digest does not guess: it only says that these are the bytes which the person at this keyboard put
here. A server that a whole room shares trusts nobody, unless it is started with `--trust-models`. A `model.skops` file
needs no trust: loading it runs no code.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from contextlib import closing
from typing import BinaryIO

RUNS_CODE = (".joblib", ".pkl", ".pickle", ".tar.gz", ".whl")
PIECE_BYTES = 2**20


class TrustedModels:
    """Digests of the pickles and packages that were uploaded. `enabled` False trusts none of them."""

    def __init__(self, *, enabled: bool = True) -> None:
        self.enabled = enabled
        self._digests: set[str] = set()

    def note(self, name: str, open_file: Callable[[], BinaryIO]) -> None:
        """Record an upload. Only names that promise a pickle or a package are read."""
        if self.enabled and name.endswith(RUNS_CODE):
            with closing(open_file()) as file:
                self._digests.add(sha256(file))

    def holds(self, data: bytes) -> bool:
        """Whether exactly these bytes were uploaded here."""
        return hashlib.sha256(data).hexdigest() in self._digests


def sha256(file: BinaryIO) -> str:
    """The hexadecimal SHA-256 of a file, read piece by piece."""
    digest = hashlib.sha256()
    while piece := file.read(PIECE_BYTES):
        digest.update(piece)
    return digest.hexdigest()
