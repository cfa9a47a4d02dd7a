#!/usr/bin/env python3
"""Follows instruments over Tickgate's WebSocket: quotes, trades and bars, and whatever the gateway has to say.

    stream.py ws://127.0.0.1:8787/ws/my-strategy crypto:BTC-USDT crypto:ETH-USDT

Needs Debian's python3-websockets. With a token: TICKGATE_TOKEN=… in the environment.
"""
import asyncio
import json
import os
import sys
from decimal import Decimal

import websockets


def show(m):
    name = f"{m.get('class')}:{m.get('symbol')}"
    if m.get("type") == "quote":
        print(name, "bid", m["bid"], "ask", m["ask"])
    elif m.get("type") == "trade":
        print(name, "price", m["price"], "size", m["size"], m["side"])
    elif m.get("type") == "bar":
        print(name, "bar", m["timeframe"], m["open"], m["high"], m["low"], m["close"], "final" if m["final"] else "")
    else:
        print(m)  # subscribed, states, events; conflated: what this client was too slow for


async def follow(url, symbols):
    token = os.environ.get("TICKGATE_TOKEN")
    # The argument has another name since version 14.
    keyword = "extra_headers" if int(websockets.__version__.split(".")[0]) < 14 else "additional_headers"
    headers = {keyword: {"Authorization": "Bearer " + token}} if token else {}
    async with websockets.connect(url, **headers) as socket:
        await socket.send(json.dumps({"action": "subscribe", "symbols": symbols, "channels": ["Q", "T", "A"]}))
        async for text in socket:
            show(json.loads(text, parse_float=Decimal))  # 0.10 stays 0.10


try:
    asyncio.run(follow(sys.argv[1], sys.argv[2:]))
except websockets.ConnectionClosed as e:
    sys.exit(f"closed: {e}")
except KeyboardInterrupt:
    pass
