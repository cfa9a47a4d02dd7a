"""Checks that a file is OpenAPI 3.1 and that answers are as it says: check_openapi.py OPENAPI [ANSWERS]

ANSWERS has an object a line: method, path (as in the file), status, type, body. The rules are those of the OpenAPI 3.1
specification that a reader depends on: required members, where they may stand, references that lead somewhere,
parameters of the path, unique operation ids, and schemas that are JSON Schema 2020-12.
"""
import json
import re
import sys

import jsonschema

doc = json.load(open(sys.argv[1]))
faults = []
METHODS = {"get", "put", "post", "delete", "options", "head", "patch", "trace"}


def check(good, text):
    if not good:
        faults.append(text)


def resolve(node):
    while isinstance(node, dict) and "$ref" in node:
        ref = node["$ref"]
        target = doc
        if not ref.startswith("#/"):
            sys.exit(f"{ref} leads out of the file")
        for part in ref[2:].split("/"):
            part = part.replace("~1", "/").replace("~0", "~")
            if not isinstance(target, dict) or part not in target:
                sys.exit(f"{ref} leads nowhere")
            target = target[part]
        node = target
    return node


def keys(node, allowed, required, where):
    unknown = {k for k in node if k not in allowed and not k.startswith("x-")}
    check(not unknown, f"{where}: {unknown} may not stand there")
    check(not required - set(node), f"{where}: {required - set(node)} is missing")


def walk(node):
    if isinstance(node, dict):
        if "$ref" in node:
            resolve(node)
        for value in node.values():
            walk(value)
    elif isinstance(node, list):
        for value in node:
            walk(value)


def check_schema(schema, where):
    try:
        jsonschema.Draft202012Validator.check_schema(schema)
    except jsonschema.SchemaError as e:
        faults.append(f"{where}: {e.message}")


def check_content(content, where):
    for media, entry in content.items():
        check(re.fullmatch(r"[a-z]+/[a-z0-9.+-]+", media), f"{where}: {media}")
        keys(entry, {"schema", "example", "examples", "encoding"}, {"schema"}, where)
        check_schema(entry["schema"], where)


def check_parameter(entry, where):
    p = resolve(entry)
    keys(p, {"name", "in", "description", "required", "deprecated", "schema", "example", "examples", "style", "explode"},
         {"name", "in", "schema"}, where)
    check(p["in"] in {"query", "path", "header", "cookie"}, f"{where}: in {p['in']}")
    check(p["in"] != "path" or p.get("required") is True, f"{where}: {p['name']} of the path must be required")
    check_schema(p["schema"], where)
    return p["in"], p["name"]


def check_response(entry, where):
    r = resolve(entry)
    keys(r, {"description", "headers", "content", "links"}, {"description"}, where)
    check_content(r.get("content", {}), where)


keys(doc, {"openapi", "info", "jsonSchemaDialect", "servers", "paths", "webhooks", "components", "security", "tags",
           "externalDocs"}, {"openapi", "info", "paths"}, "the file")
check(re.fullmatch(r"3\.1\.\d+", doc["openapi"]), "openapi is no 3.1")
keys(doc["info"], {"title", "summary", "description", "termsOfService", "contact", "license", "version"},
     {"title", "version"}, "info")
check(re.fullmatch(r"\d+\.\d+\.\d+.*", doc["info"]["version"]), "info.version")
components = doc["components"]
keys(components, {"schemas", "responses", "parameters", "examples", "requestBodies", "headers", "securitySchemes",
                  "links", "callbacks", "pathItems"}, set(), "components")
for kind, entries in components.items():
    for name in entries:
        check(re.fullmatch(r"[a-zA-Z0-9._-]+", name), f"components.{kind}.{name}")
for name, schema in components["schemas"].items():
    check_schema(schema, f"schema {name}")
for name, response in components["responses"].items():
    check_response(response, f"response {name}")
tags = {t["name"] for t in doc["tags"]}
ids = []
for path, item in doc["paths"].items():
    check(path.startswith("/"), f"{path} does not begin with a slash")
    in_path = set(re.findall(r"{([^}]+)}", path))
    for method, op in item.items():
        where = f"{method} {path}"
        check(method in METHODS, f"{where}: no method")
        keys(op, {"tags", "summary", "description", "operationId", "parameters", "requestBody", "responses", "security",
                  "deprecated", "servers", "callbacks", "externalDocs"}, {"responses", "operationId", "summary"}, where)
        ids.append(op["operationId"])
        check(set(op["tags"]) <= tags, f"{where}: tags")
        names = [check_parameter(p, where) for p in op.get("parameters", [])]
        check(len(names) == len(set(names)), f"{where}: a parameter twice")
        check({n for i, n in names if i == "path"} == in_path, f"{where}: parameters of the path")
        if "requestBody" in op:
            check(method in {"post", "put", "patch"}, f"{where}: a body")
            keys(op["requestBody"], {"description", "content", "required"}, {"content"}, where)
            check_content(op["requestBody"]["content"], where)
        check(op["responses"], f"{where}: no responses")
        for status, response in op["responses"].items():
            check(re.fullmatch(r"[1-5](\d\d|XX)|default", status), f"{where}: status {status}")
            check_response(response, f"{where} {status}")
check(len(ids) == len(set(ids)), f"operation ids: {sorted(i for i in ids if ids.count(i) > 1)}")
walk(doc)

used = set()
for line in open(sys.argv[2]) if len(sys.argv) > 2 else []:
    answer = json.loads(line)
    where = f"{answer['method']} {answer['path']} {answer['status']}"
    op = doc["paths"].get(answer["path"], {}).get(answer["method"].lower())
    if op is None:
        faults.append(f"{where}: not described")
        continue
    response = op["responses"].get(str(answer["status"]))
    if response is None:
        faults.append(f"{where}: status not described: {answer['body'][:300]}")
        continue
    media = answer["type"].split(";")[0]
    content = resolve(response).get("content", {})
    if media not in content:
        faults.append(f"{where}: {media} not described")
        continue
    schema = {"$schema": "https://json-schema.org/draft/2020-12/schema", "components": components,
              "allOf": [content[media]["schema"]]}
    body = json.loads(answer["body"])
    for error in jsonschema.Draft202012Validator(schema).iter_errors(body):
        deep = sorted(error.context, key=lambda e: -len(e.absolute_path)) if error.context else [error]
        faults.append(f"{where}: {[e.message[:300] for e in deep[:4]]}\n{answer['body'][:600]}")
        break
    used.add((answer["method"], answer["path"]))
sys.exit("\n".join(faults) if faults else 0)
