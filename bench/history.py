#!/usr/bin/env python3
"""How long a cached month of minutes takes over HTTP: 43,200 bars as JSON, with and without the quality report.

Starts Redis, the simulated Binance and the gateway; the first request fetches the month, the others are answered from
the store.

    bench/history.py --binary build/bench/bin/tickgate [--requests 30]
"""
import argparse
import http.client
import os
import statistics
import subprocess
import tempfile
import time

import rig

MONTH = "/api/v1/bars?symbol=crypto:BTC-USDT&timeframe=1m&start=2026-09-01T00:00:00Z&end=2026-10-01T00:00:00Z"


def wait_for(port, path):
    for _ in range(300):
        try:
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=2)
            connection.request("GET", path)
            if connection.getresponse().status == 200:
                return
        except OSError:
            pass
        time.sleep(0.1)
    raise SystemExit(f"nothing answers {path} on port {port}")


def ask(connection, path):
    begin = time.monotonic()
    connection.request("GET", path)
    answer = connection.getresponse()
    body = answer.read()
    if answer.status != 200:
        raise SystemExit(f"status {answer.status}: {body[:300]!r}")
    return (time.monotonic() - begin) * 1e3, len(body)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--binary", required=True)
    parser.add_argument("--requests", type=int, default=30)
    options = parser.parse_args()
    redis, venue, port = rig.free_port(), rig.free_port(), rig.free_port()
    with tempfile.TemporaryDirectory() as folder:
        config = os.path.join(folder, "tickgate.yaml")
        with open(config, "w") as f:
            f.write(f"""
redis: {{url: "redis://127.0.0.1:{redis}/0"}}
http: {{listen: "127.0.0.1:{port}"}}
store: {{url: "sqlite://{folder}/bars.db"}}
providers: {{binance: {{endpoints: {{ws: "ws://127.0.0.1:{venue}", rest: "http://127.0.0.1:{venue}"}}}}}}
symbols: {{crypto: [BTC-USDT]}}
""")
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        running = [
            subprocess.Popen(["redis-server", "--port", str(redis), "--bind", "127.0.0.1", "--save", "", "--dir",
                              folder], **quiet),
            subprocess.Popen([options.binary, "venue", "binance", "--port", str(venue), "--symbols", "BTCUSDT",
                              "--rate", "5"], **quiet),
            subprocess.Popen([options.binary, "run", "--config", config], **quiet)]
        try:
            wait_for(port, "/readyz")
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
            took, size = ask(connection, MONTH)
            print(f"fetched and answered in {took:.0f} ms, {size} bytes")
            for name, path in (("with report", MONTH), ("without", MONTH + "&validate=false")):
                times = [ask(connection, path)[0] for _ in range(options.requests)]
                print(f"{name:12} p50 {statistics.median(times):6.1f} ms  "
                      f"({min(times):.1f} … {max(times):.1f}, n = {len(times)})")
        finally:
            for process in reversed(running):
                process.terminate()
                process.wait(20)


if __name__ == "__main__":
    main()
