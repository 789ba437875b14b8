"""Waiting with a deadline. Nothing here sleeps for a fixed time and hopes."""

import time


class Late(AssertionError):
    pass


def until(what: str, seconds: float, look, every: float = 0.05):
    """The first true value of look(); raises Late naming `what` when the time is up."""
    deadline = time.monotonic() + seconds
    while True:
        found = look()
        if found:
            return found
        if time.monotonic() > deadline:
            raise Late(f"{what}: not within {seconds:g} s")
        time.sleep(every)
