"""A model server that answers from a script: real HTTP on loopback, the real protocol, as strict as the real server.

    with ModelServer(text("hello"), tools(("search", {"query": "x"})), busy(retry_after="0"), text("done")) as server:
        ...  # base_url=server.url, api_key=server.key
        server.requests  # every request that was accepted

The script is replies in order, or one callable `(request) -> reply` that plays a whole agent.
"""

from __future__ import annotations

import contextlib
import json
import secrets
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, cast

from .model_replies import Fault, Json, Reply, Script, Step, halves, settle
from .model_rules import blocks, complaint, digest, is_55, redacted, signature, walk, without_marks

LIMITS = {"claude-opus-5-5": (1_000_000, 128_000), "claude-haiku-4-5": (200_000, 64_000)}

CAPABILITIES = {
    "structured_outputs": {"supported": True},
    "effort": {"supported": True},
    "thinking": {"supported": True, "types": {"adaptive": {"supported": True}, "enabled": {"supported": False}}},
}
LOOKBACK = 20
"""Blocks before a mark in which the real server looks for something cached."""


def tokens(value: Any) -> int:
    return max(1, len(json.dumps(value)) // 4)


class ModelServer:
    """Serves on a free port of 127.0.0.1 while its `with` block lasts."""

    def __init__(
        self,
        *script: Step | Script,
        key: str = "test-key",
        thinks: bool = True,
        strict: bool = True,
        limits: dict[str, tuple[int, int]] | None = None,
        only: tuple[str, ...] = (),
        listing: Fault | None = None,
    ) -> None:
        """Prepare a server; it answers from `with` on.

        thinks: 5.5 models begin every answer with a signed thinking block, as the real ones do.
        strict: 400 for what the real server refuses; False plays a lenient local server.
        limits: context and output of the models in its list; others are not listed, but answer.
        only: the models that answer; empty: any.
        listing: how asking for the list fails.
        """
        self.key, self.thinks, self.strict, self.only = key, thinks, strict, only
        self.limits = LIMITS if limits is None else limits
        self.listing = listing
        self.requests: list[Json] = []
        self.refused: list[tuple[str, Json]] = []
        self.headers: list[dict[str, str]] = []
        """Of every POST, also of those that were refused."""
        self.paths: list[str] = []
        self.ports: set[int] = set()
        """Of the connections that were made."""
        self._script: list[Step | Script] = list(script)
        self._secret = secrets.token_bytes(16)
        self._cached: set[str] = set()
        self._paused: set[str] = set()
        self._lock = threading.Lock()
        self._http = _Http(("127.0.0.1", 0), _Handler)
        self._http.owner = self
        self._thread = threading.Thread(target=self._http.serve_forever, args=(0.02,), daemon=True)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._http.server_address[1]}"

    def __enter__(self) -> ModelServer:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None
    ) -> None:
        self._http.shutdown()
        self._http.server_close()
        self._thread.join(5)

    def say(self, *script: Step | Script) -> None:
        """Append to the script."""
        with self._lock:
            self._script.extend(script)

    def step(self, body: Json) -> Step:
        """What the script answers to a request; a callable that stands last plays on forever."""
        with self._lock:
            if not self._script:
                return Fault(400, "invalid_request_error", f"the script has no reply to request {len(self.requests)}")
            step = self._script[0]
            if isinstance(step, Reply | Fault) or len(self._script) > 1:
                self._script.pop(0)
        return step if isinstance(step, Reply | Fault) else step(body)

    def complaint(self, body: Json) -> Fault | None:
        """Why a request is refused before the script is asked."""
        if self.only and body.get("model") not in self.only:
            return Fault(404, "not_found_error", f"model: {body.get('model')}")
        limit = self.limits.get(str(body.get("model")), (0, 128_000))[1]
        why = complaint(body, secret=self._secret, output_limit=limit, paused=self._paused) if self.strict else None
        if why is None:
            return None
        self.refused.append((why, body))
        return Fault(400, "invalid_request_error", why)

    def message(self, body: Json, reply: Reply) -> Json:
        """The answer as the Messages API writes it: ids, signatures, stop reason, usage."""
        content: list[Json] = []
        wanted = settle(reply, body)
        thought = any("thinking" in block["type"] for block in wanted)
        if self.thinks and not thought and is_55(body["model"]) and reply.stop_reason != "refusal":
            wanted = ({"type": "thinking", "thinking": "Let me see."}, *wanted)
        for block in wanted:
            content.append(self._finished(block, body, content))
        called = any(block["type"] == "tool_use" for block in content)
        stop_reason = reply.stop_reason or ("tool_use" if called else "end_turn")
        if stop_reason == "pause_turn":
            self._paused.add(digest(content))
        return {
            "id": f"msg_{secrets.token_hex(10)}", "type": "message", "role": "assistant", "model": body["model"],
            "content": content, "stop_reason": stop_reason, "stop_sequence": None, "stop_details": reply.details,
            "usage": self._usage(body, content),
        }  # fmt: skip

    def _finished(self, block: Json, body: Json, before: list[Json]) -> Json:
        messages = body["messages"]
        if block["type"] == "tool_use":
            return {"type": "tool_use", "id": f"toolu_{secrets.token_hex(10)}", **block}
        if block["type"] == "redacted_thinking":
            return {**block, "data": redacted(self._secret, body, messages, before)}
        if block["type"] == "thinking":
            shown = block["thinking"] if (body.get("thinking") or {}).get("display") == "summarized" else ""
            signed = signature(self._secret, body, messages, before, shown)
            return {"type": "thinking", "thinking": shown, "signature": signed}
        return block

    def _usage(self, body: Json, content: list[Json]) -> Json:
        chain, sizes, marks = [digest(body["model"])], [0], []
        for index, block in enumerate(walk(body), start=1):
            chain.append(digest(chain[-1], block))
            sizes.append(sizes[-1] + tokens(without_marks(block)))
            if "cache_control" in block:
                marks.append(index)
        hits = [i for mark in marks for i in range(mark, max(0, mark - LOOKBACK), -1) if chain[i] in self._cached]
        read = sizes[max(hits)] if hits else 0
        written = sizes[marks[-1]] - read if marks else 0
        self._cached.update(chain[mark] for mark in marks)
        size = sizes[-1]
        return {
            "input_tokens": max(1, size - read - written), "output_tokens": tokens(content),
            "cache_read_input_tokens": read, "cache_creation_input_tokens": written,
        }  # fmt: skip


class _Http(ThreadingHTTPServer):
    daemon_threads = True
    owner: ModelServer


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    @property
    def owner(self) -> ModelServer:
        return cast(_Http, self.server).owner

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing: a test's output is its own."""

    def do_GET(self) -> None:
        self.owner.paths.append(self.path)
        self.owner.ports.add(self.client_address[1])
        name = self.path.split("?")[0].removeprefix("/v1/models").strip("/")
        known = [_info(model, *limits) for model, limits in self.owner.limits.items()]
        if self.owner.listing is not None:
            self._fault(self.owner.listing)
        elif not name:
            self._json(200, {"data": known, "has_more": False, "first_id": None, "last_id": None})
        elif found := [info for info in known if info["id"] == name]:
            self._json(200, found[0])
        else:
            self._fault(Fault(404, "not_found_error", f"model: {name}"))

    def do_POST(self) -> None:
        owner, body = self.owner, json.loads(self.rfile.read(int(self.headers["content-length"])))
        owner.paths.append(self.path)
        owner.headers.append({name.lower(): value for name, value in self.headers.items()})
        given = self.headers.get("authorization", "").removeprefix("Bearer ") or self.headers.get("x-api-key", "")
        if given != owner.key:
            return self._fault(Fault(401, "authentication_error", "invalid x-api-key"))
        if "anthropic-version" not in self.headers:
            return self._fault(Fault(400, "invalid_request_error", "anthropic-version: header is required"))
        if self.path.split("?")[0].endswith("/count_tokens"):
            return self._json(200, {"input_tokens": tokens([*walk(body)])})
        if fault := owner.complaint(body):
            return self._fault(fault)
        owner.requests.append(body)
        step = owner.step(body)
        if isinstance(step, Fault):
            return self._fault(step)
        time.sleep(step.delay_s)
        message = owner.message(body, step)
        # whoever asked may have gone away, as a cancelled run does
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            self._stream(message, step) if body.get("stream") else self._json(200, message)
        return None

    def _fault(self, fault: Fault) -> None:
        self.close_connection = True
        if fault.status == 200:
            self._head()
        elif fault.status:
            headers = {} if fault.retry_after is None else {"retry-after": fault.retry_after}
            error = {"type": fault.kind, "message": fault.message}
            self._json(fault.status, {"type": "error", "error": error, "request_id": "req_1"}, headers)

    def _json(self, status: int, payload: Json, headers: dict[str, str] | None = None) -> None:
        data = json.dumps(payload).encode()
        self.send_response(status)
        for name, value in {
            "content-type": "application/json",
            "content-length": str(len(data)),
            **(headers or {}),
        }.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(data)

    def _head(self) -> None:
        self.send_response(200)
        self.send_header("content-type", "text/event-stream")
        self.send_header("connection", "close")
        self.end_headers()
        self.close_connection = True

    def _stream(self, message: Json, reply: Reply) -> None:
        self._head()
        start = {**message, "content": [], "stop_reason": None, "usage": {**message["usage"], "output_tokens": 1}}
        self._event({"type": "message_start", "message": start})
        self._event({"type": "ping"})
        for event in _events(message, reply):
            time.sleep(reply.pause_s)
            self._event(event)
        if reply.ends == "error":
            self._event({"type": "error", "error": reply.error})
        if reply.ends != "properly":
            return
        stop = {key: message[key] for key in ("stop_reason", "stop_sequence", "stop_details")}
        usage = {"output_tokens": message["usage"]["output_tokens"]}
        self._event({"type": "message_delta", "delta": stop, "usage": usage})
        self._event({"type": "message_stop"})

    def _event(self, payload: Json) -> None:
        self.wfile.write(f"event: {payload['type']}\ndata: {json.dumps(payload)}\n\n".encode())
        self.wfile.flush()


def _events(message: Json, reply: Reply) -> Iterator[Json]:
    last = len(message["content"]) - 1
    for index, block in enumerate(message["content"]):
        if reply.ends == "disconnect" and index == last:
            return
        start, deltas = _opened(block)
        if reply.cut and index == last and block["type"] == "tool_use":
            deltas = deltas[:1]
        yield {"type": "content_block_start", "index": index, "content_block": start}
        yield from ({"type": "content_block_delta", "index": index, "delta": delta} for delta in deltas)
        yield {"type": "content_block_stop", "index": index}


def _opened(block: Json) -> tuple[Json, list[Json]]:
    if block["type"] == "tool_use":
        parts = halves(json.dumps(block["input"]) if block["input"] else "")
        return {**block, "input": {}}, [{"type": "input_json_delta", "partial_json": part} for part in parts]
    if block["type"] == "thinking":
        deltas: list[Json] = [{"type": "thinking_delta", "thinking": part} for part in halves(block["thinking"])]
        return (
            {"type": "thinking", "thinking": "", "signature": ""},
            [*deltas, {"type": "signature_delta", "signature": block["signature"]}],
        )
    if block["type"] == "text":
        return {"type": "text", "text": ""}, [{"type": "text_delta", "text": part} for part in halves(block["text"])]
    return block, []


def _info(model: str, max_input_tokens: int, max_tokens: int) -> Json:
    return {
        "id": model, "type": "model", "display_name": model, "created_at": "2026-09-01T00:00:00Z",
        "lifecycle": "active", "capabilities": CAPABILITIES,
        "max_input_tokens": max_input_tokens, "max_tokens": max_tokens,
    }  # fmt: skip


def last_text(request: Json) -> str:
    """The text blocks of a request's last message, for scripts that answer by what they are asked."""
    return "\n".join(b["text"] for b in blocks(request["messages"][-1]["content"]) if b["type"] == "text")
