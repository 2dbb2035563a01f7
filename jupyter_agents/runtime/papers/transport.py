"""Requests to arXiv: polite, bounded in time and size, repeated with growing pauses, with errors for people."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from email.utils import parsedate_to_datetime
from typing import BinaryIO, Final
from urllib.parse import urlsplit

from ...errors import ArxivBusy, ArxivError, ArxivTimeout, ArxivUnreachable, PaperRefused
from ...records import Record
from .limiter import Limiter

BUSY: Final = frozenset({429, 500, 502, 503, 504})
AGENT: Final = "jupyter-agents (research assistant; one request in three seconds)"


class Patience(Record):
    """How long and how often arXiv is asked before giving up."""

    tries: int = 4
    tries_to_connect: int = 2
    """Where no connection comes about: no network stays no network, and a person waits."""
    connect_s: float = 6.0
    silence_s: float = 30.0
    """The longest pause between two pieces of an answer."""
    whole_s: float = 300.0
    """The longest that one answer may take altogether."""
    first_pause_s: float = 3.0
    """Before the second try; doubled for each further one, with jitter."""
    longest_pause_s: float = 60.0
    """A `Retry-After` beyond this is not waited for."""


class Transport:
    """GET with everything that etiquette and bad days ask for. One object may serve several threads."""

    def __init__(self, limiter: Limiter, patience: Patience) -> None:
        self.limiter = limiter
        self.patience = patience

    def get(self, url: str, into: BinaryIO, *, limit: int, accept: Callable[[bytes], bool] | None = None) -> Answer:
        """Writes the body of an answer into a file and returns its head.

        limit: bytes; more raise PaperRefused. accept: whether the first bytes of a 200 are what was asked
        for; if not, the try counts as busy. Statuses other than 200 and busy ones are the caller's.
        Raises ArxivBusy, ArxivTimeout, ArxivUnreachable, PaperRefused.
        """
        for attempt in range(1, self.patience.tries + 1):
            into.seek(0)
            into.truncate()
            last = attempt == self.patience.tries
            try:
                answer = self._once(url, into, limit, accept)
            except (ArxivTimeout, ArxivUnreachable) as exc:
                if last or (attempt >= self.patience.tries_to_connect and not exc.fields["connected"]):
                    raise
                self._wait(attempt, None)
                continue
            if not answer.busy:
                return answer
            if last or (answer.retry_after or 0) > self.patience.longest_pause_s:
                raise _busy(url, answer, attempt)
            self._wait(attempt, answer.retry_after)
        raise AssertionError("a loop over tries returns or raises at its last")

    def _once(self, url: str, into: BinaryIO, limit: int, accept: Callable[[bytes], bool] | None) -> Answer:
        import requests

        with self.limiter.turn(), _mapped(url), requests.Session() as session:
            deadline = time.monotonic() + self.patience.whole_s
            timeout = (self.patience.connect_s, self.patience.silence_s)
            headers = {"User-Agent": AGENT, "Accept-Encoding": "identity"}
            with session.get(url, stream=True, timeout=timeout, headers=headers) as response:
                busy = response.status_code in BUSY
                first = b""
                total = 0
                while piece := response.raw.read1(1 << 16, decode_content=False):
                    first = first or piece[:2048]
                    total += len(piece)
                    if total > limit:
                        raise PaperRefused(f"{url} is larger than {limit:,} bytes; it was not read", url=url)
                    if time.monotonic() > deadline:
                        raise ArxivTimeout(
                            f"{url} took over {self.patience.whole_s:g} s; try again later", url=url, connected=True
                        )
                    into.write(piece)
                into.flush()
                if response.status_code == 200 and accept is not None and not accept(first):
                    busy = True
                return Answer(
                    status=response.status_code,
                    type=response.headers.get("Content-Type", "").split(";")[0].strip().lower(),
                    retry_after=_seconds(response.headers.get("Retry-After")),
                    first=first.decode("utf-8", "replace"),
                    busy=busy,
                )

    def _wait(self, attempt: int, asked_s: float | None) -> None:
        pause = min(self.patience.first_pause_s * 2 ** (attempt - 1), self.patience.longest_pause_s)
        jittered = pause * random.uniform(0.75, 1.25)  # noqa: S311 - spreads retries, keeps no secret
        time.sleep(max(jittered, asked_s or 0.0))


class Answer(Record):
    """The head of an HTTP answer."""

    status: int
    type: str = ""
    retry_after: float | None = None
    first: str = ""
    """The beginning of the body as text."""
    busy: bool = False


@contextmanager
def _mapped(url: str) -> Iterator[None]:
    """Errors of requests, and of urllib3 while a body is read, as ours."""
    import requests
    import urllib3.exceptions

    host = urlsplit(url).netloc
    try:
        yield
    except requests.ConnectTimeout as exc:
        raise ArxivTimeout(f"{host} did not answer in time; try again later", url=url, connected=False) from exc
    except (requests.Timeout, urllib3.exceptions.TimeoutError) as exc:
        raise ArxivTimeout(f"{host} did not answer in time; try again later", url=url, connected=True) from exc
    except (requests.RequestException, urllib3.exceptions.HTTPError) as exc:
        why = getattr(exc.args[0] if exc.args else None, "reason", None)
        raise ArxivUnreachable(
            f"{host} cannot be reached or broke off ({type(why or exc).__name__}); "
            "check the network and the base address, or give the paper's file",
            url=url,
            connected=not isinstance(why, urllib3.exceptions.NewConnectionError),
        ) from exc


def _busy(url: str, answer: Answer, tries: int) -> ArxivError:
    wait = f"; it asks to wait {answer.retry_after:g} s" if answer.retry_after else ""
    what = f"HTTP {answer.status}" if answer.status != 200 else "something else than what was asked for"
    return ArxivBusy(
        f"arXiv answered {what} {tries} time{'s' if tries > 1 else ''} to {url}{wait}; try again later",
        url=url,
        status=answer.status,
        retry_after=answer.retry_after,
    )


def _seconds(header: str | None) -> float | None:
    if not header:
        return None
    try:
        return max(0.0, float(header))
    except ValueError:
        pass
    try:
        return max(0.0, parsedate_to_datetime(header).timestamp() - time.time())
    except ValueError:
        return None
