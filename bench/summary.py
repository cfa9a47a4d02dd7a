"""Medians, spreads, ratios and targets of a benchmark run, as data and as Markdown."""

import statistics

# metric: (title, unit, digits)
METRICS = {
    "rate": ("throughput", "msg/s", 0),
    "cpu_us": ("CPU per message", "µs", 3),
    "p50_us": ("latency p50", "µs", 1),
    "p99_us": ("latency p99", "µs", 1),
    "p999_us": ("latency p99.9", "µs", 1),
    "lost": ("messages lost", "", 0),
    "rss_mib": ("resident memory", "MiB", 1),
    "foreign_load": ("foreign load", "cores", 2),
}

COMPARED = ("rate", "cpu_us", "p50_us", "p99_us", "p999_us")

# scenario: [(metric, how the gateway is held against the relay, limit)]
TARGETS = {
    "flat": [("rate", "ratio_min", 0.85), ("cpu_us", "excess_max", 0.35)],
    "flat-null": [("rate", "ratio_min", 0.55), ("cpu_us", "excess_max", 0.35)],
    "flat-tls": [("cpu_us", "excess_max", 1.2)],
    "flat-null-tls": [("cpu_us", "excess_max", 1.2)],
    "memory-50": [("rss_mib", "value_max", 16)],
    "memory-1000": [("rss_mib", "value_max", 24)],
    "memory-10000": [("rss_mib", "value_max", 64)],
}
for _rate in ("1k", "10k", "50k"):
    TARGETS["rate-" + _rate] = [("p50_us", "ratio_max", 1.10), ("p99_us", "ratio_max", 1.3),
                                ("cpu_us", "ratio_max", 1.15), ("lost", "value_max", 0)]
    TARGETS["spin-" + _rate] = [("p50_us", "ratio_max", 1.10), ("p99_us", "ratio_max", 1.10), ("lost", "value_max", 0)]

WORDING = {"ratio_min": "at least {:g} × relay", "ratio_max": "at most {:g} × relay",
           "excess_max": "at most relay + {:g} µs", "value_max": "at most {:g}"}


def spread(values):
    return {"median": statistics.median(values), "min": min(values), "max": max(values), "n": len(values)}


def paired(pairs, metric, combine):
    values = [combine(pair["gateway"][metric], pair["relay"][metric]) for pair in pairs
              if metric in pair.get("relay", {}) and metric in pair.get("gateway", {})]
    values = [value for value in values if value is not None]
    return spread(values) if values else None


def judge(entry, how, limit):
    """The measured figure and whether it meets the limit; None when something was not measured."""
    key = {"ratio": "ratio", "excess": "excess", "value": "gateway"}[how.partition("_")[0]]
    if not entry.get(key):
        return None
    figure = entry[key]["max"] if how == "value_max" else entry[key]["median"]
    return figure, figure >= limit if how.endswith("_min") else figure <= limit


def summarise(scenario, pairs):
    """`pairs`: dicts with the results of "relay" and "gateway", either of which may be absent."""
    out = {"scenario": scenario, "metrics": {}, "targets": []}
    for metric in METRICS:
        entry = {}
        for subject in ("relay", "gateway"):
            values = [pair[subject][metric] for pair in pairs if metric in pair.get(subject, {})]
            if values:
                entry[subject] = spread(values)
        if not entry:
            continue
        if metric in COMPARED:
            entry["ratio"] = paired(pairs, metric, lambda gateway, relay: gateway / relay if relay else None)
        entry["excess"] = paired(pairs, metric, lambda gateway, relay: gateway - relay)
        out["metrics"][metric] = entry
    for metric, how, limit in TARGETS.get(scenario, []):
        verdict = judge(out["metrics"].get(metric, {}), how, limit)
        if verdict:
            measured, met = verdict
            out["targets"].append({"metric": metric, "how": how, "limit": limit, "measured": measured, "met": met})
    return out


def show(entry, digits):
    if not entry:
        return "–"
    form = "{:,." + str(digits) + "f}"
    low, middle, high = (form.format(entry[key]) for key in ("min", "median", "max"))
    return middle if low == high else f"{middle} ({low} … {high})"


def markdown(summaries):
    lines = ["| scenario | figure | relay | gateway | gateway / relay |", "|---|---|---|---|---|"]
    for summary in summaries:
        for metric, entry in summary["metrics"].items():
            if summary["scenario"].startswith("memory-") and metric not in ("rss_mib", "lost"):
                continue
            title, unit, digits = METRICS[metric]
            cells = [summary["scenario"], title + (", " + unit if unit else ""), show(entry.get("relay"), digits),
                     show(entry.get("gateway"), digits), show(entry.get("ratio"), 2)]
            lines.append("| " + " | ".join(cells) + " |")
    verdicts = [(summary["scenario"], target) for summary in summaries for target in summary["targets"]]
    if verdicts:
        lines += ["", "| scenario | figure | target | measured | |", "|---|---|---|---|---|"]
    for scenario, target in verdicts:
        cells = [scenario, METRICS[target["metric"]][0], WORDING[target["how"]].format(target["limit"]),
                 f"{target['measured']:.2f}", "met" if target["met"] else "missed"]
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines)
