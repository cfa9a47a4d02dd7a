#include "config/config.hpp"
#include "config/digest.hpp"
#include "config/history.hpp"
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
    fields.push_back({"redis.url", [&](const Cursor& at) {
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
                      }});
    fields.push_back(
        {"redis.prefix", scalar_into(redis.prefix, word("1 to 64 letters, digits, `.`, `_` and `-`", 64))});
    fields.push_back({"redis.username", scalar_into(redis.username, any_text())});
    add_secret(fields, "redis.password", [&](Secret secret) { redis.password = std::move(secret); });
    fields.push_back({"redis.tls.ca_file", readable_file(redis.tls_ca_file)});
    fields.push_back({"redis.allow_plaintext", scalar_into(redis.allow_plaintext, boolean())});
}

void add_http_fields(Fields& fields, Http& http) {
    fields.push_back({"http.listen", scalar(listen_address(), [&](Http parsed) {
                          http.listen = std::move(parsed.listen);
                          http.host = std::move(parsed.host);
                          http.port = parsed.port;
                          http.loopback = parsed.loopback;
                      })});
    add_secret(fields, "http.token", [&](Secret secret) { http.token = std::move(secret); });
    fields.push_back({"http.metrics_open", scalar_into(http.metrics_open, boolean())});
}

void add_store_fields(Fields& fields, Store& store, UrlCredentials& url) {
    fields.push_back({"store.url", [&](const Cursor& at) {
                          auto parsed = value_of(at, store_url());
                          if (!parsed)
                              return;
                          note_password(at, parsed->password);
                          url.store_password = std::move(parsed->password);
                          store.url = std::move(parsed->url);
                      }});
    add_secret(fields, "store.password", [&](Secret secret) { store.password = std::move(secret); });
}

void add_publish_fields(Fields& fields, Publish& publish) {
    const auto kinds = choice<Kind>({{"quote", Kind::quote}, {"trade", Kind::trade}, {"bar", Kind::bar}});
    fields.push_back({"publish.kinds", list_into(publish.kinds, kinds)});
    fields.push_back({"publish.timeframes", list_into(publish.timeframes, timeframe())});
    fields.push_back({"publish.streams", scalar_into(publish.streams, boolean())});
    fields.push_back({"publish.stream_maxlen", scalar_into(publish.stream_maxlen, integer(1, 100000000))});
    fields.push_back({"publish.sources", scalar_into(publish.sources, boolean())});
    fields.push_back({"publish.linger", scalar_into(publish.linger, duration(0ms, 24h))});
    fields.push_back({"publish.last_value_interval", scalar_into(publish.last_value_interval, duration(1ms, 10s))});
}

void add_log_fields(Fields& fields, Log& log) {
    using log::Format;
    using log::Level;
    fields.push_back({"log.level",
        scalar_into(log.level, choice<Level>({{"trace", Level::trace}, {"debug", Level::debug}, {"info", Level::info},
                                   {"warn", Level::warn}, {"error", Level::error}}))});
    fields.push_back({"log.format", scalar_into(log.format, choice<Format>({{"logfmt", Format::logfmt},
                                                                {"json", Format::json}, {"pretty", Format::pretty}}))});
}

Fields schema_for(Config& config, UrlCredentials& url) {
    Fields fields;
    add_redis_fields(fields, config.redis, url);
    add_http_fields(fields, config.http);
    add_store_fields(fields, config.store, url);
    add_history_fields(fields, config);
    fields.push_back({"hot.spin", scalar_into(config.hot.spin, boolean())});
    add_provider_fields(fields, config);
    add_route_fields(fields, config);
    add_symbol_fields(fields, config);
    add_publish_fields(fields, config.publish);
    add_stale_fields(fields, config);
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

} // namespace

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

} // namespace tickgate::config
