"""Disk images, judged from the host's side."""

import os

CHUNK = 1 << 20


def make_random(path: str, size: int) -> str:
    with open(path, "wb") as file:
        for _ in range(size // CHUNK):
            file.write(os.urandom(CHUNK))
    return path


def make_empty(path: str, size: int) -> str:
    with open(path, "wb") as file:
        file.truncate(size)
    return path


def first_nonzero(path: str) -> "int | None":
    """The offset of the first byte that is not zero; None when all are."""
    zero = bytes(CHUNK)
    with open(path, "rb") as file:
        offset = 0
        while piece := file.read(CHUNK):
            if piece != zero[:len(piece)]:
                return offset + next(i for i, byte in enumerate(piece) if byte)
            offset += len(piece)
    return None
