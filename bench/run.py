#!/usr/bin/env python3
"""End-to-end benchmark: venue -> gateway -> Redis -> subscriber, beside a bare relay on the same rig.

Each scenario runs in interleaved pairs (relay, gateway), every run with fresh processes; medians, spreads and the
ratios within the pairs are reported. See docs/benchmarks.md.
"""

import argparse
import dataclasses
import json
import os
import platform
import subprocess
import sys
import tempfile
import time

import rig
import summary

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))


@dataclasses.dataclass(frozen=True)
class Scenario:
    name: str
    rate: int = 0              # messages a second; 0: flat out
    seconds: int = 0
    count: int = 0             # messages when flat out
    null: bool = False         # publish into bench_null_redis
    tls: bool = False          # between source and subject
    spin: bool = False
    symbols: int = 50
    subjects: tuple = ("relay", "gateway")

    @property
    def messages(self):
        return self.count or self.rate * self.seconds


def all_scenarios():
    out = [
        Scenario("flat", count=3_000_000),
        Scenario("flat-null", count=10_000_000, null=True),
        Scenario("flat-tls", count=3_000_000, tls=True),
        Scenario("flat-null-tls", count=5_000_000, null=True, tls=True),
    ]
    for spin in (False, True):
        for label, rate in (("1k", 1_000), ("10k", 10_000), ("50k", 50_000)):
            out.append(Scenario(("spin-" if spin else "rate-") + label, rate=rate, seconds=10, spin=spin))
    for symbols, rate in ((50, 1_000), (1_000, 2_000), (10_000, 5_000)):
        out.append(Scenario(f"memory-{symbols}", rate=rate, seconds=10, symbols=symbols, subjects=("gateway",)))
    return out


class Bench:
    def __init__(self, options, folder):
        self.options = options
        self.folder = folder
        self.payload_length = options.payload_length
        self.certificates = None

    def program(self, name):
        return os.path.join(self.options.bin, name)

    def source_command(self, scenario):
        command = [self.program("bench_source"), "--symbols", str(scenario.symbols), "--mix", self.options.mix,
                   "--start-delay-ms", "1000"]
        if scenario.rate:
            command += ["--rate", str(scenario.rate), "--seconds", str(scenario.seconds)]
        else:
            command += ["--flat-out", "--count", str(scenario.count)]
        if scenario.tls:
            command += ["--tls-cert", self.tls()[1], "--tls-key", self.tls()[2]]
        return command

    def tls(self):
        if self.certificates is None:
            self.certificates = rig.make_certificates(self.folder)
        return self.certificates

    def relay_command(self, scenario, venue_port, redis_port):
        command = [self.program("bench_relay"), "--venue-port", str(venue_port), "--redis-port", str(redis_port),
                   "--symbols", str(scenario.symbols), "--mix", self.options.mix,
                   "--payload-length", str(self.payload_length or 330)]
        if scenario.spin:
            command.append("--spin")
        elif self.options.lazy_replies:
            command.append("--lazy-replies")
        if scenario.tls:
            command += ["--tls-ca", self.tls()[0]]
        return command

    def gateway_command(self, scenario, venue_port, redis_port, folder):
        host = "localhost" if scenario.tls else "127.0.0.1"
        secure = "s" if scenario.tls else ""
        lines = [
            f'redis: {{url: "redis://127.0.0.1:{redis_port}/0", prefix: md}}',
            f'http: {{listen: "127.0.0.1:{rig.free_port()}"}}',
            f'store: {{url: "sqlite://{folder}/bars.db"}}',
            f"hot: {{spin: {'true' if scenario.spin else 'false'}}}",
            "providers:",
            "  binance:",
            f'    endpoints: {{ws: "ws{secure}://{host}:{venue_port}", rest: "http{secure}://{host}:{venue_port}"}}',
        ]
        if scenario.tls:
            lines.append(f"    tls: {{ca_file: {self.tls()[0]}}}")
        lines += [
            "symbols:",
            f"  crypto: [{', '.join(f'SYM{i}-USDT' for i in range(scenario.symbols))}]",
            "publish: {kinds: [quote, trade, bar], timeframes: [1m]}" if self.options.mix == "all" else
            "publish: {kinds: [quote]}",
        ]
        path = os.path.join(folder, "tickgate.yaml")
        with open(path, "w") as config:
            config.write("\n".join(lines) + "\n")
        return [self.program("tickgate"), "run", "--config", path]

    def run_once(self, subject, scenario):
        """One measurement with processes of its own: a dict of metrics."""
        running = []
        expected = self.stamped(scenario.messages, scenario)
        with tempfile.TemporaryDirectory(dir=self.folder) as folder:
            def start(name, command):
                running.append(rig.Program(name, command, folder))
                return running[-1]
            try:
                if scenario.null:
                    sink = start("null_redis", [self.program("bench_null_redis"), "--expect", str(expected)])
                    redis, redis_port = sink, sink.wait_event("listening", 10)["port"]
                else:
                    redis, redis_port = rig.start_redis(folder, self.options.redis_server)
                    running.append(redis)
                    sink = start("subscriber", [self.program("bench_subscriber"), "--redis-port", str(redis_port),
                                                "--expect", str(expected), "--pattern", "md:[qt]*:crypto:*",
                                                "--warmup-ms", "1000" if scenario.rate else "0"])
                    sink.wait_event("ready", 10)
                source = start("source", self.source_command(scenario))
                venue_port = source.wait_event("listening", 30)["port"]
                command = self.relay_command(scenario, venue_port, redis_port) if subject == "relay" else \
                    self.gateway_command(scenario, venue_port, redis_port, folder)
                tested = start(subject, command)
                source.wait_event("started", 60 + scenario.symbols // 50, tested)
                return self.measure(scenario, tested, redis, source, sink)
            finally:
                for program in reversed(running):
                    program.stop()
                self.keep_log(subject, running)

    def stamped(self, messages, scenario):
        """How many of the messages the sink counts: quotes and trades, whose send time arrives; null Redis: quotes."""
        if self.options.mix == "quote":
            return messages
        return (messages + 2) // 3 if scenario.null else messages - messages // 3

    def measure(self, scenario, tested, redis, source, sink):
        programs = {tested, redis, source, sink}
        before = {program: program.cpu_ns() for program in programs}
        started, busy = time.monotonic(), rig.machine_busy_ns()
        arrived = sink.wait_event("sunk" if scenario.null else "measured", 60 + 2 * scenario.seconds, tested)
        cpu = {program: program.cpu_ns() - before[program] for program in programs - {sink}}
        cpu[sink] = arrived["cpu_us"] * 1e3 - before[sink]
        elapsed, busy = time.monotonic() - started, rig.machine_busy_ns() - busy
        sent = source.wait_event("sent", 60, tested)
        out = {"sent": sent["messages"], "received": arrived["messages"], "rate": arrived["rate"],
               "lost": max(self.stamped(sent["messages"], scenario) - arrived["messages"], arrived.get("holes", 0)),
               "cpu_us": cpu[tested] / 1e3 / sent["messages"],
               "redis_cpu_us": cpu[redis] / 1e3 / sent["messages"], "payload": arrived["mean_payload"],
               "rss_mib": tested.resident_kib() / 1024, "source_max_late_us": sent["max_late_us"],
               "source_late_over_100us": sent["late_over_100us"],
               # Cores kept busy by anything else: a disturbed run shows here.
               "foreign_load": max(0.0, (busy - sum(cpu.values())) / 1e9 / elapsed)}
        if scenario.rate:
            out.update({key: arrived[key] for key in ("p50_us", "p90_us", "p99_us", "p999_us", "max_us")})
        out.update({key: arrived[key] for key in ("holes", "disordered", "unstamped") if key in arrived})
        return out

    def keep_log(self, subject, running):
        if self.options.logs:
            os.makedirs(self.options.logs, exist_ok=True)
            for program in running:
                if program.name == subject:
                    with open(os.path.join(self.options.logs, subject + ".log"), "a") as out:
                        out.write(program.log_tail(1000))

    def find_payload_length(self, subjects):
        """The relay is to publish messages of the gateway's length: ask the gateway once."""
        if self.payload_length is None and subjects == ["relay", "gateway"]:
            result = self.run_once("gateway", Scenario("length", rate=1_000, seconds=2))
            self.payload_length = round(result["payload"])
            say(f"payload length of the gateway: {self.payload_length} bytes")

    def run_scenario(self, scenario, subjects):
        subjects = [subject for subject in subjects if subject in scenario.subjects]
        pairs = []
        for number in range(self.options.pairs if subjects else 0):
            pair = {}
            for subject in subjects if number % 2 == 0 else reversed(subjects):
                for attempt in (1, 2):
                    try:
                        pair[subject] = self.run_once(subject, scenario)
                        break
                    except rig.RigError as error:
                        say(f"{scenario.name} {subject} attempt {attempt}: {error}")
                        if attempt == 2:
                            raise
                shown = {key: round(value, 3) for key, value in pair[subject].items()}
                say(f"{scenario.name} {number + 1}/{self.options.pairs} {subject}: {json.dumps(shown)}")
            pairs.append(pair)
        return pairs


def say(text):
    print(f"[{time.strftime('%H:%M:%S')}] {text}", file=sys.stderr, flush=True)


def first_line(command):
    try:
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip().splitlines()[0]
    except (OSError, subprocess.CalledProcessError, IndexError):
        return None


def machine(options):
    model = first_line(["sed", "-n", "s/^model name[^:]*: //p", "/proc/cpuinfo"])
    return {"cpu": model, "cores": os.cpu_count(), "kernel": platform.release(),
            "redis": first_line([options.redis_server, "--version"]),
            "tickgate": first_line([os.path.join(options.bin, "tickgate"), "version"])}


def shorten(scenario):
    return dataclasses.replace(scenario, seconds=min(scenario.seconds, 3), count=scenario.count // 5)


def parse_arguments(names):
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--scenario", nargs="+", metavar="NAME", choices=names, help="of: " + ", ".join(names))
    parser.add_argument("--pairs", type=int, default=7, help="runs of each subject (default 7)")
    parser.add_argument("--only", choices=["relay", "gateway"], help="one subject instead of pairs")
    parser.add_argument("--quick", action="store_true", help="one short pair of each, to see that all works")
    parser.add_argument("--payload-length", type=int, help="of the relay's messages (default: the gateway's, else 330)")
    parser.add_argument("--mix", choices=["quote", "all"], default="quote",
                        help="streams of each symbol: quotes, or quotes, trades and 1m bars (default quote)")
    parser.add_argument("--lazy-replies", action="store_true", help="the relay does not wake for Redis' replies")
    parser.add_argument("--bin", default=os.path.join(ROOT, "build", "release", "bin"), help="folder of the programs")
    parser.add_argument("--redis-server", default="redis-server", metavar="PROGRAM")
    parser.add_argument("--json", metavar="FILE", help="write every run and the summary there")
    parser.add_argument("--logs", metavar="FOLDER", help="keep what the subjects wrote to their logs")
    return parser.parse_args()


def main():
    scenarios = all_scenarios()
    options = parse_arguments([scenario.name for scenario in scenarios])
    if options.quick:
        options.pairs = 1
        scenarios = [shorten(scenario) for scenario in scenarios]
    subjects = [options.only] if options.only else ["relay", "gateway"]
    chosen = [scenario for scenario in scenarios if not options.scenario or scenario.name in options.scenario]
    results = {"machine": machine(options), "pairs": options.pairs, "runs": {}, "summary": []}
    failed = False
    with tempfile.TemporaryDirectory(prefix="tickgate-bench-") as folder:
        bench = Bench(options, folder)
        try:
            bench.find_payload_length(subjects)
            for scenario in chosen:
                runs = bench.run_scenario(scenario, subjects)
                if runs:
                    results["runs"][scenario.name] = runs
                    results["summary"].append(summary.summarise(scenario.name, runs))
        except rig.RigError as error:
            say(f"stopped: {error}")
            failed = True
    results["payload_length"] = bench.payload_length or 330
    if options.json:
        with open(options.json, "w") as out:
            json.dump(results, out, indent=1)
    if results["summary"]:
        print(summary.markdown(results["summary"]))
    return 1 if failed else 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
