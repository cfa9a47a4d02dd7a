#include "ops/gateway_text.hpp"

#include "core/secret.hpp"

#include <fmt/format.h>

namespace tickgate::ops {

namespace {

std::int64_t number(std::uint64_t n) noexcept { return static_cast<std::int64_t>(n); }

template <class List, class Text>
std::string json_list(const List& list, Text text) {
    std::string out = "[";
    for (const auto& item : list) {
        if (out.size() > 1)
            out += ',';
        out += text(item);
    }
    return out + "]";
}

// Empty text stays text: a setting without a value is not an absent one.
void add_string(std::string& out, std::string_view key, std::string_view value) {
    append_json_string(out, key);
    out += ':';
    append_json_string(out, redact(value));
}

std::string change_object(const SettingChange& change) {
    std::string out = "{";
    add_string(out, "key", change.key);
    out += ',';
    add_string(out, "old", change.old_value);
    out += ',';
    add_string(out, "new", change.new_value);
    return out + "}";
}

std::string problem_object(const ReloadProblem& problem) {
    JsonObject o;
    o.text("file", redact(problem.file)).integer("line", std::int64_t{problem.line});
    o.integer("column", std::int64_t{problem.column}).text("key", redact(problem.key));
    o.text("text", redact(problem.text)).text("hint", redact(problem.hint));
    return o.take();
}

void add_report(JsonObject& o, const ReloadReport& report) {
    o.boolean("applied", report.applied).text("digest", report.digest);
    o.raw("changed", json_list(report.changed, change_object)).texts("restart", report.restart);
    o.raw("problems", json_list(report.problems, problem_object));
}

void add_state(JsonObject& o, const std::optional<InstrumentState>& state, const std::string& reason,
    const std::optional<UnixNanos>& since, Times times) {
    o.text("state", state ? to_string(*state) : std::string_view()).text("reason", redact(reason));
    add_time(o, "since", since, times);
}

} // namespace

JsonObject named_element(std::string_view type, const InstrumentName& name, Times times) {
    JsonObject o;
    o.integer("v", std::int64_t{1}).text("type", type);
    if (times == Times::rfc3339)
        o.text("symbol", name.to_string());
    else
        o.text("class", to_string(name.asset_class)).text("symbol", name.symbol);
    return o;
}

std::string provider_element(const ProviderView& p) {
    JsonObject o;
    o.integer("v", std::int64_t{1}).text("type", "provider").text("provider", p.provider);
    o.boolean("enabled", p.enabled).text("state", p.state).text("reason", redact(p.reason));
    o.texts("feeds", p.feeds).texts("classes", p.classes).integer("symbols", number(p.symbols));
    o.integer("rest_requests", number(p.rest_requests)).integer("rest_failures", number(p.rest_failures));
    return o.take();
}

std::string feed_element(const FeedView& f, Times times) {
    const auto count = [&](Kind kind) { return number(f.messages[static_cast<std::size_t>(kind)]); };
    JsonObject messages;
    for (const auto kind : {Kind::quote, Kind::trade, Kind::bar})
        messages.integer(to_string(kind), count(kind));
    const auto& s = f.status;
    JsonObject o;
    o.integer("v", std::int64_t{1}).text("type", "feed").text("feed", f.feed).text("provider", f.provider);
    o.text("state", to_string(s.state)).text("reason", redact(s.reason));
    add_time(o, "since", s.since, times);
    add_time(o, "last_message", s.last_received, times);
    o.integer("connections", number(s.connections)).integer("subscriptions_wanted", number(s.wanted));
    o.integer("subscriptions_acked", number(s.acked)).raw("messages", messages.take());
    o.raw("lag_ms", f.lag_ms ? fmt::format("{:.3f}", *f.lag_ms) : "null").integer("reconnects", number(s.reconnects));
    o.integer("rotations", number(f.rotations)).integer("gaps", number(f.gaps)).integer("lost", number(f.lost));
    o.integer("skipped", number(f.skipped)).integer("bytes_in", number(f.bytes_in));
    return o.take();
}

std::string subscription_element(const SubscriptionView& s, Times times) {
    auto o = named_element("demand", s.name, times);
    o.texts("channels", s.channels).boolean("configured", s.configured).boolean("subscribed", s.subscribed);
    o.raw("leases", json_list(s.leases, [&](const LeaseView& lease) {
        JsonObject l;
        l.text("client", redact(lease.client)).texts("channels", lease.channels);
        add_time(l, "until", lease.until, times);
        return l.take();
    }));
    add_state(o, s.state, s.reason, s.since, times);
    o.text("provider", s.provider);
    return o.take();
}

std::string route_element(const RouteView& r, Times times) {
    auto o = named_element("route", r.name, times);
    o.texts("route", r.route).text("provider", r.provider);
    add_state(o, r.state, r.reason, r.since, times);
    return o.take();
}

std::string config_element(const ConfigView& config) {
    std::string settings = "{";
    for (const auto& [key, value] : config.settings) {
        if (settings.size() > 1)
            settings += ',';
        add_string(settings, key, value);
    }
    JsonObject o;
    o.integer("v", std::int64_t{1}).text("type", "config").text("digest", config.digest);
    o.raw("settings", settings + "}");
    return o.take();
}

std::string reload_element(const ReloadReport& report) {
    JsonObject o;
    o.integer("v", std::int64_t{1}).text("type", "reload");
    add_report(o, report);
    return o.take();
}

std::string reload_members(const ReloadReport& report) {
    JsonObject o;
    add_report(o, report);
    auto text = o.take();
    text.front() = ',';
    text.pop_back();
    return text;
}

} // namespace tickgate::ops
