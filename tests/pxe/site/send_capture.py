"""Sends a captured DHCP message (hex text) and writes who answered and with what:
send_capture.py FILE ADDRESS PORT OUT [INTERFACE [SECONDS]].

Exits 1 when nobody answers within a second (an answer on this wire takes milliseconds).
"""
import socket
import sys

path, address, port, out = sys.argv[1], sys.argv[2], int(sys.argv[3]), sys.argv[4]
interface = sys.argv[5] if len(sys.argv) > 5 else "eth0"
patience = float(sys.argv[6]) if len(sys.argv) > 6 else 1
message = bytes.fromhex("".join(line.strip() for line in open(path) if not line.startswith("#")))
sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
sock.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
sock.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, interface.encode())
sock.bind(("", 68))
sock.settimeout(patience)
sock.sendto(message, (address, port))
try:
    answer, peer = sock.recvfrom(2048)
except TimeoutError:
    sys.exit(1)
your, following = socket.inet_ntoa(answer[16:20]), socket.inet_ntoa(answer[20:24])
boot_file = answer[108:236].split(b"\0")[0].decode()
with open(out, "w") as file:
    file.write(f"from {peer[0]} port {peer[1]} type {answer[242]} bytes {len(answer)} "
               f"your {your} next {following} file {boot_file}\n")
