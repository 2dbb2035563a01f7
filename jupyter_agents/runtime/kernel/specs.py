"""Any installed Python kernelspec, put into the sandbox on the fly: nothing is installed or changed."""

from __future__ import annotations

from typing import Any

from jupyter_client.kernelspec import KernelSpec, KernelSpecManager, NoSuchKernel
from jupyter_client.manager import AsyncKernelManager
from traitlets import Dict, Instance

from ...errors import KernelError, UnknownName
from ...records import dump
from . import SandboxPolicy

PROVISIONER = "jupyter-agents-sandbox"
SANDBOXED = "python3-sandboxed"


def own_kernelspec() -> KernelSpec:
    """The kernelspec of the running interpreter, as it is before it is put into the sandbox."""
    return KernelSpec(
        argv=["python3", "-m", "ipykernel_launcher", "-f", "{connection_file}"],
        display_name="Python 3 (sandboxed)",
        language="python",
        metadata={"debugger": False},
    )


def sandboxed(spec: KernelSpec, policy: SandboxPolicy) -> KernelSpec:
    """A copy of a kernelspec that starts in the sandbox under `policy`.

    Raises KernelError when it is no Python kernel.
    """
    if spec.language.lower() != "python":
        raise KernelError(
            f"{spec.display_name!r} is a kernel for {spec.language}; only Python kernels run in the sandbox",
            language=spec.language,
        )
    provisioner = {"provisioner_name": PROVISIONER, "config": {"policy": dump(policy)}}
    copy = KernelSpec.from_resource_dir(spec.resource_dir) if spec.resource_dir else own_kernelspec()
    copy.argv = list(spec.argv)
    copy.metadata = {**spec.metadata, "kernel_provisioner": provisioner}
    return copy


class SandboxedSpecs(KernelSpecManager):
    """Finds installed kernelspecs and hands them out sandboxed; without a name, the running interpreter's."""

    policy = Instance(SandboxPolicy, args=())
    found = Dict()

    def get_kernel_spec(self, kernel_name: str) -> KernelSpec:
        """The kernelspec of this name, sandboxed. Raises UnknownName."""
        if kernel_name not in self.found:
            self.found[kernel_name] = sandboxed(self._installed(kernel_name), self.policy)
        spec: KernelSpec = self.found[kernel_name]
        return spec

    def _installed(self, kernel_name: str) -> KernelSpec:
        try:
            return super().get_kernel_spec(kernel_name)
        except NoSuchKernel as exc:
            if kernel_name == SANDBOXED:
                return own_kernelspec()
            raise UnknownName("kernel", kernel_name, self.find_kernel_specs()) from exc


def kernel_manager(policy: SandboxPolicy, kernel_name: str | None = None, **traits: Any) -> AsyncKernelManager:
    """A manager whose kernel will start in the sandbox; nbclient takes it as `km`.

    `kernel_name`: any installed Python kernelspec; None: the interpreter that runs this.
    """
    specs = SandboxedSpecs(policy=policy)
    manager = AsyncKernelManager(kernel_name=kernel_name or SANDBOXED, kernel_spec_manager=specs, **traits)
    if kernel_name is None:
        specs.found[SANDBOXED] = sandboxed(own_kernelspec(), policy)
    return manager
