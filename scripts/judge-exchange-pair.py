#!/usr/bin/env python3
"""Whether two exchanges lose anything, or let anything through unproved, while the line between them fails and each of them
is killed now and then.

  judge-exchange-pair.py HAIDANG TEMPLATES FOLDER [ROUNDS]

TEMPLATES holds near.toml and far.toml. Starts two processes of `haidang exchange serve` over FOLDER, each with records and
authorities of its own, a provider behind the far one, and a line between them that delays, slows, breaks and swallows. Callers
ask the near one; one of both is ended with SIGKILL each round. At the end both logs must be whole, and of every answer that
arrived both sides must give both containers with the same signatures: they lie in FOLDER/near and FOLDER/far, the
authorities to believe in FOLDER/trust, for another judge. Where the machine allows it, one more call goes from one network
namespace to another. The last line is the sum.
"""
import http.client
import http.server
import io
import json
import os
import pathlib
import random
import re
import select
import shutil
import socket
import struct
import subprocess
import sys
import threading
import time
import zipfile

PROGRAM, TEMPLATES, FOLDER = sys.argv[1], pathlib.Path(sys.argv[2]), pathlib.Path(sys.argv[3])
ROUNDS = int(sys.argv[4]) if len(sys.argv) > 4 else 10
CALLERS = 4
SERVICE = "/r1/VN-HN/GOV/0002/B/echo/x"
WHO = {
    "near": "xRoadInstance=VN-HP&memberClass=GOV&memberCode=0001&subsystemCode=A",
    "far": "xRoadInstance=VN-HN&memberClass=GOV&memberCode=0002&subsystemCode=B",
}
# What a caller may be told while the line fails or an exchange is away; anything else is wrong.
HONEST = {
    "server.clientproxy.network_error",
    "server.clientproxy.io_error",
    "server.clientproxy.breaker_open",
}
passed = failed = 0


def judge(good, name):
    global passed, failed
    passed, failed = passed + bool(good), failed + (not good)
    print(f"{'PASS' if good else 'FAIL'}  {name}", flush=True)


class Provider(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.server.asked.append(self.headers.get("x-road-request-id"))
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


class Providing(http.server.ThreadingHTTPServer):
    def handle_error(self, *_):
        """The exchange is killed while it is answered: nothing to tell."""


class Line:
    """Carries TCP from a free port to wherever the far exchange listens now, and fails to order."""

    def __init__(self):
        self.target, self.fault = None, "none"
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            caller, _ = self.listener.accept()
            threading.Thread(target=self.carry, args=(caller,), daemon=True).start()

    def carry(self, caller):
        try:
            target = socket.create_connection(("127.0.0.1", self.target), timeout=5)
        except (OSError, TypeError):
            caller.close()
            return
        carried, breaks_after = 0, random.randrange(2_000, 200_000)
        try:
            while True:
                for one in select.select([caller, target], [], [], 30)[0]:
                    piece = one.recv(16 * 1024)
                    if not piece:
                        return
                    if self.fault == "delay":
                        time.sleep(0.02)
                    if self.fault == "slow":
                        time.sleep(len(piece) / 200_000)
                    if self.fault == "swallow":
                        continue
                    carried += len(piece)
                    if self.fault == "reset" and carried > breaks_after:
                        for end in (caller, target):
                            end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                        return
                    (target if one is caller else caller).sendall(piece)
        except OSError:
            pass
        finally:
            caller.close()
            target.close()


class Exchange:
    """One exchange: its folder stays, its processes come and go."""

    def __init__(self, name, listen):
        self.name, self.folder = name, FOLDER / name
        self.folder.mkdir(parents=True, exist_ok=True)
        self.directory = self.folder / "directory.toml"
        self.environment = {
            **os.environ,
            "HAIDANG_CITY_ENVIRONMENT": "demo",
            "HAIDANG_STORE_FOLDER": str(self.folder / "records"),
            # What its certificates name as the address of its authorities; it is out of reach for the other one.
            "HAIDANG_SERVER_LISTEN": listen,
        }
        self.port = self.peers = self.process = None

    def certificate(self):
        key, pem = self.folder / "tls.key", self.folder / "tls.pem"
        if not pem.exists():
            subprocess.run(
                ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
                 "-subj", f"/CN={self.name}", "-keyout", str(key), "-out", str(pem)],
                check=True, capture_output=True)
            key.chmod(0o600)
        return "'''\n" + pem.read_text() + "'''"

    def start(self, before=(), peers="127.0.0.1:0"):
        self.log = open(self.folder / "log", "ab")
        command = [*before, PROGRAM, "exchange", "serve", "--directory", str(self.directory), "--listen", "127.0.0.1:0",
                   "--tls-certificate", str(self.folder / "tls.pem"), "--tls-key", str(self.folder / "tls.key"),
                   "--peer-listen", peers, "--spool", str(self.folder)]
        self.process = subprocess.Popen(command, env=self.environment, stdout=subprocess.PIPE, stderr=self.log, text=True)
        found = [re.search(r"https?://[\d.]+:(\d+)", self.process.stdout.readline()) for _ in range(2)]
        if not all(found):
            self.process.kill()
            raise SystemExit(f"{self.name} did not start\n" + (self.folder / "log").read_text()[-2000:] + "\n0 passed, 1 failed")
        self.port, self.peers = (int(one[1]) for one in found)

    def ask(self, method, target, headers, body=None, timeout=60):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout)
        try:
            connection.request(method, target, body, headers)
            response = connection.getresponse()
            return response.status, response.read()
        finally:
            connection.close()

    def end(self, hard):
        self.process.kill() if hard else self.process.terminate()
        self.process.wait()
        self.process.stdout.close()
        self.log.close()

    def root(self):
        _, answer = self.ask("GET", "/verificationconf", {})
        archive = zipfile.ZipFile(io.BytesIO(answer))
        return archive.read(archive.namelist()[0])

    def check(self):
        return subprocess.run([PROGRAM, "exchange", "check"], env=self.environment, capture_output=True, text=True)


def call(near, life, caller, answered, told, stop):
    count = 0
    while not stop.is_set():
        count += 1
        name = f"life-{life}-{caller}-{count}"
        # Now and then a body that does not stay in memory.
        size = 1_200_000 if caller == 0 and count % 5 == 0 else 64 + count
        body = ('{"pad":"' + "x" * size + '"}').encode()
        headers = {"X-Road-Client": "VN-HP/GOV/0001/A", "X-Road-Id": name, "Content-Type": "application/json"}
        try:
            status, answer = near.ask("POST", SERVICE, headers, body)
        except (OSError, http.client.HTTPException):
            # The near exchange is away.
            if stop.wait(0.05):
                return
            continue
        if status == 200 and answer == body:
            answered.append(name)
            continue
        try:
            fault = json.loads(answer)["type"]
        except (ValueError, KeyError, TypeError):
            fault = f"{status} {answer[:100]}"
        told[fault] = told.get(fault, 0) + 1


def signatures(containers):
    """By direction the value of the signature in each container."""
    found = {}
    for name, container in containers:
        text = zipfile.ZipFile(io.BytesIO(container)).read("META-INF/signatures.xml").decode()
        direction = "request" if "-request-" in name else "response"
        found[direction] = re.search(r"<ds:SignatureValue[^>]*>([^<]*)<", text)[1]
    return found


def fetch(exchange, name, folder):
    """The containers of a call as one side gives them out."""
    status, answer = exchange.ask("GET", f"/asic?{WHO[exchange.name]}&queryId={name}", {})
    if status != 200:
        return {}
    archive = zipfile.ZipFile(io.BytesIO(answer))
    archive.extractall(folder)
    return signatures([(entry, archive.read(entry)) for entry in archive.namelist()])


def write_directories(near, far, third, line, provider):
    def write(exchange, changes):
        text = (TEMPLATES / f"{exchange.name}.toml").read_text().replace('signing_names = ["000.00.01.H24"]', "")
        for old, new in changes.items():
            assert old in text, old
            text = text.replace(old, new)
        exchange.directory.write_text(text)

    write(near, {"127.0.0.1:5500": line, "'CERTIFICATE'": far.certificate(),
                 "# settings": "timeouts = { connect_ms = 2000, first_byte_ms = 8000, total_ms = 8000 }\n"
                               "breaker = { failures = 1000, least_calls = 100000 }"})
    write(far, {"127.0.0.1:18090": provider, "'CERTIFICATE'": near.certificate(), "'THIRD'": third.certificate()})


def believe_each_other(near, far):
    trust = FOLDER / "trust"
    trust.mkdir(exist_ok=True)
    for exchange in (near, far):
        exchange.start()
        (trust / f"{exchange.name}.pem").write_bytes(exchange.root())
        exchange.end(hard=False)
    near.environment["HAIDANG_TRUST_ANCHORS"] = str(trust / "far.pem")
    far.environment["HAIDANG_TRUST_ANCHORS"] = str(trust / "near.pem")


def rounds(near, far, line, answered, told):
    near.start()
    far.start()
    line.target = far.peers
    faults = ["none", "delay", "reset", "slow", "swallow"]
    for life in range(ROUNDS):
        line.fault = faults[life % len(faults)]
        stop = threading.Event()
        callers = [threading.Thread(target=call, args=(near, life, n, answered, told, stop)) for n in range(CALLERS)]
        for caller in callers:
            caller.start()
        time.sleep(random.uniform(1.0, 2.0))
        killed = near if life % 2 else far
        killed.end(hard=True)
        line.fault = "none"
        killed.start()
        line.target = far.peers
        time.sleep(random.uniform(0.3, 0.8))
        stop.set()
        for caller in callers:
            caller.join()


def judge_proofs(near, far, answered):
    containers = {side.name: side.folder / "containers" for side in (near, far)}
    for folder in containers.values():
        folder.mkdir()
    lost, unlike = [], []
    for name in answered:
        ours, theirs = (fetch(side, name, containers[side.name]) for side in (near, far))
        if sorted(ours) != ["request", "response"] or sorted(theirs) != ["request", "response"]:
            lost.append(name)
        elif ours != theirs:
            unlike.append(name)
    judge(not lost, f"every answer that arrived can be proved on both sides; {len(lost)} cannot {lost[:3]}")
    judge(not unlike, f"both sides hold the same signatures; of {len(unlike)} calls they do not {unlike[:3]}")


def across_namespaces(near, far, provider):
    """The same two over a pair of interfaces, the far one in a network of its own."""
    space, here, there = "haidang-far", "10.231.77.1", "10.231.77.2"

    def run(*command):
        return subprocess.run(command, capture_output=True, text=True)

    if not shutil.which("ip") or run("ip", "netns", "add", space).returncode != 0:
        print("This machine allows no network namespaces: no call went across any.", flush=True)
        return
    try:
        steps = [
            ("ip", "link", "add", "haidang0", "type", "veth", "peer", "name", "haidang1", "netns", space),
            ("ip", "addr", "add", f"{here}/30", "dev", "haidang0"),
            ("ip", "link", "set", "haidang0", "up"),
            ("ip", "-n", space, "addr", "add", f"{there}/30", "dev", "haidang1"),
            ("ip", "-n", space, "link", "set", "haidang1", "up"),
            ("ip", "-n", space, "link", "set", "lo", "up"),
        ]
        for step in steps:
            done = run(*step)
            if done.returncode != 0:
                print(f"This machine allows no pair of interfaces: {done.stderr.strip()}", flush=True)
                return
        outside = Providing((here, 0), Provider)
        outside.asked = provider.asked
        threading.Thread(target=outside.serve_forever, daemon=True).start()
        for exchange, old, new in (
            (far, rf"http://[\d.]+:\d+", f"http://{here}:{outside.server_port}"),
            (near, r'address = "[^"]*"', f'address = "{there}:5500"'),
        ):
            exchange.directory.write_text(re.sub(old, new, exchange.directory.read_text()))
        far.start(before=("ip", "netns", "exec", space), peers=f"{there}:5500")
        near.start()
        headers = {"X-Road-Client": "VN-HP/GOV/0001/A", "X-Road-Id": "across", "Content-Type": "application/json"}
        status, answer = near.ask("POST", SERVICE, headers, b'{"across":true}')
        judge((status, answer) == (200, b'{"across":true}'), f"a call goes from one network namespace to another: {status}")
        judge(sorted(fetch(near, "across", near.folder / "containers")) == ["request", "response"], "and can be proved")
        near.end(hard=False)
        far.end(hard=False)
    finally:
        run("ip", "netns", "del", space)


def main():
    provider = Providing(("127.0.0.1", 0), Provider)
    provider.asked = []
    threading.Thread(target=provider.serve_forever, daemon=True).start()
    random.seed(20261123)
    FOLDER.mkdir(parents=True, exist_ok=True)
    line = Line()
    near, far, third = Exchange("near", "127.0.0.1:18101"), Exchange("far", "127.0.0.1:18102"), Exchange("third", "127.0.0.1:18103")
    write_directories(near, far, third, f"127.0.0.1:{line.port}", f"127.0.0.1:{provider.server_port}")
    believe_each_other(near, far)
    answered, told = [], {}
    rounds(near, far, line, answered, told)
    print(f"{ROUNDS} kills, {len(answered)} answers arrived, faults {dict(sorted(told.items()))}", flush=True)
    judge(len(answered) > 3 * ROUNDS, "enough calls were answered to judge by")
    judge(set(told) <= HONEST, f"every other caller was told what happened: {sorted(set(told) - HONEST)}")
    judge(len(provider.asked) == len(set(provider.asked)), "no request reached the provider twice")
    judge_proofs(near, far, answered)
    near.end(hard=False)
    far.end(hard=False)
    across_namespaces(near, far, provider)
    for exchange in (near, far):
        checked = exchange.check()
        print(exchange.name, checked.stdout.strip().replace("\n", "; "), flush=True)
        judge(checked.returncode == 0, f"the log of the {exchange.name} exchange is whole {checked.stderr[-300:]}")
    print(f"{passed} passed, {failed} failed")
    return 1 if failed or not passed else 0


sys.exit(main())
