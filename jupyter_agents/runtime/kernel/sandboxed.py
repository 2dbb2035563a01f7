"""Our own client of a sandboxed kernel: bounded in time and output, and never surprised by what a cell does."""

from __future__ import annotations

import asyncio
import contextlib
import stat
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import zmq
import zmq.asyncio
from jupyter_client.asynchronous.client import AsyncKernelClient
from jupyter_client.manager import AsyncKernelManager

from ...errors import KernelDied, KernelTimeout
from ...records import CellResult, CellStatus, Json, dump, parse
from . import Limits, OnOutput, SandboxPolicy, values
from .outputs import OutputLog, display_id, from_message
from .provisioner import SandboxProvisioner
from .specs import kernel_manager

_START_S = 60.0
_LOOK_S = 0.25
"""How often a waiting cell looks whether its kernel still lives."""
_STRAGGLERS_S = 4.0
"""How long outputs may lag behind the reply that a cell has ended."""
_FLOOD = 64
"""A cell is interrupted when it wrote this many times what is kept."""
_LARGEST_MESSAGE = 64 << 20
_END_OF_FILE = "\x04"
_NO_INPUT = "input() was called, but nobody can answer while an agent runs this cell"


class _Running:
    """What is known of a cell while it runs."""

    def __init__(self, message: str, limits: Limits, on_output: OnOutput | None) -> None:
        self.message = message
        self.limits = limits
        self.log = OutputLog(limits.output_bytes)
        self.began = time.monotonic()
        self.on_output = on_output
        self.idle = False
        self.reply: Json | None = None
        self.replied_at = 0.0
        self.count: int | None = None
        self.error: tuple[str, str] | None = None
        self.asked_input = False

    def ended(self) -> bool:
        """Whether the kernel said so on both channels."""
        return self.idle and self.reply is not None


class SandboxedKernel:
    """A kernel in a sandbox, owned by whoever started it; implements `Kernel`."""

    def __init__(self, manager: AsyncKernelManager, workdir: Path) -> None:
        self.workdir = workdir
        self.starts = 0
        self._manager = manager
        self._client: AsyncKernelClient | None = None
        self._one_cell = asyncio.Lock()
        self._interrupted = False
        self._abandoned = ""
        """What is about to happen to the kernel while a cell runs; empty mostly."""

    @classmethod
    async def start(
        cls, workdir: Path, *, policy: SandboxPolicy | None = None, kernel_name: str | None = None
    ) -> SandboxedKernel:
        """Start a kernel that sees and writes only `workdir`, besides what `policy` names.

        `kernel_name`: an installed Python kernelspec; None: the running interpreter.
        Raises SandboxUnavailable, UnknownName, KernelDied or KernelTimeout; nothing is left behind then.
        """
        folder = await asyncio.to_thread(workdir.resolve)
        settled = _with_workdir(policy or SandboxPolicy(), folder)
        kernel = cls(kernel_manager(settled, kernel_name), folder)
        try:
            await kernel._manager.start_kernel(cwd=str(folder))
            await kernel._connect()
        except BaseException:  # a cancelled start must not leave a kernel either
            await kernel.shutdown()
            raise
        return kernel

    @property
    def alive(self) -> bool:
        """Whether the kernel's process runs."""
        process = self._provisioner.process if self._manager.provisioner is not None else None
        return process is not None and process.poll() is None

    @property
    def ended_because(self) -> str:
        """Why the sandbox was ended for taking too much; empty while it was not."""
        return self._provisioner.why_ended() if self._manager.provisioner is not None else ""

    async def execute(
        self, code: str, *, cell: str = "", limits: Limits | None = None, on_output: OnOutput | None = None
    ) -> CellResult:
        """Run one cell and wait for it; see `Kernel.execute`."""
        async with self._one_cell:
            if self._client is None or not self.alive:
                return self._died(None)
            self._interrupted = False
            message = self._client.execute(code, store_history=True, allow_stdin=True, stop_on_error=False)
            running = _Running(message, limits or Limits(), on_output)
            try:
                status, note = await self._wait(running)
            except BaseException:  # cancelled, or the caller's own on_output failed
                await asyncio.shield(self._stop(running))
                raise
            return self._result(running, status, note, cell)

    async def interrupt(self) -> None:
        """Interrupt the running cell and its children."""
        self._interrupted = True
        if self.alive:
            await self._manager.interrupt_kernel()

    async def restart(self) -> None:
        """A fresh process in the same folder; variables are gone. A running cell ends as interrupted."""
        async with self._alone("restarted"):
            await self._restart()

    @contextlib.asynccontextmanager
    async def _alone(self, what: str) -> AsyncIterator[None]:
        """End the running cell's wait, then keep others out."""
        self._abandoned = what
        async with self._one_cell:
            self._abandoned = ""
            yield

    async def _restart(self) -> None:
        self._disconnect()
        await self._manager.restart_kernel(now=True)
        await self._connect()

    async def shutdown(self) -> None:
        """End the kernel and everything in its sandbox. Safe to call twice."""
        async with self._alone("shut down"):
            self._disconnect()
            if self._manager.provisioner is not None and self._manager.provisioner.has_process:
                await self._manager.shutdown_kernel(now=True)

    @property
    def _provisioner(self) -> SandboxProvisioner:
        provisioner = self._manager.provisioner
        assert isinstance(provisioner, SandboxProvisioner)
        return provisioner

    def _disconnect(self) -> None:
        if self._client is not None:
            self._client.stop_channels()
            self._client = None

    async def _connect(self) -> None:
        """Connect once the kernel's own sockets exist, then wait until it executes."""
        self.starts += 1
        deadline = time.monotonic() + _START_S
        await self._sockets(deadline)
        context = zmq.asyncio.Context.instance()
        client = self._manager.client(context=_bounded(context))
        client.start_channels(hb=False)
        self._client = client
        await self._subscribed(deadline)
        message = client.execute("", silent=True, store_history=False, allow_stdin=False)
        running = _Running(message, Limits(cell_s=_START_S), None)
        status, note = await self._wait(running)
        if status != "ok" or running.error is not None:
            raise KernelDied(f"the kernel could not be prepared: {note or running.error}", reason=self.ended_because)

    async def _sockets(self, deadline: float) -> None:
        """Wait for the kernel's sockets; a link in their place would lead our client to somebody else's."""
        info: dict[str, Any] = dict(self._manager.get_connection_info())
        waiting = [Path(f"{info['ip']}-{info[f'{name}_port']}") for name in ("shell", "iopub", "stdin", "control")]
        while waiting:
            if not self.alive:
                raise KernelDied(self._why_dead("the kernel ended while it started"), reason=self.ended_because)
            if time.monotonic() > deadline:
                raise KernelTimeout(f"the kernel did not start within {_START_S:g} s", limit_s=_START_S)
            waiting = [path for path in waiting if not _is_socket(path)]
            await asyncio.sleep(0.005)

    async def _subscribed(self, deadline: float) -> None:
        """Ask until something comes back on the output channel: before, its first messages would be lost."""
        assert self._client is not None
        while time.monotonic() < deadline:
            self._client.kernel_info()
            with contextlib.suppress(TimeoutError, zmq.ZMQError):
                if await self._client.iopub_channel.socket.poll(20):
                    return
            if not self.alive:
                raise KernelDied(self._why_dead("the kernel ended while it started"), reason=self.ended_because)
        raise KernelTimeout(f"the kernel did not answer within {_START_S:g} s", limit_s=_START_S)

    def _why_dead(self, what: str) -> str:
        said = self._provisioner.said.strip().splitlines() if self._manager.provisioner is not None else []
        reason = self.ended_because or (said[-1] if said else "")
        return f"{what}: {reason}" if reason else f"{what}; memory or a crash in compiled code are usual causes"

    async def _wait(self, running: _Running) -> tuple[CellStatus, str]:
        """Collect messages until the cell ends, one way or another."""
        deadline = running.began + running.limits.cell_s
        while not running.ended():
            await self._collect(running, min(_LOOK_S, max(deadline - time.monotonic(), 0.0)))
            if running.ended():
                break
            if self._abandoned:
                return "interrupted", f"the kernel was {self._abandoned} while the cell ran"
            if not self.alive:
                return "died", self._why_dead("the kernel died")
            if running.log.seen > _FLOOD * running.limits.output_bytes:
                await self._stop(running)
                return (
                    "interrupted",
                    f"the cell wrote over {_FLOOD * running.limits.output_bytes} bytes and was stopped",
                )
            if running.reply is not None and time.monotonic() > running.replied_at + _STRAGGLERS_S:
                return await self._without_outputs(running)
            if time.monotonic() >= deadline:
                stopped = await self._stop(running)
                after = (
                    "interrupted" if stopped else "the kernel did not stop and was restarted: its variables are gone"
                )
                return "timeout", f"the cell ran over {running.limits.cell_s:g} s; {after}"
        return self._ended(running)

    def _ended(self, running: _Running) -> tuple[CellStatus, str]:
        if running.error is None and (running.reply or {}).get("status") == "ok":
            return "ok", ""
        if self._interrupted:
            return "interrupted", ""
        return "error", ""

    async def _without_outputs(self, running: _Running) -> tuple[CellStatus, str]:
        """The cell has ended but its last messages were lost: dropped in a flood, or the connection broke."""
        assert self._client is not None
        self._client.kernel_info()
        if await self._client.iopub_channel.socket.poll(2000):
            return self._ended(running)
        await self._restart()
        return "died", (
            f"an output of over {_LARGEST_MESSAGE >> 20} MiB broke the connection; the kernel was restarted: its "
            "variables are gone"
        )

    async def _stop(self, running: _Running) -> bool:
        """Interrupt a cell and wait for its end; restart a kernel that does not stop. False when it had to."""
        if self.alive:
            await self._manager.interrupt_kernel()
        deadline = time.monotonic() + running.limits.interrupt_s
        while not running.ended() and self.alive and not self._abandoned and time.monotonic() < deadline:
            await self._collect(running, _LOOK_S)
        if running.ended() or self._abandoned:
            return True
        await self._restart()
        return False

    async def _collect(self, running: _Running, wait_s: float) -> None:
        """Take whatever messages are there, waiting a little for the first."""
        assert self._client is not None
        client = self._client
        poller = zmq.asyncio.Poller()
        for channel in (client.shell_channel, client.iopub_channel, client.stdin_channel):
            poller.register(channel.socket, zmq.POLLIN)
        ready = {socket for socket, _ in await poller.poll(int(wait_s * 1000))}
        if client.iopub_channel.socket in ready:
            await self._drain_outputs(running)
        if client.stdin_channel.socket in ready and await _message(client.stdin_channel) is not None:
            running.asked_input = True
            client.input(_END_OF_FILE)
        if client.shell_channel.socket in ready:
            message = await _message(client.shell_channel)
            if message is not None and _parent(message) == running.message:
                content = message.get("content")
                running.reply = content if isinstance(content, dict) else {}
                running.replied_at = time.monotonic()

    async def _drain_outputs(self, running: _Running) -> None:
        """Take up to a bounded number of outputs, so that a flood leaves room to look at clock and kernel."""
        assert self._client is not None
        channel = self._client.iopub_channel
        for _ in range(200):
            message = await _message(channel)
            if message is not None and _parent(message) == running.message:
                _take(running, message)
            if running.idle or not await channel.socket.poll(0):
                return

    def _died(self, running: _Running | None) -> CellResult:
        return CellResult(status="died", error_name="KernelDied", error_value=self._why_dead("the kernel is dead"))

    def _result(self, running: _Running, status: CellStatus, note: str, cell: str) -> CellResult:
        names = {"died": "KernelDied", "timeout": "KernelTimeout", "interrupted": "Interrupted"}
        name, value = running.error or ("", "")
        if status == "error" and not name and running.reply is not None:
            name, value = str(running.reply.get("ename", "")), str(running.reply.get("evalue", ""))
        if running.asked_input and name == "EOFError" and not value:
            value = _NO_INPUT
        outputs = running.log.outputs()
        return CellResult(
            status=status,
            outputs=outputs,
            values=values.values_in(outputs, cell),
            execution_count=running.count,
            duration_s=time.monotonic() - running.began,
            dropped_bytes=running.log.dropped,
            error_name=names[status] if note else name,
            error_value=note or value,
        )


def _with_workdir(policy: SandboxPolicy, folder: Path) -> SandboxPolicy:
    return parse({**dump(policy), "workdir": str(folder)}, SandboxPolicy)


def _is_socket(path: Path) -> bool:
    try:
        return stat.S_ISSOCK(path.lstat().st_mode)
    except OSError:
        return False


def _bounded(context: Any) -> Any:
    """A context whose sockets refuse huge messages and look often for a kernel that is just starting."""
    bounded = zmq.asyncio.Context(context)
    bounded.setsockopt(zmq.MAXMSGSIZE, _LARGEST_MESSAGE)
    bounded.setsockopt(zmq.RECONNECT_IVL, 10)
    return bounded


async def _message(channel: Any) -> Json | None:
    """The next message of a channel; None for one that cannot be read: a cell may write there what it likes."""
    try:
        message: Json = await channel.get_msg(timeout=0)
    except (ValueError, TypeError, KeyError, IndexError, AttributeError, RecursionError):
        return None
    except Exception as exc:
        if type(exc).__name__ == "Empty":
            return None
        raise
    return message


def _parent(message: Json) -> str:
    parent = message.get("parent_header")
    return str(parent.get("msg_id", "")) if isinstance(parent, dict) else ""


def _take(running: _Running, message: Json) -> None:
    """Handle one message of the output channel."""
    kind, content = message.get("msg_type"), message.get("content")
    if not isinstance(content, dict) or not isinstance(kind, str):
        return
    if kind == "status":
        running.idle = content.get("execution_state") == "idle"
    elif kind == "execute_input" and isinstance(content.get("execution_count"), int):
        running.count = content["execution_count"]
    elif kind == "clear_output":
        running.log.clear(wait=bool(content.get("wait")))
    else:
        _take_output(running, kind, content)


def _take_output(running: _Running, kind: str, content: Json) -> None:
    output = from_message(kind, content)
    if output is None:
        return
    shown_as = display_id(content)
    if kind == "update_display_data":
        if shown_as is not None:
            running.log.update({**output, "output_type": "display_data"}, shown_as)
    else:
        running.log.add(output, shown_as)
    if kind == "error":
        running.error = (output["ename"], output["evalue"])
    if running.on_output is not None:
        running.on_output(output)
