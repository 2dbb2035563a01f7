"""Which kind of disk a folder lies on, because SQLite's write-ahead log is only safe on a local one."""

from __future__ import annotations

from pathlib import Path

NETWORK = frozenset(
    {
        "9p", "acfs", "afpfs", "afs", "beegfs", "ceph", "cifs", "coda", "davfs", "drvfs", "gfs", "gfs2", "glusterfs",
        "gpfs", "lustre", "ncpfs", "nfs", "nfs3", "nfs4", "ocfs2", "orangefs", "panfs", "prl_fs", "smb", "smb2",
        "smb3", "smbfs", "vboxsf", "virtiofs", "vmhgfs", "webdav", "wekafs",
    }
)  # fmt: skip
"""Filesystem types that several machines, or a machine and its guest, may share."""


def filesystem(folder: Path) -> str:
    """Type of the filesystem that holds a folder, for instance `ext4` or `nfs4`; empty where it cannot be told."""
    import psutil

    at = folder.resolve()
    best, kind = -1, ""
    for mount in psutil.disk_partitions(all=True):
        point = Path(mount.mountpoint)
        if at.is_relative_to(point) and len(point.parts) >= best:  # a later mount on the same point hides the first
            best, kind = len(point.parts), mount.fstype
    return kind.lower()


def shared(kind: str) -> bool:
    """Whether a filesystem type may be reached from other machines.

    FUSE counts as shared, whatever is behind it: sshfs, rclone and s3fs are all `fuse.NAME`, and taking a local
    one for shared only costs speed.
    """
    return kind in NETWORK or kind.startswith("fuse")


def journal_mode(kind: str) -> str:
    """SQLite's journal for a filesystem type: `wal` on a local disk, `delete` (rollback) on a shared one.

    WAL needs memory shared by all who have the file open, which two machines do not have.
    Source: https://www.sqlite.org/wal.html, "Overview", disadvantage 2.
    """
    return "delete" if shared(kind) else "wal"
