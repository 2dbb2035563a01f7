"""Starts any Python kernelspec inside a sandbox, for whoever asks Jupyter for a kernel by name.

kernel.json: `"metadata": {"kernel_provisioner": {"provisioner_name": "jupyter-agents-sandbox",
"config": {"policy": {"memory_bytes": 2147483648}}}}`. Keys of `policy` are those of `SandboxPolicy`.
"""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from jupyter_client.provisioning.local_provisioner import LocalProvisioner
from traitlets import Dict

from ...errors import KernelError, SandboxUnavailable, UnknownName
from ...records import dump, parse
from . import SandboxPolicy, bubblewrap, cgroup, folders, identity, landlock, seccomp, starting, surroundings, values
from .watchdog import Watchdog, memory_reason, processes

_START_S = 30.0
_STDERR_BYTES = 1 << 16


def read_policy(config: dict[str, Any]) -> SandboxPolicy:
    """The policy that a kernelspec carries. Raises UnknownName for a key that does not exist."""
    known = dump(SandboxPolicy())
    for name in config:
        if name not in known:
            raise UnknownName("key", name, known, where="the kernelspec's sandbox policy")
    return parse(config, SandboxPolicy)


class SandboxProvisioner(LocalProvisioner):
    """A local kernel process in a sandbox: no network, an allow-list of files, limits, nothing left behind."""

    policy = Dict(config=True, help="What the kernel may see and use; see SandboxPolicy.")

    ended_because: str = ""
    """Why the sandbox was ended by us; empty while it was not."""
    workdir: Path | None = None
    sockets: Path | None = None

    _identity: identity.Identity | None = None
    _owner: tuple[int, int] | None = None
    _fresh = False
    _init_pid: int | None = None
    _lifeline: int | None = None
    _watchdog: Watchdog | None = None
    _group: cgroup.MemoryGroup | None = None
    _said = b""

    async def pre_launch(self, **kwargs: Any) -> dict[str, Any]:
        """Switch the manager to unix sockets, which alone reach into a network namespace."""
        if self.sockets is None:
            self.sockets = folders.make_sockets()
            cgroup.sweep()
        else:  # a restart: the last kernel may have left anything there
            folders.empty(self.sockets)
        manager = self.parent
        if manager is None:
            raise KernelError("a sandboxed kernel needs a kernel manager; start it through jupyter_client")
        manager.transport, manager.ip, manager.cache_ports = "ipc", f"{self.sockets}/k", False
        prepared: dict[str, Any] = await super().pre_launch(**kwargs)
        return prepared

    async def launch_kernel(self, cmd: list[str], **kwargs: Any) -> Any:
        """Start the sandbox and return when every guard in it stands. Raises SandboxUnavailable."""
        try:
            await self._launch(cmd, kwargs)
        except BaseException:  # nobody calls cleanup for a kernel that never started
            await self.kill()
            await self.cleanup(restart=False)
            raise
        return self.connection_info

    async def _launch(self, cmd: list[str], kwargs: dict[str, Any]) -> None:
        policy = read_policy(self.policy)
        self.ended_because, self._said = "", b""
        caller = kwargs.get("env") or os.environ
        notebook = await asyncio.to_thread(self._settle, policy, kwargs.get("cwd"))
        connection_file = self._connection_file()
        inside = [bubblewrap.CONNECTION_FILE if word == str(connection_file) else word for word in cmd]
        box = await asyncio.to_thread(self._box, policy, inside, notebook, caller, connection_file)
        await self._start(box, inside)
        assert self.process is not None
        self.pid, self.pgid, self.cwd = self.process.pid, None, str(box.workdir)
        self._watch(policy)

    def _connection_file(self) -> Path:
        assert self.parent is not None
        return Path(os.path.realpath(self.parent.connection_file))  # as it stands in the command

    def _settle(self, policy: SandboxPolicy, cwd: str | None) -> Path | None:
        """Find or make the work folder; returns the notebook's folder where no run named one."""
        notebook = None
        if policy.workdir:
            self.workdir = surroundings.check_folder(Path(policy.workdir), "work folder")
        else:
            notebook = surroundings.notebook_folder(cwd)
            if self.workdir is None:
                self.workdir, self._fresh = folders.fresh_work(notebook), True
        if self._identity is None:
            self._identity = identity.choose()
        assert self.workdir is not None
        assert self.sockets is not None
        owner = identity.hand_over(self.workdir, self._identity)
        self._owner = self._owner or owner
        identity.hand_over(self.sockets, self._identity)
        return notebook

    def _box(
        self, policy: SandboxPolicy, command: list[str], notebook: Path | None, caller: Any, connection: Path
    ) -> bubblewrap.Box:
        assert self.workdir is not None
        assert self.sockets is not None
        assert self._identity is not None
        readable = [*surroundings.interpreter_folders(starting.interpreter(command))]
        if self.kernel_spec.resource_dir and Path(self.kernel_spec.resource_dir).is_dir():
            readable.append(Path(self.kernel_spec.resource_dir))
        readable += [surroundings.check_folder(Path(path), "data folder") for path in policy.read_only]
        environment = surroundings.environment(caller, self.kernel_spec.env or {})
        environment |= {"PWD": str(self.workdir), "JUPYTER_AGENTS_WORK": str(self.workdir)}
        environment["PYTHONSTARTUP"] = bubblewrap.HELPERS  # IPython runs it before the first cell
        if notebook is not None:
            readable.append(notebook)
            environment["JUPYTER_AGENTS_NOTEBOOK_FOLDER"] = str(notebook)
        return bubblewrap.Box(
            policy=policy,
            identity=self._identity,
            workdir=self.workdir,
            sockets=self.sockets,
            readable=tuple(readable),
            connection=connection.read_bytes(),
            environment=environment,
        )

    async def _start(self, box: bubblewrap.Box, command: list[str]) -> None:
        status_read, status_write = os.pipe()
        life_read, self._lifeline = os.pipe()
        restricted = box.policy.mode == "restricted"
        plan: dict[str, Any] = {
            "lifeline": life_read,
            "status": status_write,
            "workdir": str(box.workdir),
            "limits": starting.limits(box.policy),
            "filter": seccomp.program(restricted=restricted),
        }
        start = self._start_restricted if restricted else self._start_boxed
        try:
            await start(box, command, plan, [status_write, life_read])
        except BaseException:
            os.close(status_read)
            raise
        finally:
            os.close(status_write)
            os.close(life_read)
        await self._confirm(status_read)

    async def _start_boxed(
        self, box: bubblewrap.Box, command: list[str], plan: dict[str, Any], descriptors: list[int]
    ) -> None:
        if box.identity.private:
            plan["uid"] = box.identity.uid
        launcher = starting.launcher_command(bubblewrap.LAUNCHER, plan, box, command)
        bwrap = bubblewrap.find()
        info_read, info_write = os.pipe()
        words, arguments = bubblewrap.command(bwrap, box, launcher, info_write)
        try:
            # bwrap's own environment is readable inside as that of process 1.
            await self._spawn(words, [info_write, *descriptors, *arguments.descriptors], {"PATH": "/usr/bin:/bin"})
        except BaseException:
            os.close(info_read)
            raise
        finally:
            os.close(info_write)
            arguments.close()
        self._init_pid = await asyncio.to_thread(starting.first_process, info_read)

    async def _start_restricted(
        self, box: bubblewrap.Box, command: list[str], plan: dict[str, Any], descriptors: list[int]
    ) -> None:
        landlock.check()
        own = str(folders.make_private(box.sockets))
        connection = box.sockets / "kernel.json"
        connection.write_bytes(box.connection)
        helpers = box.sockets / "helpers.py"
        helpers.write_text(values.source(), encoding="utf-8")
        places = {"HOME": own, "TMPDIR": own, "IPYTHONDIR": f"{own}/.ipython", "MPLCONFIGDIR": f"{own}/.matplotlib"}
        places["PYTHONSTARTUP"] = str(helpers)
        inside = [str(connection) if word == bubblewrap.CONNECTION_FILE else word for word in command]
        plan |= {"landlock": landlock.plan(box), "parent": os.getpid()}
        plan["limits"].pop("NPROC", None)  # would count all processes of this user
        words = starting.launcher_command(str(Path(__file__).parent / "launch.py"), plan, box, inside)
        await self._spawn(words, descriptors, {**box.environment, **places})
        assert self.process is not None
        self._init_pid = self.process.pid

    async def _spawn(self, words: list[str], descriptors: list[int], environment: Mapping[str, str]) -> None:
        """Start with outputs that go to a pipe which we drain: inherited ones could be opened again from inside."""
        said_read, said_write = os.pipe()

        def spawn() -> subprocess.Popen[bytes]:
            return subprocess.Popen(
                words,
                env=environment,
                cwd="/",
                stdin=subprocess.DEVNULL,
                stdout=said_write,
                stderr=said_write,
                pass_fds=descriptors,
                start_new_session=True,
            )

        threading.Thread(target=self._drain, args=(said_read,), name="sandbox-output", daemon=True).start()
        try:
            self.process = await asyncio.wrap_future(starting.spawner().submit(spawn))
        finally:
            os.close(said_write)

    def _drain(self, said: int) -> None:
        """Keep the end of what the sandbox writes past Jupyter's own channels."""
        with os.fdopen(said, "rb", buffering=0) as pipe:
            while chunk := pipe.read(1 << 16):
                self._said = (self._said + chunk)[-_STDERR_BYTES:]

    async def _confirm(self, status: int) -> None:
        """Wait until the launcher says that all guards stand."""
        try:
            ready = await asyncio.wait_for(asyncio.to_thread(starting.said_ok, status), _START_S)
        except TimeoutError as exc:
            raise SandboxUnavailable(f"the sandbox did not start within {_START_S:g} s; try again") from exc
        if not ready:
            assert self.process is not None
            await asyncio.to_thread(self.process.wait)
            text = self._said.decode(errors="replace").strip().splitlines()
            raise SandboxUnavailable(
                f"the sandbox could not be set up: {text[-1] if text else 'bwrap ended at once'}; "
                "run `jupyter agents doctor` to see what to install or enable",
                output="\n".join(text),
            )

    def _watch(self, policy: SandboxPolicy) -> None:
        assert self._init_pid is not None
        assert self.workdir is not None
        assert self.sockets is not None
        if policy.memory_bytes:
            self._group = cgroup.MemoryGroup.make(policy.memory_bytes + 3 * bubblewrap.scratch_bytes(policy))
        if self._group is not None:  # before the kernel has imported anything, let alone run a cell
            self._group.add(processes(self._init_pid))
        self._watchdog = Watchdog(
            self._init_pid,
            memory_bytes=policy.memory_bytes,
            disk_bytes=policy.disk_bytes,
            folders=(self.workdir, self.sockets),
            n_killed=self._n_killed,
            end=self._end,
        )
        self._watchdog.start()

    def why_ended(self) -> str:
        """Why the sandbox was ended for taking too much; empty while it was not."""
        if not self.ended_because and self._n_killed():
            return memory_reason(read_policy(self.policy).memory_bytes)
        return self.ended_because

    def _n_killed(self) -> int:
        return self._group.n_killed if self._group is not None else 0

    def _end(self, reason: str) -> None:
        self.ended_because = reason
        self.log.warning("sandboxed kernel %s ended: %s", self.kernel_id, reason)
        starting.end_all(self._init_pid)

    async def send_signal(self, signum: int) -> None:
        """Signal the kernel's process group, or for SIGKILL everything in the sandbox.

        bwrap itself is never signalled otherwise: that would end the kernel whatever the signal.
        """
        if self.process is None:
            return
        if signum == signal.SIGKILL:
            starting.end_all(self._init_pid)
            self.process.kill()
            return
        kernel = self.kernel_pid
        if kernel is None:
            return
        try:
            if os.getpgid(kernel) == kernel:
                os.killpg(kernel, signum)
            else:
                os.kill(kernel, signum)
        except ProcessLookupError:  # it ended meanwhile, which is what most signals are for
            return

    @property
    def said(self) -> str:
        """The end of what the sandbox wrote past Jupyter's own channels."""
        return self._said.decode(errors="replace")

    @property
    def kernel_pid(self) -> int | None:
        """The kernel's process as we see it: the first child of the sandbox's first process."""
        if self._init_pid is None or self.process is None or self._init_pid == self.process.pid:
            return self._init_pid
        try:
            children = Path(f"/proc/{self._init_pid}/task/{self._init_pid}/children").read_text().split()
        except OSError:
            return None
        return int(children[0]) if children else None

    async def cleanup(self, restart: bool = False) -> None:
        """Give files back to their owner and remove what only this kernel needed."""
        if self._watchdog is not None:
            self._watchdog.stop()
        if self._lifeline is not None:
            os.close(self._lifeline)
        if self._group is not None:
            await self._remove_group(self._group)
        self._watchdog = self._lifeline = self._init_pid = self._group = None
        if not restart:
            await asyncio.to_thread(self._leave)
        await super().cleanup(restart=restart)

    async def _remove_group(self, group: cgroup.MemoryGroup) -> None:
        """A group can go once its last process has; that may take a moment after the kill."""
        for _ in range(50):
            if group.remove():
                return
            await asyncio.sleep(0.02)

    def _leave(self) -> None:
        if self.workdir is not None and self._owner is not None:
            identity.take_back(self.workdir, self._owner)
        if self.sockets is not None:
            folders.remove(self.sockets)
        if self.workdir is not None and self._fresh:
            folders.remove_unused(self.workdir)
        if self._identity is not None:
            self._identity.release()
        self.workdir = self.sockets = self._identity = self._owner = None
