"""The filter goes before whichever connection class a server is configured with."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from jupyter_client.session import Session
from jupyter_server.gateway.connections import GatewayWebSocketConnection
from jupyter_server.services.kernels.connection.channels import ZMQChannelsWebsocketConnection

from jupyter_agents.interfaces import server as extension
from jupyter_agents.interfaces.server.websocket import SandboxFilter, filtered
from jupyter_agents.runtime.kernel.provisioner import SandboxProvisioner


class Recorder:
    """Stands for a user's own connection class: keeps what it is handed."""

    def __init__(self, provisioner: object) -> None:
        self.session = Session(key=b"key")
        self.kernel_manager = SimpleNamespace(provisioner=provisioner)
        self.handed: list[list[Any]] = []

    def handle_outgoing_message(self, stream: object, outgoing_msg: list[Any]) -> None:
        self.handed.append(outgoing_msg)


Filtered: Any = type("Filtered", (SandboxFilter, Recorder), {})


def send(connection: Any, kind: str, content: object, channel: str = "iopub") -> None:
    message = connection.session.msg(kind, content, parent={"msg_id": "request"})
    connection.handle_outgoing_message(channel, connection.session.serialize(message))


def received(connection: Any) -> list[tuple[str, Any]]:
    reader = Session(key=b"key")
    found = []
    for raw in connection.handed:
        message = reader.deserialize(reader.feed_identities(raw)[1])
        found.append((message["header"]["msg_type"], message["content"]))
    return found


def test_messages_of_a_sandboxed_kernel_are_rewritten_and_signed_again() -> None:
    connection: Any = Filtered(SandboxProvisioner())
    send(connection, "display_data", {"data": {"application/javascript": "steal()"}, "metadata": {}})
    send(connection, "comm_open", {"data": {}})
    send(connection, "comm_msg", {"data": {}})
    send(connection, "debug_event", {})
    send(connection, "execute_reply", {"status": "ok", "payload": [{"source": "set_next_input"}]}, "shell")
    send(connection, "input_request", {"prompt": "?", "password": False}, "stdin")
    connection.handle_outgoing_message("iopub", [b"<IDS|MSG>", b"signature", b"{broken", b"{}", b"{}", b"{}"])
    kinds = [kind for kind, _ in received(connection)]
    assert kinds == ["display_data", "stream", "execute_reply", "input_request"], "one notice for all of a widget"
    shown = received(connection)[0][1]
    assert "JavaScript" in shown["data"]["text/plain"]


def test_messages_of_other_kernels_pass_untouched() -> None:
    connection: Any = Filtered(None)
    raw = connection.session.serialize(connection.session.msg("comm_open", {"data": {"a": 1}}))
    connection.handle_outgoing_message("iopub", raw)
    assert connection.handed == [raw]
    assert connection.handed[0] is raw


def test_a_users_own_class_stays_the_base() -> None:
    class Own(ZMQChannelsWebsocketConnection):
        pass

    made = filtered(Own)
    assert issubclass(made, SandboxFilter)
    assert issubclass(made, Own)
    assert filtered(made) is made
    assert filtered(GatewayWebSocketConnection) is GatewayWebSocketConnection


def test_the_extension_replaces_the_class_in_a_running_server() -> None:
    settings = {"kernel_websocket_connection_class": ZMQChannelsWebsocketConnection}
    server: Any = SimpleNamespace(
        web_app=SimpleNamespace(settings=settings), kernel_websocket_connection_class=ZMQChannelsWebsocketConnection
    )
    extension._load_jupyter_server_extension(server)
    assert settings["kernel_websocket_connection_class"] is server.kernel_websocket_connection_class
    assert issubclass(server.kernel_websocket_connection_class, SandboxFilter)
