"""The page of a study that is running, from a small server on this machine alone."""

from __future__ import annotations

import sys
from collections.abc import Callable
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Lock
from typing import Any

from luthier.errors import LuthierError, UsageError
from luthier.records import fingerprint
from luthier.report.history import load_study

HOST = "127.0.0.1"


def study_fingerprint(folder: Path, storage: str | None = None) -> str:
    """Changes when the study has something new. Raises StudyError when it cannot be read."""
    try:
        files = [*folder.glob("*.journal"), *folder.glob("confirmed/*.json")]
        state = [(f.stat().st_size, f.stat().st_mtime_ns) for f in sorted(files)]
    except OSError:  # removed meanwhile
        state = []
    if storage is None:
        return fingerprint(state)
    study = load_study(folder, storage)
    return fingerprint([len(study.results()), len(study.pending()), study.spent_seconds, state])


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Tells of a fault, but not of a reader who has left in the middle."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)


class LiveServer:
    """Serves ``render(fingerprint)`` at http://127.0.0.1:PORT/ until it is closed.

    ``changed`` gives the study's fingerprint. Port 0 takes a free one. Raises UsageError for a port that cannot be had.
    """

    def __init__(self, render: Callable[[str], str], changed: Callable[[], str], port: int = 0) -> None:
        if not 0 <= port <= 65535:
            raise UsageError(f"port {port} is not one; give a number from 1024 to 65535, or 0 for any free one")
        self._render, self._changed = render, changed
        self._lock = Lock()  # one rendering at a time
        self._page: tuple[str, bytes] = ("", b"")
        try:
            self._server = _Server((HOST, port), self._handler())
        except OSError as error:
            raise UsageError(
                f"port {port} cannot be used ({error.strerror}); give another with --port, or 0 for any free one"
            ) from error

    @property
    def address(self) -> str:
        """Where to look at it."""
        return f"http://{HOST}:{self._server.server_address[1]}/"

    def serve(self) -> None:
        """Answers until ``stop`` is called, or Ctrl-C."""
        self._server.serve_forever(poll_interval=0.2)

    def stop(self) -> None:
        """Ends ``serve``, which must be running in another thread."""
        self._server.shutdown()

    def close(self) -> None:
        """Lets go of the port."""
        self._server.server_close()

    def _fresh(self) -> bytes:
        """The page as the study is now; rendered again only when something is new."""
        with self._lock:
            now = self._changed()
            if now != self._page[0]:
                self._page = (now, self._render(now).encode())
            return self._page[1]

    def _answer(self, path: str) -> tuple[HTTPStatus, str, bytes]:
        try:
            if path == "/":
                return HTTPStatus.OK, "text/html; charset=utf-8", self._fresh()
            if path == "/fingerprint":
                return HTTPStatus.OK, "text/plain", self._changed().encode()
        except LuthierError as error:
            return HTTPStatus.SERVICE_UNAVAILABLE, "text/plain; charset=utf-8", f"{error}\n".encode()
        return HTTPStatus.NOT_FOUND, "text/plain", b"there is nothing here but the page at /\n"

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        live = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                # Another name would be a foreign page that had its own name lead here (DNS rebinding).
                if self.headers.get("Host", "").partition(":")[0] not in (HOST, "localhost"):
                    return self.send_error(HTTPStatus.FORBIDDEN)
                status, kind, body = live._answer(self.path.partition("?")[0])
                self.send_response(status)
                self.send_header("Content-Type", kind)
                self.send_header("Content-Length", str(len(body)))
                self.send_header("Cache-Control", "no-store")
                self.end_headers()
                self.wfile.write(body)
                return None

            def log_message(self, *_: object) -> None:
                """The core prints nothing."""

        return Handler
