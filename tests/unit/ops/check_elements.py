"""Checks elements of answers, one a line, against their schema: check_elements.py SCHEMA_FOLDER FILE [NAME…]

Each element must fit exactly one definition, have exactly its keys, and every definition named must be seen; without
names those of history.
"""
import json
import pathlib
import sys

import jsonschema

schema = json.loads((pathlib.Path(sys.argv[1]) / "reply.schema.json").read_text())
validator = jsonschema.Draft202012Validator(schema)
definitions = schema["$defs"]
seen = set()
for line in pathlib.Path(sys.argv[2]).read_text().splitlines():
    element = json.loads(line)
    reply = {"v": 1, "type": "reply", "id": "elements", "op": "x", "chunk": 0, "done": True, "data": [element]}
    if not validator.is_valid(reply):
        name = {"error": "failure"}.get(element["type"], element["type"])
        if name == "summary" and "trade_count" in element:
            name = "trades_summary"
        if name == "progress" and "job" in element:
            name = "job_progress"
        one = jsonschema.Draft202012Validator({"$defs": definitions, "$ref": f"#/$defs/{name}"})
        sys.exit(f"{[e.message for e in one.iter_errors(element)]}\n{line}")
    names = [n for n, d in definitions.items() if set(d["properties"]) == set(element)]
    if not names:
        sys.exit(f"keys without a schema: {line}")
    seen.update(names)
history = {"bar", "trade", "summary", "trades_summary", "progress", "job", "job_progress", "coverage", "collector",
           "collector_ended", "limit", "cache", "cleared", "suggestion", "latest", "validation"}
wanted = set(sys.argv[3:]) or history
missing = wanted - seen
sys.exit(f"not seen: {missing}" if missing else 0)
