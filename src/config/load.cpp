#include "config/config.hpp"
#include "config/digest.hpp"
#include "config/endpoints.hpp"
#include "config/history.hpp"
#include "config/http.hpp"
#include "config/instruments.hpp"
#include "config/provider_specs.hpp"
#include "config/rules.hpp"
#include "config/schema.hpp"

namespace tickgate::config {

namespace {

using namespace std::chrono_literals;

// User and password may stand in the URL or in keys of their own, in any order: what URLs hold waits here.
struct UrlCredentials {
    std::string redis_username;
    Secret redis_password, store_password;
};

void note_password(const Cursor& url, const Secret& password) {
    if (!password.empty() && url.node().text.find("${") == std::string::npos)
        url.context().secret_in_file();
}

void add_redis_fields(Fields& fields, Redis& redis, UrlCredentials& url) {
    fields.push_back({"redis.url",
        [&](const Cursor& at) {
            auto parsed = value_of(at, redis_url());
            if (!parsed)
                return;
            note_password(at, parsed->password);
            url.redis_username = std::move(parsed->username);
            url.redis_password = std::move(parsed->password);
            redis.url = std::move(parsed->url);
            redis.transport = parsed->transport;
            redis.host = std::move(parsed->host);
            redis.port = parsed->port;
            redis.path = std::move(parsed->path);
            redis.database = parsed->database;
        },
        {"Where to publish: `redis://host[:port][/database]`, `rediss://…` with TLS, or `unix:///path[?db=N]`. "
         "`user:password@` before the host (percent-encoded) is taken out of the URL.",
            Apply::restart, "rediss://redis.example.com:6380/0", redis.url, redis_url().shape}});
    fields.push_back({"redis.prefix", scalar_into(redis.prefix, word("1 to 64 letters, digits, `.`, `_` and `-`", 64)),
        {"First word of every name on Redis. One publisher a prefix.", Apply::restart, "md2"}});
    fields.push_back({"redis.username", scalar_into(redis.username, any_text()),
        {"User of the Redis ACL; without it the password alone is sent.", Apply::restart, "tickgate"}});
    add_secret(fields, "redis.password", [&](Secret secret) { redis.password = std::move(secret); },
        {"Password of that user.", Apply::restart, "${REDIS_PASSWORD}"});
    fields.push_back({"redis.tls.ca_file", readable_file(redis.tls_ca_file),
        {"PEM file with authorities besides the system's.", Apply::restart, "/etc/tickgate/ca.pem"}});
    fields.push_back({"redis.allow_plaintext", scalar_into(redis.allow_plaintext, boolean()),
        {"Allow `redis://` to another machine.", Apply::restart, "true"}});
}

void add_store_fields(Fields& fields, Store& store, UrlCredentials& url) {
    fields.push_back({"store.url",
        [&](const Cursor& at) {
            auto parsed = value_of(at, store_url());
            if (!parsed)
                return;
            note_password(at, parsed->password);
            url.store_password = std::move(parsed->password);
            store.url = std::move(parsed->url);
        },
        {"Where bars are kept: `sqlite:///absolute/path`, or `postgresql://[user[:password]@]host[:port]/database`; "
         "the password is taken out of the URL.",
            Apply::restart, "postgresql://tickgate@db.example.com/tickgate", store.url, store_url().shape}});
    add_secret(fields, "store.password", [&](Secret secret) { store.password = std::move(secret); },
        {"Password of the PostgreSQL user.", Apply::restart, "${PGPASSWORD}"});
}

void add_publish_fields(Fields& fields, Publish& publish) {
    const auto kinds = choice<Kind>({{"quote", Kind::quote}, {"trade", Kind::trade}, {"bar", Kind::bar}});
    fields.push_back({"publish.kinds", list_into(publish.kinds, kinds),
        {"Kinds of data of configured symbols, and of leases that name none.", Apply::live, "[quote, trade]"}});
    fields.push_back({"publish.timeframes", list_into(publish.timeframes, timeframe()),
        {"Timeframes of their bars; usual spellings as `5min`, `60m` and `1day` are understood.", Apply::live,
            "[1s, 1m, 1h]"}});
    fields.push_back({"publish.streams", scalar_into(publish.streams, boolean()),
        {"Also to Redis streams `md:stream:…`, for readers that replay.", Apply::live, "true"}});
    fields.push_back({"publish.stream_maxlen", scalar_into(publish.stream_maxlen, integer(1, 100000000)),
        {"Entries kept in each of these streams, about.", Apply::live, "100000"}});
    fields.push_back({"publish.sources", scalar_into(publish.sources, boolean()),
        {"Also what each provider says, standbys included, as `md:src:{provider}:…`; about as many messages again for "
         "each provider.",
            Apply::live, "true"}});
    fields.push_back({"publish.linger", scalar_into(publish.linger, duration(0ms, 24h)),
        {"How long a channel that is not configured stays after its last subscriber or lease.", Apply::live, "5m"}});
    fields.push_back({"publish.last_value_interval", scalar_into(publish.last_value_interval, duration(1ms, 10s)),
        {"How often the last value of a channel is written at most.", Apply::live, "100ms"}});
}

void add_metrics_fields(Fields& fields, Metrics& metrics) {
    fields.push_back({"metrics.per_symbol", scalar_into(metrics.per_symbol, boolean()),
        {"Series of every instrument on `/metrics`, besides those of feeds and classes ([metrics](metrics.md)).",
            Apply::live, "true"}});
    fields.push_back({"metrics.per_symbol_max", scalar_into(metrics.per_symbol_max, integer(1, 10000)),
        {"For so many instruments at most, those wanted first; the others are counted and told in the log.",
            Apply::live, "1000"}});
}

void add_log_fields(Fields& fields, Log& log) {
    using log::Format;
    using log::Level;
    fields.push_back({"log.level",
        scalar_into(log.level, choice<Level>({{"trace", Level::trace}, {"debug", Level::debug}, {"info", Level::info},
                                   {"warn", Level::warn}, {"error", Level::error}})),
        {"The least that is logged; `tickgate run --log-level` goes before it.", Apply::live, "debug"}});
    fields.push_back({"log.format",
        scalar_into(log.format,
            choice<Format>({{"logfmt", Format::logfmt}, {"json", Format::json}, {"pretty", Format::pretty}})),
        {"One line an event: `key=value` pairs, JSON objects, or coloured text for a terminal.", Apply::live, "json"}});
}

Fields schema_for(Config& config, UrlCredentials& url) {
    Fields fields;
    add_redis_fields(fields, config.redis, url);
    add_http_fields(fields, config.http);
    add_store_fields(fields, config.store, url);
    add_history_fields(fields, config);
    fields.push_back({"hot.spin", scalar_into(config.hot.spin, boolean()),
        {"Poll instead of sleeping: lower latency for one core fully used.", Apply::restart, "true"}});
    add_provider_fields(fields, config);
    add_route_fields(fields, config);
    add_symbol_fields(fields, config);
    add_publish_fields(fields, config.publish);
    add_stale_fields(fields, config);
    add_metrics_fields(fields, config.metrics);
    add_log_fields(fields, config.log);
    return fields;
}

template <class T>
void merge_credential(T& own, T& from_url, const std::string& key, const std::string& url_key, Context& context) {
    if (from_url.empty())
        return;
    if (!own.empty())
        context.problem_at(key, "is set here and in " + url_key + ": give one of them");
    own = std::move(from_url);
}

void merge_credentials(Config& config, UrlCredentials& url, Context& context) {
    merge_credential(config.redis.username, url.redis_username, "redis.username", "redis.url", context);
    merge_credential(config.redis.password, url.redis_password, "redis.password", "redis.url", context);
    merge_credential(config.store.password, url.store_password, "store.password", "store.url", context);
}

struct Outcome {
    Loaded loaded;
    bool secret_in_file = false;
};

Outcome load(
    std::string_view text, const std::string& filename, const EnvironmentLookup& environment, const FileReader& files) {
    Context context(filename, environment, files);
    Config config;
    if (text.size() > max_file_size) {
        context.problem({}, {}, "the file is larger than " + std::to_string(max_file_size) + " bytes");
    } else if (const Tree tree = parse_tree(text); !tree.problem.empty()) {
        context.problem(tree.at, {}, tree.problem);
    } else {
        UrlCredentials url;
        walk(Cursor(context, tree.root, {}), schema_for(config, url));
        merge_credentials(config, url, context);
        apply_rules(config, context);
        config.digest = digest_of(config);
    }
    Outcome outcome{{std::nullopt, context.take_problems(), context.take_notices()}, context.has_secret_in_file()};
    if (outcome.loaded.problems.empty())
        outcome.loaded.config = std::move(config);
    return outcome;
}

// Reads these fields of the file alone; what else stands in it is told as unknown.
std::vector<Problem> read_fields(const std::string& path, const EnvironmentLookup& environment, const Fields& fields,
    const std::function<void(Context&)>& rules = {}) {
    const FileText file = read_file(path, max_file_size);
    if (!file.error.empty())
        return {{path, 0, 0, {}, "cannot read the configuration: " + file.error, {}}};
    const FileReader files = read_file;
    Context context(path, environment, files);
    if (const Tree tree = parse_tree(file.text); !tree.problem.empty()) {
        context.problem(tree.at, {}, tree.problem);
    } else {
        walk(Cursor(context, tree.root, {}), fields);
        if (rules)
            rules(context);
    }
    return context.take_problems();
}

} // namespace

Fields all_fields() {
    static Config config;
    static UrlCredentials url;
    config = {}; // what an earlier reading left would be told as the defaults
    url = {};
    return schema_for(config, url);
}

Loaded load_text(
    std::string_view text, const std::string& filename, const EnvironmentLookup& environment, const FileReader& files) {
    return load(text, filename, environment, files).loaded;
}

Loaded load_file(const std::string& path, const EnvironmentLookup& environment) {
    const FileText file = read_file(path, max_file_size);
    if (!file.error.empty())
        return {std::nullopt, {{path, 0, 0, {}, "cannot read the configuration: " + file.error, {}}}, {}};
    Outcome outcome = load(file.text, path, environment, read_file);
    if (outcome.secret_in_file && file.world_readable)
        outcome.loaded.notices.push_back(
            path + " holds a secret and every user of this machine can read it; chmod 0640, or use a *_file key");
    return std::move(outcome.loaded);
}

HttpEndpoint load_http_endpoint(const std::string& path, const EnvironmentLookup& environment) {
    HttpEndpoint out;
    Fields fields, known;
    add_http_fields(known, out.http);
    // Of what else stands there only the name of the certificate is of use to a client.
    for (auto& field : known)
        if (field.key == "http.listen" || field.key.starts_with("http.token"))
            fields.push_back(std::move(field));
    fields.push_back({"http.tls.cert_file", [&](const Cursor& at) {
                          const auto before = at.context().problem_count();
                          if (const auto file = at.text())
                              out.http.cert_file = at.context().resolved(*file);
                          out.tls = !out.http.cert_file.empty() || at.context().problem_count() > before;
                      }});
    for (auto& problem : read_fields(path, environment, fields)) {
        if (problem.key.starts_with("http.token"))
            out.token_problems.push_back(std::move(problem));
        else if (problem.key == "http.tls" || problem.key == "http.tls.cert_file")
            out.tls_problems.push_back(std::move(problem));
        else if (problem.key.empty() || problem.key == "http" || problem.key == "http.listen")
            out.problems.push_back(std::move(problem));
    }
    return out;
}

RedisEndpoint load_redis_endpoint(const std::string& path, const EnvironmentLookup& environment) {
    RedisEndpoint out;
    UrlCredentials url;
    Fields fields;
    add_redis_fields(fields, out.redis, url);
    for (auto& problem : read_fields(path, environment, fields, [&](Context& context) {
             merge_credential(out.redis.username, url.redis_username, "redis.username", "redis.url", context);
             merge_credential(out.redis.password, url.redis_password, "redis.password", "redis.url", context);
             check_redis_plaintext(out.redis, context);
         }))
        if (problem.key.empty() || problem.key == "redis" || problem.key.starts_with("redis."))
            out.problems.push_back(std::move(problem));
    return out;
}

} // namespace tickgate::config
