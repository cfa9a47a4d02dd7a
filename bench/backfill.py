#!/usr/bin/env python3
"""Whether a backfill is limited by the venue or by the gateway: the share of the time in which a request is in flight
or the provider's budget is closed, while months of minute bars are fetched from a simulated Binance that enforces the
real request weight and answers after a real venue's delay.

    bench/backfill.py --binary build/bench/bin/tickgate [--symbols 40] [--days 90] [--latency-ms 20] [--seconds 60]
"""
import argparse
import http.client
import json
import os
import subprocess
import tempfile
import time

import rig

TARGET = 0.95


def call(port, method, path, body=None):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    headers = {"Content-Type": "application/json"} if body is not None else {}
    connection.request(method, path, json.dumps(body) if body is not None else None, headers)
    answer = connection.getresponse()
    return answer.status, answer.read().decode()


def wait_ready(port):
    for _ in range(300):
        try:
            if call(port, "GET", "/readyz")[0] == 200:
                return
        except OSError:
            pass
        time.sleep(0.1)
    raise SystemExit("the gateway did not become ready")


def metric(text, name):
    """The sum over all series of a family of the provider."""
    return sum(float(line.rsplit(" ", 1)[1]) for line in text.splitlines()
               if line.startswith(name + "{") and 'provider="binance"' in line)


def look(port):
    text = call(port, "GET", "/metrics")[1]
    names = ("busy_or_closed_seconds_total", "busy_seconds_total", "closed_seconds_total", "passed_total")
    return time.monotonic(), {n: metric(text, "tickgate_budget_" + n) for n in names}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--binary", required=True)
    parser.add_argument("--symbols", type=int, default=40)
    parser.add_argument("--days", type=int, default=90)
    parser.add_argument("--latency-ms", type=int, default=20)
    parser.add_argument("--seconds", type=float, default=60, help="at most so long")
    options = parser.parse_args()
    redis, venue, port = rig.free_port(), rig.free_port(), rig.free_port()
    bases = [f"S{chr(65 + i // 26)}{chr(65 + i % 26)}" for i in range(options.symbols)]
    with tempfile.TemporaryDirectory() as folder:
        config = os.path.join(folder, "tickgate.yaml")
        with open(config, "w") as f:
            f.write(f"""
redis: {{url: "redis://127.0.0.1:{redis}/0"}}
http: {{listen: "127.0.0.1:{port}"}}
store: {{url: "sqlite://{folder}/bars.db"}}
providers: {{binance: {{endpoints: {{ws: "ws://127.0.0.1:{venue}", rest: "http://127.0.0.1:{venue}"}}}}}}
symbols: {{crypto: [{bases[0]}-USDT]}}
""")
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        running = [
            subprocess.Popen(["redis-server", "--port", str(redis), "--bind", "127.0.0.1", "--save", "", "--dir",
                              folder], **quiet),
            subprocess.Popen([options.binary, "venue", "binance", "--port", str(venue), "--rate", "5", "--symbols",
                              *[b + "USDT" for b in bases], "--fault", f"latency={options.latency_ms}"], **quiet),
            subprocess.Popen([options.binary, "run", "--config", config], **quiet)]
        try:
            wait_ready(port)
            end = time.time() - 86400
            day = lambda t: time.strftime("%Y-%m-%d", time.gmtime(t))
            status, body = call(port, "POST", "/api/v1/backfill", {
                "symbols": [f"crypto:{b}-USDT" for b in bases], "timeframes": ["1m"],
                "start_date": day(end - options.days * 86400), "end_date": day(end), "method": "rest"})
            if status != 202:
                raise SystemExit(f"status {status}: {body}")
            job = json.loads(body)["id"]
            begin, first = look(port)
            state = "running"
            while state in ("waiting", "running") and time.monotonic() - begin < options.seconds:
                time.sleep(0.25)
                state = json.loads(call(port, "GET", "/api/v1/backfill/" + job)[1])["state"]
            end, last = look(port)
            took = end - begin
            delta = {n: last[n] - first[n] for n in last}
            share = delta["busy_or_closed_seconds_total"] / took
            print(f"{took:.1f} s, {delta['passed_total']:.0f} requests, in flight {delta['busy_seconds_total'] / took:.1%}, "
                  f"closed {delta['closed_seconds_total'] / took:.1%}, either {share:.1%} (target {TARGET:.0%}); job {state}")
            raise SystemExit(0 if share >= TARGET else 1)
        finally:
            for process in reversed(running):
                process.terminate()
                process.wait(20)


if __name__ == "__main__":
    main()
