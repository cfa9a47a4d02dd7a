#!/usr/bin/env python3
"""Follows channels of Tickgate: joins late, proves that nothing is missing, keeps prices exact.

    subscriber.py redis://127.0.0.1:6379/0 md:quote:crypto:BTC-USDT md:trade:crypto:BTC-USDT

Needs Debian's python3-redis.
"""
import json
import sys
from decimal import Decimal

import redis

seen = {}  # channel -> (session, seq) of the newest message


def parse(text):
    return json.loads(text, parse_float=Decimal)  # 0.10 stays 0.10, never 0.1000000000000000055


def show(channel, m):
    values = (m["price"], m["size"]) if m["type"] == "trade" else (m.get("bid", m.get("open")), m.get("ask", m.get("close")))
    print(channel, "seq", m["seq"], *values, *m["flags"])


def on_message(channel, m, floor):
    session, seq = seen.get(channel, ("", 0))
    if m["session"] < session:
        return  # an older publisher
    if m["session"] > session:
        if session:
            print(channel, "new session", m["session"])
        session, seq = m["session"], None  # the check starts with this message
    if (m["session"], m["seq"]) <= floor.get(channel, ("", 0)) or (seq is not None and m["seq"] <= seq):
        return  # older than the last value, or sent again after a reconnect of the gateway
    if seq is not None and m["seq"] != seq + 1:
        print(channel, "gap: missing", seq + 1, "to", m["seq"] - 1)  # md:event:… says why
    seen[channel] = (session, m["seq"])
    show(channel, m)


def follow(client, channels):
    listener = client.pubsub(ignore_subscribe_messages=False)
    listener.subscribe(*channels)
    floor = {}
    for message in listener.listen():
        channel = message["channel"]
        if message["type"] == "subscribe":  # … then the last value: a state, not a link in the chain
            text = client.get(channel.replace("md:", "md:last:", 1))
            if text:
                m = parse(text)
                floor[channel] = (m["session"], m["seq"])
                print("last value", channel, "seq", m["seq"])
        elif message["type"] == "message":
            on_message(channel, parse(message["data"]), floor)


follow(redis.Redis.from_url(sys.argv[1], decode_responses=True), sys.argv[2:])
