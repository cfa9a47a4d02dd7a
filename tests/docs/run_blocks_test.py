#!/usr/bin/env python3
"""The runner of command blocks can fail: each page below has one mistake, and it must be told."""

import contextlib
import io
import sys

import run_blocks
from run_blocks import Failure, Runner, run_page

GOOD = """
```console
$ echo "seq 17 of BTC"; echo other
seq 9 of …
$ printf 'a\\n' && \\
  printf 'b\\n'
a
b
```
<!-- fails: 3 -->
```sh
exit 3
```
<!-- until Ctrl-C -->
```console
$ echo first; sleep 600
first
```
<!-- not run: needs root; covered by: tests/docs/run_blocks.py -->
```sh
false
```
```sh
test -f /etc/tickgate/tickgate.yaml && grep -q "$PORT_6379" /etc/tickgate/tickgate.yaml
sudo true
redis-cli ping
```
"""

BAD = {
    "a command that fails": "```sh\nfalse\ntrue\n```",
    "a pipe that fails": "```sh\nfalse | cat\n```",
    "an output that does not come": "```console\n$ echo one\ntwo\n```",
    "an order that is another": "```console\n$ printf 'a\\nb\\n'\nb\na\n```",
    "an exit code that is another": "<!-- fails: 3 -->\n```sh\nexit 4\n```",
    "a fault that does not come": "<!-- fails: 3 -->\n```sh\ntrue\n```",
    "a reason without a test": "<!-- not run: needs root -->\n```sh\ntrue\n```",
    "a test that does not exist": "<!-- not run: root; covered by: tests/no_such_test.py -->\n```sh\ntrue\n```",
    "an indented block": "Text:\n\n    tickgate run\n",
    "a fence without a language": "```\ntickgate run\n```",
    "a fence without an end": "```sh\ntrue\n",
    "a unit that does not exist": "```sh\nsystemctl start nothing\n```",
}


def main():
    run_blocks.PATIENCE = 5
    runner = Runner("/bin/false")
    failures = []
    try:
        said = []
        if run_page(runner, GOOD, said.append) != 4:
            failures.append(f"the good page: {said}")
        for name, page in BAD.items():
            try:
                run_page(runner, page, lambda line: None)
            except Failure:
                continue
            failures.append(f"passed: {name}")
    except Failure as e:
        failures.append(f"the good page: {e}")
    finally:
        with contextlib.redirect_stdout(io.StringIO()):
            runner.close()
    print("\n".join(failures) or f"{len(BAD)} mistakes were told")
    return 1 if failures else 0


sys.exit(main())
