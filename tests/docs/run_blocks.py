#!/usr/bin/env python3
"""Runs the command blocks of a page, in order, as a reader would: run_blocks.py --binary TICKGATE PAGE.md

A block is a fence `sh` (a script; must end with 0) or `console` (`$ command` lines, then the output expected of each:
its lines must come in this order; `…` stands for anything, digits for any number). Comments before a fence:

  <!-- not run: why; covered by: path of the test -->   left out; the test must exist
  <!-- until Ctrl-C -->                                 the commands go on until they showed what is expected
  <!-- fails: N -->                                     the last command ends with N

What the reader's machine has stands in for it: `sudo` does nothing; `systemctl`, `journalctl` drive the real daemon
and the real simulated venues; /etc/tickgate, /usr/share/tickgate and the ports are those of a scratch directory;
`redis-cli` talks to a private Redis. Other files, `cp`, `curl` and `tickgate` itself are the real ones.
"""

import argparse
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time

SOURCE = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(SOURCE / "tests/support"))
from free_port import free_port

PORTS = ["6379", "8787", "9010", "9011", "9012", "9014"]
VENUES = {"binance": "9010", "massive": "9011", "oanda": "9012", "tradier": "9014"}
PATIENCE = 45  # seconds for one command

SHIMS = {
    "sudo": 'exec "$@"',
    "redis-cli": 'exec "$REAL_REDIS_CLI" -p "$PORT_6379" "$@"',
    # Without --config the program reads /etc/tickgate/tickgate.yaml.
    "tickgate": """case " $* " in
*" --config "* | *" venue "* | *" version "* | *" --help "* | *" completions "* | *" config schema "* | *" config init "*) exec "$REAL_TICKGATE" "$@" ;;
*) exec "$REAL_TICKGATE" "$@" --config "$SCRATCH/etc/tickgate/tickgate.yaml" ;;
esac""",
    "systemctl": """set -e
options=
verb=
for word in "$@"; do
    case $word in
    -*) options="$options $word" ;;
    start | stop | restart | reload | status | is-active | enable | daemon-reload) [ -n "$verb" ] && unit=$word || verb=$word; continue ;;
    *) unit=$word ;;
    esac
    case $word in -*) continue ;; esac
    run=$SCRATCH/run/${unit%.service}
    alive() { [ -f "$run.pid" ] && kill -0 "$(cat "$run.pid")" 2>/dev/null; }
    stop() {
        alive && kill "$(cat "$run.pid")" || return 0
        for _ in $(seq 200); do alive || break; sleep 0.05; done
        rm -f "$run.pid"
    }
    start() {
        alive && return
        case $unit in
        tickgate-venue@*)
            name=${unit#tickgate-venue@}
            name=${name%.service}
            port=PORT_$(case $name in binance) echo 9010 ;; massive) echo 9011 ;; oanda) echo 9012 ;; tradier) echo 9014 ;; esac)
            setsid "$REAL_TICKGATE" venue "$name" $VENUE_OPTIONS --port "${!port}" >>"$run.log" 2>&1 </dev/null &
            echo $! >"$run.pid"
            for _ in $(seq 200); do (exec 3<>"/dev/tcp/127.0.0.1/${!port}") 2>/dev/null && return; alive || break; sleep 0.05; done
            cat "$run.log" >&2
            exit 1
            ;;
        tickgate | tickgate.service)
            setsid "$REAL_TICKGATE" run --config "$SCRATCH/etc/tickgate/tickgate.yaml" >>"$run.log" 2>&1 </dev/null &
            echo $! >"$run.pid"
            # Type=notify: started once it owns its prefix and answers.
            for _ in $(seq 400); do
                curl -sf "http://127.0.0.1:$PORT_8787/readyz" >/dev/null && return
                alive || break
                sleep 0.05
            done
            echo "Job for tickgate.service failed. See journalctl -u tickgate." >&2
            tail -n 5 "$run.log" >&2
            exit 1
            ;;
        *) echo "Unit $unit not found." >&2; exit 5 ;;
        esac
    }
    case $verb in
    start | enable) start ;;
    stop) stop ;;
    restart) stop; start ;;
    reload)
        alive || { echo "$unit is not active, cannot reload." >&2; exit 1; }
        told() { grep -c "event=config_re[jl]" "$run.log" || true; }
        before=$(told)
        kill -HUP "$(cat "$run.pid")"
        for _ in $(seq 200); do [ "$(told)" -gt "$before" ] && break; sleep 0.05; done
        ;;
    is-active) if alive; then echo active; else echo inactive; exit 3; fi ;;
    *) echo "systemctl: $verb is not known here" >&2; exit 1 ;;
    esac
done""",
    "journalctl": """unit=
while [ $# -gt 0 ]; do
    case $1 in -u | --unit) unit=$2; shift ;; esac
    shift
done
cat "$SCRATCH/run/${unit%.service}.log\"""",
}


class Failure(Exception):
    pass


def blocks_of(text):
    """(line, language, body, notes) of each fence; an indented block is a mistake, as nobody would run it."""
    notes, fence, found, blank = [], None, [], True
    for number, line in enumerate(text.splitlines(), 1):
        if fence:
            if line.strip() == "```":
                found.append(fence)
                fence = None
            else:
                fence[2].append(line)
            continue
        if line.startswith("```"):
            fence = [number, line[3:].strip(), [], notes]
            notes = []
        elif match := re.fullmatch(r"<!-- (.*) -->", line.strip()):
            notes.append(match.group(1))
        elif line.strip():
            notes = []
        if blank and line.startswith("    ") and not re.match(r" +([-*]|\d+\.) ", line):
            raise Failure(f"line {number}: an indented block; write a fence so that it is tested")
        blank = not line.strip()
    if fence:
        raise Failure(f"line {fence[0]}: the fence has no end")
    return found


def pattern_of(expected):
    """What a line of output may be: `…` is anything, digits are any number."""
    out = ""
    for part in re.split(r"(…|[0-9]+)", expected.strip()):
        out += ".*" if part == "…" else "[0-9]+" if part.isdigit() else re.escape(part)
    return re.compile(out)


def commands_of(body):
    """(command, expected lines) of a console block."""
    commands = []
    for line in body:
        if line.startswith("$ "):
            commands.append([line[2:], []])
        elif commands and commands[-1][0].endswith("\\") and not commands[-1][1]:
            commands[-1][0] += "\n" + line
        elif commands:
            if line.strip() and line.strip() != "…":
                commands[-1][1].append(line)
        elif line.strip():
            raise Failure(f"a console block begins with `$ command`, not with: {line}")
    return commands


class Runner:
    def __init__(self, binary):
        self.scratch = pathlib.Path(tempfile.mkdtemp(prefix="tickgate-docs."))
        self.ports = {name: str(free_port()) for name in PORTS}
        for folder in ("bin", "run", "home", "etc/tickgate", "usr/share/tickgate", "usr/share/doc/tickgate", "var/lib/tickgate"):
            (self.scratch / folder).mkdir(parents=True)
        for name, text in SHIMS.items():
            path = self.scratch / "bin" / name
            path.write_text("#!/usr/bin/env bash\n" + text + "\n")
            path.chmod(0o755)
        for name in ("demo.yaml", "tickgate.yaml"):
            text = (SOURCE / "config" / name).read_text()
            (self.scratch / "usr/share/tickgate" / name).write_text(self.local(text))
        # What the package installs.
        (self.scratch / "etc/tickgate/tickgate.yaml").write_text(self.local((SOURCE / "config/tickgate.yaml").read_text()))
        os.symlink(SOURCE / "docs/clients", self.scratch / "usr/share/doc/tickgate/examples")
        self.environment = {
            "PATH": f"{self.scratch}/bin:/usr/local/bin:/usr/bin:/bin", "HOME": str(self.scratch / "home"),
            "SCRATCH": str(self.scratch), "REAL_TICKGATE": os.path.abspath(binary), "LC_ALL": "C.UTF-8", "NO_COLOR": "1",
            "REAL_REDIS_CLI": shutil.which("redis-cli"), "VENUE_OPTIONS": re.search(
                'OPTIONS=(.*)"', (SOURCE / "config/tickgate-venue@.service").read_text()).group(1), **{f"PORT_{k}": v for k, v in self.ports.items()},
        }
        self.redis = subprocess.Popen(["redis-server", "--port", self.ports["6379"], "--bind", "127.0.0.1", "--save", "",
                                       "--appendonly", "no", "--dir", str(self.scratch)], stdout=subprocess.DEVNULL)

    def local(self, text):
        """The text with the ports and folders of the scratch directory."""
        for port, here in self.ports.items():
            text = re.sub(rf"(?<![0-9.]){port}(?![0-9])", here, text)
        return re.sub(r"(?<![\w.])/(etc/tickgate|usr/share/tickgate|usr/share/doc/tickgate|var/lib/tickgate)\b", rf"{self.scratch}/\1", text)

    def run(self, command, expected, until_stopped=False, code=0):
        process = subprocess.Popen(["bash", "-c", "set -o pipefail\n" + self.local(command)], env=self.environment,
                                   cwd=self.scratch / "home", stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                                   stdin=subprocess.DEVNULL, start_new_session=True, text=True, errors="replace")
        lines, patterns = [], [pattern_of(self.local(line)) for line in expected]
        complete = threading.Event()

        def read():
            for line in process.stdout:
                lines.append(line.rstrip("\n"))
                if patterns and patterns[0].search(lines[-1]):
                    patterns.pop(0)
                if not patterns and until_stopped:
                    complete.set()
            complete.set()

        reader = threading.Thread(target=read, daemon=True)
        reader.start()
        shown = lambda: f"{command}\n" + "\n".join("    " + line for line in lines[-40:])
        in_time = complete.wait(PATIENCE)
        stopped = until_stopped and process.poll() is None
        if stopped or not in_time:
            os.killpg(process.pid, signal.SIGINT)
        try:
            ended = process.wait(10)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            raise Failure(f"does not end: {shown()}")
        reader.join(5)
        if not in_time:
            raise Failure(f"took more than {PATIENCE} s; still expected: {expected[-len(patterns):]}\n{shown()}")
        if patterns:
            raise Failure(f"the output lacks: {expected[-len(patterns)]}\n{shown()}")
        if not stopped and ended != code:
            raise Failure(f"ended with {ended}, not {code}: {shown()}")

    def close(self):
        for file in (self.scratch / "run").glob("*.pid"):
            try:
                os.kill(int(file.read_text()), signal.SIGKILL)
            except (ProcessLookupError, ValueError):
                pass
        self.redis.terminate()
        self.redis.wait(10)
        shutil.rmtree(self.scratch, ignore_errors=True)


def notes_of(notes):
    until_stopped, code, skip = False, 0, None
    for note in notes:
        if note.startswith("not run: "):
            skip = note
            path = re.search(r"covered by: ([\w./-]+)", note)
            if not path or not (SOURCE / path.group(1)).exists():
                raise Failure(f"names no test that exists: {note}")
        elif note == "until Ctrl-C":
            until_stopped = True
        elif match := re.fullmatch(r"fails: (\d+)", note):
            code = int(match.group(1))
    return until_stopped, code, skip


def run_page(runner, text, say):
    ran = 0
    for line, language, body, notes in blocks_of(text):
        if language not in ("sh", "console"):
            if language in ("", "bash", "shell"):
                if any(re.match(r"(\$ )?(sudo|tickgate|curl|redis-cli|scripts/)", row.strip()) for row in body):
                    raise Failure(f"line {line}: commands stand in a fence `sh` or `console`")
            continue
        try:
            until_stopped, code, skip = notes_of(notes)
            if skip:
                say(f"line {line}: {skip}")
                continue
            started = time.monotonic()
            if language == "sh":
                runner.run("set -e\n" + "\n".join(body), [], until_stopped, code)
            else:
                commands = commands_of(body)
                for number, (command, expected) in enumerate(commands, 1):
                    runner.run(command, expected, until_stopped, code if number == len(commands) else 0)
        except Failure as e:
            raise Failure(f"line {line}: {e}") from None
        ran += 1
        say(f"line {line}: ok, {time.monotonic() - started:.1f} s")
    return ran


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--binary", required=True)
    parser.add_argument("page")
    arguments = parser.parse_args()
    text = pathlib.Path(arguments.page).read_text(encoding="utf-8")
    runner = Runner(arguments.binary)
    try:
        ran = run_page(runner, text, lambda line: print(line, flush=True))
    except Failure as e:
        print(f"{arguments.page}: {e}", file=sys.stderr)
        for log in sorted((runner.scratch / "run").glob("*.log")):
            print(f"--- {log.name}", *log.read_text(errors="replace").splitlines()[-15:], sep="\n", file=sys.stderr)
        return 1
    finally:
        runner.close()
    print(f"{ran} blocks")
    return 0 if ran else 1


if __name__ == "__main__":
    sys.exit(main())
