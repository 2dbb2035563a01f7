"""One role's append-only exchange with the model.

It sends nothing by itself: `Send` is given to it, so that every call is budgeted and journalled. What it sends is a
function of what it was told, so a replay sends the same.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Sequence
from typing import Any, Literal

from ...errors import ContextExceeded, ModelAnswerInvalid, ModelRefused, ModelUnavailable
from ...records import Call, Json, Observation, Record, Usage, dumps
from . import THINKING, Capabilities, Effort, ModelReply, ModelRequest, Send, StopReason, structured
from .caching import Marked, marked
from .envelope import LIMIT, envelope
from .history import BYTES_PER_TOKEN, History

Form = Literal["text", "format", "submit", "written"]
"""How an answer is asked for: freely, bound by the server, through the submit tool, or by words alone."""
PATIENCE = {"cut": 2, "empty": 2, "pause": 8, "repair": 1, "nudge": 1}
"""How often one `ask` goes on after an answer that is no answer."""
PNG = b"\x89PNG\r\n\x1a\n"
CUT = (
    "Your last answer was cut off at {tokens} tokens; it was not kept and none of its tool calls was run. "
    "Answer again, shorter or in smaller steps."
)
EMPTY = "Your last answer was empty. Please go on."
NUDGE = f"Hand in your answer by calling the tool `{structured.SUBMIT}`."
ALONE = f"Not taken: `{structured.SUBMIT}` came together with other calls. Call it alone, after their results."
UNASKED = f"Not taken: nothing is to be handed in now. Answer without `{structured.SUBMIT}`."
HAND_IN = "Hand in the answer. Call it once, alone, when everything else is done."
WRITE = "Answer with one JSON object and nothing else. It must fit this JSON Schema:\n"


class Reply(Record):
    """What one `ask` brought."""

    text: str = ""
    thinking: str = ""
    calls: tuple[Call, ...] = ()
    """Tools that the model calls, all of them to be answered before the next `ask`."""
    data: Any = None
    """The answer as JSON values that fit the schema; None while the model calls tools."""
    stop_reason: StopReason = "end_turn"
    """`max_tokens`: the text is cut off."""
    model: str = ""
    """The model that answered."""
    usage: Usage = Usage()
    """All that this `ask` consumed, with answers that were not kept."""


class _Asking:
    """The state of one `ask`."""

    def __init__(self, form: Form, schema: Json | None, strict: Json | None, max_tokens: int) -> None:
        self.form, self.schema, self.strict, self.max_tokens = form, schema, strict, max_tokens
        self.usage = Usage()
        self.left = dict(PATIENCE)
        self.force = False

    def spend(self, kind: str, problem: str) -> None:
        """Go on once more. Raises ModelAnswerInvalid if that was done often enough."""
        if self.left[kind] == 0:
            raise ModelAnswerInvalid(f"the model gave no usable answer: {problem}", problem=problem, usage=self.usage)
        self.left[kind] -= 1


class Conversation:
    """Told things, asked for answers; system, tools and model stay fixed for its life."""

    def __init__(
        self,
        send: Send,
        *,
        role: str,
        model: str,
        system: str,
        tools: Sequence[Json] = (),
        max_tokens: int = 16_384,
        effort: Effort | None = None,
        capabilities: Capabilities | None = None,
        key: bytes,
        redact: Callable[[str], str] | None = None,
    ) -> None:
        """Begin a conversation.

        tools: as the Messages API has them (`name`, `description`, `input_schema`). max_tokens: of one answer, with
        its thinking.
        key: the run's, for envelopes. redact: takes secrets out of everything that is told.
        Raises ModelUnavailable if tools are needed and the server cannot use any.
        """
        self.role, self.model, self.effort = role, model, effort
        self.capabilities = capabilities or Capabilities()
        self.max_tokens = min(max_tokens, self.capabilities.max_output_tokens)
        self.tainted = False
        """Whether text from outside has entered."""
        self._send, self._key, self._redact = send, key, redact
        self._system: tuple[Json, ...] = _texts(self._entering(system))
        self._tools = tuple(dict(tool) for tool in tools)
        self._submits: Json | None = None
        self._written: Json | None = None
        self._history = History()
        self._measured: tuple[int, int] | None = None
        if tools and not self.capabilities.tools:
            raise ModelUnavailable(f"{model!r} cannot call tools on this server; choose another model", model=model)

    @property
    def messages(self) -> tuple[Json, ...]:
        """What has been sent and answered so far, without marks for the cache."""
        return tuple(self._history.messages)

    @property
    def unanswered(self) -> tuple[Call, ...]:
        """Calls whose results are still missing; nothing can be asked before they are there."""
        return self._history.unanswered

    def fork(self, send: Send | None = None) -> Conversation:
        """A conversation with the same past, which the server's cache still knows; both go on by themselves.

        send: how the fork sends; None: as this one does.
        """
        other = object.__new__(Conversation)
        other.__dict__.update(self.__dict__)
        other._history = self._history.copy()
        other._send = send or self._send
        return other

    def tell(self, text: str) -> None:
        """Say something in the program's own words. Raises ValueError if it is blank."""
        if not text.strip():
            raise ValueError("there is nothing in what the model is told")
        self._history.add({"type": "text", "text": self._entering(text)})

    def tell_untrusted(self, text: str, source: str, *, limit: int = LIMIT) -> None:
        """Pass on text from outside, in an envelope; from now on the conversation is tainted.

        limit: characters; the middle of what is longer is left out, visibly.
        """
        self.tainted = True
        self._history.add({"type": "text", "text": self._enveloped(text, source, limit)})

    def show_image(self, png_bytes: bytes) -> None:
        """Show a picture; it may hold words, so it taints. Raises ValueError if it is no PNG."""
        if not png_bytes.startswith(PNG):
            raise ValueError("only PNG images can be shown")
        self.tainted = True
        self._history.add(_image(base64.b64encode(png_bytes).decode()))

    def answer(self, call_id: str, observation: Observation) -> None:
        """Give the result of a call; all results of one turn go out together with the next `ask`.

        Raises ValueError for a call that is not open.
        """
        error = observation.error or observation.denied
        if observation.untrusted:
            text = self._enveloped(observation.text, observation.source or "tool", LIMIT)
        else:
            text = self._entering(observation.text)
        images = () if error else observation.images  # the server takes nothing but text in an error
        content = [*(_texts(text) or _texts("(nothing)")), *map(_image, images)]
        self._history.result(call_id, content, error=error)
        self.tainted |= observation.untrusted

    async def ask(self, schema: Json | None = None) -> Reply:
        """The model's answer to all that was told and answered since the last one.

        schema: JSON Schema of an object that `Reply.data` must fit; one repair round.
        Raises ModelRefused, ContextExceeded, ModelAnswerInvalid (each with the `usage` so far), whatever `Send`
        raises, and ValueError if calls are unanswered or there is nothing to ask. After an error of `Send` the
        same question can be asked again.
        """
        asking = self._asking(schema)
        while True:
            self._history.close()
            reply = await self._send(self._request(asking))
            asking.usage += reply.usage + reply.lost
            outcome = self._judged(reply, asking)
            used = reply.usage
            tokens = used.input_tokens + used.cache_read_tokens + used.cache_write_tokens + used.output_tokens
            self._measured = (tokens, self._history.size())
            if outcome is not None:
                return outcome

    def estimate_tokens(self) -> int:
        """About how many tokens the next request reads, rather too many than too few."""
        size = self._history.size()
        if self._measured is not None:
            tokens, before = self._measured
            return tokens + int(max(0, size - before) / BYTES_PER_TOKEN)
        fixed = sum(len(dumps(part).encode()) for part in (*self._system, *self._tools))
        return int((fixed + size) / BYTES_PER_TOKEN) + 1

    @property
    def window_used(self) -> float:
        """The fraction of the model's window that the next request fills; above 0.6 start a new conversation."""
        return self.estimate_tokens() / self.capabilities.context_tokens

    def _entering(self, text: str) -> str:
        """Text as it may enter: without secrets, and without halves of characters, which cannot be sent."""
        clean = text if self._redact is None else self._redact(text)
        return clean.encode("utf-8", "backslashreplace").decode()

    def _enveloped(self, text: str, source: str, limit: int) -> str:
        clean = (text, source) if self._redact is None else (self._redact(text), self._redact(source))
        return envelope(self._key, *clean, limit=limit)

    def _asking(self, schema: Json | None) -> _Asking:
        if schema is None:
            return _Asking("text", None, None, self.max_tokens)
        strict = structured.strict_schema(schema)
        first = not self._history.messages and self._submits is None
        if first and self.capabilities.tools and (self._tools or not self._binds(strict)):
            self._add_submit(schema, strict)
        if self._submits == schema:
            form: Form = "submit"
        else:
            form = "format" if self._binds(strict) else "written"
        if form == "written" and self._written != schema:
            self._written = schema
            self.tell(WRITE + dumps(schema))
        return _Asking(form, schema, strict, self.max_tokens)

    def _binds(self, strict: Json | None) -> bool:
        return self.capabilities.structured and strict is not None

    def _add_submit(self, schema: Json, strict: Json | None) -> None:
        """Tools are fixed with the first request, so the tool for handing in is added before it."""
        if any(tool["name"] == structured.SUBMIT for tool in self._tools):
            raise ValueError(f"a tool is named {structured.SUBMIT!r}, which is the name of the tool for handing in")
        shape = strict or structured.object_schema(schema)
        tool: Json = {"name": structured.SUBMIT, "description": HAND_IN, "input_schema": shape}
        self._tools = (*self._tools, {**tool, "strict": True} if self._binds(strict) else tool)
        self._submits = schema

    def _request(self, asking: _Asking) -> ModelRequest:
        can = self.capabilities
        messages = tuple(self._history.messages)
        parts = Marked(self._tools, self._system, messages)
        if can.caching:
            parts = marked(*parts, self._history.big)
        return ModelRequest(
            model=self.model,
            system=parts.system,
            tools=parts.tools,
            messages=parts.messages,
            max_tokens=asking.max_tokens,
            schema=asking.strict if asking.form == "format" else None,
            effort=self.effort if can.effort else None,
            thinking=THINKING if can.thinking else None,
            tool_choice={"type": "tool", "name": structured.SUBMIT} if asking.force else None,
            role=self.role,
            expected_tokens=self.estimate_tokens(),
        )

    def _judged(self, reply: ModelReply, asking: _Asking) -> Reply | None:
        """What the answer means: the outcome, or None if the model is to be asked on. Raises what `ask` raises."""
        calls = any(block["type"] == "tool_use" for block in reply.blocks)
        if reply.stop_reason == "refusal":
            raise _refused(reply, asking.usage)
        if reply.stop_reason == "model_context_window_exceeded":
            text = f"the conversation {self.role!r} filled the window of {reply.model}; start a new one"
            raise ContextExceeded(text, model=reply.model, usage=asking.usage)
        if reply.stop_reason == "pause_turn":
            asking.spend("pause", "it paused again and again")
            self._history.take(reply.blocks, role=self.role, paused=True)
            return None
        if reply.stop_reason == "max_tokens" and (reply.cut or calls or asking.schema or not reply.text.strip()):
            self._cut(asking)
            return None
        if not calls and not reply.text.strip():
            asking.spend("empty", "it was empty")
            self.tell(EMPTY)
            return None
        opened = self._history.take(reply.blocks, role=self.role)
        return self._called(reply, opened, asking) if opened else self._written_answer(reply, asking)

    def _cut(self, asking: _Asking) -> None:
        """What was cut off is not kept: half a call must not run, half a thought has no signature."""
        asking.spend("cut", f"it was cut off at max_tokens = {asking.max_tokens}; raise the limit or ask for less")
        self.tell(CUT.format(tokens=asking.max_tokens))
        asking.max_tokens = min(2 * asking.max_tokens, self.capabilities.max_output_tokens)

    def _called(self, reply: ModelReply, opened: tuple[Call, ...], asking: _Asking) -> Reply | None:
        handed = [call for call in opened if self._submits is not None and call.tool == structured.SUBMIT]
        others = tuple(call for call in opened if call not in handed)
        if handed and (others or len(handed) > 1 or asking.form != "submit"):
            words = ALONE if asking.form == "submit" else UNASKED
            for call in handed:
                self._history.result(call.id, list(_texts(words)), error=True)
            if not others:
                asking.spend("repair", words)
                return None
            return _outcome(reply, asking, calls=others)
        if not handed:
            return _outcome(reply, asking, calls=others)
        value = handed[0].arguments
        found = structured.problems(value, asking.schema or {})
        words = structured.complaint(found) if found else "Received."
        self._history.result(handed[0].id, list(_texts(self._entering(words))), error=bool(found))
        if found:
            asking.spend("repair", "; ".join(found))
            return None
        return _outcome(reply, asking, data=value)

    def _written_answer(self, reply: ModelReply, asking: _Asking) -> Reply | None:
        if asking.schema is None:
            return _outcome(reply, asking)
        try:
            value = structured.parsed(reply.text)
            found = structured.problems(value, asking.schema)
        except ValueError as exc:
            value, found = None, [str(exc)]
        if not found:
            return _outcome(reply, asking, data=value)
        if asking.form == "submit":
            asking.spend("nudge", f"it did not call `{structured.SUBMIT}`")
            asking.force = self.capabilities.forced_tool
            self.tell(NUDGE)
        else:
            asking.spend("repair", "; ".join(found))
            self.tell(structured.complaint(found))
        return None


def _outcome(reply: ModelReply, asking: _Asking, *, calls: tuple[Call, ...] = (), data: Any = None) -> Reply:
    thoughts = [block["thinking"] for block in reply.blocks if block["type"] == "thinking"]
    return Reply(
        text=reply.text,
        thinking="\n\n".join(thought for thought in thoughts if thought),
        calls=calls,
        data=data,
        stop_reason=reply.stop_reason,
        model=reply.model,
        usage=asking.usage,
    )


def _refused(reply: ModelReply, usage: Usage) -> ModelRefused:
    details = reply.details or {}
    category, why = details.get("category") or "", details.get("explanation") or ""
    about = f" ({category})" if category else ""
    text = f"{reply.model} declined to answer{about}{': ' + why if why else ''}; rephrase or choose another model"
    return ModelRefused(text, model=reply.model, category=category, explanation=why, usage=usage)


def _texts(text: str) -> tuple[Json, ...]:
    """A block of text, or none if there is nothing in it: servers refuse blank ones."""
    return ({"type": "text", "text": text},) if text.strip() else ()


def _image(data: str) -> Json:
    return {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": data}}
