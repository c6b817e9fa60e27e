import socket
import struct
import threading
import urllib.request
from collections.abc import Callable, Iterator
from http.client import RemoteDisconnected

import pytest

from luthier.report.live import HOST, LiveServer

Serve = Callable[[Callable[[], str]], LiveServer]


@pytest.fixture
def serve() -> Iterator[Serve]:
    """Starts servers whose fingerprints come from a function."""
    running: list[tuple[LiveServer, threading.Thread]] = []

    def start(changed: Callable[[], str]) -> LiveServer:
        server = LiveServer(lambda mark: f"the page {mark}", changed)
        thread = threading.Thread(target=server.serve)
        thread.start()
        running.append((server, thread))
        return server

    yield start
    for server, thread in running:
        server.stop()
        thread.join()
        server.close()


def answered() -> None:
    """Waits until every request that was accepted is dealt with."""
    for thread in threading.enumerate():
        if "process_request_thread" in thread.name:
            thread.join()


def leave_in_the_middle(server: LiveServer) -> None:
    """Half a request, and then a connection that is reset."""
    port = int(server.address.rstrip("/").rpartition(":")[2])
    with socket.create_connection((HOST, port)) as reader:
        reader.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        reader.sendall(b"GET / HTTP/1.1\r\n")


def test_a_reader_who_leaves_in_the_middle_is_no_fault(serve: Serve, capfd: pytest.CaptureFixture[str]) -> None:
    server = serve(lambda: "7")
    leave_in_the_middle(server)
    assert urllib.request.urlopen(server.address).read() == b"the page 7"
    answered()
    assert capfd.readouterr().err == ""


def test_a_fault_is_told(serve: Serve, capfd: pytest.CaptureFixture[str]) -> None:
    def broken() -> str:
        raise ValueError("broken on purpose")

    with pytest.raises(RemoteDisconnected):
        urllib.request.urlopen(serve(broken).address)
    answered()
    assert "broken on purpose" in capfd.readouterr().err
