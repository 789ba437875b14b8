"""colonyd's local API on its unix socket."""

import http.client
import json
import socket


class Refused(AssertionError):
    """colonyd answered, and not with what was asked for."""


class Unavailable(ConnectionError):
    """503: it is starting, or its store is full."""


# What a caller sees of a daemon that is not there, or that died over the request.
AWAY = (OSError, http.client.HTTPException)


class _UnixConnection(http.client.HTTPConnection):
    def __init__(self, path: str) -> None:
        super().__init__("colonyd", timeout=30)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self._path)


class LocalApi:
    def __init__(self, path: str) -> None:
        self._path = path

    def request(self, method: str, path: str, body=None):
        connection = _UnixConnection(self._path)
        try:
            connection.request(method, "/api/v1" + path, None if body is None else json.dumps(body),
                               {"Content-Type": "application/json"})
            response = connection.getresponse()
            text = response.read()
        finally:
            connection.close()
        answer = json.loads(text or b"null")
        if response.status == 503:
            raise Unavailable(f"{method} {path}: {answer}")
        if response.status not in (200, 201, 202, 204):
            raise Refused(f"{method} {path}: {response.status} {answer}")
        return answer

    def get(self, path: str):
        return self.request("GET", path)

    def post(self, path: str, body):
        return self.request("POST", path, body)
