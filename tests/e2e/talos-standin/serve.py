"""One file over HTTP, and who fetched it how often: where a machine config comes from when colonyd is not in the test."""

import http.server
import threading


class OneFile:
    def __init__(self, address: str, path: str, content: bytes) -> None:
        self.fetches = 0
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                found = self.path == path
                outer.fetches += found
                self.send_response(200 if found else 404)
                self.send_header("Content-Length", str(len(content) if found else 0))
                self.end_headers()
                self.wfile.write(content if found else b"")

            def log_message(self, *_args) -> None:
                pass

        server = http.server.ThreadingHTTPServer((address, 0), Handler)
        server.daemon_threads = True
        self.url = f"http://{address}:{server.server_address[1]}{path}"
        threading.Thread(target=server.serve_forever, daemon=True).start()
