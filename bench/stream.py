#!/usr/bin/env python3
"""What live streams cost the way to Redis: its latency with nobody on HTTP, and with many WebSocket clients and requests.

Each pair runs the same feed twice, without and with the load, every run with fresh processes; the order alternates.
The hot loop of the gateway and what is measured with it (source, Redis, subscriber) are on one core, the gateway's
other threads and the load on another.

    bench/stream.py --bin build/release/bin [--pairs 3] [--seconds 60] [--clients 1000] [--requests 200] [--rate 10000]
"""

import argparse
import json
import os
import socket
import statistics
import sys
import tempfile
import time

import rig

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))


def pin(pid, core, only=None, but=None):
    """Puts the threads of a process on a core: all, those called `only`, or all `but` those."""
    for task in os.listdir(f"/proc/{pid}/task"):
        with open(f"/proc/{pid}/task/{task}/comm") as comm:
            name = comm.read().strip()
        if (only is None or name == only) and (but is None or name != but):
            os.sched_setaffinity(int(task), {core})


class Bench:
    def __init__(self, options, folder):
        self.options = options
        self.folder = folder

    def program(self, name):
        return os.path.join(self.options.bin, name)

    def gateway_command(self, folder, venue_port, redis_port, http_port):
        symbols = ", ".join(f"SYM{i}-USDT" for i in range(self.options.symbols))
        path = os.path.join(folder, "tickgate.yaml")
        with open(path, "w") as config:
            config.write(f"""
redis: {{url: "redis://127.0.0.1:{redis_port}/0", prefix: md}}
http: {{listen: "127.0.0.1:{http_port}"}}
store: {{url: "sqlite://{folder}/bars.db"}}
providers: {{binance: {{endpoints: {{ws: "ws://127.0.0.1:{venue_port}", rest: "http://127.0.0.1:{venue_port}"}}}}}}
symbols: {{crypto: [{symbols}]}}
publish: {{kinds: [quote]}}
""")
        return [self.program("tickgate"), "run", "--config", path]

    def run_once(self, loaded):
        o = self.options
        running = []
        with tempfile.TemporaryDirectory(dir=self.folder) as folder:
            def start(name, command, core):
                running.append(rig.Program(name, command, folder))
                pin(running[-1].pid, core)
                return running[-1]
            try:
                redis, redis_port = rig.start_redis(folder, o.redis_server)
                running.append(redis)
                pin(redis.pid, o.hot_core)
                sink = start("subscriber", [
                    self.program("bench_subscriber"), "--redis-port", str(redis_port), "--expect",
                    str(o.rate * o.seconds), "--pattern", "md:quote:crypto:*", "--warmup-ms", "2000"], o.hot_core)
                sink.wait_event("ready", 10)
                # Long enough for all clients to be there before the first message.
                source = start("source", [
                    self.program("bench_source"), "--symbols", str(o.symbols), "--rate", str(o.rate), "--seconds",
                    str(o.seconds), "--start-delay-ms", "8000"], o.hot_core)
                venue_port = source.wait_event("listening", 30)["port"]
                http_port = rig.free_port()
                gateway = start("gateway", self.gateway_command(folder, venue_port, redis_port, http_port), o.load_core)
                load = self.start_load(gateway, http_port, start) if loaded else None
                pin(gateway.pid, o.hot_core, only="hot")
                pin(gateway.pid, o.load_core, but="hot")
                source.wait_event("started", 60, gateway)
                begin, cpu = time.monotonic(), gateway.cpu_ns()
                arrived = sink.wait_event("measured", 60 + 2 * o.seconds, gateway)
                out = {key: arrived[key] for key in ("messages", "holes", "p50_us", "p90_us", "p99_us", "p999_us")}
                out["gateway_cores"] = (gateway.cpu_ns() - cpu) / 1e9 / (time.monotonic() - begin)
                out["rss_mib"] = gateway.resident_kib() / 1024
                if load is not None:
                    load.terminate()
                    told = load.wait_event("measured", 20)
                    out["load"] = {key: value for key, value in told.items() if key != "event"}
                return out
            finally:
                for program in reversed(running):
                    program.stop()

    def start_load(self, gateway, http_port, start):
        o = self.options
        deadline = time.monotonic() + 10
        while True:
            try:
                socket.create_connection(("127.0.0.1", http_port), 1).close()
                break
            except OSError:
                if time.monotonic() > deadline or not gateway.running():
                    raise rig.RigError("the gateway does not listen:\n" + gateway.log_tail()) from None
                time.sleep(0.05)
        load = start("load", [
            self.program("bench_stream_clients"), "--http-port", str(http_port), "--clients", str(o.clients),
            "--symbols", str(o.symbols), "--each", str(o.each), "--requests", str(o.requests)], o.load_core)
        load.wait_event("ready", 60, gateway)
        return load


def say(text):
    print(f"[{time.strftime('%H:%M:%S')}] {text}", file=sys.stderr, flush=True)


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pairs", type=int, default=3)
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("--rate", type=int, default=10_000, help="messages a second in (default 10,000)")
    parser.add_argument("--symbols", type=int, default=50)
    parser.add_argument("--clients", type=int, default=1000)
    parser.add_argument("--each", type=int, default=2, help="symbols of a client")
    parser.add_argument("--requests", type=int, default=200, help="a second over HTTP")
    parser.add_argument("--hot-core", type=int, default=0)
    parser.add_argument("--load-core", type=int, default=1)
    parser.add_argument("--bin", default=os.path.join(ROOT, "build", "release", "bin"), help="folder of the programs")
    parser.add_argument("--redis-server", default="redis-server", metavar="PROGRAM")
    parser.add_argument("--json", metavar="FILE", help="write every run there")
    return parser.parse_args()


def main():
    options = parse_arguments()
    pairs = []
    with tempfile.TemporaryDirectory(prefix="tickgate-bench-") as folder:
        bench = Bench(options, folder)
        for number in range(options.pairs):
            pair = {}
            for loaded in (False, True) if number % 2 == 0 else (True, False):
                pair["with" if loaded else "without"] = bench.run_once(loaded)
                say(f"{number + 1}/{options.pairs} {'with' if loaded else 'without'} load: "
                    f"{json.dumps(pair['with' if loaded else 'without'])}")
            pairs.append(pair)
    if options.json:
        with open(options.json, "w") as out:
            json.dump(pairs, out, indent=1)
    print("| figure | without | with | ratio (median of the pairs) |\n|---|---|---|---|")
    for key in ("p50_us", "p99_us", "p999_us"):
        values = {side: [pair[side][key] for pair in pairs] for side in ("without", "with")}
        ratio = statistics.median(pair["with"][key] / pair["without"][key] for pair in pairs)
        shown = {side: f"{statistics.median(v):.0f} ({min(v):.0f} … {max(v):.0f})" for side, v in values.items()}
        print(f"| {key[:-3]}, µs | {shown['without']} | {shown['with']} | {ratio:.2f} |")
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
    except rig.RigError as problem:
        sys.exit(f"stopped: {problem}")
