"""The filter over a server's connection between kernel and page; kernels outside the sandbox pass untouched."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from jupyter_client.session import DELIM
from jupyter_server.services.kernels.connection.channels import ZMQChannelsWebsocketConnection

from ...runtime.kernel.provisioner import SandboxProvisioner
from . import untrusted

if TYPE_CHECKING:
    _Base = ZMQChannelsWebsocketConnection
else:
    _Base = object

_HEADER, _PARENT, _METADATA, _CONTENT = 1, 2, 3, 4


def filtered(configured: type[Any]) -> type[Any]:
    """The configured connection class with the filter before it.

    A class that does not speak to local kernels (a gateway's) is returned as it is: our kernels are local.
    """
    if not issubclass(configured, ZMQChannelsWebsocketConnection) or issubclass(configured, SandboxFilter):
        return configured
    return type(f"Sandboxed{configured.__name__}", (SandboxFilter, configured), {"__module__": __name__})


class SandboxFilter(_Base):
    """Rewrites what a sandboxed kernel sends to a page, before the configured class sees it."""

    _noticed: str = ""
    """The request whose widget messages have been replaced by a notice already."""

    def handle_outgoing_message(self, stream: Any, outgoing_msg: list[Any]) -> None:
        """Pass a kernel's message on, rewritten where the kernel is sandboxed."""
        if not isinstance(getattr(self.kernel_manager, "provisioner", None), SandboxProvisioner):
            super().handle_outgoing_message(stream, outgoing_msg)
            return
        channel = stream if isinstance(stream, str) else getattr(stream, "channel", "")
        rewritten = self._rewrite(channel, outgoing_msg)
        if rewritten is not None:
            super().handle_outgoing_message(stream, rewritten)

    def on_kernel_restarted(self) -> None:
        """Say why the sandbox ended, where it was ended for taking too much."""
        provisioner = getattr(self.kernel_manager, "provisioner", None)
        reason = provisioner.why_ended() if isinstance(provisioner, SandboxProvisioner) else ""
        if reason and self._last_request:
            content = {"name": "stderr", "text": f"The sandbox was ended: {reason}.\n"}
            message = self.session.msg("stream", content, parent=self._last_request)
            self._send(message)
        super().on_kernel_restarted()  # type: ignore[no-untyped-call]

    _last_request: dict[str, Any] | None = None

    def _send(self, message: dict[str, Any]) -> None:
        stream = self.channels.get("iopub")
        if stream is not None and not stream.closed():
            super().handle_outgoing_message(stream, self.session.serialize(message))

    def _rewrite(self, channel: str, raw: list[Any]) -> list[Any] | None:
        """A message built anew and signed anew; None when nothing of it may pass.

        All parts are parsed and packed again, so that the page reads exactly what was looked at.
        """
        identities, parts = self.session.feed_identities(raw)
        if len(parts) <= _CONTENT:
            return None
        try:
            header, parent, content = (self.session.unpack(parts[at]) for at in (_HEADER, _PARENT, _CONTENT))
        except (ValueError, RecursionError):
            return None
        if not isinstance(header, dict) or not isinstance(parent, dict):
            return None
        kind = str(header.get("msg_type", ""))
        passed = self._passed(channel, kind, parent, content)
        if passed is None:
            return None
        header["msg_type"], content = passed
        packed = [self.session.pack(part) for part in (header, parent, {}, content)]
        return [*identities, DELIM, self.session.sign(packed), *packed]

    def _passed(self, channel: str, kind: str, parent: dict[str, Any], content: Any) -> tuple[str, Any] | None:
        if channel == "stdin":
            return (kind, content) if kind == "input_request" else None
        if channel != "iopub":
            return (kind, untrusted.reply(kind, content)) if kind.endswith("_reply") else None
        if kind == "execute_input":
            self._last_request = parent
        if kind.startswith("comm_"):
            request = str(parent.get("msg_id", ""))
            if request == self._noticed:
                return None
            self._noticed = request
        return untrusted.output(kind, content)
