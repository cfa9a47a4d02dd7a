#!/usr/bin/env python3
"""Checks config/alerts.yml, config/dashboard.json, their rule tests and the runbook against each other.

usage: check_monitoring.py names|promtool [SOURCE]

names     needs nothing: alerts and headings of docs/operations.md, metrics and docs/metrics.md, the dashboard's form
promtool  needs promtool (Debian package prometheus): rules, rule tests, every expression of the dashboard. Exit 77 without it
"""
import json
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

ALERT = re.compile(r"^      - alert: (\w+)\n((?:        .*\n)+)", re.M)
METRIC = re.compile(r"\b((?:tickgate|process)_[a-z_]+[a-z])\b")
problems = []


def check(fine, text):
    if not fine:
        problems.append(text)


def families(source):
    """Those of docs/metrics.md, by name, with their type."""
    rows = re.findall(r"^\| `(\w+)` \| (\w+) \|", (source / "docs/metrics.md").read_text(), re.M)
    return dict(rows)


def metrics_of(expression):
    """Names of the metrics in it; words in strings and lists of labels are none."""
    bare = re.sub(r'"[^"]*"', "", expression)
    bare = re.sub(r"\b(?:by|without|on|ignoring|group_left|group_right)\s*\([^)]*\)", "", bare)
    return set(METRIC.findall(bare))


def check_metrics(expression, known, where):
    for name in metrics_of(expression):
        base = re.sub(r"_(bucket|sum|count)$", "", name)
        fine = name in known and known[name] != "histogram" or base != name and known.get(base) == "histogram"
        check(fine, f"{where}: docs/metrics.md has no {name}")


def alerts(source):
    found = ALERT.findall((source / "config/alerts.yml").read_text())
    out = {}
    for name, body in found:
        expression = re.search(r"        expr: (?:\|\n((?:          .*\n)+)|(.*)\n)", body)
        out[name] = {
            "expr": expression.group(1) or expression.group(2),
            "severity": re.search(r"severity: (\w+)", body),
            "runbook": re.search(r"runbook: (\S+)", body),
            "summary": re.search(r"summary: \"(.+)\"", body),
        }
    return out


def check_alerts(source, known):
    rules = alerts(source)
    check(len(rules) > 20, "config/alerts.yml: no alerts were found in it")
    page = (source / "docs/operations.md").read_text()
    headings = set(re.findall(r"^### (Tickgate\w+)$", page, re.M))
    for name, rule in rules.items():
        check(name in headings, f"docs/operations.md: no heading for the alert {name}")
        check(rule["severity"] and rule["severity"].group(1) in ("page", "ticket"), f"{name}: severity page or ticket")
        wanted = "docs/operations.md#" + name.lower()
        check(rule["runbook"] and rule["runbook"].group(1) == wanted, f"{name}: runbook is not {wanted}")
        check(rule["summary"], f"{name}: no summary")
        said = re.search(rf"^### {name}\n\*\*(page|ticket)\.\*\* ", page, re.M)
        check(said and rule["severity"] and said.group(1) == rule["severity"].group(1),
              f"docs/operations.md: {name} does not begin with **{rule['severity'] and rule['severity'].group(1)}.**")
        check_metrics(rule["expr"], known, f"config/alerts.yml: {name}")
    for name in headings - set(rules):
        check(False, f"docs/operations.md: {name} is no alert of config/alerts.yml")
    anchors = {re.sub(r"[^a-z0-9 _-]", "", h.lower()).replace(" ", "-") for h in re.findall(r"^#+ (.+)$", page, re.M)}
    for target in re.findall(r"\]\(#([^)]+)\)", page):
        check(target in anchors, f"docs/operations.md: no heading #{target}")
    return rules


def check_tests(source, rules):
    """Each alert has a test in which it fires; the weekend has a series of every metric that alerts ask for."""
    folder = source / "tests/monitoring"
    fires = set()
    for file in folder.glob("*.yml"):
        text = file.read_text()
        fires |= set(re.findall(r"exp_samples: \[\{labels: '\{alertname=\"(\w+)\"", text))
        fires |= set(re.findall(r"- \{labels: '\{alertname=\"(\w+)\"", text))
    for name in set(rules) - fires:
        check(False, f"tests/monitoring: no test in which {name} fires")
    weekend = (folder / "weekend.yml").read_text()
    there = set(re.findall(r"series: '(\w+)\{", weekend))
    for name, rule in rules.items():
        for metric in metrics_of(rule["expr"]) - there:
            check(False, f"tests/monitoring/weekend.yml: no series of {metric}, so {name} is silent for want of it")


def expressions(dashboard):
    """(where, expression) of every panel and variable."""
    def walk(panels):
        for panel in panels:
            yield from walk(panel.get("panels", []))
            for target in panel.get("targets", []):
                yield panel.get("title", "?"), target["expr"]

    yield from walk(dashboard["panels"])
    for variable in dashboard["templating"]["list"]:
        query = variable.get("query")
        query = query.get("query", "") if isinstance(query, dict) else query
        match = re.fullmatch(r"label_values\((?:(.+), *)?\w+\)", query or "")
        if variable["type"] == "query":
            check(match and match.group(1), f"variable {variable['name']}: {query}")
            if match and match.group(1):
                yield "variable " + variable["name"], match.group(1)


def check_dashboard(source, known):
    dashboard = json.loads((source / "config/dashboard.json").read_text())
    found = list(expressions(dashboard))
    check(len(found) > 20, "config/dashboard.json: no expressions were found in it")
    for where, expression in found:
        check_metrics(expression, known | {"up": "gauge"}, f"config/dashboard.json: {where}")
    ids = [p["id"] for p in dashboard["panels"]]
    check(len(ids) == len(set(ids)), "config/dashboard.json: two panels have the same id")
    places = set()
    for panel in dashboard["panels"]:
        at = panel["gridPos"]
        check(at["x"] + at["w"] <= 24, f"config/dashboard.json: {panel.get('title')} is too wide")
        for x in range(at["x"], at["x"] + at["w"]):
            for y in range(at["y"], at["y"] + at["h"]):
                check((x, y) not in places, f"config/dashboard.json: {panel.get('title')} lies over another panel")
                places.add((x, y))
    return found


def run(command, what):
    done = subprocess.run(command, capture_output=True, text=True)
    check(done.returncode == 0, f"{what}:\n{done.stdout}{done.stderr}")


def check_with_promtool(source, found):
    promtool = shutil.which("promtool")
    if promtool is None:
        print("promtool is not installed (Debian package prometheus): skipped")
        sys.exit(77)
    run([promtool, "check", "rules", "--lint-fatal", str(source / "config/alerts.yml")], "config/alerts.yml")
    run([promtool, "test", "rules", *map(str, sorted((source / "tests/monitoring").glob("*.yml")))], "rule tests")
    text = "groups:\n  - name: dashboard\n    rules:\n"
    for number, (where, expression) in enumerate(found):
        plain = expression
        for variable, value in (("$__rate_interval", "5m"), ("$__range", "1h"), ("$__interval", "1m")):
            plain = plain.replace(variable, value)
        plain = re.sub(r"\$\{?\w+\}?", "x", plain)
        text += f"      - record: dashboard:{number}\n        expr: {json.dumps(plain)}\n        labels: {{panel: {json.dumps(where)}}}\n"
    with tempfile.NamedTemporaryFile("w", suffix=".yml") as rules:
        rules.write(text)
        rules.flush()
        run([promtool, "check", "rules", rules.name], "expressions of config/dashboard.json")


def main():
    if len(sys.argv) not in (2, 3) or sys.argv[1] not in ("names", "promtool"):
        print(__doc__, file=sys.stderr)
        return 2
    source = pathlib.Path(sys.argv[2] if len(sys.argv) == 3 else pathlib.Path(__file__).parents[2])
    known = families(source)
    if sys.argv[1] == "names":
        rules = check_alerts(source, known)
        check_tests(source, rules)
        check_dashboard(source, known)
    else:
        check_with_promtool(source, list(expressions(json.loads((source / "config/dashboard.json").read_text()))))
    for problem in problems:
        print(problem, file=sys.stderr)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
