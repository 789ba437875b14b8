"""One program in one of the site's networks."""

import os
import signal
import subprocess


class Process:
    def __init__(self, where: str, log: str) -> None:
        """`where`: appliance, rack or switch, see scripts/site."""
        self._where = where
        self._log = log
        self._process: "subprocess.Popen | None" = None

    def start(self, *command: str, secret: "dict[str, str] | None" = None) -> int:
        """Its process id: scripts/site becomes the program by exec."""
        with open(self._log, "a", encoding="utf-8") as log:
            self._process = subprocess.Popen([os.environ["SITE"], self._where, *command], stdout=log,
                                             stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL,
                                             env={**os.environ, **(secret or {})})
        return self._process.pid

    def returncode(self) -> "int | None":
        """None while it runs, or was never started."""
        return self._process.poll() if self._process else None

    def running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def end(self, how: signal.Signals = signal.SIGTERM) -> "int | None":
        if self.running():
            self._process.send_signal(how)
        return self._process.wait(timeout=30) if self._process else None

    def log(self) -> str:
        with open(self._log, encoding="utf-8", errors="replace") as file:
            return file.read()
