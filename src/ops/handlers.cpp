// What each operation does once its fields are known to be right.
#include "core/secret.hpp"
#include "ops/fields.hpp"
#include "ops/json_text.hpp"
#include "ops/operations.hpp"

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

std::string symbol_element(const SymbolInfo& s) {
    JsonObject o;
    o.integer("v", std::int64_t{1}).text("type", "symbol");
    o.text("class", s.name ? to_string(s.name->asset_class) : std::string_view());
    o.text("symbol", s.name ? std::string_view(s.name->symbol) : std::string_view());
    o.text("provider", s.provider).text("feed", s.feed).text("native", s.native).text("description", s.description);
    o.text("status", s.status).boolean("tradeable", s.tradeable);
    o.decimal("price_step", s.price_step).decimal("size_step", s.size_step).text("unfit", s.unfit);
    return o.take();
}

std::string feed_object(const FeedStatus& f) {
    const auto number = [](std::uint64_t n) { return static_cast<std::int64_t>(n); };
    JsonObject o;
    o.text("state", to_string(f.state)).text("reason", redact(f.reason)).micros("since_us", f.since);
    o.integer("wanted", number(f.wanted))
        .integer("acked", number(f.acked))
        .integer("connections", number(f.connections));
    o.integer("reconnects", number(f.reconnects)).micros("last_recv_us", f.last_received);
    return o.take();
}

std::string gateway_element(const GatewayStatus& s) {
    const auto number = [](std::uint64_t n) { return static_cast<std::int64_t>(n); };
    std::vector<std::string> reasons;
    for (const auto& r : s.reasons)
        reasons.push_back(redact(r));
    JsonObject feeds;
    for (const auto& [name, status] : s.feeds)
        feeds.raw(name, feed_object(status));
    JsonObject demand;
    demand.integer("configured", number(s.configured)).integer("subscribed", number(s.subscribed));
    demand.integer("leases", number(s.leases))
        .integer("wanted", number(s.wanted))
        .integer("refused", number(s.refused));
    JsonObject o;
    o.integer("v", std::int64_t{1}).text("type", "status").text("instance", s.instance).text("version", s.version);
    o.text("session", s.session).boolean("ready", s.ready).boolean("owner", s.owner).text("holder", s.holder);
    o.texts("reasons", reasons).integer("uptime_s", s.uptime_s).raw("demand", demand.take()).raw("feeds", feeds.take());
    return o.take();
}

Error unknown_symbol(std::string_view text) {
    return Error("unknown_symbol", "no provider has \"" + shown(text) + "\"", "operation symbols searches for names");
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

Operations::Done Operations::symbols(const Request& r, Answer& answer) {
    const auto& op = *find(r.op);
    SymbolQuery query;
    query.text = value_of(op, r.fields, "text");
    query.asset_class = asset_class_from(value_of(op, r.fields, "class"));
    query.provider = value_of(op, r.fields, "provider");
    query.limit = static_cast<std::size_t>(integer_from(value_of(op, r.fields, "limit")).value_or(50));
    query.unfit = boolean_from(value_of(op, r.fields, "unfit")).value_or(false);
    const auto limit = query.limit;
    auto found = co_await services_.search(std::move(query));
    if (found.error)
        co_return error_of(found);
    if (found.value.size() > limit)
        found.value.resize(limit);
    for (const auto& s : found.value)
        if (const auto ec = co_await answer.add(symbol_element(s)); ec)
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
    request.kinds = kinds_from(value_of(op, r.fields, "kinds"));
    request.timeframes = timeframes_from(value_of(op, r.fields, "timeframes"));
    request.lease = duration_from(value_of(op, r.fields, "lease")).value_or(std::chrono::minutes(10));
    request.client = r.client;
    auto taken = co_await services_.subscribe(std::move(request));
    if (taken.error)
        co_return error_of(taken);
    for (const auto& s : taken.value) {
        auto o = element("subscription", s.name);
        o.texts("channels", s.channels).text("state", to_string(s.state)).text("reason", redact(s.reason));
        o.micros("lease_until_us", s.lease_until);
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
    request.kinds = kinds_from(value_of(op, r.fields, "kinds"));
    request.timeframes = timeframes_from(value_of(op, r.fields, "timeframes"));
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
    if (const auto ec = co_await answer.add(gateway_element(gateway.value)); ec)
        co_return error_from(ec);
    if (names.empty())
        co_return std::nullopt;
    auto states = co_await services_.states(std::move(names));
    if (states.error)
        co_return error_of(states);
    for (const auto& s : states.value) {
        auto o = element("state", s.name);
        o.text("state", s.state ? to_string(*s.state) : std::string_view()).text("reason", redact(s.reason));
        o.text("provider", s.provider).micros("since_us", s.since);
        if (const auto ec = co_await answer.add(o.take()); ec)
            co_return error_from(ec);
    }
    co_return std::nullopt;
}

} // namespace tickgate::ops
