#!/usr/bin/env python3
"""Asks Tickgate for quotes: one request, one answer, prices exact.

    request_quote.py redis://127.0.0.1:6379/0 crypto:BTC-USDT crypto:ETH-USDT

Needs Debian's python3-redis. Ends with 1 if the answer is an error or does not come.
"""
import json
import secrets
import sys
from decimal import Decimal

import redis


def request(client, op, timeout=30, **fields):
    """The elements of the answer, one after the other; an error answer is a RuntimeError."""
    name = secrets.token_hex(12)
    client.xadd("md:req", {"id": name, "op": op, "client": "example", "deadline_ms": timeout * 1000, **fields})
    expected, done = 0, False
    while not done:
        popped = client.blpop("md:rep:" + name, timeout=timeout + 5)
        if popped is None:
            raise RuntimeError("no answer: is a gateway running?")
        reply = json.loads(popped[1], parse_float=Decimal)  # 0.10 stays 0.10
        done = reply["done"]
        if "error" in reply:
            error = reply["error"]
            raise RuntimeError(f"{error['code']}: {error['message']} ({error['hint']})")
        if reply["chunk"] != expected:
            if reply["chunk"] < expected:
                continue  # written again after an outage of Redis
            raise RuntimeError("a chunk is missing")
        expected += 1
        yield from reply["data"]


def main(url, symbols):
    client = redis.Redis.from_url(url, decode_responses=True)
    for quote in request(client, "quote", symbols=",".join(symbols)):
        name = quote["class"] + ":" + quote["symbol"]
        if quote["type"] == "error":
            print(name, quote["error"]["code"])
        else:
            print(name, "bid", quote["bid"], "ask", quote["ask"], *quote["flags"])


try:
    main(sys.argv[1], sys.argv[2:])
except RuntimeError as e:
    sys.exit(str(e))
