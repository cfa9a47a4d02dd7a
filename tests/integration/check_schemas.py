"""Checks every payload on Redis against the schemas: check_schemas.py SCHEMA_FOLDER REDIS_URL

Ends with 0 once it has seen each kind of payload and a feed event after it began; with 1 at the first that does not fit.
"""
import json
import pathlib
import sys
import time

import jsonschema
import redis

folder = pathlib.Path(sys.argv[1])
validators = {}
for file in sorted(folder.glob("*.schema.json")):
    schema = json.loads(file.read_text())
    jsonschema.Draft202012Validator.check_schema(schema)
    validators[file.name.split(".")[0]] = jsonschema.Draft202012Validator(schema)

client = redis.Redis.from_url(sys.argv[2], decode_responses=True)
seen = {}


def check(kind, name, text):
    return check_value(kind, name, json.loads(text))


def check_value(kind, name, payload):
    errors = [e.message for e in validators[kind].iter_errors(payload)]
    known = validators[kind].schema.get("properties", payload)
    unknown = sorted(set(payload) - set(known) - {"v", "type", "class", "symbol"})
    if errors or unknown:
        print(name, errors, "keys without a schema:", unknown, payload, file=sys.stderr)
        sys.exit(1)
    seen[kind] = seen.get(kind, 0) + 1
    return payload


def check_keys():
    """What is no message: the publisher, its session, the feeds, the symbols."""
    check_value("info", "md:info", client.hgetall("md:info"))
    check_value("alive", "md:alive", client.get("md:alive"))
    if client.get("md:alive") != client.hget("md:info", "session"):
        sys.exit("md:alive is not the session of md:info")
    for key in client.scan_iter("md:status:*"):
        check_value("status", key, client.hgetall(key))
    for key in client.scan_iter("md:symbols:*"):
        check_value("symbols", key, sorted(client.smembers(key)))


def kind_of(name):
    words = name.split(":")
    return words[2] if words[1] == "last" else words[1]


def minutes_ago(n):
    return str(int((time.time() - 60 * n) * 1e6))


# Answers to requests, good ones and refused ones.
for number, fields in enumerate((
        {"op": "quote", "symbols": "crypto:BTC-USDT,crypto:NOSUCH-COIN"}, {"op": "status"},
        {"op": "symbols", "text": "BTC"}, {"op": "validate", "symbol": "BTC-USDT"},
        {"op": "subscribe", "symbol": "crypto:ETH-USDT", "client": "checker"}, {"op": "nothing"}, {"op": "quote"},
        {"op": "search", "text": "BTC"}, {"op": "search", "text": "BTC-USTD"}, {"op": "validate", "symbol": "crypto:BTC-USTD"},
        {"op": "latest", "symbol": "crypto:BTC-USDT"}, {"op": "rate_limit"}, {"op": "cache_stats"}, {"op": "collectors"},
        {"op": "bars", "symbol": "crypto:BTC-USDT", "timeframe": "1m", "start": minutes_ago(30)},
        {"op": "bars", "symbols": "crypto:BTC-USDT,crypto:NOSUCH-COIN", "timeframe": "1m", "start": minutes_ago(5)},
        {"op": "bars", "symbol": "crypto:BTC-USDT", "timeframe": "1m", "start": "2026-02-30"},
        {"op": "trades", "symbol": "crypto:BTC-USDT", "start": minutes_ago(1), "limit": "5"},
        {"op": "coverage", "symbol": "crypto:BTC-USDT"}, {"op": "validate", "symbol": "crypto:BTC-USDT",
         "timeframe": "1m", "start": minutes_ago(30)},
        {"op": "backfill", "symbol": "crypto:BTC-USDT", "timeframes": "1m", "start": minutes_ago(60)}, {"op": "jobs"},
        {"op": "collector_start", "symbol": "crypto:BTC-USDT", "name": "checker"}, {"op": "collectors"},
        {"op": "providers"}, {"op": "feeds"}, {"op": "subscriptions"}, {"op": "routes"}, {"op": "events"}, {"op": "config"},
        {"op": "log_level"}, {"op": "routes", "symbol": "crypto:NOSUCH-COIN"},
        {"op": "collector_end", "name": "checker"}, {"op": "cache_clear", "older_than_days": "1"})):
    name = f"schema-check-{number}"
    client.xadd("md:req", {"id": name, **fields})
    while True:
        answer = client.blpop(f"md:rep:{name}", 10)
        if answer is None:
            print("no answer to", fields, file=sys.stderr)
            sys.exit(1)
        if check("reply", *answer)["done"]:
            break

listener = client.pubsub(ignore_subscribe_messages=True)
listener.psubscribe("md:*")
check_keys()
print("listening")
needed, events = set(validators) - {"problem", "stream"}, set()  # these two are HTTP's
limit = time.monotonic() + 15
while time.monotonic() < limit and (needed - set(seen) or not {"stale", "gap_closed", "link_down"} <= events):
    message = listener.get_message(timeout=0.2)
    if message:
        payload = check(kind_of(message["channel"]), message["channel"], message["data"])
        if payload["type"] == "event" and payload["event"] not in events:
            events.add(payload["event"])
            print("event", payload["event"])
    for key in client.scan_iter("md:state:*") if "state" not in seen else ():
        check("state", key, client.get(key))
for key in client.scan_iter("md:last:*"):
    check(kind_of(key), key, client.get(key))
check_keys()
print(seen, sorted(events))
sys.exit(1 if needed - set(seen) else 0)
