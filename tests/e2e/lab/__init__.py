"""A small data centre in namespaces: a segment, a DHCP server that is not ours, machines of QEMU with BMCs."""

import contextlib
import os
import tempfile


@contextlib.contextmanager
def workdir():
    """A folder for one run; COLONY_E2E_DIR keeps it there, with consoles and logs, for a look afterwards."""
    kept = os.environ.get("COLONY_E2E_DIR")
    if kept:
        os.makedirs(kept, exist_ok=True)
        yield tempfile.mkdtemp(prefix="run-", dir=kept)
        return
    with tempfile.TemporaryDirectory(prefix="colony-e2e-") as temporary:
        yield temporary
