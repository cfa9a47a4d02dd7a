// The daemon's configuration as typed values, and how it is read from YAML.
//
// Reading checks everything and tells every fault with its place; what comes out is complete: defaults are filled in,
// `${VAR}` is expanded, `*_file` secrets are read, routes name only providers that are on. Durations are milliseconds.
#pragma once

#include "core/log.hpp"
#include "core/secret.hpp"

#include <tickgate/decimal.hpp>
#include <tickgate/instrument.hpp>
#include <tickgate/market_data.hpp>
#include <tickgate/timeframe.hpp>

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tickgate::config {

using std::chrono::milliseconds;

struct Redis {
    enum class Transport : std::uint8_t { tcp, tls, unix_socket };

    std::string url = "redis://127.0.0.1:6379/0"; // without user and password; its parts are the next five
    Transport transport = Transport::tcp;
    std::string host = "127.0.0.1"; // name or literal, IPv6 without brackets; empty for a Unix socket
    std::uint16_t port = 6379;
    std::string path; // of a Unix socket
    int database = 0;

    std::string prefix = "md"; // [A-Za-z0-9._-]{1,64}
    std::string username;      // empty: AUTH with the password alone
    Secret password;
    std::string tls_ca_file; // added to the system's authorities; readable when it was checked
    bool allow_plaintext = false;
};

enum class HttpScope : std::uint8_t { read, admin };

inline constexpr std::string_view default_token_name = "default"; // of Http::token, in logs

struct HttpToken {
    std::string name; // of who has it: [A-Za-z0-9._-]{1,64}
    HttpScope scope = HttpScope::read;
    Secret token; // not empty
};

struct Http {
    std::string listen = "127.0.0.1:8787"; // as written
    std::string host = "127.0.0.1";        // IP literal without brackets, or localhost
    std::uint16_t port = 8787;             // 0: the system chooses
    bool loopback = true;                  // `host` is reachable from this machine only
    Secret token;                          // may do all
    std::vector<HttpToken> tokens;         // by name; one of both is there where `loopback` is false
    std::string cert_file, key_file;       // PEM, a pair when they were checked; both empty: no TLS
    std::vector<std::string> origins;      // `https://host[:port]`
    std::vector<std::string> cors;         // the same
    bool metrics_open = false;
    std::int64_t rate = 1000;                 // requests a second; 0: no limit
    std::int64_t burst = 2000;                // at once
    std::int64_t connections = 4096;          // at the same time
    std::int64_t connections_per_peer = 2048; // of one address
};

struct Store {
    std::string url = "sqlite:///var/lib/tickgate/bars.db"; // sqlite:///path or postgresql://…, without a password
    Secret password;
};

// What is fetched besides what clients ask for.
struct History {
    bool repair = true;          // what was missed while a feed was down is fetched and published
    bool reconcile = true;       // bars are asked again once they have settled
    bool shared_budget = false;  // one request budget for all gateways of this Redis prefix
    std::int64_t parallel = 4;   // requests in flight a provider
    milliseconds settle{300000}; // so long after its end a provider may still correct a bar
};

// Bars that are collected on a schedule.
struct Collector {
    std::string name;
    std::vector<InstrumentName> symbols; // none twice
    std::vector<Timeframe> timeframes{Timeframe::m1};
    std::string provider;             // empty: the route
    milliseconds every{60000};        // while the market is open
    milliseconds outside{300000};     // while it is closed
    milliseconds look_back{86400000}; // how far the first collection reaches
};

struct Hot {
    bool spin = false;
};

// The same type as tickgate::ProviderSettings, whose header would bring Asio along.
using ProviderSettings = std::map<std::string, std::string, std::less<>>;

struct ProviderConfig {
    bool enabled = true;
    std::string off_reason;                             // why `enabled` is false
    ProviderSettings settings;                          // only what the file sets, checked; `endpoints.ws` and so on
    std::map<std::string, Secret, std::less<>> secrets; // by the same kind of key; none is empty
    std::string tls_ca_file;
    bool allow_plaintext = false;

    // Settings and secrets in one map, for the provider's factory. The result holds secrets in the clear.
    ProviderSettings revealed() const;
};

enum class Standby : std::uint8_t { warm, cold };

struct Routes {
    using Providers = std::vector<std::string>; // in order of preference, all of them on

    std::map<AssetClass, Providers> by_class;
    std::map<InstrumentName, Providers> overrides;
    Standby standby = Standby::warm;
    Decimal jump_guard = Decimal::from_integer(2); // percent, above 0 and at most 100

    // Valid as long as the routes are not changed; empty if nobody serves the instrument.
    const Providers& of(const InstrumentName& instrument) const;
};

struct Publish {
    std::vector<Kind> kinds{Kind::quote, Kind::trade, Kind::bar};
    std::vector<Timeframe> timeframes{Timeframe::m1};
    bool streams = false;
    std::int64_t stream_maxlen = 10000;
    bool sources = false;
    milliseconds linger{60000};
    milliseconds last_value_interval{50};
};

// After how long without a message an instrument is stale. Empty: learned from its own cadence.
struct Stale {
    using Limit = std::optional<milliseconds>;

    Limit fallback;
    std::map<AssetClass, Limit> by_class;
    std::map<InstrumentName, Limit> by_instrument;

    Limit of(const InstrumentName& instrument) const; // the most specific setting
};

// What /metrics serves besides what it always does.
struct Metrics {
    bool per_symbol = false;           // series of each instrument
    std::int64_t per_symbol_max = 200; // for so many at most, those wanted first
};

struct Log {
    log::Level level = log::Level::info;
    log::Format format = log::Format::logfmt;
};

struct Config {
    Redis redis;
    Http http;
    Store store;
    History history;
    std::vector<Collector> collect; // by name
    Hot hot;
    std::map<std::string, ProviderConfig, std::less<>> providers; // every provider known, also those that are off
    Routes routes;
    std::vector<InstrumentName> symbols; // in the order of the file, none twice
    Publish publish;
    Stale stale;
    Metrics metrics;
    Log log;
    std::string digest; // 16 hex digits of effective_settings(): equal for equal configurations
};

// Every setting in force as dotted key and text, sorted by key. Secrets show only whether they are set.
std::vector<std::pair<std::string, std::string>> effective_settings(const Config& config);

// One fault. `line` and `column` count from 1; both are 0 where the file as a whole is meant.
struct Problem {
    std::string file;
    int line = 0, column = 0;
    std::string key;  // `providers.binance.endpoints.ws`; empty: the file
    std::string text; // what is wrong; holds no secret
    std::string hint; // what was received, what is allowed, what may be meant; may be empty

    std::string to_string() const; // `file:line:column: key: text (hint)`
};

struct Loaded {
    std::optional<Config> config;     // empty if there is any problem
    std::vector<Problem> problems;    // in the order of the file
    std::vector<std::string> notices; // worth a log line, no fault: a provider is off, a secret is readable by all
};

inline constexpr std::size_t max_file_size = 1u << 20;

// The value of an environment variable; empty if it is not set.
using EnvironmentLookup = std::function<std::optional<std::string>(std::string_view)>;
std::optional<std::string> process_environment(std::string_view name);

struct FileText {
    std::string error; // the system's words; empty: all went well
    std::string text;
    bool world_readable = false;
};
// Reads a regular file of at most `limit` bytes.
using FileReader = std::function<FileText(const std::string& path, std::size_t limit)>;
FileText read_file(const std::string& path, std::size_t limit);

// Never throws for what stands in the text. Relative paths in it start at the folder of `filename`.
Loaded load_text(std::string_view text, const std::string& filename, const EnvironmentLookup& environment,
    const FileReader& files = read_file);

// A file that cannot be read is a problem without a line.
Loaded load_file(const std::string& path, const EnvironmentLookup& environment = process_environment);

} // namespace tickgate::config
