// Metrics of the process and its HTTP door.
#include "metrics/table.hpp"

namespace tickgate::metrics {

namespace {

using enum Type;
using enum Unit;

constexpr Row process_rows[] = {
    {"tickgate_build_info", gauge, none, "version", "1, with the version as a label", "1: which version runs where"},
    {"tickgate_ready", gauge, none, "", "1 while /readyz answers 200",
        "1 while `/readyz` answers 200; it says why when it does not. 0 is usual for an instance that stands by"},
    {"tickgate_uptime_seconds", gauge, seconds, "", "Seconds since the start", "since the start; a fall is a restart"},
    {"tickgate_resident_bytes", gauge, bytes, "", "Resident memory",
        "resident memory. Grows with instruments and, up to 32 MiB, with an outage of Redis; anything else that grows "
        "is a leak"},
    {"tickgate_loop_delay_seconds", histogram, seconds, "loop (hot, control)", "How late the event loop came round",
        "how late an event loop came round: the hot one carries the data (a round each 50 ms), the control one HTTP, "
        "requests and history (each 250 ms). More than some milliseconds: the machine is overloaded, or something "
        "blocks"},
    {"tickgate_loop_longest_delay_seconds", gauge, seconds, "loop (hot, control)",
        "The longest delay of the last one to two minutes",
        "the longest of these delays in the last one to two minutes. The watchdog ends the process when one takes "
        "longer than `WatchdogSec`"},
    {"tickgate_thread_cpu_seconds_total", counter, seconds, "thread (hot, control)", "CPU time by thread",
        "CPU time of the two loops; a rate of 1 is a whole core. `hot` uses one with `hot.spin`; without, near 1 it is "
        "the limit"},
    {"process_cpu_seconds_total", counter, seconds, "", "Total user and system CPU time spent in seconds",
        "CPU time of all threads, those of the store and of name lookups too"},
    {"process_open_fds", gauge, none, "", "Number of open file descriptors",
        "open files and sockets; near the maximum: raise `LimitNOFILE`"},
    {"process_max_fds", gauge, none, "", "Maximum number of open file descriptors", "what is allowed"},
    {"process_virtual_memory_bytes", gauge, bytes, "", "Virtual memory size in bytes", "address space"},
    {"process_resident_memory_bytes", gauge, bytes, "", "Resident memory size in bytes",
        "as `tickgate_resident_bytes`, under its usual name"},
    {"process_start_time_seconds", gauge, timestamp, "", "Start time of the process since unix epoch in seconds",
        "changes: it was started again"},
    {"tickgate_config_reloads_total", counter, none, "result (applied, refused)", "Reloads of the configuration",
        "reloads asked for by SIGHUP or `POST /api/v1/reload`. `refused`: the file is faulty and nothing was changed"},
    {"tickgate_config_last_reload_timestamp_seconds", gauge, timestamp, "", "When the configuration in force was read",
        "when the configuration in force was read: at the start, or by the "
        "last reload that was applied"},
    {"tickgate_config_last_reload_successful", gauge, none, "", "1 unless the last reload was refused",
        "0: the file on disk is not what is in force, and the next start would fail with it. The log and "
        "`tickgate check-config` tell each problem with its line"},
    {"tickgate_config_restart_pending", gauge, none, "", "Settings of the file that wait for a restart",
        "settings whose new value is in force after the next start only; `tickgate status` names them"},
};

constexpr Row http_rows[] = {
    {"tickgate_http_requests_total", counter, none, "route, status (2xx, 3xx, 4xx, 5xx)",
        "HTTP requests answered, by route and class of status",
        "HTTP requests answered. `route` is healthz, readyz, metrics, the name of an endpoint of `/api/v1` (bars, "
        "trades, latest, quotes, validate, search, symbols, coverage, rate_limit, cache_stats, cache, backfill, "
        "collectors, status and others), else api or other; 503 of readyz says that this instance is not ready"},
    {"tickgate_http_request_duration_seconds", histogram, seconds, "route",
        "From a request read whole to its answer ready; of a stream to its end",
        "how long answers take. `bars`, `trades` and `quotes` may wait for a provider; anything else that takes longer "
        "than some milliseconds says that the control loop is busy"},
    {"tickgate_http_request_bytes_total", counter, bytes, "route", "Bytes of request bodies, by route",
        "bytes of request bodies"},
    {"tickgate_http_response_bytes_total", counter, bytes, "route",
        "Bytes of answers' bodies as sent, after compression, by route", "bytes of answers as sent, compressed or not"},
    {"tickgate_http_requests_in_flight", gauge, none, "", "HTTP requests being worked on",
        "requests being worked on, streams of bars among them; many for long: a provider or the store is slow"},
    {"tickgate_http_refused_total", counter, none, "reason (unauthorized, forbidden, origin, host, rate)",
        "HTTP requests that were not let in, by reason",
        "requests that were not let in: no token that is known, one that may only read, a browser's page from "
        "elsewhere, "
        "another host's name, too many from one address ([security](security.md)). Log event `access_refused` has who"},
    {"tickgate_http_certificate_expiry_seconds", gauge, timestamp, "",
        "When the certificate of the HTTP server ends, in seconds since 1970; no sample without TLS",
        "when the certificate of `http.tls` ends; no sample without TLS. A reload reads the files again"},
};

} // namespace

const Section process_section{"Process", {}, process_rows};
const Section http_section{"HTTP", {}, http_rows};

} // namespace tickgate::metrics
