"""Processes of the end-to-end benchmark: starting, stopping, listening to and accounting for them."""

import json
import os
import queue
import socket
import subprocess
import threading
import time


class RigError(Exception):
    """A process ended early, was silent for too long, or could not be started."""


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def machine_busy_ns():
    """Time all cores together were not idle since boot, in steps of 10 ms."""
    with open("/proc/stat") as stat:
        fields = [int(field) for field in stat.readline().split()[1:9]]
    return (sum(fields) - fields[3] - fields[4]) * 1_000_000_000 // os.sysconf("SC_CLK_TCK")


class Program:
    """A child process whose JSON lines on stdout are events; stderr and other lines go to a log file."""

    def __init__(self, name, command, folder):
        self.name = name
        self._log_path = os.path.join(folder, name + ".log")
        self._log = open(self._log_path, "wb")
        self._events = queue.Queue()
        try:
            self._process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=self._log)
        except OSError as error:
            raise RigError(f"{name}: {error}") from error
        threading.Thread(target=self._read, daemon=True).start()

    @property
    def pid(self):
        return self._process.pid

    def _read(self):
        for line in self._process.stdout:
            try:
                event = json.loads(line)
            except ValueError:
                event = None
            if isinstance(event, dict) and "event" in event:
                self._events.put(event)
            else:
                self._log.write(line)
        self._events.put(None)

    def wait_event(self, kind, timeout, companion=None):
        """The next event of that kind. Raises RigError when this process or `companion` ends first."""
        deadline = time.monotonic() + timeout
        while True:
            try:
                event = self._events.get(timeout=0.2)
            except queue.Empty:
                if companion is not None and not companion.running():
                    raise RigError(f"{companion.name} ended early:\n{companion.log_tail()}") from None
                if time.monotonic() > deadline:
                    raise RigError(f"{self.name}: no '{kind}' within {timeout} s:\n{self.log_tail()}") from None
                continue
            if event is None:
                raise RigError(f"{self.name} ended early:\n{self.log_tail()}")
            if event["event"] == kind:
                return event

    def running(self):
        return self._process.poll() is None

    def log_tail(self, lines=15):
        self._log.flush()
        with open(self._log_path, errors="replace") as log:
            return "".join(log.readlines()[-lines:])

    def terminate(self):
        self._process.terminate()

    def stop(self):
        if self.running():
            self._process.terminate()
            try:
                self._process.wait(10)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()

    def cpu_ns(self):
        """User plus system time so far of all threads alive: from the scheduler (ns), else from ticks (10 ms)."""
        total = 0
        tasks = f"/proc/{self.pid}/task"
        try:
            for task in os.listdir(tasks):
                with open(f"{tasks}/{task}/schedstat") as stat:
                    total += int(stat.read().split()[0])
        except (OSError, IndexError):
            with open(f"/proc/{self.pid}/stat") as stat:
                fields = stat.read().rpartition(")")[2].split()
            total = (int(fields[11]) + int(fields[12])) * 1_000_000_000 // os.sysconf("SC_CLK_TCK")
        return total

    def resident_kib(self):
        """VmRSS."""
        with open(f"/proc/{self.pid}/status") as status:
            for line in status:
                if line.startswith("VmRSS:"):
                    return int(line.split()[1])
        raise RigError(f"{self.name}: no VmRSS")


def start_redis(folder, executable="redis-server"):
    """A private Redis without persistence, and its port."""
    port = free_port()
    command = [executable, "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no",
               "--dir", folder, "--client-output-buffer-limit", "pubsub 0 0 0"]
    redis = Program("redis", command, folder)
    deadline = time.monotonic() + 10
    while True:
        try:
            with socket.create_connection(("127.0.0.1", port), 1) as probe:
                probe.sendall(b"PING\r\n")
                if probe.recv(64).startswith(b"+PONG"):
                    return redis, port
        except OSError:
            pass
        if not redis.running() or time.monotonic() > deadline:
            redis.stop()
            raise RigError("redis did not start:\n" + redis.log_tail())
        time.sleep(0.01)


def make_certificates(folder):
    """A CA and a certificate for localhost: (ca.pem, server.pem, server.key)."""
    path = lambda name: os.path.join(folder, name)
    with open(path("ext"), "w") as extensions:
        extensions.write("subjectAltName=DNS:localhost,IP:127.0.0.1\n")
    steps = [
        ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", path("ca.key"), "-out", path("ca.pem"),
         "-subj", "/CN=Benchmark CA", "-days", "30"],
        ["req", "-newkey", "rsa:2048", "-nodes", "-keyout", path("server.key"), "-out", path("server.csr"),
         "-subj", "/CN=localhost"],
        ["x509", "-req", "-in", path("server.csr"), "-CA", path("ca.pem"), "-CAkey", path("ca.key"), "-CAcreateserial",
         "-out", path("server.pem"), "-days", "10", "-extfile", path("ext")],
    ]
    for step in steps:
        subprocess.run(["openssl", *step], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return path("ca.pem"), path("server.pem"), path("server.key")
