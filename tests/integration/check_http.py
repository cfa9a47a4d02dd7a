"""Checks what HTTP and the WebSocket say against the schemas: check_http.py SCHEMA_FOLDER URL

Every GET of /openapi.json is asked and its answer held against the schema there; refusals against problem.schema.json;
the WebSocket's messages against stream.schema.json and those of the payloads.
"""
import asyncio
import json
import pathlib
import sys
import time
import urllib.error
import urllib.parse
import urllib.request

import jsonschema
import websockets

folder, url = pathlib.Path(sys.argv[1]), sys.argv[2]
schemas = {f.name.split(".")[0]: json.loads(f.read_text()) for f in sorted(folder.glob("*.schema.json"))}
validators = {name: jsonschema.Draft202012Validator(schema) for name, schema in schemas.items()}

# What a parameter is given in a first question.
VALUES = {
    "symbol": "crypto:BTC-USDT", "symbols": "crypto:BTC-USDT", "timeframe": "1m", "limit": "5", "q": "BTC", "text": "BTC",
    "start": str(int((time.time() - 600) * 1e6)), "end": str(int((time.time() - 60) * 1e6)),
}


def fail(what, value, errors):
    sys.exit(f"{what}: {errors}\n{json.dumps(value)[:2000]}")


def check(validator, what, value):
    errors = [f"{'/'.join(map(str, e.absolute_path))}: {e.message}" for e in validator.iter_errors(value)]
    if errors:
        fail(what, value, errors)


def ask(path, method="GET", body=None):
    request = urllib.request.Request(url + path, data=body, method=method, headers={"Content-Type": "application/json"})
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return answer.status, answer.headers["Content-Type"], answer.read()
    except urllib.error.HTTPError as e:
        return e.code, e.headers["Content-Type"], e.read()


def resolved(document, node):
    while "$ref" in node:
        target = document
        for word in node["$ref"][2:].split("/"):
            target = target[word.replace("~1", "/").replace("~0", "~")]
        node = target
    return node


def check_openapi():
    status, _, body = ask("/openapi.json")
    if status != 200:
        sys.exit(f"/openapi.json: {status}")
    document = json.loads(body)
    asked = 0
    for path, methods in document["paths"].items():
        get = methods.get("get")
        if not get:
            continue
        answer = resolved(document, get["responses"].get("200", {}))
        content = answer.get("content", {}).get("application/json")
        if not content or "schema" not in content:
            continue
        query, place = {}, path
        for parameter in methods.get("parameters", []) + get.get("parameters", []):
            parameter = resolved(document, parameter)
            name = parameter["name"]
            if parameter["in"] == "path":
                place = place.replace("{" + name + "}", urllib.parse.quote(VALUES.get(name, "none")))
            elif parameter.get("required") or name in ("symbol", "symbols", "start", "limit", "timeframe"):
                if name in VALUES and not (name == "symbol" and "symbols" in query):
                    query[name] = VALUES[name]
        status, kind, body = ask(place + ("?" + urllib.parse.urlencode(query) if query else ""))
        value = json.loads(body)
        if status != 200:
            if "{" in path and status == 404:
                check(validators["problem"], place, value)
                continue
            fail(f"{place} {query}: {status}", value, [])
        # References of the schema start at the document.
        check(jsonschema.Draft202012Validator({**document, **content["schema"]}), place, value)
        asked += 1
    if asked < 12:
        sys.exit(f"only {asked} answers have a schema")
    print(asked, "answers")


def check_problems():
    refusals = {
        "/nothing": 404, "/api/v1/nothing": 404, "/api/v1/bars": 400,
        "/api/v1/backfill/none": 404, "/api/v1/bars?symbol=crypto:BTC-USDT&timeframe=7m&start=2026-01-01": 400,
    }
    for path, expected in refusals.items():
        status, kind, body = ask(path)
        value = json.loads(body)
        check(validators["problem"], path, value)
        if status != expected or value["status"] != status or not kind.startswith("application/problem+json"):
            fail(f"{path}: {status} {kind}, not {expected}", value, [])
    for path, method, body, expected in (("/api/v1/status", "PUT", b"{}", 405), ("/api/v1/bars", "POST", b"{", 400)):
        status, _, body = ask(path, method, body)
        check(validators["problem"], f"{method} {path}", json.loads(body))
        if status != expected:
            sys.exit(f"{method} {path}: {status}, not {expected}")


async def check_stream():
    needed = {"subscribed", "quote", "trade", "bar", "pong", "error", "Q", "T", "A", "unsubscribed"}
    seen = set()
    async with websockets.connect(url.replace("http", "ws", 1) + "/ws/schema-check") as socket:
        async def say(**message):
            await socket.send(json.dumps(message))

        await say(action="subscribe", symbols=["crypto:BTC-USDT", "crypto:NOSUCH-COIN", "bad"], channels=["T", "Q", "A"], id=1)
        await say(action="ping", id="p")
        await say(action="jump")
        limit = time.monotonic() + 20
        while needed - seen and time.monotonic() < limit:
            message = json.loads(await asyncio.wait_for(socket.recv(), 20))
            kind = message.get("type") or "state"
            check(validators[kind if kind in validators else "stream"], f"stream: {kind}", message)
            seen.add(message["data"]["event_type"] if kind == "market_data" else kind)
            if {"quote", "trade", "bar"} <= seen and "asked" not in seen:
                seen.add("asked")
                await say(action="subscribe", symbols=["crypto:BTC-USDT"], format="market_data")
            if {"Q", "T", "A"} <= seen and "ended" not in seen:
                seen.add("ended")
                await say(action="unsubscribe")
    if needed - seen:
        sys.exit(f"the stream lacks {sorted(needed - seen)}; it had {sorted(seen)}")
    print("stream:", *sorted(seen))


check_openapi()
check_problems()
asyncio.run(check_stream())
