#!/usr/bin/env python3
"""A strategy that asks for history and goes on live, while everything around it breaks.

The client subscribes to the bars of every instrument, asks for their last half hour over md:req, and keeps one series
each, keyed by open time with the greatest rev. Venues drop, stall, cut and lose messages, Redis throws its clients out,
the gateway itself is killed once. When the time in which bars may still be corrected has passed, each series must equal
what its venue tells by REST, bar for bar and digit for digit.

    tests/soak/seamless.py --binary build/dev/bin/tickgate --seconds 60 --settle 20 --store sqlite|postgresql [--seed N]
"""
import argparse
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import threading
import time
import uuid
from decimal import Decimal

import redis

import soak
from soak import ACCOUNT, TOKEN, Venue, free_port, http

SECONDS = {"5s": 5, "1m": 60}
TOLD_ONCE = {("equity:AAPL", "1m")}  # at their end, by the venue
BEARER = {"Authorization": "Bearer " + TOKEN, "Accept": "application/json"}


def exact(text):
    return json.loads(text, parse_float=Decimal, parse_int=Decimal)


def merged(bars, seconds):
    """Bars of a longer timeframe from finer ones: what the venue does not tell itself. One without a trade has no
    price of its own."""
    out = {}
    for at, (o, h, l, c, v) in sorted(bars.items()):
        start = at - at % (seconds * 1000000)
        if start not in out or out[start][4] == 0:
            out[start] = (o, h, l, c, v)
        elif v == 0:
            continue
        else:
            first = out[start]
            out[start] = (first[0], max(first[1], h), min(first[2], l), c, first[4] + v)
    return out


def binance_bars(port, symbol, timeframe, start, end):
    interval = "1s" if timeframe == "5s" else timeframe
    bars, at = {}, start
    while at < end:
        rows = json.loads(http(port, f"/api/v3/klines?symbol={symbol.replace('-', '')}&interval={interval}"
                                     f"&startTime={at // 1000}&endTime={end // 1000 - 1}&limit=1000")[1])
        for r in rows:
            bars[r[0] * 1000] = tuple(Decimal(x) for x in r[1:6])
        if len(rows) < 1000:
            break
        at = rows[-1][0] * 1000 + 1000
    return merged(bars, 5) if timeframe == "5s" else bars


def rfc3339_us(text):
    import calendar
    whole, _, fraction = text.rstrip("Z").partition(".")
    return calendar.timegm(time.strptime(whole, "%Y-%m-%dT%H:%M:%S")) * 1000000 + int((fraction + "000000")[:6])


def oanda_bars(port, symbol, timeframe, start, end):
    granularity = {"5s": "S5", "1m": "M1"}[timeframe]
    body = http(port, f"/v3/instruments/{symbol.replace('-', '_')}/candles?granularity={granularity}&price=M"
                      f"&includeFirst=true&count=5000&from={start // 1000000}", headers=BEARER)[1]
    bars = {}
    for c in exact(body)["candles"]:
        at = rfc3339_us(c["time"])
        if c["complete"] and start <= at < end:
            m = c["mid"]
            bars[at] = tuple(Decimal(m[x]) for x in "ohlc") + (Decimal(c["volume"]),)
    return bars


def massive_bars(port, symbol, timeframe, start, end):
    unit = {"5s": "5/second", "1m": "1/minute"}[timeframe]
    body = http(port, f"/v2/aggs/ticker/{symbol}/range/{unit}/{start // 1000}/{end // 1000 - 1}?limit=50000&sort=asc"
                      "&adjusted=false", headers=BEARER)[1]
    return {int(r["t"]) * 1000: (r["o"], r["h"], r["l"], r["c"], r["v"]) for r in exact(body).get("results", [])}


def tradier_bars(port, symbol, timeframe, start, end):
    clock = lambda us: time.strftime("%Y-%m-%d%%20%H:%M", time.gmtime(us // 1000000 + soak_offset(us)))
    body = http(port, f"/v1/markets/timesales?symbol={symbol}&interval=1min&session_filter=all"
                      f"&start={clock(start)}&end={clock(end)}", headers=BEARER)[1]
    series = exact(body).get("series") or {}
    rows = series.get("data", [])
    rows = rows if isinstance(rows, list) else [rows]
    return {int(r["timestamp"]) * 1000000: (r["open"], r["high"], r["low"], r["close"], r["volume"]) for r in rows
            if start <= int(r["timestamp"]) * 1000000 < end}


def soak_offset(us):
    """New York's offset from UTC in seconds."""
    from datetime import datetime
    from zoneinfo import ZoneInfo
    return int(datetime.fromtimestamp(us / 1e6, ZoneInfo("America/New_York")).utcoffset().total_seconds())


class Client(threading.Thread):
    """What a strategy does: subscribe, ask for history, keep the greatest rev of each open time."""

    def __init__(self, port, series):
        super().__init__(daemon=True)
        self.port, self.wanted = port, series
        self.bars = {s: {} for s in series}
        self.live = {s: 0 for s in series}
        self.asked = {s: False for s in series}
        self.lock, self.stop = threading.Lock(), False
        self.reconnects, self.errors = 0, []

    def take(self, series, bar):
        with self.lock:
            held = self.bars[series].get(bar["ts_open_us"])
            if held is None or bar["rev"] > held["rev"]:
                self.bars[series][bar["ts_open_us"]] = bar

    def history(self, series, start):
        """Asks until there is an answer without an error; Redis and the gateway may be away."""
        symbol, timeframe = series
        while not self.stop:
            try:
                client = redis.Redis(port=self.port, socket_timeout=40)
                name = uuid.uuid4().hex
                client.xadd("md:req", {"id": name, "op": "bars", "symbol": symbol, "timeframe": timeframe,
                                       "start": str(start), "client": "seamless", "deadline_ms": "20000"})
                elements, end = [], time.monotonic() + 25
                while time.monotonic() < end:
                    reply = client.blpop("md:rep:" + name, 2)
                    if not reply:
                        continue
                    chunk = exact(reply[1])
                    elements += chunk.get("data", [])
                    if chunk.get("error"):
                        self.errors.append((series, chunk["error"]))
                        break
                    if chunk["done"]:
                        for e in elements:
                            if e["type"] == "bar":
                                self.take(series, e)
                        self.asked[series] = True
                        return
            except (redis.RedisError, OSError):
                pass
            time.sleep(0.5)

    def run(self):
        start = int((time.time() - 1800) // 60 * 60) * 1000000
        channels = {f"md:bar:{t}:{s}": (s, t) for s, t in self.wanted}
        while not self.stop:
            try:
                client = redis.Redis(port=self.port, socket_timeout=5, socket_connect_timeout=2)
                pubsub = client.pubsub(ignore_subscribe_messages=True)
                pubsub.subscribe(*channels)
                pubsub.get_message(timeout=0.1)
                self.reconnects += 1
                for series in self.wanted:
                    self.asked[series] = False
                    threading.Thread(target=self.history, args=(series, start), daemon=True).start()
                while not self.stop:
                    message = pubsub.get_message(timeout=1.0)
                    if message:
                        series = channels[message["channel"].decode()]
                        self.live[series] += 1
                        self.take(series, exact(message["data"]))
            except (redis.RedisError, OSError):
                time.sleep(0.05)


class Postgres:
    def __init__(self, folder):
        self.folder, self.port = os.path.join(folder, "pg"), free_port()
        os.makedirs(self.folder)
        found = sorted(os.listdir("/usr/lib/postgresql"), key=float)[-1]
        self.bin = f"/usr/lib/postgresql/{found}/bin/"
        self.user = []
        if os.geteuid() == 0:
            shutil.chown(self.folder, "nobody")
            os.chmod(folder, 0o755)
            self.user = ["runuser", "-u", "nobody", "--"]
        self.call("initdb", "-D", self.folder + "/data", "-A", "trust", "-U", "tg", "--no-sync", "-E", "UTF8",
                  "--locale=C")
        self.call("pg_ctl", "-D", self.folder + "/data", "-w", "-l", self.folder + "/log", "-o",
                  f"-p {self.port} -c listen_addresses=127.0.0.1 -k {self.folder}", "start")
        self.url = f"postgresql://tg@127.0.0.1:{self.port}/postgres"

    def call(self, program, *arguments):
        subprocess.run(self.user + [self.bin + program, *arguments], check=True, stdout=subprocess.DEVNULL, cwd="/")

    def close(self):
        self.call("pg_ctl", "-D", self.folder + "/data", "-m", "immediate", "-w", "stop")


class Seamless(soak.Soak):
    series = [("crypto:BTC-USDT", "5s"), ("crypto:BTC-USDT", "1m"), ("crypto:ETH-USDT", "1m"),
              ("fx:EUR-USD", "5s"), ("fx:EUR-USD", "1m"), ("equity:AAPL", "5s"), ("equity:AAPL", "1m"),
              ("equity:SPY", "1m")]
    truth = {"crypto": (0, binance_bars), "fx": (1, oanda_bars), "equity:AAPL": (2, massive_bars),
             "equity:SPY": (3, tradier_bars)}

    def start(self):
        binary = self.options.binary
        self.redis_port, self.http_port = free_port(), free_port()
        self.start_redis()
        self.postgres = Postgres(self.work) if self.options.store == "postgresql" else None
        self.store = self.postgres.url if self.postgres else f"sqlite://{self.work}/bars.db"
        self.venues = [
            Venue(binary, "binance", ["--kind", "spot", "--symbols", "BTCUSDT,ETHUSDT", "--rate", "40"], [], None,
                  self.log("binance")),
            Venue(binary, "oanda", ["--credential", TOKEN, "--accounts", ACCOUNT, "--symbols", "EUR_USD,USD_JPY",
                                    "--rate", "20", "--heartbeat", "1"], [], None, self.log("oanda")),
            Venue(binary, "massive", ["--credential", TOKEN, "--symbols", "AAPL,MSFT", "--rate", "20"], [], None,
                  self.log("massive")),
            Venue(binary, "tradier", ["--credential", TOKEN, "--symbols", "AAPL,SPY", "--rate", "20"], [], None,
                  self.log("tradier")),
        ]
        at = {v.name: v.port for v in self.venues}
        self.config = os.path.join(self.work, "tickgate.yaml")
        with open(self.config, "w") as f:
            f.write(f"""
redis: {{url: "redis://127.0.0.1:{self.redis_port}/0"}}
http: {{listen: "127.0.0.1:{self.http_port}"}}
store: {{url: "{self.store}"}}
history: {{settle: {self.options.settle}s}}
providers:
  binance: {{endpoints: {{ws: "ws://127.0.0.1:{at['binance']}", rest: "http://127.0.0.1:{at['binance']}"}}}}
  oanda: {{token: {TOKEN}, account: {ACCOUNT}, endpoints: {{rest: "http://127.0.0.1:{at['oanda']}", stream: "http://127.0.0.1:{at['oanda']}"}}}}
  massive: {{api_key: {TOKEN}, endpoints: {{ws: "ws://127.0.0.1:{at['massive']}", rest: "http://127.0.0.1:{at['massive']}"}}}}
  tradier: {{token: {TOKEN}, endpoints: {{ws: "ws://127.0.0.1:{at['tradier']}", rest: "http://127.0.0.1:{at['tradier']}", stream: "http://127.0.0.1:{at['tradier']}"}}}}
routes: {{fx: [oanda], crypto: [binance], equity: [massive], overrides: {{"equity:SPY": [tradier]}}}}
symbols: {{crypto: [BTC-USDT, ETH-USDT], fx: [EUR-USD], equity: [AAPL, SPY]}}
publish: {{timeframes: [5s, 1m]}}
""")
        self.start_gateway()

    def start_gateway(self):
        self.gateway = subprocess.Popen([self.options.binary, "run", "--config", self.config],
                                        stdout=self.log("gateway"), stderr=subprocess.STDOUT)

    def break_one(self):
        venue = self.random.choice(self.venues)
        kind = self.random.choice(["drop", "reset", "stall", "garbage", "gap", "http_status", "cut_24h", "half_open",
                                   "refuse", "redis_clients"])
        # A bar that is told once, and lost while the connection stays, is asked for when the next one is there: a short
        # run does not wait for that.
        if venue.name == "massive" and self.options.settle < 120 and kind in ("gap", "stall", "half_open", "garbage"):
            kind = "drop"
        milliseconds = self.random.randrange(500, 4000)
        print(f"{time.monotonic() - self.began:7.1f} s  {venue.name} {kind}", flush=True)
        if kind == "redis_clients":
            redis.Redis(port=self.redis_port).execute_command("CLIENT", "KILL", "TYPE", "normal")
        elif kind == "garbage":
            venue.fault(fault=kind, value=self.random.choice(["json", "types", "binary", "opcode", "truncated"]))
        elif kind == "http_status":
            venue.fault(fault=kind, value=self.random.choice([500, 503]), count=self.random.randrange(1, 4))
        elif kind == "gap":
            # Of each stream: eight bars of a minute that come once are eight minutes.
            venue.fault(fault=kind, value=self.random.randrange(1, 9) if venue.name == "binance" else 1)
        elif kind in ("stall", "half_open", "refuse"):
            venue.fault(fault=kind, for_ms=milliseconds)
        else:
            venue.fault(fault=kind)

    def venue_bars(self, symbol, timeframe, start, end):
        index, ask = self.truth.get(symbol) or self.truth[symbol.split(":")[0]]
        return ask(self.venues[index].port, symbol.split(":")[1], timeframe, start, end)

    def compare(self, start, end):
        differences = []
        for series in self.series:
            symbol, timeframe = series
            step = SECONDS[timeframe] * 1000000
            first, last = -(-start // step) * step, end // step * step
            if series in TOLD_ONCE:  # a hole is asked for when the next bar ends it, or should have
                last = min(last, int(time.time() - SECONDS[timeframe] - 10) * 1000000 // step * step)
            truth = self.venue_bars(symbol, timeframe, first, last)
            if timeframe == "5s" and truth:  # a venue tells bars below a minute as long as it has their 10,000 ticks
                first = max(first, min(truth) + step)  # and of the oldest it may have a part alone
            with self.client.lock:
                held = {at: b for at, b in self.client.bars[series].items() if first <= at < last}
            equal = 0
            truth = {at: b for at, b in truth.items() if at >= first}
            for at in sorted(set(truth) | set(held)):
                when = f"{symbol} {timeframe} {time.strftime('%H:%M:%S', time.gmtime(int(at) // 1000000))}"
                if at not in held:
                    differences.append(f"{when} is missing")
                elif at not in truth:
                    differences.append(f"{when} is not the venue's: {held[at]}")
                else:
                    b = held[at]
                    ours = tuple(b[k] for k in ("open", "high", "low", "close", "volume"))
                    if ours != truth[at] or not b["final"]:
                        differences.append(f"{when} rev {b['rev']} source {b['source']} final {b['final']}: "
                                           f"{[str(x) for x in ours]} but the venue says {[str(x) for x in truth[at]]}")
                    else:
                        equal += 1
            print(f"{symbol} {timeframe}: {equal} bars equal, {self.client.live[series]} live messages", flush=True)
            if equal == 0 and truth:
                differences.append(f"{symbol} {timeframe}: nothing to compare")
        return differences

    def run(self):
        print(f"seed {self.options.seed}, {self.options.seconds} s, {self.options.store}, files in {self.work}",
              flush=True)
        self.began = time.monotonic()
        self.start()
        self.wait("ready at the start", self.ready, 60)
        self.client = Client(self.redis_port, self.series)
        self.client.start()
        first = int(time.time() - 1500) * 1000000
        end = time.monotonic() + self.options.seconds
        killed = False
        while time.monotonic() < end and not self.problems:
            time.sleep(self.random.uniform(1.0, self.options.pause))
            self.break_one()
            if not killed and time.monotonic() > end - self.options.seconds / 2:
                killed = True
                print(f"{time.monotonic() - self.began:7.1f} s  gateway killed", flush=True)
                self.gateway.kill()
                self.gateway.wait()
                time.sleep(self.random.uniform(0.5, 3))
                self.start_gateway()
            if self.gateway.poll() is not None:
                self.problems.append(f"gateway ended with {self.gateway.returncode}")
        for venue in self.venues:
            venue.clear()
        self.wait("ready after all faults", self.ready, 120)
        last = int(time.time()) * 1000000
        self.wait("history for the client", lambda: all(self.client.asked.values()), 60)
        time.sleep(self.options.settle)
        # Corrections are published within that time after the end of a bar; a little more to get here.
        end, differences = time.monotonic() + 10, ["never compared"]
        while differences and time.monotonic() < end:
            time.sleep(1)
            differences = self.compare(first, last)
        self.problems += differences[:40]
        if self.client.errors:
            print("errors on the way:", self.client.errors[:5], flush=True)

    def close(self):
        self.client.stop = True
        self.listener = self.client
        super().close()
        if self.postgres:
            self.postgres.close()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--binary", required=True)
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("--settle", type=int, default=20, help="seconds in which bars are corrected")
    parser.add_argument("--store", choices=["sqlite", "postgresql"], default="sqlite")
    parser.add_argument("--seed", type=int, default=int.from_bytes(os.urandom(4), "big"))
    parser.add_argument("--pause", type=float, default=6.0, help="longest pause between faults, seconds")
    return soak.conclude(Seamless(parser.parse_args()), "seamless")


if __name__ == "__main__":
    sys.exit(main())
