"""Checks replies, one a line, against their schema: check_replies.py SCHEMA_FOLDER FILE"""
import json
import pathlib
import sys

import jsonschema

schema = json.loads((pathlib.Path(sys.argv[1]) / "reply.schema.json").read_text())
jsonschema.Draft202012Validator.check_schema(schema)
validator = jsonschema.Draft202012Validator(schema)
seen = set()
for line in pathlib.Path(sys.argv[2]).read_text().splitlines():
    reply = json.loads(line)
    for error in validator.iter_errors(reply):
        sys.exit(f"{error.message}\n{line}")
    if set(reply) - set(schema["properties"]):
        sys.exit(f"keys without a schema: {line}")
    for element in reply.get("data", []):
        of = schema["$defs"][{"error": "failure"}.get(element["type"], element["type"])]
        if set(element) != set(of["properties"]):
            sys.exit(f"keys without a schema: {element}")
        seen.add(element["type"])
missing = {"quote", "error", "symbol", "validation", "subscription", "unsubscription", "status", "state"} - seen
sys.exit(f"not seen: {missing}" if missing else 0)
