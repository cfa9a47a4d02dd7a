#include "metrics/document.hpp"

#include "metrics/table.hpp"

namespace tickgate::metrics {

namespace {

constexpr std::string_view introduction = R"(# Metrics

<!-- Written by `tickgate_metrics_document --update` from src/metrics/table_*.cpp: change it there. -->

`GET /metrics` answers in the text format of Prometheus (0.0.4). No token is needed from the machine itself; from elsewhere the bearer
token is (`http.token_file`), unless `http.metrics_open: true`. If the gateway cannot be asked within 2 s the answer is 503.

All names begin with `tickgate_`, but for those of the process that every program has. Counters end in `_total` and start at 0 with the
process; times are seconds, sizes bytes, points in time seconds since 1970. Families exist from the start; a label value that names
something seen (`reason` of an ended connection, `status` of an answer) appears when it was first seen. Histograms have
buckets that double from 1 µs to 67 s.

<!-- another program's -->
```yaml
scrape_configs:
  - job_name: tickgate
    scrape_interval: 15s
    authorization: {credentials_file: /etc/prometheus/tickgate-token}   # not needed on the same machine
    static_configs: [{targets: ["127.0.0.1:8787"]}]
```

[config/alerts.yml](../config/alerts.yml) has alert rules for the job `tickgate`, each with its heading in [operations](operations.md);
[config/dashboard.json](../config/dashboard.json) is a dashboard for Grafana. Put all instances of one prefix into one job, and other
prefixes into jobs of their own: whether somebody publishes is counted by job.
)";

// A cell of a table: one line, `|` escaped.
std::string cell(std::string_view text) {
    std::string out;
    for (const char c : text) {
        if (c == '|')
            out += '\\';
        out += c;
    }
    return out;
}

std::string labels_text(const Row& row) {
    std::string out;
    for (const auto& label : labels_of(row)) {
        out += (out.empty() ? "`" : ", `") + std::string(label.name) + "`";
        std::string values;
        for (const auto value : label.values)
            values += (values.empty() ? "" : ", ") + std::string(value);
        if (!values.empty())
            out += " (" + values + ")";
    }
    return out;
}

void add_section(std::string& out, const Section& section) {
    out += "\n## " + std::string(section.title) + "\n";
    if (!section.text.empty())
        out += std::string(section.text) + "\n\n";
    out += "| family | type | unit | labels | meaning |\n|---|---|---|---|---|\n";
    for (const auto& row : section.rows)
        out += "| `" + std::string(row.name) + "` | " + std::string(to_string(row.type)) + " | " +
               std::string(to_string(row.unit)) + " | " + cell(labels_text(row)) + " | " + cell(row.meaning) + " |\n";
}

} // namespace

std::string document() {
    std::string out(introduction);
    for (const auto& section : sections())
        add_section(out, section);
    return out;
}

} // namespace tickgate::metrics
