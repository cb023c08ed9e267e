#!/usr/bin/env python3
"""Whether an exchange that is killed again and again loses anything that somebody was answered.

  judge-exchange-log.py HAIDANG DIRECTORY.toml FOLDER [KILLS]

Starts `haidang exchange serve` over FOLDER with a provider of its own, has callers call it, ends it with SIGKILL while they
do, and starts it again. At the end the log must be whole, and of every answer that arrived both containers must come out:
they lie in FOLDER/containers, the authorities to believe in FOLDER/trust, for another judge. The last line is the sum.
"""
import http.client
import http.server
import io
import os
import pathlib
import random
import re
import subprocess
import sys
import threading
import time
import zipfile

PROGRAM, DIRECTORY, FOLDER = sys.argv[1], pathlib.Path(sys.argv[2]), pathlib.Path(sys.argv[3])
KILLS = int(sys.argv[4]) if len(sys.argv) > 4 else 20
CALLERS = 6
SERVICE = "/r1/VN-HP/GOV/0002/B/echo/x"
ASK = "/asic?xRoadInstance=VN-HP&memberClass=GOV&memberCode=0001&subsystemCode=A&queryId="
passed = failed = 0


def judge(good, name):
    global passed, failed
    passed, failed = passed + bool(good), failed + (not good)
    print(f"{'PASS' if good else 'FAIL'}  {name}", flush=True)


class Provider(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
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


class Exchange:
    """One life of the program."""

    def __init__(self, directory):
        environment = {**os.environ, "HAIDANG_CITY_ENVIRONMENT": "demo", "HAIDANG_STORE_FOLDER": str(FOLDER / "records")}
        self.log = open(FOLDER / "log", "ab")
        command = [PROGRAM, "exchange", "serve", "--directory", str(directory), "--listen", "127.0.0.1:0", "--spool", str(FOLDER)]
        self.process = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=self.log, text=True)
        line = self.process.stdout.readline()
        found = re.search(r"http://127\.0\.0\.1:(\d+)", line)
        if not found:
            self.process.kill()
            raise SystemExit(f"the exchange did not start: {line}\n" + (FOLDER / "log").read_text()[-2000:] + "\n0 passed, 1 failed")
        self.port = int(found[1])

    def ask(self, method, target, headers, body=None):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
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


def call(exchange, life, caller, answered, stop):
    count = 0
    while not stop.is_set():
        count += 1
        name = f"life-{life}-{caller}-{count}"
        # Now and then a body that does not stay in memory.
        size = 1_200_000 if caller == 0 and count % 5 == 0 else 64 + count
        body = ('{"pad":"' + "x" * size + '"}').encode()
        headers = {"X-Road-Client": "VN-HP/GOV/0001/A", "X-Road-Id": name, "Content-Type": "application/json"}
        try:
            status, answer = exchange.ask("POST", SERVICE, headers, body)
        except (OSError, http.client.HTTPException):
            return
        if status == 200 and answer == body:
            answered.append(name)
        else:
            judge(False, f"{name}: {status} {answer[:200]}")
            return


def main():
    provider = Providing(("127.0.0.1", 0), Provider)
    threading.Thread(target=provider.serve_forever, daemon=True).start()
    FOLDER.mkdir(parents=True, exist_ok=True)
    directory = FOLDER / "directory.toml"
    directory.write_text(DIRECTORY.read_text().replace("127.0.0.1:18090", f"127.0.0.1:{provider.server_port}"))
    random.seed(20261124)
    answered = []
    for life in range(KILLS):
        exchange, stop = Exchange(directory), threading.Event()
        callers = [threading.Thread(target=call, args=(exchange, life, n, answered, stop)) for n in range(CALLERS)]
        for caller in callers:
            caller.start()
        time.sleep(random.uniform(0.1, 0.9))
        exchange.end(hard=True)
        stop.set()
        for caller in callers:
            caller.join()
    print(f"{KILLS} kills, {len(answered)} answers arrived", flush=True)
    judge(len(answered) > 5 * KILLS, "enough calls were answered to judge by")
    exchange = Exchange(directory)
    containers = FOLDER / "containers"
    containers.mkdir()
    lost = []
    for name in answered:
        status, answer = exchange.ask("GET", ASK + name, {})
        names = zipfile.ZipFile(io.BytesIO(answer)).namelist() if status == 200 else []
        kinds = sorted(found[1] for found in (re.match(re.escape(name) + r"-(request|response)-\w+\.asice$", each) for each in names) if found)
        if kinds != ["request", "response"]:
            lost.append((name, status, names))
            continue
        zipfile.ZipFile(io.BytesIO(answer)).extractall(containers)
    judge(not lost, f"every answer that arrived can be proved; {len(lost)} cannot {lost[:3]}")
    status, answer = exchange.ask("GET", "/verificationconf", {})
    judge(status == 200, "the authorities to believe are told")
    trust = FOLDER / "trust"
    trust.mkdir()
    for entry in zipfile.ZipFile(io.BytesIO(answer)).infolist():
        (trust / pathlib.Path(entry.filename).name).write_bytes(zipfile.ZipFile(io.BytesIO(answer)).read(entry))
    exchange.end(hard=False)
    environment = {**os.environ, "HAIDANG_CITY_ENVIRONMENT": "demo", "HAIDANG_STORE_FOLDER": str(FOLDER / "records")}
    checked = subprocess.run([PROGRAM, "exchange", "check"], env=environment, capture_output=True, text=True)
    print(checked.stdout.strip(), flush=True)
    judge(checked.returncode == 0, f"the log is whole {checked.stderr[-300:]}")
    print(f"{passed} passed, {failed} failed")
    return 1 if failed or not passed else 0


sys.exit(main())
