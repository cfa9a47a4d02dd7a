// What each operation does once its fields are known to be right.
#include "core/secret.hpp"
#include "ops/fields.hpp"
#include "ops/gateway_text.hpp"
#include "ops/json_text.hpp"
#include "ops/operations.hpp"
#include "ops/symbol_text.hpp"

#include <algorithm>

namespace tickgate::ops {

namespace {

constexpr std::size_t choices_shown = 10;
constexpr std::size_t most_suggested = 10; // symbols of a request that names are looked up for

JsonObject element(std::string_view type, const InstrumentName& name) {
    JsonObject o;
    o.integer("v", std::int64_t{1})
        .text("type", type)
        .text("class", to_string(name.asset_class))
        .text("symbol", name.symbol);
    return o;
}

std::string error_element(const InstrumentName& name, const Error& error) {
    return element("error", name).raw("error", to_json(error)).take();
}

std::string feed_object(const FeedStatus& f, Times times) {
    const auto number = [](std::uint64_t n) { return static_cast<std::int64_t>(n); };
    JsonObject o;
    o.text("state", to_string(f.state)).text("reason", redact(f.reason));
    add_time(o, "since", f.since, times);
    o.integer("wanted", number(f.wanted))
        .integer("acked", number(f.acked))
        .integer("connections", number(f.connections));
    o.integer("reconnects", number(f.reconnects));
    add_time(o, "last_recv", f.last_received, times);
    return o.take();
}

std::string gateway_element(const GatewayStatus& s, Times times) {
    const auto number = [](std::uint64_t n) { return static_cast<std::int64_t>(n); };
    std::vector<std::string> reasons;
    for (const auto& r : s.reasons)
        reasons.push_back(redact(r));
    JsonObject feeds;
    for (const auto& [name, status] : s.feeds)
        feeds.raw(name, feed_object(status, times));
    JsonObject demand;
    demand.integer("configured", number(s.configured)).integer("subscribed", number(s.subscribed));
    demand.integer("leases", number(s.leases))
        .integer("wanted", number(s.wanted))
        .integer("refused", number(s.refused));
    JsonObject o;
    o.integer("v", std::int64_t{1}).text("type", "status").text("instance", s.instance).text("version", s.version);
    o.text("session", s.session).boolean("ready", s.ready).boolean("owner", s.owner).text("holder", s.holder);
    o.text("config_digest", s.config_digest).texts("restart_pending", s.restart_pending);
    o.texts("reasons", reasons).integer("uptime_s", s.uptime_s).raw("demand", demand.take()).raw("feeds", feeds.take());
    return o.take();
}

Error unknown_symbol(std::string_view text) {
    return Error("unknown_symbol", "no provider has \"" + shown(text) + "\"", "operation symbols searches for names");
}

std::optional<Error> channels_twice(const OperationSpec& op, const Fields& fields) {
    const auto given = [&](std::string_view name) { return !value_of(op, fields, name).empty(); };
    if (!given("channels") || (!given("kinds") && !given("timeframes")))
        return std::nullopt;
    return Error("bad_request", "field channels is given beside kinds or timeframes", "one way to say it is enough");
}

template <class T>
Error error_of(const Outcome<T>& o) {
    return error_from(o.error, o.detail, o.retry_after);
}

} // namespace

Operations::Done Operations::instruments_of(const Request& r, std::vector<InstrumentName>& names) {
    const auto* op = find(r.op);
    for (const auto piece : split_list(value_of(*op, r.fields, "symbols"))) {
        if (piece.find(':') != std::string_view::npos) {
            auto name = InstrumentName::parse(piece);
            if (!name)
                co_return Error("malformed_symbol", "\"" + shown(piece) + "\" is no instrument",
                    "class:symbol with class fx, crypto, equity, option, index, future or cfd, as crypto:BTC-USDT");
            names.push_back(std::move(*name));
            continue;
        }
        if (!is_symbol(piece))
            co_return Error("malformed_symbol", "\"" + shown(piece) + "\" is no symbol",
                "1 to 64 characters of A-Z a-z 0-9 . _ -, as class:symbol");
        auto found = co_await services_.resolve(std::string(piece));
        if (found.error)
            co_return error_of(found);
        if (found.value.empty())
            co_return unknown_symbol(piece);
        if (found.value.size() > 1) {
            std::string choices;
            for (std::size_t i = 0; i < std::min(found.value.size(), choices_shown); ++i)
                choices.append(i == 0 ? "" : ", ").append(found.value[i].to_string());
            co_return Error("ambiguous_symbol", "\"" + shown(piece) + "\" is in several classes", "one of: " + choices);
        }
        names.push_back(std::move(found.value.front()));
    }
    std::vector<InstrumentName> once; // in the order of the request
    for (auto& n : names)
        if (std::find(once.begin(), once.end(), n) == once.end())
            once.push_back(std::move(n));
    names = std::move(once);
    co_return std::nullopt;
}

Operations::Done Operations::quote(const Request& r, Answer& answer) {
    std::vector<InstrumentName> names;
    if (auto failed = co_await instruments_of(r, names))
        co_return failed;
    auto quotes = co_await services_.quotes(names);
    if (quotes.error)
        co_return error_of(quotes);
    std::optional<Error> first;
    std::vector<std::string> elements;
    bool any = false;
    for (const auto& name : names) {
        const auto at = std::find_if(
            quotes.value.begin(), quotes.value.end(), [&](const QuoteAnswer& q) { return q.name == name; });
        if (at != quotes.value.end() && !at->payload.empty()) {
            elements.push_back(std::move(at->payload));
            any = true;
            continue;
        }
        Error why = at == quotes.value.end() ? unknown_symbol(name.to_string()) : error_from(at->error, at->detail);
        elements.push_back(error_element(name, why));
        if (!first)
            first = std::move(why);
    }
    if (!any)
        co_return first;
    for (auto& e : elements)
        if (const auto ec = co_await answer.add(std::move(e)); ec)
            co_return error_from(ec);
    co_return std::nullopt;
}

Operations::Done Operations::validate(const Request& r, Answer& answer) {
    // A bare symbol that is unknown or ambiguous is an answer here, not an error: each is looked at alone.
    const auto pieces = split_list(value_of(*find(r.op), r.fields, "symbols"));
    std::vector<std::pair<std::string, std::optional<InstrumentName>>> asked;
    std::vector<std::optional<Error>> errors;
    std::vector<InstrumentName> names;
    for (const auto piece : pieces) {
        Request one;
        one.op = r.op;
        one.fields.emplace_back("symbols", piece);
        std::vector<InstrumentName> name;
        errors.push_back(co_await instruments_of(one, name));
        if (errors.back() && (errors.back()->code == "unavailable" || errors.back()->code == "expired"))
            co_return errors.back();
        asked.emplace_back(shown(piece, 72), std::nullopt);
        if (name.empty())
            continue;
        asked.back().second = name.front();
        names.push_back(std::move(name.front()));
    }
    Outcome<std::vector<SymbolInfo>> found;
    if (!names.empty())
        found = co_await services_.find(names);
    if (found.error)
        co_return error_of(found);
    const bool with_reports = !value_of(*find(r.op), r.fields, "timeframe").empty();
    std::size_t suggested = 0;
    for (std::size_t i = 0; i < asked.size(); ++i) {
        const auto& [text, name] = asked[i];
        std::string providers;
        if (name)
            for (const auto& s : found.value)
                if (s.name == name)
                    providers.append(providers.empty() ? "" : ",").append(symbol_element(s));
        if (!errors[i] && providers.empty())
            errors[i] = unknown_symbol(text);
        std::vector<std::string> near;
        if (errors[i] && errors[i]->code == "unknown_symbol" && suggested < most_suggested) {
            ++suggested;
            auto asking = suggestions(text, name ? std::optional(name->asset_class) : std::nullopt);
            near = co_await std::move(asking);
        }
        std::string reports = "null";
        if (with_reports && name && !errors[i])
            if (auto failed = co_await reports_of(r, *name, reports))
                co_return failed;
        JsonObject o;
        o.integer("v", std::int64_t{1}).text("type", "validation").text("asked", text);
        o.text("class", name ? to_string(name->asset_class) : std::string_view());
        o.text("symbol", name ? std::string_view(name->symbol) : std::string_view());
        o.boolean("valid", !errors[i].has_value()).raw("providers", "[" + providers + "]");
        o.raw("error", errors[i] ? to_json(*errors[i]) : "null").texts("suggestions", near).raw("reports", reports);
        if (const auto ec = co_await answer.add(o.take()); ec)
            co_return error_from(ec);
    }
    co_return std::nullopt;
}

Operations::Done Operations::subscribe(const Request& r, Answer& answer) {
    const auto& op = *find(r.op);
    if (r.client.empty())
        co_return Error("bad_request", "subscribe needs field client", "a name that unsubscribe can give again");
    SubscribeRequest request;
    if (auto failed = co_await instruments_of(r, request.names))
        co_return failed;
    if (auto failed = channels_twice(op, r.fields))
        co_return failed;
    auto channels = channels_from(op, r.fields);
    request.kinds = std::move(channels.kinds);
    request.timeframes = std::move(channels.timeframes);
    request.usual_bars = channels.usual_bars;
    request.lease = duration_from(value_of(op, r.fields, "lease")).value_or(std::chrono::minutes(10));
    request.client = r.client;
    auto taken = co_await services_.subscribe(std::move(request));
    if (taken.error)
        co_return error_of(taken);
    for (const auto& s : taken.value) {
        auto o = named_element("subscription", s.name, r.times);
        o.texts("channels", r.times == Times::rfc3339 ? s.words : s.channels);
        o.text("state", to_string(s.state)).text("reason", redact(s.reason));
        add_time(o, "lease_until", s.lease_until, r.times);
        if (const auto ec = co_await answer.add(o.take()); ec)
            co_return error_from(ec);
    }
    co_return std::nullopt;
}

Operations::Done Operations::unsubscribe(const Request& r, Answer& answer) {
    const auto& op = *find(r.op);
    if (r.client.empty())
        co_return Error("bad_request", "unsubscribe needs field client", "the name that subscribed");
    UnsubscribeRequest request;
    if (auto failed = co_await instruments_of(r, request.names))
        co_return failed;
    if (auto failed = channels_twice(op, r.fields))
        co_return failed;
    auto channels = channels_from(op, r.fields);
    request.kinds = std::move(channels.kinds);
    if (!channels.usual_bars) // `bar` beside `bar:1h`: all of them
        request.timeframes = std::move(channels.timeframes);
    request.client = r.client;
    auto ended = co_await services_.unsubscribe(std::move(request));
    if (ended.error)
        co_return error_of(ended);
    JsonObject o;
    o.integer("v", std::int64_t{1})
        .text("type", "unsubscription")
        .integer("ended", static_cast<std::int64_t>(ended.value));
    co_return co_await answer.last(o.take());
}

Operations::Done Operations::status(const Request& r, Answer& answer) {
    std::vector<InstrumentName> names;
    if (auto failed = co_await instruments_of(r, names))
        co_return failed;
    auto gateway = co_await services_.status();
    if (gateway.error)
        co_return error_of(gateway);
    if (const auto ec = co_await answer.add(gateway_element(gateway.value, r.times)); ec)
        co_return error_from(ec);
    if (names.empty())
        co_return std::nullopt;
    auto states = co_await services_.states(std::move(names));
    if (states.error)
        co_return error_of(states);
    for (const auto& s : states.value) {
        auto o = element("state", s.name);
        o.text("state", s.state ? to_string(*s.state) : std::string_view()).text("reason", redact(s.reason));
        o.text("provider", s.provider);
        add_time(o, "since", s.since, r.times);
        if (const auto ec = co_await answer.add(o.take()); ec)
            co_return error_from(ec);
    }
    co_return std::nullopt;
}

} // namespace tickgate::ops
