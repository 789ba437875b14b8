"""colonyd's side of docs/wire/scout.md, as far as one machine needs it: gives out the orders it is told to, in turn,
and keeps every message."""

import http.server
import json
import threading


class ScoutApi:
    def __init__(self, address: str, token: str) -> None:
        self.token = token
        self.messages: "list[tuple[str, dict]]" = []
        self.answers: "dict[str, int]" = {}  # message -> status instead of 200
        self._orders: "list[dict]" = []
        self._lock = threading.Condition()
        api = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                status, answer = api.on_message(self.path, self.headers["Authorization"], body)
                text = json.dumps(answer).encode()
                self.send_response(status)
                self.send_header("Content-Length", str(len(text)))
                self.end_headers()
                self.wfile.write(text)

            def log_message(self, *_args) -> None:
                pass

        self.server = http.server.ThreadingHTTPServer((address, 0), Handler)
        self.server.daemon_threads = True
        self.url = f"http://{address}:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def on_message(self, path: str, authorization: str, body: dict) -> "tuple[int, dict]":
        if authorization != "Bearer " + self.token:
            return 401, {}
        message = path.removeprefix("/scout/v1/")
        with self._lock:
            self.messages.append((message, body))
            self._lock.notify_all()
            if message in self.answers:
                return self.answers[message], {}
            if message != "order":
                return 200, {}
            if not self._orders:
                self._lock.wait(timeout=5)
            return 200, self._orders.pop(0) if self._orders else {"order": "idle"}

    def order(self, order: dict) -> None:
        with self._lock:
            self._orders.append(order)
            self._lock.notify_all()

    def wait(self, message: str, seconds: float, count: int = 1) -> dict:
        """The `count`-th body of that message."""

        def bodies():
            return [body for name, body in self.messages if name == message]

        with self._lock:
            if not self._lock.wait_for(lambda: len(bodies()) >= count, timeout=seconds):
                raise AssertionError(f"scout sent no {message} within {seconds:g} s; it sent "
                                     f"{[name for name, _ in self.messages]}")
            return bodies()[count - 1]
