#!/usr/bin/env python3
"""Looks for what is not so in the documentation: check_docs.py [--binary TICKGATE]

Links and their #anchors lead somewhere; files, configuration keys, metrics, log events and commands that are named
exist; configurations (```yaml) load. A `yaml` block that is no configuration of ours has `<!-- another program's -->`
before it."""

import argparse
import fnmatch
import os
import pathlib
import re
import subprocess
import sys
import tempfile

SOURCE = pathlib.Path(__file__).resolve().parents[2]
FOLDERS = ("bench", "cmake", "config", "docker", "docs", "include", "providers", "scripts", "src", "tests")
SECTIONS = ("redis", "http", "store", "history", "collect", "hot", "providers", "routes", "symbols", "publish", "stale",
            "metrics", "log")
MADE_BY_READERS = ("docker/secrets",)
LINK = re.compile(r"(?<!!)\[(?:[^\[\]]|\[[^\]]*\])*\]\(([^()\s]+)\)")
CODE = re.compile(r"`([^`\n]+)`")

problems = []


def problem(page, line, text):
    problems.append(f"{page.relative_to(SOURCE)}:{line}: {text}")


def pages():
    found = [SOURCE / "README.md"]
    for folder in FOLDERS:
        found += sorted((SOURCE / folder).rglob("*.md"))
    return found


def prose_of(text):
    """(number, line, in_fence) of every line."""
    fence = False
    for number, line in enumerate(text.splitlines(), 1):
        if line.startswith("```"):
            fence = not fence
            yield number, "", True
        else:
            yield number, line, fence


def anchors_of(page, cache={}):
    """The names a page's headings have in links."""
    if page not in cache:
        names = {}
        for _, line, fence in prose_of(page.read_text(encoding="utf-8")):
            if not fence and (match := re.match(r"#{1,6} (.*)", line)):
                title = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", match.group(1)).strip().lower()
                name = re.sub(r"[^\w\- ]", "", title).replace(" ", "-")
                names[name] = names.get(name, -1) + 1
        cache[page] = {n if i == 0 else f"{n}-{i}" for n, last in names.items() for i in range(last + 1)}
    return cache[page]


def check_links(page, text):
    for number, line, fence in prose_of(text):
        if fence:
            continue
        code = [m.span() for m in CODE.finditer(line)]
        for link in LINK.finditer(line):
            if any(start < link.start() and link.end() < end for start, end in code):
                continue
            target = link.group(1)
            if re.match(r"[a-z]+:", target):
                continue
            path, _, anchor = target.partition("#")
            other = (page.parent / path).resolve() if path else page
            if not other.exists():
                problem(page, number, f"dead link: {target}")
            elif anchor and other.suffix == ".md" and anchor not in anchors_of(other):
                problem(page, number, f"no such heading: {target}")


def files_like(pattern):
    """Whether there is a file; `<name>`, `*`, `…` and `NAME` stand for anything."""
    if "*" not in pattern:
        return (SOURCE / pattern).exists()
    return any(fnmatch.fnmatch(str(p.relative_to(SOURCE)), pattern + tail)
               for folder in (pattern.split("/")[0],) for p in (SOURCE / folder).rglob("*") for tail in ("", ".cpp"))


def check_names(page, text, metrics, keys, commands):
    if page.name == "SOURCES.md":  # names files of those whom recordings come from
        return
    for number, line, fence in prose_of(text):
        if fence:
            continue
        for code in CODE.findall(line):
            word = code.split(" ")[0].rstrip(":")
            if re.match(rf"({'|'.join(FOLDERS)})/[\w<>*{{}}./-]+$", word) and page.name != "changelog.md":
                pattern = re.sub(r"<[^>]*>|\{[^}]*\}|NAME", "*", word).rstrip("/")
                if word.rstrip("/") not in MADE_BY_READERS and not any(files_like(p) for p in (pattern, str((page.parent / pattern).relative_to(SOURCE)))):
                    problem(page, number, f"no such file: {word}")
            if match := re.match(r"(tickgate_[a-z0-9_]+)([…*{]?)", word):
                name, more = match.groups()
                begins = more in ("…", "*") or name.endswith("_")
                known = name in metrics or (begins and any(m.startswith(name) for m in metrics))
                if metrics and not known and page.name not in ("metrics.md", "changelog.md") and not is_target(name):
                    problem(page, number, f"no such metric: {name}")
            if re.match(rf"({'|'.join(SECTIONS)})(\.[a-z0-9_]+)+$", word) and not is_file(word):
                if not any(k == word or k.startswith(word + ".") or fnmatch.fnmatch(word, k) for k in keys):
                    problem(page, number, f"no such setting: {word}")
            if match := re.match(r"tickgate ([a-z][a-z-]+)\b", code):
                if commands and match.group(1) not in commands:
                    problem(page, number, f"no such command: {code}")


def is_target(name, cmake=[]):
    """A CMake target or function, not a metric."""
    if not cmake:
        files = [SOURCE / "CMakeLists.txt"] + [f for folder in FOLDERS for pattern in ("CMakeLists.txt", "*.cmake")
                                               for f in (SOURCE / folder).rglob(pattern)]
        cmake.append("\n".join(f.read_text(encoding="utf-8") for f in files))
    return re.search(rf"\b{name}\b", cmake[0]) is not None


def is_file(word):
    return word.rsplit(".", 1)[-1] in ("db", "yaml", "yml", "md", "json", "cpp", "hpp", "conf", "log", "sh", "py")


def setting_keys():
    """As the generated tables of docs/configuration.md tell them; a test of the configuration keeps those true."""
    keys, section = set(), None
    for line in (SOURCE / "docs/configuration.md").read_text(encoding="utf-8").splitlines():
        if match := re.fullmatch(r"<!-- settings: (.*) -->", line):
            section = match.group(1)
        elif line == "<!-- end -->":
            section = None
        elif section and line.startswith("| `"):
            for key in CODE.findall(line.split(" | ")[0]):
                if section == "providers.*":
                    keys.update(f"providers.{p}.{key}" for p in ("binance", "oanda", "massive", "tradier"))
                keys.add(f"{section}.{key}")
    return keys


def metric_names():
    text = (SOURCE / "docs/metrics.md").read_text(encoding="utf-8")
    return set(re.findall(r"\btickgate_[a-z0-9_]+", text))


def check_log_events(page, text):
    """Rows of the runbook's table: | `module` `event`, `event`; `module` … | level | … |"""
    sources = "\n".join(p.read_text(encoding="utf-8", errors="replace")
                        for folder in ("src", "providers") for p in sorted((SOURCE / folder).rglob("*.[ch]pp")))
    in_table = False
    for number, line, fence in prose_of(text):
        if line.startswith("| module, event |"):
            in_table = True
        elif not line.startswith("|"):
            in_table = False
        elif in_table and "`" in line:
            for part in line.split(" | ")[0].split(";"):
                for event in CODE.findall(part)[1 if CODE.findall(part) and part.count("`") > 2 else 0:]:
                    if "…" not in event and f'"{event}"' not in sources:
                        problem(page, number, f"nothing logs this: {event}")


def check_configurations(page, text, binary, folder):
    lines = text.splitlines()
    number = 0
    while number < len(lines):
        number += 1
        if lines[number - 1] != "```yaml":
            continue
        end = lines.index("```", number)
        note = next((l for l in reversed(lines[:number - 1]) if l.strip()), "")
        body = "\n".join(lines[number:end])
        if "another program's" not in note:
            check_configuration(page, number, body, binary, folder)
        number = end + 1


def check_configuration(page, number, body, binary, folder):
    secret = folder / "secret"
    secret.write_text("a-secret-of-a-test-0123456789")
    secret.chmod(0o600)
    body = re.sub(r"(\w+_file: *)([^,}\s]+)", rf"\g<1>{secret}", body)
    file = folder / "tickgate.yaml"
    file.write_text(body)
    environment = {**os.environ, **{name: "a-value" for name in re.findall(r"\$\{(\w+)", body)}}
    done = subprocess.run([binary, "check-config", "--config", str(file)], env=environment, capture_output=True, text=True)
    if done.returncode != 0:
        problem(page, number, f"the configuration does not load:\n{done.stderr or done.stdout}")


def commands_of(binary):
    text = subprocess.run([binary, "--help"], capture_output=True, text=True).stdout
    return set(re.findall(r"^ {2,4}([a-z][a-z-]+)\b", text, re.MULTILINE))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--binary")
    arguments = parser.parse_args()
    metrics, keys = metric_names(), setting_keys()
    commands = commands_of(arguments.binary) if arguments.binary else set()
    if len(keys) < 50 or len(metrics) < 50:
        problems.append("the tables of settings or metrics are not found any more")
    with tempfile.TemporaryDirectory() as folder:
        for page in pages():
            text = page.read_text(encoding="utf-8")
            check_links(page, text)
            check_names(page, text, metrics, keys, commands)
            if arguments.binary:
                check_configurations(page, text, arguments.binary, pathlib.Path(folder))
            if page.name == "operations.md":
                check_log_events(page, text)
    print("\n".join(problems) or f"{len(pages())} pages, {len(keys)} settings, {len(metrics)} metrics, {len(commands)} commands")
    return 1 if problems else 0


sys.exit(main())
