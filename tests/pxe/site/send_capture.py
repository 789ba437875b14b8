"""Sends a captured DHCP message (hex text) and writes who answered: send_capture.py FILE ADDRESS PORT OUT.

Exits 1 when nobody answers within a second (an answer on this wire takes milliseconds).
"""
import socket
import sys

path, address, port, out = sys.argv[1], sys.argv[2], int(sys.argv[3]), sys.argv[4]
message = bytes.fromhex("".join(line.strip() for line in open(path) if not line.startswith("#")))
sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
sock.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
sock.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, b"eth0")
sock.bind(("", 68))
sock.settimeout(1)
sock.sendto(message, (address, port))
try:
    answer, peer = sock.recvfrom(2048)
except TimeoutError:
    sys.exit(1)
with open(out, "w") as file:
    file.write(f"from {peer[0]} port {peer[1]} type {answer[242]} bytes {len(answer)}\n")
