"""The Talos stand-in image: the scout image with another /init and a boot sector on top.

The kernel unpacks every archive it finds in an initramfs, later files over earlier ones."""

import os

INIT = os.path.join(os.path.dirname(__file__), "init")


def boot_sector(marker: str) -> bytes:
    """512 bytes that a BIOS loads to 0x7c00: prints `marker` on COM1, then halts for ever."""
    text = (marker + "\r\n").encode() + b"\0"
    code = bytes([
        0x31, 0xC0,              # xor ax, ax
        0x8E, 0xD8,              # mov ds, ax
        0xFC,                    # cld
        0xBE, 0x00, 0x00,        # mov si, text           (patched below)
        0xAC,                    # next: lodsb
        0x84, 0xC0,              # test al, al
        0x74, 0x12,              # jz done
        0x88, 0xC4,              # mov ah, al
        0xBA, 0xFD, 0x03,        # mov dx, 0x3fd          (line status of COM1)
        0xEC,                    # wait: in al, dx
        0xA8, 0x20,              # test al, 0x20          (transmitter empty)
        0x74, 0xFB,              # jz wait
        0xBA, 0xF8, 0x03,        # mov dx, 0x3f8
        0x88, 0xE0,              # mov al, ah
        0xEE,                    # out dx, al
        0xEB, 0xE9,              # jmp next
        0xF4,                    # done: hlt
        0xEB, 0xFD,              # jmp done
    ])
    code = code[:6] + (0x7C00 + len(code)).to_bytes(2, "little") + code[8:]
    if len(code) + len(text) > 446:
        raise ValueError("the marker does not fit a boot sector")
    partition = bytes([0x80, 0, 2, 0, 0x83, 0, 3, 0]) + (1).to_bytes(4, "little") + (1).to_bytes(4, "little")
    return (code + text).ljust(446, b"\0") + partition.ljust(64, b"\0") + b"\x55\xaa"


def cpio(files: "dict[str, tuple[int, bytes]]") -> bytes:
    """A `newc` archive (Documentation/driver-api/early-userspace/buffer-format.rst) of name -> (mode, content)."""
    out = bytearray()

    def add(name: str, mode: int, content: bytes) -> None:
        fields = [len(out), mode, 0, 0, 1, 0, len(content), 0, 0, 0, 0, len(name) + 1, 0]
        out.extend(b"070701" + b"".join(b"%08X" % field for field in fields) + name.encode() + b"\0")
        out.extend(b"\0" * (-len(out) % 4))
        out.extend(content)
        out.extend(b"\0" * (-len(out) % 4))

    for name, (mode, content) in sorted(files.items()):
        add(name, mode, content)
    add("TRAILER!!!", 0, b"")
    return bytes(out)


def build(scout_initramfs: str, output: str, marker: str) -> None:
    with open(INIT, "rb") as file:
        init = file.read()
    with open(scout_initramfs, "rb") as file:
        base = file.read()
    top = cpio({"init": (0o100755, init), "lib/boot-sector": (0o100644, boot_sector(marker))})
    with open(output, "wb") as file:
        # An archive must begin at a multiple of four.
        file.write(base + b"\0" * (-len(base) % 4) + top)
