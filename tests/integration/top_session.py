#!/usr/bin/python3
"""Drives `tickgate top` on a pseudo-terminal, as a person would.

    top_session.py BINARY CONFIG END

Waits for a quote, makes the terminal smaller, scrolls, and ends it by END: q, interrupt, terminate or hangup.
Exits 0 if the terminal was given back as it was.
"""
import fcntl
import os
import pty
import select
import signal
import struct
import sys
import termios
import time

PATIENCE = 15.0 # the test that runs us waits a little longer, so that our words are seen
binary, config, end = sys.argv[1:4]


def fail(text, seen=b""):
    print(f"{text}\n--- screen ---\n{seen.decode('utf-8', 'replace')}", file=sys.stderr)
    sys.exit(1)


def resize(terminal, rows, columns):
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))


def read_until(terminal, seen, done, what):
    until = time.monotonic() + PATIENCE
    while not done(seen):
        left = until - time.monotonic()
        if left <= 0:
            fail(f"{what} did not come in time", seen)
        if select.select([terminal], [], [], min(left, 0.2))[0]:
            try:
                piece = os.read(terminal, 65536)
            except OSError:
                fail(f"it ended before {what}", seen)
            if not piece:
                fail(f"it ended before {what}", seen)
            seen += piece
        elif os.waitpid(child, os.WNOHANG)[0]:
            fail(f"it ended before {what}", seen)
    return seen


# The program's side stays open here, so that it can be looked at after the program has ended.
terminal, side = pty.openpty()
before = termios.tcgetattr(side)
child = os.fork()
if child == 0:
    os.setsid()
    fcntl.ioctl(side, termios.TIOCSCTTY, 0)
    for descriptor in (0, 1, 2):
        os.dup2(side, descriptor)
    os.environ["TERM"] = "xterm"
    try:
        os.execv(binary, [binary, "top", "--config", config, "--interval", "0.2"])
    finally:
        os._exit(127)

resize(terminal, 30, 110)
seen = read_until(terminal, b"", lambda s: b"crypto:BTC-USDT" in s and b"binance.spot" in s, "the matrix")
if b"\x1b[?1049h" not in seen:
    fail("it draws on the normal screen", seen)
if termios.tcgetattr(side)[3] & termios.ECHO:
    fail("keys are echoed")
# A small terminal is drawn within its size.
resize(terminal, 8, 20)
os.kill(child, signal.SIGWINCH)
frame = read_until(terminal, b"", lambda s: s.count(b"\x1b[H") >= 3, "frames of the new size")
last = frame.split(b"\x1b[H")[-2].decode("utf-8", "replace")
lines = [line.replace("\x1b[2K", "") for line in last.split("\r\n")]
if len(lines) > 8:
    fail("more lines than the terminal has", frame)
os.write(terminal, b"jk\x1b[B\x1b[6~")
read_until(terminal, b"", lambda s: s.count(b"\x1b[H") >= 1, "an answer to keys")
if end == "q":
    os.write(terminal, b"q")
elif end == "interrupt":
    os.write(terminal, b"\x03")
else:
    os.kill(child, {"terminate": signal.SIGTERM, "hangup": signal.SIGHUP}[end])
rest = b""
until = time.monotonic() + PATIENCE
status = None
while status is None:
    if time.monotonic() > until:
        os.kill(child, signal.SIGKILL)
        fail("it does not end", rest)
    if select.select([terminal], [], [], 0.05)[0]:
        try:
            rest += os.read(terminal, 65536)
        except OSError:
            pass
    done, code = os.waitpid(child, os.WNOHANG)
    if done:
        status = code
while select.select([terminal], [], [], 0.05)[0]:
    try:
        piece = os.read(terminal, 65536)
    except OSError:
        break
    if not piece:
        break
    rest += piece
if os.waitstatus_to_exitcode(status) != 0:
    fail(f"exit code {os.waitstatus_to_exitcode(status)}", rest)
for what, code in (("the screen", b"\x1b[?1049l"), ("the cursor", b"\x1b[?25h")):
    if code not in rest:
        fail(f"{what} was not given back", rest)
if termios.tcgetattr(side) != before:
    fail("the terminal's settings were not given back")
