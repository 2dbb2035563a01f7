"""Where in a run a call stands: branch path and ordinal. The same design makes the same calls at the same places."""

from __future__ import annotations

import hashlib
import hmac


class Position:
    """Counts the calls made along one path."""

    def __init__(self, path: str) -> None:
        self.path = path
        self._n = 0

    def key(self) -> str:
        """The key of the next call: `path:ordinal`."""
        self._n += 1
        return f"{self.path}:{self._n}"

    def step(self, kind: str) -> str:
        """A path that leads on from here: `c` a conversation, `b` a branch, `.` tasks side by side."""
        self._n += 1
        return f"{self.path}/{self._n}{kind}"


def named(secret: bytes, key: str, prefix: str) -> str:
    """An id that depends on the run and the position only: `ev-k3v9x0a2`."""
    letters = "0123456789abcdefghjkmnpqrstvwxyz"
    drawn = hmac.new(secret, f"id {prefix} {key}".encode(), hashlib.sha256).digest()
    return f"{prefix}-{''.join(letters[byte % 32] for byte in drawn[:8])}"


def drawn(secret: bytes, key: str) -> float:
    """A number in [0, 1) that depends on the run and the position only."""
    bits = hmac.new(secret, f"random {key}".encode(), hashlib.sha256).digest()[:7]
    return (int.from_bytes(bits, "big") >> 3) / 2**53
