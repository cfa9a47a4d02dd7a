#!/usr/bin/env python3
"""Checks configurations against the editor's schema: check_config_schema.py SCHEMA GOOD.yaml…

Files given are good, and so is every sample with its `#:` examples put in; the texts below are not."""

import json
import sys

import jsonschema
import yaml

BAD = [
    "redis: {prefx: md}",
    "rediss: {url: redis://127.0.0.1}",
    "redis: {url: 'http://127.0.0.1'}",
    "redis: redis://127.0.0.1",
    "http: {metrics_open: maybe}",
    "http: {listen: 8787}",
    "store: {url: 'mysql://host/db'}",
    "history: {parallel: 33}",
    "history: {parallel: 0}",
    "history: {settle: soon}",
    "publish: {kinds: [quote, book]}",
    "publish: {kinds: quote}",
    "publish: {timeframes: [fast]}",
    "publish: {linger: 60}",
    "log: {level: loud}",
    "routes: {fx: [binance]}",
    "routes: {jump_guard: 2}",
    "symbols: {crypto: BTC-USDT}",
    "symbols: {crypto: ['BTC/USDT']}",
    "symbols: {coins: [BTC-USDT]}",
    "providers: {binance: {trade_stream: all}}",
    "providers: {binance: {endpoints: {ws: 'http://host'}}}",
    "providers: {kraken: {}}",
    "providers: {oanda: {limits: {connections: 1001}}}",
    "collect: {majors: {symbols: [BTC-USDT]}}",
    "collect: {majors: {symbols: [crypto:BTC-USDT], evry: 5m}}",
    "stale: {default: never}",
    "stale: soon",
    "[]",
]


class Loader(yaml.SafeLoader):
    """YAML as the daemon takes it: `on`, `no` and dates are texts."""


Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag not in ("tag:yaml.org,2002:timestamp",
                                                                         "tag:yaml.org,2002:bool")]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
Loader.add_implicit_resolver("tag:yaml.org,2002:bool", __import__("re").compile("^(true|false)$"), list("tf"))


def with_examples(text):
    lines = []
    for line in text.splitlines():
        at = len(line) - len(line.lstrip())
        lines.append(line[:at] + line[at + 2:] if line[at:].startswith("#:") else line)
    return "\n".join(lines)


def main():
    with open(sys.argv[1], encoding="utf-8") as file:
        schema = json.load(file)
    jsonschema.Draft202012Validator.check_schema(schema)
    validator = jsonschema.Draft202012Validator(schema)
    failed = 0
    for path in sys.argv[2:]:
        with open(path, encoding="utf-8") as file:
            text = file.read()
        for version in {text, with_examples(text)}:
            for error in validator.iter_errors(yaml.load(version, Loader)):
                print(f"{path}: {'.'.join(map(str, error.absolute_path))}: {error.message}\n{text[:200]}")
                failed += 1
    for text in BAD:
        if validator.is_valid(yaml.load(text, Loader)):
            print(f"is taken but wrong: {text}")
            failed += 1
    print(f"{len(sys.argv) - 2} files, {len(BAD)} wrong texts, {failed} failures")
    return 1 if failed else 0


sys.exit(main())
