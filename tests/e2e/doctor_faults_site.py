"""One appliance, one site, and a fault of the network at a time: `colony doctor` names that one, and no other, with
what to do about it. Runs inside scripts/site, with foreign programs as the faults (dnsmasq, nft, ip, openssl)."""

import contextlib
import functools
import json
import os
import subprocess
import sys
import time

BIN = os.environ["BIN_DIR"]
SITE = os.environ["SITE"]
DIR = os.environ["SITE_DIR"]
ADDRESS = "10.77.0.5"
began = time.monotonic()
named = []


def fail(what):
    for name in ("colonyd.log", "dnsmasq.log"):
        with contextlib.suppress(OSError):
            with open(f"{DIR}/{name}", encoding="utf-8", errors="replace") as file:
                print(f"-- {name}", *file.readlines()[-25:], sep="\n", file=sys.stderr)
    sys.exit(f"FAILED: {what}")


def at(place, *command, check=True, **more):
    return subprocess.run([SITE, place, *command], check=check, **more)


appliance, rack, switch = (functools.partial(at, place) for place in ("appliance", "rack", "switch"))


def python(place, program, *arguments):
    at(place, "python3", "-c", program, *arguments)


@contextlib.contextmanager
def running(place, *command, log="programs.log", env=None):
    with open(f"{DIR}/{log}", "ab") as out:
        program = subprocess.Popen([SITE, place, *command], stdout=out, stderr=out, env={**os.environ, **(env or {})})
    try:
        yield program
    finally:
        program.kill()
        program.wait()


def dhcp_server(place, interface, *options):
    return running(place, "dnsmasq", "--keep-in-foreground", "--conf-file=/dev/null", "--pid-file=", "--user=", "--group=",
                   "--port=0", f"--interface={interface}", "--bind-interfaces", "--no-ping", "--dhcp-authoritative",
                   f"--dhcp-leasefile={DIR}/leases.{place}", "--log-dhcp", "--log-facility=-", *options, log="dnsmasq.log")


def site_dhcp(*options):
    return dhcp_server("switch", "br0", "--dhcp-range=10.77.2.10,10.77.2.250,255.255.0.0,1h", *options)


def write_config(name, hosted="enabled: false"):
    path = f"{DIR}/{name}"
    for image in ("kernel", "initramfs"):
        with open(f"{DIR}/{image}", "w", encoding="utf-8") as file:
            file.write(image)
    with open(path, "w", encoding="utf-8") as file:
        file.write(f"""load_balancer: {{ interface: lb0, ip: {ADDRESS}/16 }}
datacenter_id: aa872c72-cbe1-498b-9b83-37a19e578d34
hosted: {{ {hosted} }}
talos: {{ kernel: {DIR}/kernel, initramfs: {DIR}/initramfs }}
store: {{ path: {DIR}/lib/colony.db }}
api: {{ socket: {DIR}/socket }}
""")
    os.chmod(path, 0o640)
    return path


def doctor(config):
    said = at("appliance", f"{BIN}/colony", "--socket", f"{DIR}/socket", "--output", "json", "doctor", "--config", config,
              check=False, capture_output=True, text=True)
    try:
        return json.loads(said.stdout)
    except json.JSONDecodeError:
        fail(f"doctor said: {said.stdout}{said.stderr}")


def causes(report):
    # The image of scout is no matter of the network, and need not be built for this test.
    return [check for check in report["checks"]
            if check["health"] != "OK" and not check["follows_from"] and check["code"] != "image.scout"]


def names(what, code, *evidence, config=None, within=25, cure=True):
    """Until doctor names `code` alone; its line must show the evidence and a cure."""
    started = time.monotonic()
    while True:
        found = causes(doctor(config or CONFIG))
        if [check["code"] for check in found] == ([code] if code else []):
            break
        if time.monotonic() - started > within:
            fail(f"{what}: wanted {code}, doctor names {json.dumps(found, indent=1)}")
        time.sleep(0.2)
    for check in found:
        for piece in evidence:
            if piece not in check["text"]:
                fail(f"{what}: no {piece!r} in {check['text']!r}")
        if not check["cure"]:
            fail(f"{what}: no cure: {check}")
        named.append(check["code"])
    print(f"ok   {what}: {code or 'nothing is wrong'}, after {time.monotonic() - started:.1f} s", flush=True)


def clean(what="the clean site", **more):
    names(what, None, **more)


def look():
    daemon.send_signal(1)


def mac(place, interface):
    return at(place, "cat", f"/sys/class/net/{interface}/address", capture_output=True, text=True).stdout.strip()


FRAME = """
import socket, struct, sys
wire = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
wire.bind((sys.argv[1], 0))
mac, ip = bytes.fromhex("020000000099"), socket.inet_aton(sys.argv[2])
tag = struct.pack("!HH", 0x8100, int(sys.argv[3])) if sys.argv[3] != "0" else b""
arp = bytes.fromhex("08060001080006040001") + mac + ip + bytes(6) + ip
import time
for _ in range(2):
    wire.send(b"\\xff" * 6 + mac + tag + arp)
    time.sleep(0.5)
"""
DATAGRAMS = """
import socket, sys
out = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
out.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
out.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, b"sim0")
for _ in range(3):
    out.sendto(bytes(300), (sys.argv[1], int(sys.argv[2])))
"""
TLS = """
import http.server, ssl, sys, time, email.utils
class Answer(http.server.BaseHTTPRequestHandler):
    def do_HEAD(self):
        self.send_response_only(401)
        self.send_header("Date", email.utils.formatdate(time.time() + float(sys.argv[3]), usegmt=True))
        self.send_header("Content-Length", "0")
        self.end_headers()
server = http.server.ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Answer)
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(sys.argv[2])
server.socket = context.wrap_socket(server.socket, server_side=True)
server.serve_forever()
"""


def openssl(*arguments):
    subprocess.run(["openssl", *arguments], check=True, cwd=DIR, capture_output=True)


def make_authority(name):
    openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", f"{name}.key", "-out",
            f"{name}.pem", "-subj", f"/CN={name}", "-days", "30")
    for wanted in ("serial", "index.txt"):
        with open(f"{DIR}/{name}.{wanted}", "w", encoding="utf-8") as file:
            file.write("01\n" if wanted == "serial" else "")
    os.makedirs(f"{DIR}/{name}.new")
    with open(f"{DIR}/{name}.cnf", "w", encoding="utf-8") as file:
        file.write(f"""[ca]
default_ca = one
[one]
dir = {DIR}
database = {DIR}/{name}.index.txt
serial = {DIR}/{name}.serial
new_certs_dir = {DIR}/{name}.new
certificate = {DIR}/{name}.pem
private_key = {DIR}/{name}.key
default_md = sha256
policy = any
unique_subject = no
copy_extensions = copy
[any]
commonName = supplied
""")


def make_certificate(name, authority, host, begin="20200101000000Z", end="20990101000000Z"):
    openssl("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", f"{name}.key", "-out", f"{name}.csr",
            "-subj", f"/CN={host}", "-addext", f"subjectAltName=DNS:{host}")
    openssl("ca", "-batch", "-config", f"{authority}.cnf", "-in", f"{name}.csr", "-out", f"{name}.crt", "-notext", "-startdate",
            begin, "-enddate", end)
    with open(f"{DIR}/{name}.both", "w", encoding="utf-8") as both:
        for part in ("crt", "key"):
            with open(f"{DIR}/{name}.{part}", encoding="utf-8") as file:
                both.write(file.read())
    return f"{DIR}/{name}.both"


def hosted(name, port, host="localhost"):
    return write_config(f"{name}.yaml", f"enabled: true, url: 'https://{host}:{port}', ca_file: {DIR}/ours.pem")


@contextlib.contextmanager
def dropped(rule, hook="input"):
    appliance("nft", "add", "table", "inet", "fault")
    appliance("nft", "add", "chain", "inet", "fault", "lost", "{", "type", "filter", "hook", hook, "priority", "0", ";", "}")
    appliance("nft", "add", "rule", "inet", "fault", "lost", *rule.split(), "drop")
    try:
        yield
    finally:
        appliance("nft", "delete", "table", "inet", "fault")


def start_daemon():
    return running("appliance", f"{BIN}/colonyd", "--config", CONFIG, "--store-key", f"{DIR}/store.key", log="colonyd.log")


def of_the_network():
    rival = "10.77.0.3", mac("rack", "sim0")
    with site_dhcp():
        clean("the clean site", within=40)
        with dhcp_server("rack", "sim0", "--dhcp-range=10.77.9.10,10.77.9.50,255.255.0.0,1h"):
            time.sleep(0.5)
            look()
            names("a second DHCP server", "network.second_dhcp", *rival, "10.77.0.2")
        with dhcp_server("rack", "sim0", "--dhcp-range=10.77.0.0,proxy,255.255.0.0", "--pxe-service=BC_EFI,boot,other.efi",
                         "--pxe-service=X86-64_EFI,boot,other.efi", "--pxe-service=x86PC,boot,other"):
            time.sleep(0.5)
            look()
            names("a second ProxyDHCP server", "network.rival_proxy", *rival)
    with site_dhcp("--dhcp-option-force=60,PXEClient"):
        time.sleep(0.5)
        look()
        names("option 60 without 43", "network.option_60", "10.77.0.2", "4011")
    with site_dhcp("--dhcp-boot=pxelinux.0,,10.77.0.2"):
        time.sleep(0.5)
        look()
        names("the site's own boot file", "network.boot_file", "10.77.0.2", "pxelinux.0")
    switch("ip", "address", "add", "10.9.0.1/16", "dev", "br0")
    with dhcp_server("switch", "br0", "--dhcp-range=10.9.2.10,10.9.2.250,255.255.0.0,1h"):
        time.sleep(0.5)
        look()
        names("the switch port is in another VLAN", "network.wrong_network", "10.9.0.1", "10.9.0.0/16")
    switch("ip", "address", "del", "10.9.0.1/16", "dev", "br0")
    look()
    names("no DHCP server", "network.no_dhcp", "lb0")
    look()
    time.sleep(0.3)
    python("rack", FRAME, "sim0", "10.77.2.99", "20")
    names("the network comes with a tag", "network.tagged", "VLAN 20", "10.77.2.99")


def of_the_link():
    appliance("ip", "link", "set", "lb0", "mtu", "1400")
    look()
    names("an MTU of 1400", "network.mtu", "1400")
    appliance("ip", "link", "set", "lb0", "mtu", "1500")
    look()
    clean()
    appliance("ip", "link", "set", "lb0", "down")
    names("the interface is down", "address.interface_down", "lb0")
    appliance("ip", "link", "set", "lb0", "up")
    switch("ip", "link", "set", "port1", "down")
    names("no carrier", "address.no_carrier", "lb0")
    switch("ip", "link", "set", "port1", "up")
    clean()


def of_the_packet_filter():
    for what, rule, target in (("DHCP", "udp dport 67", ("10.77.255.255", "67")), ("TFTP", "udp dport 69", (ADDRESS, "69"))):
        destination = ("255.255.255.255", target[1]) if what == "DHCP" else target
        with dropped(rule):
            python("rack", DATAGRAMS, *destination)
            names(f"a firewall that drops {what}", "network.filtered", what)
        python("rack", DATAGRAMS, *destination)
        clean(f"{what} is let in")
    get = ["curl", "-s", "-o", "/dev/null", "--max-time", "6", f"http://{ADDRESS}:8080/nothing"]
    with dropped("tcp dport 8080"):
        rack(*get, check=False)
        names("a firewall that drops HTTP", "network.filtered", "HTTP")
    rack(*get)
    clean("HTTP is let in")


def of_the_hosted_side():
    make_authority("ours")
    make_authority("theirs")
    good = make_certificate("good", "ours", "localhost")
    servers = {9443: (good, "0"), 9444: (make_certificate("old", "ours", "localhost", end="20210101000000Z"), "0"),
               9445: (make_certificate("other", "ours", "colony.example"), "0"),
               9446: (make_certificate("unknown", "theirs", "localhost"), "0"), 9447: (good, "7200")}
    with contextlib.ExitStack() as all_of_them:
        for port, (certificate, off) in servers.items():
            all_of_them.enter_context(running("appliance", "python3", "-c", TLS, str(port), certificate, off))
        clean("the hosted side is in reach", config=hosted("good", 9443))
        names("a name without address", "hosted.dns", "colony.invalid", config=hosted("dns", 443, "colony.invalid"))
        names("nobody listens there", "http.connect", config=hosted("refused", 9))
        with dropped("tcp dport 9450", hook="output"):
            names("nothing comes back", "http.timeout", config=hosted("silent", 9450))
        names("an expired certificate", "hosted.tls_expired", config=hosted("expired", 9444))
        names("another host's certificate", "hosted.tls_wrong_host", config=hosted("other", 9445))
        names("an unknown authority", "hosted.tls_unknown_ca", config=hosted("unknown", 9446))
        names("a clock two hours off", "clock.wrong", "behind", config=hosted("clock", 9447))


def of_other_machines():
    switch("ip", "address", "add", "10.99.0.1/32", "dev", "lo")
    appliance("ip", "route", "add", "10.99.0.0/24", "via", "10.77.0.2")
    with running("switch", f"{BIN}/hw-sim", "bmc", "--listen", "10.99.0.1:6230", env={"IPMI_PASSWORD": "secret"}):
        colony = [f"{BIN}/colony", "--socket", f"{DIR}/socket"]
        for _ in range(20):
            enrolled = at("appliance", *colony, "add-ipmi", "--ip", "10.99.0.1", "--port", "6230", "--username", "ADMIN", "--name",
                          "web-1", check=False, env={**os.environ, "IPMI_PASSWORD": "secret"}, capture_output=True, text=True)
            if enrolled.returncode == 0:
                break
            time.sleep(0.3)
        else:
            fail(f"add-ipmi: {enrolled.stdout}{enrolled.stderr}")
        clean("a BMC is enrolled")
        appliance("ip", "route", "del", "10.99.0.0/24", "via", "10.77.0.2")
        names("no route to the BMCs", "bmc.no_route", "10.99.0.1")
        appliance("ip", "route", "add", "10.99.0.0/24", "via", "10.77.0.2")
    for _ in range(2):
        python("rack", FRAME, "sim0", ADDRESS, "0")
    names("another machine has our address", "address.conflict", "02:00:00:00:00:99")


def plug_in():
    switch("ip", "link", "add", "port1", "type", "veth", "peer", "name", "lb0", "netns", "appliance")
    switch("ip", "link", "set", "port1", "master", "br0", "up")
    appliance("ip", "link", "set", "lb0", "up")


def of_this_machine():
    """With the daemon down, as a port that another program holds keeps it from starting."""
    holder = ("import socket, sys, time; kind = socket.SOCK_STREAM if sys.argv[2] == 'tcp' else socket.SOCK_DGRAM; "
              "s = socket.socket(socket.AF_INET, kind); s.bind(('0.0.0.0', int(sys.argv[1]))); "
              "kind == socket.SOCK_STREAM and s.listen(); print('bound', flush=True); time.sleep(600)")
    for port, kind in ((67, "udp"), (69, "udp"), (4011, "udp"), (8080, "tcp")):
        with running("appliance", "python3", "-c", holder, str(port), kind):
            for _ in range(50):
                sockets = appliance("ss", "-lun" if kind == "udp" else "-ltn", capture_output=True, text=True).stdout
                if f":{port} " in sockets:
                    break
                time.sleep(0.1)
            with start_daemon() as kept_out:
                if kept_out.wait(20) == 0:
                    fail(f"colonyd ended with 0 though port {port} is taken")
            names(f"port {port} is taken", "port.taken", "python3")
    if os.path.exists("/usr/sbin/in.tftpd"):
        os.makedirs(f"{DIR}/srv", exist_ok=True)
        with running("appliance", "/usr/sbin/in.tftpd", "--foreground", "--listen", "--address", ":69", "--secure", f"{DIR}/srv"):
            time.sleep(0.5)
            with start_daemon() as kept_out:
                kept_out.wait(20)
            names("the package's own tftpd", "port.taken", "in.tftpd")


os.makedirs(f"{DIR}/lib", mode=0o700)
CONFIG = write_config("colony.yaml")
with start_daemon() as daemon:
    of_the_network()
    with site_dhcp():
        time.sleep(0.5)
        look()
        clean("the site's DHCP server is back")
        of_the_link()
        of_the_packet_filter()
        of_the_hosted_side()
        of_other_machines()
    appliance("ip", "link", "delete", "lb0")
    names("no such interface", "address.interface_missing", "lb0")
plug_in()
of_this_machine()
print(f"ok   {len(named)} faults, {len(set(named))} names, {time.monotonic() - began:.0f} s")
