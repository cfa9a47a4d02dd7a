#!/usr/bin/env python3
"""All simulated venues, the gateway and Redis under random faults; then the questions that matter.

Every few seconds something breaks: a venue drops, stalls, sends garbage, cuts, refuses; Redis is killed, frozen or
throws its clients out. The choice comes from a printed seed. At the end all must be well again, and:
  - nothing has crashed, and its own memory has not grown by 1 MiB over the last two thirds,
  - no subscriber has seen a hole that no event announced,
  - the last quote of every subscribed instrument is what its venue answers by REST.

    tests/soak/soak.py --binary build/dev/bin/tickgate --seconds 1800 [--seed N]
"""
import argparse
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from decimal import Decimal

import redis

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../support"))
from free_port import free_port

TOKEN = "soak-token-0123456789abcdef"
ACCOUNT = "101-004-1234567-001"


def http(port, path, body=None, headers=None):
    request = urllib.request.Request(f"http://127.0.0.1:{port}{path}", data=body.encode() if body else None,
                                     headers=headers or {})
    with urllib.request.urlopen(request, timeout=5) as answer:
        return answer.status, answer.read().decode()


class Venue:
    def __init__(self, binary, name, arguments, symbols, truth, log):
        self.name, self.symbols, self.truth = name, symbols, truth
        self.port, self.control = free_port(), free_port()
        self.process = subprocess.Popen(
            [binary, "venue", name, "--port", str(self.port), "--control-port", str(self.control), *arguments],
            stdout=log, stderr=log)

    def fault(self, **what):
        http(self.control, "/control/fault", json.dumps(what))

    def clear(self):
        http(self.control, "/control/clear", "{}")


def binance_truth(port, symbol):
    q = json.loads(http(port, "/api/v3/ticker/bookTicker?symbol=" + symbol.replace("-", ""))[1], parse_float=Decimal)
    return Decimal(q["bidPrice"]), Decimal(q["askPrice"])


def oanda_truth(port, symbol):
    body = http(port, f"/v3/accounts/{ACCOUNT}/pricing?instruments=" + symbol.replace("-", "_"),
                headers={"Authorization": "Bearer " + TOKEN})[1]
    p = json.loads(body)["prices"][0]
    return max(Decimal(b["price"]) for b in p["bids"]), min(Decimal(a["price"]) for a in p["asks"])


def massive_truth(port, symbol):
    body = http(port, "/v2/last/nbbo/" + symbol, headers={"Authorization": "Bearer " + TOKEN})[1]
    q = json.loads(body, parse_float=Decimal, parse_int=Decimal)["results"]
    return Decimal(q["p"]), Decimal(q["P"])


def tradier_truth(port, symbol):
    body = http(port, "/v1/markets/quotes?symbols=" + symbol,
                headers={"Authorization": "Bearer " + TOKEN, "Accept": "application/json"})[1]
    q = json.loads(body, parse_float=Decimal, parse_int=Decimal)["quotes"]["quote"]
    return Decimal(q["bid"]), Decimal(q["ask"])


class Listener(threading.Thread):
    """A careful subscriber: every jump of seq must lie in a span that an event announced."""

    def __init__(self, port):
        super().__init__(daemon=True)
        self.port, self.lock = port, threading.Lock()
        self.last, self.quotes, self.holes, self.announced = {}, {}, [], []
        self.ids, self.id_jumps, self.upstream = {}, [], []
        self.messages = self.restarts = 0
        self.stop = False

    def run(self):
        while not self.stop:
            try:
                client = redis.Redis(port=self.port, socket_timeout=5, socket_connect_timeout=2)
                pubsub = client.pubsub(ignore_subscribe_messages=True)
                pubsub.psubscribe("md:quote:*", "md:trade:*", "md:bar:*", "md:event:*")
                with self.lock:  # what was missed meanwhile cannot be known: start anew, as a late joiner
                    self.last.clear()
                    self.ids.clear()
                    self.restarts += 1
                while not self.stop:
                    message = pubsub.get_message(timeout=1.0)
                    if message:
                        self.take(message["channel"].decode(), message["data"].decode())
            except (redis.RedisError, OSError):
                time.sleep(0.05)

    def take(self, channel, text):
        m = json.loads(text, parse_float=Decimal)
        with self.lock:
            self.messages += 1
            if m["type"] == "event":
                if m["event"] in ("gap_opened", "gap_closed"):
                    name = f"md:{m['kind']}:{m['class']}:{m['symbol']}"
                    if m["from_seq"] is not None:
                        self.announced.append((name, m["from_seq"], m["to_seq"] or m["from_seq"]))
                    else:
                        self.upstream.append(name)
                elif m["event"] == "route":
                    for kind in ("quote", "trade"):
                        self.upstream.append(f"md:{kind}:{m['class']}:{m['symbol']}")
                return
            session, seq = self.last.get(channel, (m["session"], None))
            if session == m["session"] and seq is not None:
                if m["seq"] <= seq:
                    return  # a repeat after a reconnect of the gateway to Redis
                if m["seq"] > seq + 1:
                    self.holes.append((channel, seq + 1, m["seq"] - 1))
            self.last[channel] = (m["session"], m["seq"])
            if m["type"] == "quote":
                self.quotes[channel] = m
            if m["type"] == "trade" and m["provider"] == "binance" and m["src_seq"] is not None:
                before = self.ids.get(channel)
                if before is not None and m["src_seq"] != before + 1:
                    self.id_jumps.append((channel, before, m["src_seq"]))
                self.ids[channel] = m["src_seq"]

    def unannounced(self):
        with self.lock:
            left = []
            for channel, first, last in self.holes:
                missing = set(range(first, last + 1))
                for name, a, b in self.announced:
                    if name == channel:
                        missing -= set(range(a, b + 1))
                if missing:
                    left.append((channel, min(missing), max(missing)))
            told = {}
            for name in self.upstream + [a[0] for a in self.announced]:
                told[name] = told.get(name, 0) + 1
            for channel, before, after in self.id_jumps:
                if told.get(channel, 0) == 0:
                    left.append((channel, f"id {before}", f"id {after}"))
            return left


def own_kib(pid):
    """What it has allocated and touched. Pages of the program itself come and go with what is run."""
    with open(f"/proc/{pid}/status") as f:
        for line in f:
            if line.startswith("RssAnon:"):
                return int(line.split()[1])
    return 0


class Soak:
    def __init__(self, options):
        self.options = options
        self.random = random.Random(options.seed)
        self.work = tempfile.mkdtemp(prefix="tickgate-soak.")
        self.processes = []
        self.problems = []

    def log(self, name):
        return open(os.path.join(self.work, name + ".log"), "ab")

    def start_redis(self):
        self.redis = subprocess.Popen(
            ["redis-server", "--port", str(self.redis_port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no",
             "--dir", self.work], stdout=self.log("redis"), stderr=subprocess.STDOUT)

    def start(self):
        binary = self.options.binary
        self.redis_port, self.http_port = free_port(), free_port()
        self.start_redis()
        self.venues = [
            Venue(binary, "binance", ["--kind", "spot", "--symbols", "BTCUSDT,ETHUSDT", "--rate", "40"],
                  ["crypto:BTC-USDT", "crypto:ETH-USDT"], binance_truth, self.log("binance")),
            Venue(binary, "oanda", ["--credential", TOKEN, "--accounts", ACCOUNT, "--symbols", "EUR_USD,USD_JPY",
                                    "--rate", "8", "--heartbeat", "1"],
                  ["fx:EUR-USD", "fx:USD-JPY"], oanda_truth, self.log("oanda")),
            Venue(binary, "massive", ["--credential", TOKEN, "--symbols", "AAPL,MSFT", "--rate", "20"],
                  ["equity:AAPL", "equity:MSFT"], massive_truth, self.log("massive")),
            Venue(binary, "tradier", ["--credential", TOKEN, "--symbols", "AAPL,SPY", "--rate", "20"],
                  ["equity:SPY"], tradier_truth, self.log("tradier")),
        ]
        at = {v.name: v.port for v in self.venues}
        config = os.path.join(self.work, "tickgate.yaml")
        with open(config, "w") as f:
            f.write(f"""
redis: {{url: "redis://127.0.0.1:{self.redis_port}/0"}}
http: {{listen: "127.0.0.1:{self.http_port}"}}
store: {{url: "sqlite://{self.work}/bars.db"}}
providers:
  binance: {{endpoints: {{ws: "ws://127.0.0.1:{at['binance']}", rest: "http://127.0.0.1:{at['binance']}"}}}}
  oanda: {{token: {TOKEN}, account: {ACCOUNT}, endpoints: {{rest: "http://127.0.0.1:{at['oanda']}", stream: "http://127.0.0.1:{at['oanda']}"}}}}
  massive: {{api_key: {TOKEN}, endpoints: {{ws: "ws://127.0.0.1:{at['massive']}", rest: "http://127.0.0.1:{at['massive']}"}}}}
  tradier: {{token: {TOKEN}, endpoints: {{ws: "ws://127.0.0.1:{at['tradier']}", rest: "http://127.0.0.1:{at['tradier']}", stream: "http://127.0.0.1:{at['tradier']}"}}}}
routes: {{fx: [oanda], crypto: [binance], equity: [massive, tradier], overrides: {{"equity:SPY": [tradier]}}}}
symbols: {{crypto: [BTC-USDT, ETH-USDT], fx: [EUR-USD, USD-JPY], equity: [AAPL, MSFT, SPY]}}
publish: {{timeframes: [1s, 1m]}}
""")
        self.gateway = subprocess.Popen([binary, "run", "--config", config], stdout=self.log("gateway"),
                                        stderr=subprocess.STDOUT)
        self.listener = Listener(self.redis_port)
        self.listener.start()

    def wait(self, what, done, seconds):
        end = time.monotonic() + seconds
        why = None
        while time.monotonic() < end:
            try:
                if done():
                    return True
            except Exception as e:  # the service may be away
                why = e
            time.sleep(0.2)
        self.problems.append(f"{what} not within {seconds} s" + (f" ({why})" if why else ""))
        return False

    def ready(self):
        return http(self.http_port, "/readyz")[0] == 200

    def break_something(self):
        venue = self.random.choice(self.venues)
        redis_faults = ["redis_kill", "redis_freeze", "redis_clients"]
        kind = self.random.choice(
            ["drop", "reset", "stall", "garbage", "split", "gap", "http_status", "cut_24h", "duplicate", "half_open",
             "refuse", self.random.choice(redis_faults)])
        milliseconds = self.random.randrange(500, 4000)
        print(f"{time.monotonic() - self.began:7.1f} s  {kind if kind in redis_faults else venue.name + ' ' + kind}",
              flush=True)
        if kind == "redis_kill":
            self.redis.send_signal(signal.SIGKILL)
            self.redis.wait()
            time.sleep(self.random.random() * 2)
            self.start_redis()
        elif kind == "redis_freeze":
            self.redis.send_signal(signal.SIGSTOP)
            time.sleep(milliseconds / 1000)
            self.redis.send_signal(signal.SIGCONT)
        elif kind == "redis_clients":
            redis.Redis(port=self.redis_port).execute_command("CLIENT", "KILL", "TYPE", "normal")
        elif kind == "garbage":
            venue.fault(fault=kind, value=self.random.choice(["json", "types", "binary", "opcode", "truncated"]))
        elif kind == "http_status":
            venue.fault(fault=kind, value=self.random.choice([500, 503]), count=self.random.randrange(1, 4))
        elif kind == "split":
            venue.fault(fault=kind, value=0, for_ms=milliseconds)
        elif kind == "gap":
            venue.fault(fault=kind, value=self.random.randrange(1, 9))
        elif kind in ("stall", "duplicate", "half_open", "refuse"):
            venue.fault(fault=kind, for_ms=milliseconds)
        else:
            venue.fault(fault=kind)

    def truth_holds(self):
        wrong = []
        for venue in self.venues:
            for symbol in venue.symbols:
                with self.listener.lock:
                    quote = self.listener.quotes.get("md:quote:" + symbol)
                if (symbol, venue.name) in self.agreed:
                    continue
                if quote is None or quote["provider"] != venue.name:
                    wrong.append(symbol)
                    continue
                bid, ask = venue.truth(venue.port, symbol.split(":")[1])
                if (Decimal(quote["bid"]), Decimal(quote["ask"])) == (bid, ask):
                    self.agreed.add((symbol, venue.name))
                else:
                    wrong.append(symbol)
        return not wrong

    def run(self):
        print(f"seed {self.options.seed}, {self.options.seconds} s, files in {self.work}", flush=True)
        self.began = time.monotonic()
        self.start()
        self.wait("ready at the start", self.ready, 60)
        end = time.monotonic() + self.options.seconds
        settle = time.monotonic() + self.options.seconds / 3
        self.settled_kib = None
        while time.monotonic() < end and not self.problems:
            time.sleep(self.random.uniform(1.0, self.options.pause))
            self.break_something()
            for name, process in [("gateway", self.gateway)] + [(v.name, v.process) for v in self.venues]:
                if process.poll() is not None:
                    self.problems.append(f"{name} ended with {process.returncode}")
            if self.settled_kib is None and time.monotonic() > settle:
                self.settled_kib = own_kib(self.gateway.pid)
        for venue in self.venues:
            venue.clear()
        if self.gateway.poll() is None:
            self.wait("ready after all faults", self.ready, 120)
            grown = own_kib(self.gateway.pid) - (self.settled_kib or 0)
            print(f"memory {self.settled_kib} KiB after a third, {grown:+} KiB since", flush=True)
            if self.options.seconds >= 1200 and grown >= 1024:
                self.problems.append(f"memory grew by {grown} KiB")
            self.agreed = set()
            self.wait("every last quote is the venue's", self.truth_holds, 120)
            if self.problems:
                with self.listener.lock:
                    for symbol, quote in self.listener.quotes.items():
                        print(symbol, quote["provider"], quote["bid"], quote["ask"])
        time.sleep(1)
        for hole in self.listener.unannounced():
            self.problems.append(f"unannounced hole {hole}")
        print(f"{self.listener.messages} messages, {len(self.listener.holes)} holes announced, "
              f"{self.listener.restarts} subscriber connections", flush=True)

    def close(self):
        self.listener.stop = True
        for process in [self.gateway] + [v.process for v in self.venues] + [self.redis]:
            if process.poll() is None:
                process.send_signal(signal.SIGCONT)
                process.terminate()
        codes = []
        for name, process in [("gateway", self.gateway)] + [(v.name, v.process) for v in self.venues]:
            try:
                codes.append((name, process.wait(30)))
            except subprocess.TimeoutExpired:
                process.kill()
                codes.append((name, "killed"))
        for name, code in codes:
            if code != 0:
                self.problems.append(f"{name} exit {code}")
        self.redis.wait(10)


def conclude(trial, name):
    """Runs it, tells what went wrong, and answers the exit code."""
    try:
        trial.run()
    finally:
        trial.close()
    for problem in trial.problems:
        print("PROBLEM", problem)
    if trial.problems:
        log = os.path.join(trial.work, "gateway.log")
        print(f"--- the end of {log}")
        print(subprocess.run(["tail", "-n", "60", log], capture_output=True, text=True).stdout)
        return 1
    shutil.rmtree(trial.work, ignore_errors=True)
    print(name, "passed")
    return 0


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--binary", required=True)
    parser.add_argument("--seconds", type=int, default=1800)
    parser.add_argument("--seed", type=int, default=int.from_bytes(os.urandom(4), "big"))
    parser.add_argument("--pause", type=float, default=6.0, help="longest pause between faults, seconds")
    return conclude(Soak(parser.parse_args()), "soak")


if __name__ == "__main__":
    sys.exit(main())
