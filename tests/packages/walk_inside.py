#!/usr/bin/env python3
"""Runs inside the clean Debian of walk.sh: the commands of README.md and docs/quickstart.md as they stand there, on a
real systemd, and then what an operator relies on beyond them."""
import os
import pathlib
import re
import subprocess
import sys
import time

HOME = pathlib.Path("/home/new")
sys.path.insert(0, str(HOME / "source/tests/docs"))
import run_blocks  # noqa: E402

run_blocks.PATIENCE = 240  # an installation takes longer than a command
# Started means that it owns its prefix; feeds connect meanwhile. A person looks a moment later, and so does the walk.
READY = "timeout 60 bash -c 'until curl -fs localhost:8787/readyz >/dev/null; do sleep 0.2; done'"


class Machine(run_blocks.Runner):
    """Everything is what it says: no stand-ins, no scratch directory; only what starts is waited for."""

    def __init__(self):
        self.scratch = HOME
        self.environment = {**os.environ, "NO_COLOR": "1"}

    def local(self, text):
        return re.sub(r"^(sudo systemctl (?:re)?start tickgate)$", lambda m: m.group(1) + "\n" + READY, text, flags=re.M)

    def close(self):
        pass


def here(notes, original=run_blocks.notes_of):
    # What is left out elsewhere because it is covered here.
    return original([n for n in notes if "covered by: tests/packages/walk.sh" not in n])


run_blocks.notes_of = here


def sh(command, code=0):
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, stdin=subprocess.DEVNULL)
    assert done.returncode == code, f"{command}: ended with {done.returncode}\n{done.stdout}{done.stderr}"
    return (done.stdout + done.stderr).strip()


def until(what, condition, seconds=60):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, what
        time.sleep(0.2)


def ok(command):
    return subprocess.run(["bash", "-c", command], capture_output=True, stdin=subprocess.DEVNULL).returncode == 0


def shown(name):
    return sh(f"systemctl show -p {name} --value tickgate")


def page(name):
    print(f"== {name}", flush=True)
    text = (HOME / "source" / name).read_text(encoding="utf-8")
    assert run_blocks.run_page(Machine(), text, lambda line: print(line, flush=True)) > 3
    assert shown("NRestarts") == "0", "the daemon ended by itself meanwhile"
    assert shown("ActiveState") == "active"


def ready():
    until("not ready: " + sh("curl -s localhost:8787/readyz; true"), lambda: ok("curl -fs localhost:8787/readyz"))


def step(text):
    print(f"== {text}", flush=True)


def installation():
    step("what the installation left")
    assert sh("stat -c '%a %U:%G' /etc/tickgate/tickgate.yaml") == "640 root:tickgate"
    assert sh("systemctl is-enabled tickgate") == "enabled"
    assert sh(r"ps -o user= -p $(systemctl show -p MainPID --value tickgate)") == "tickgate"
    limits = pathlib.Path(f"/proc/{shown('MainPID')}/limits").read_text()
    assert re.search(r"Max core file size +0 +0 ", limits), limits
    exposure = float(sh("systemd-analyze security --no-pager tickgate | tail -n 1").split(":")[1].split()[0])
    assert exposure <= 2.0, exposure


def mistakes():
    step("a restart with a mistake ends with 78 and is not tried again")
    sh("sed -i 's/^symbols:/symbol:/' /etc/tickgate/tickgate.yaml")
    assert not ok("systemctl restart tickgate")
    assert shown("ExecMainStatus") == "78" and shown("ActiveState") == "failed"
    assert "symbols" in sh("journalctl -u tickgate -n 30 --no-pager")
    sh("sed -i 's/^symbol:/symbols:/' /etc/tickgate/tickgate.yaml && tickgate check-config")


def credentials():
    step("a secret that only systemd reads")
    sh("echo test | install -m 600 /dev/stdin /etc/tickgate/secrets/massive")
    sh(r"""sed -i 's|api_key: test|api_key_file: "${CREDENTIALS_DIRECTORY}/secret_massive"|' /etc/tickgate/tickgate.yaml""")
    sh("systemctl restart tickgate")
    ready()
    sh("tickgate feeds")  # asks the daemon, which has the secret
    assert sh("tickgate check-config", 78)
    sh("systemd-run --quiet --pipe --wait -p LoadCredential=secret:/etc/tickgate/secrets tickgate check-config")


def socket_of_redis():
    step("Redis over its socket, by the group")
    sh("""sed -i 's/^# *unixsocket \\(.*\\)/unixsocket \\1/; s/^# *unixsocketperm .*/unixsocketperm 770/' /etc/redis/redis.conf""")
    sh("systemctl restart redis-server && test -S /run/redis/redis-server.sock")
    sh("mkdir -p /etc/systemd/system/tickgate.service.d")
    pathlib.Path("/etc/systemd/system/tickgate.service.d/walk.conf").write_text(
        "[Service]\nSupplementaryGroups=redis\nWatchdogSec=3\n")
    sh("systemctl daemon-reload")
    sh("""sed -i 's|redis://127.0.0.1:6379/0|unix:///run/redis/redis-server.sock?db=0|' /etc/tickgate/tickgate.yaml""")
    sh("systemctl restart tickgate")
    ready()


def watchdog():
    step("a daemon that hangs is started anew")
    before = shown("MainPID")
    sh(f"kill -STOP {before}")
    until("the watchdog did nothing", lambda: shown("MainPID") not in ("0", before) and shown("ActiveState") == "active")


def end():
    step("stop, remove, purge")
    sh("systemctl stop tickgate")
    assert shown("Result") == "success"
    sh("rm -r /etc/systemd/system/tickgate.service.d && systemctl daemon-reload")
    # Without its group it cannot reach Redis, and goes on trying: installed over and purged all the same, at once.
    sh("systemctl start --no-block tickgate")
    until("it does not start", lambda: shown("ActiveState") == "activating" and shown("MainPID") != "0")
    sh("DEBIAN_FRONTEND=noninteractive apt-get -q -y -o Dpkg::Options::=--force-confold --reinstall install ./tickgate_*.deb")
    assert shown("ActiveState") == "activating"
    sh("apt-get -q -y remove tickgate")
    assert not ok("pgrep -x tickgate")
    sh("DEBIAN_FRONTEND=noninteractive apt-get -q -y -o Dpkg::Options::=--force-confold install ./tickgate_*.deb")
    until("installed again it does not start", lambda: shown("ActiveState") in ("activating", "active"))
    sh("apt-get -q -y purge tickgate")
    assert not ok("systemctl is-active tickgate") and not ok("pgrep -x tickgate")
    for path in ("/etc/tickgate", "/etc/default/tickgate", "/var/lib/tickgate", "/usr/bin/tickgate"):
        assert not os.path.exists(path), path
    assert "tickgate" not in sh("systemctl --no-pager --failed --plain --no-legend list-units")


def main():
    (HOME / "home").mkdir(exist_ok=True)
    os.chdir(HOME / "home")
    for package in HOME.glob("*.deb"):
        package.rename(HOME / "home" / package.name)
    page("README.md")
    installation()
    page("docs/quickstart.md")
    sh("cp /usr/share/tickgate/demo.yaml /etc/tickgate/tickgate.yaml")
    sh("systemctl start tickgate-venue@binance tickgate-venue@oanda tickgate-venue@massive tickgate-venue@tradier")
    sh("systemctl restart tickgate")
    for part in (mistakes, credentials, socket_of_redis, watchdog, end):
        part()
    print("the walk is over")


try:
    main()
except (AssertionError, run_blocks.Failure) as e:
    print(f"FAILED: {e}")
    print(subprocess.run("journalctl --no-pager -n 60 -u tickgate; systemctl --no-pager status tickgate", shell=True, capture_output=True, text=True).stdout)
