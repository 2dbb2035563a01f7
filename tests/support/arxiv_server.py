"""arXiv on loopback: feeds built from entries, e-prints from a folder, and bad days on demand."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit
from xml.sax.saxutils import escape, quoteattr


@dataclass(frozen=True)
class Listed:
    """A paper that the server knows; files of it lie in the server's folder as `ID+VERSION.src|.html|.pdf`."""

    id: str
    title: str
    version: str = "v1"
    authors: tuple[str, ...] = ("A. Author",)
    abstract: str = "An abstract."
    category: str = "cs.LG"
    comment: str = ""
    published: str = "2024-08-22T10:00:00Z"

    def xml(self) -> str:
        url = f"http://arxiv.org/abs/{self.id}{self.version}"
        authors = "".join(f"<author><name>{escape(a)}</name></author>" for a in self.authors)
        return (
            f"<entry><id>{url}</id><title>{escape(self.title)}</title><updated>{self.published}</updated>"
            f"<link href={quoteattr(url.replace('/abs/', '/pdf/'))} rel='related' type='application/pdf' title='pdf'/>"
            f"<summary>{escape(self.abstract)}</summary><category term={quoteattr(self.category)}/>"
            f"<published>{self.published}</published><arxiv:comment>{escape(self.comment)}</arxiv:comment>"
            f"<arxiv:primary_category term={quoteattr(self.category)}/>{authors}</entry>"
        )


@dataclass(frozen=True)
class Bad:
    """An answer that goes wrong."""

    status: int = 503
    body: bytes = b"<html><body>rate exceeded</body></html>"
    headers: dict[str, str] = field(default_factory=dict)
    delay_s: float = 0.0
    drip_s: float = 0.0
    """Pause after each byte of the body."""
    cut: bool = False
    """Announce more bytes than are sent."""


@dataclass
class ArxivServer:
    """What a test tells the server, and what the server saw."""

    url: str
    folder: Path
    papers: list[Listed] = field(default_factory=list)
    bad: list[Bad] = field(default_factory=list)
    """Taken from the front, one for each request."""
    recorded: dict[str, tuple[int, bytes]] = field(default_factory=dict)
    """Whole feeds by the `id_list` or `search_query` that asks for them."""
    seen: list[tuple[float, str]] = field(default_factory=list)
    """Time (monotonic) and path with query of each request."""
    open_now: int = 0
    most_open: int = 0

    def put(self, paper: Listed, kind: str, content: bytes) -> None:
        """Serves a file (`src`, `html`, `pdf`) of a paper, which is listed if it was not."""
        (self.folder / _name(paper.id + paper.version, kind)).write_bytes(content)
        if paper not in self.papers:
            self.papers.append(paper)

    @property
    def paths(self) -> list[str]:
        return [path for _, path in self.seen]


def _name(versioned: str, kind: str) -> str:
    return f"{versioned.replace('/', '_')}.{kind}"


def feed(entries: list[str], total: int | None = None, start: int = 0) -> bytes:
    """An Atom feed as arXiv writes it."""
    count = len(entries) if total is None else total
    return (
        "<?xml version='1.0' encoding='UTF-8'?>"
        '<feed xmlns:opensearch="http://a9.com/-/spec/opensearch/1.1/" xmlns:arxiv="http://arxiv.org/schemas/atom"'
        ' xmlns="http://www.w3.org/2005/Atom"><id>https://arxiv.org/api/x</id><title>arXiv Query</title>'
        f"<opensearch:itemsPerPage>{len(entries)}</opensearch:itemsPerPage>"
        f"<opensearch:totalResults>{count}</opensearch:totalResults>"
        f"<opensearch:startIndex>{start}</opensearch:startIndex>{''.join(entries)}</feed>"
    ).encode()


def error_feed(reason: str) -> bytes:
    """What arXiv answers, with HTTP 400, to a request it does not understand."""
    return feed(
        [
            "<entry><id>https://arxiv.org/api/errors</id><title>Error</title><updated>2026-01-01T00:00:00Z</updated>"
            f"<summary>{escape(reason)}</summary><author><name>arXiv api core</name></author></entry>"
        ]
    )


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    state: ArxivServer
    lock: threading.Lock

    def log_message(self, format: str, *args: Any) -> None:
        pass

    def do_GET(self) -> None:
        with self.lock:
            self.state.seen.append((time.monotonic(), self.path))
            self.state.open_now += 1
            self.state.most_open = max(self.state.most_open, self.state.open_now)
            bad = self.state.bad.pop(0) if self.state.bad else None
        try:
            if bad is not None:
                self._misbehave(bad)
            else:
                self._send(*self._answer())
        except (BrokenPipeError, ConnectionResetError):
            self.close_connection = True  # a client that gave up, as it should on some bad days
        finally:
            with self.lock:
                self.state.open_now -= 1

    def _misbehave(self, bad: Bad) -> None:
        time.sleep(bad.delay_s)
        self.send_response(bad.status)
        for name, value in bad.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(bad.body) + (1000 if bad.cut else 0)))
        self.end_headers()
        if bad.drip_s:
            for byte in bad.body:
                self.wfile.write(bytes([byte]))
                self.wfile.flush()
                time.sleep(bad.drip_s)
        else:
            self.wfile.write(bad.body)
        self.close_connection = True

    def _send(self, status: int, media: str, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", media)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _answer(self) -> tuple[int, str, bytes]:
        parts = urlsplit(self.path)
        if parts.path == "/api/query":
            return self._query({k: v[0] for k, v in parse_qs(parts.query).items()})
        kind, _, versioned = unquote(parts.path).lstrip("/").partition("/")
        path = self.state.folder / _name(versioned, kind)
        if kind not in {"src", "html", "pdf"} or not path.is_file():
            return 404, "text/html", b"<html>Not found</html>"
        media = {"src": "application/gzip", "html": "text/html", "pdf": "application/pdf"}[kind]
        return 200, media, path.read_bytes()

    def _query(self, asked: dict[str, str]) -> tuple[int, str, bytes]:
        atom = "application/atom+xml"
        ids, words = asked.get("id_list", ""), asked.get("search_query", "")
        if (ids or words) in self.state.recorded:
            status, body = self.state.recorded[ids or words]
            return status, atom, body
        start, most = int(asked.get("start", 0)), int(asked.get("max_results", 10))
        if ids:
            found = [p for i in ids.split(",") for p in self._by_id(i)]
        else:
            terms = [t.partition(":")[2].strip('"()').lower() for t in words.split(" AND ") if t.startswith("all:")]
            found = [p for p in self.state.papers if all(t in f"{p.title} {p.abstract}".lower() for t in terms)]
        return 200, atom, feed([p.xml() for p in found[start : start + most]], len(found), start)

    def _by_id(self, asked: str) -> list[Listed]:
        versions = [p for p in self.state.papers if asked in {p.id, p.id + p.version}]
        return sorted(versions, key=lambda p: int(p.version[1:]))[-1:]


@contextmanager
def arxiv_server(folder: Path) -> Iterator[ArxivServer]:
    """A server in a thread; files that it serves lie in `folder`."""
    state = ArxivServer(url="", folder=folder)
    handler = type("Handler", (_Handler,), {"state": state, "lock": threading.Lock()})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    state.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield state
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
