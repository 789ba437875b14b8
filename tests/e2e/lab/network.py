"""One L2 segment in the namespace we run in: a bridge, a port for colonyd, a TAP per machine, and beyond a veth pair
the site's own DHCP server in a namespace of its own (both want port 67)."""

import array
import fcntl
import os
import socket
import struct
import subprocess

SITE_DHCP = "10.77.0.1"
COLONYD = "10.77.0.5"
COLONYD_PORT = "boot0"
BRIDGE = "site0"

_SIOCETHTOOL = 0x8946
_ETHTOOL_STXCSUM = 0x17


def run(*command: str) -> str:
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout


def checksum_in_software(interface: str) -> None:
    """A veth leaves checksums to a card that is not there; guests behind a TAP would drop such packets."""
    value = array.array("B", struct.pack("II", _ETHTOOL_STXCSUM, 0))
    request = struct.pack("16sP", interface.encode(), value.buffer_info()[0])
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asking:
        fcntl.ioctl(asking, _SIOCETHTOOL, request)


class Network:
    def __init__(self, workdir: str) -> None:
        self.workdir = workdir
        self.taps = 0
        run("ip", "link", "set", "lo", "up")
        # The bridge is no host: without this it answers for colonyd's address with a MAC of its own.
        with open("/proc/sys/net/ipv4/conf/all/arp_ignore", "w", encoding="ascii") as setting:
            setting.write("1")
        run("ip", "link", "add", BRIDGE, "type", "bridge", "stp_state", "0", "forward_delay", "0",
            "mcast_snooping", "0")
        run("ip", "link", "set", BRIDGE, "up")
        self._port(COLONYD_PORT)
        run("ip", "netns", "add", "dhcp")
        run("ip", "netns", "exec", "dhcp", "ip", "link", "set", "lo", "up")

    def _port(self, name: str) -> None:
        run("ip", "link", "add", name, "type", "veth", "peer", "name", name + "-sw")
        checksum_in_software(name)
        run("ip", "link", "set", name + "-sw", "master", BRIDGE, "up")
        run("ip", "link", "set", name, "up")

    def address(self, address: str, interface: str) -> None:
        run("ip", "address", "add", address, "dev", interface)

    def add_dhcp_port(self) -> None:
        self._port("dhcp0")
        run("ip", "link", "set", "dhcp0", "netns", "dhcp")
        for command in (["link", "set", "dhcp0", "up"], ["address", "add", SITE_DHCP + "/24", "dev", "dhcp0"]):
            run("ip", "netns", "exec", "dhcp", "ip", *command)

    def start_dhcp(self, *more: str) -> subprocess.Popen:
        """Addresses for everybody; boot instructions, rivalry and the like only by `more`."""
        if "dhcp0" not in run("ip", "netns", "exec", "dhcp", "ip", "-brief", "link"):
            self.add_dhcp_port()
        log = open(os.path.join(self.workdir, "dnsmasq.log"), "w", encoding="utf-8")
        return subprocess.Popen(
            ["ip", "netns", "exec", "dhcp", "dnsmasq", "--keep-in-foreground", "--conf-file=/dev/null", "--port=0",
             "--interface=dhcp0", "--bind-interfaces", "--user=root", "--no-ping", "--log-dhcp", "--log-facility=-",
             "--pid-file=", "--dhcp-leasefile=" + os.path.join(self.workdir, "leases"),
             "--dhcp-range=10.77.0.100,10.77.0.199,255.255.255.0,1h", *more],
            stdout=log, stderr=subprocess.STDOUT)

    def run_as(self, mac: str, address: str, *command: str) -> subprocess.CompletedProcess:
        """From a machine's place on the segment, while it is off."""
        self._port("guest0")
        run("ip", "netns", "add", "guest")
        run("ip", "link", "set", "guest0", "netns", "guest")
        for setting in (["link", "set", "guest0", "address", mac, "up"],
                        ["address", "add", address + "/24", "dev", "guest0"]):
            run("ip", "-n", "guest", *setting)
        try:
            return subprocess.run(["ip", "netns", "exec", "guest", *command], capture_output=True, text=True, check=False)
        finally:
            run("ip", "netns", "del", "guest")
            subprocess.run(["ip", "link", "del", "guest0-sw"], stderr=subprocess.DEVNULL, check=False)

    def tap(self) -> str:
        name = f"tap{self.taps}"
        self.taps += 1
        run("ip", "tuntap", "add", name, "mode", "tap")
        run("ip", "link", "set", name, "master", BRIDGE, "up")
        return name

    def say_lldp(self, tap: str, switch: str, port: str) -> None:
        """As the switch behind this port: one LLDP frame to the machine (IEEE 802.1AB), native VLAN 1001."""

        def tlv(kind: int, value: bytes) -> bytes:
            return (kind << 9 | len(value)).to_bytes(2, "big") + value

        mac = bytes.fromhex("001c73010200")
        frame = (bytes.fromhex("0180c200000e") + mac + b"\x88\xcc" + tlv(1, b"\x04" + mac) +
                 tlv(2, b"\x05" + port.encode()) + tlv(3, b"\x00\x78") + tlv(5, switch.encode()) +
                 tlv(127, bytes.fromhex("0080c20103e9")) + tlv(0, b""))
        with socket.socket(socket.AF_PACKET, socket.SOCK_RAW) as out:
            out.bind((tap, 0))
            out.send(frame.ljust(60, b"\0"))
