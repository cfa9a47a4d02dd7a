#include "cli/views.hpp"

#include "cli/text.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace tickgate::cli::views {

namespace {

using Cell = Column::Cell;

Cell age(std::string key, UnixNanos now) {
    return [key = std::move(key), now](const Json& e) { return ago(e.at(key), now); };
}

Cell number(std::string key) {
    return [key = std::move(key)](const Json& e) {
        const auto& value = e.at(key);
        return value.has_value() && value.integer(-1) >= 0 ? grouped(static_cast<std::uint64_t>(value.integer()))
                                                           : value.words();
    };
}

// `class:symbol`, whether it comes in one member or in two.
std::string name_of(const Json& e) {
    const auto symbol = e["symbol"].words();
    return symbol.empty() || !e["class"].has_value() || symbol.find(':') != std::string::npos
               ? symbol
               : e["class"].words() + ":" + symbol;
}

Column instrument() { return Column{"symbol", "SYMBOL", false, name_of}; }
Column class_of_csv() { return Column{"class", ""}; }

Column state() {
    return Column{"state", "STATE", false, {}, [](const Json& e) { return tone_of_state(e["state"].text); }};
}

Column right(std::string key, std::string title) {
    auto cell = number(key);
    return Column{std::move(key), std::move(title), true, std::move(cell)};
}

std::string limit_use(const Json& e) {
    const auto limit = e["limit"].real(), used = e["used"].real();
    return limit > 0 ? fmt::format("{:.0f} %", used / limit * 100) : std::string();
}

Tone limit_tone(const Json& e) {
    const auto limit = e["limit"].real(), part = limit > 0 ? e["used"].real() / limit : 0;
    return part >= 0.95 || e["paused"].truth() ? Tone::bad : part >= 0.8 ? Tone::warning : Tone::plain;
}

std::string seconds_of(const Json& value) {
    return value.has_value() ? age_text(std::chrono::milliseconds(value.integer())) : std::string();
}

std::string lag_of(const Json& e) {
    return e["lag_ms"].has_value() ? fmt::format("{:.1f}", e["lag_ms"].real()) : std::string();
}

std::string messages_of(const Json& e) {
    std::uint64_t sum = 0;
    for (const auto& [kind, count] : e["messages"].members)
        sum += static_cast<std::uint64_t>(std::max<std::int64_t>(count.integer(), 0));
    return grouped(sum);
}

std::string subject_of(const Json& e) {
    const auto name = name_of(e);
    return name.empty() ? e["feed"].words() : name;
}

// What an event has to say besides its name.
std::string told(const Json& e) {
    std::string out = e["text"].words();
    const auto add = [&](std::string_view label, const Json& value) {
        if (value.has_value() && !value.words().empty())
            out.append(out.empty() ? "" : " ").append(label).append("=").append(value.words());
    };
    add("cause", e["cause"]);
    add("kind", e["kind"]);
    add("from", e["provider"]);
    add("to", e["to_provider"]);
    add("lost", e["lost"]);
    add("filled", e["filled"]);
    return out;
}

Tone event_tone(const Json& e) {
    for (const auto* bad : {"link_down", "refused", "gap_opened", "unknown_symbol"})
        if (e["event"].text == bad)
            return Tone::bad;
    for (const auto* warning : {"stale", "pending", "halted", "route"})
        if (e["event"].text == warning)
            return Tone::warning;
    return Tone::plain;
}

} // namespace

ListView feeds(UnixNanos now) {
    return {{{"feed", "FEED"}, {"provider", ""}, state(), {"since", "SINCE", true, age("since", now)},
                {"last_message", "LAST", true, age("last_message", now)}, {"lag_ms", "LAG ms", true, lag_of},
                right("connections", "CONN"), right("subscriptions_wanted", "WANTED"),
                right("subscriptions_acked", "ACKED"), {"messages", "MESSAGES", true, messages_of},
                right("reconnects", "RECONN"), right("gaps", "GAPS"), right("lost", "LOST"), {"reason", "REASON"}},
        "no feeds: nothing is wanted of any provider"};
}

ListView providers() {
    return {{{"provider", "PROVIDER"}, {"enabled", "ENABLED"}, state(), {"feeds", "FEEDS"}, right("symbols", "SYMBOLS"),
                {"reason", "REASON"}},
        "no providers"};
}

ListView routes(UnixNanos now) {
    return {{instrument(), {"route", "ROUTE", false, [](const Json& e) { return e["route"].words(" > "); }},
                {"provider", "SERVING"}, state(), {"since", "SINCE", true, age("since", now)}, {"reason", "REASON"}},
        "no routes: nothing is wanted"};
}

ListView subscriptions() {
    return {{instrument(), state(), {"provider", "FROM"}, {"channels", "CHANNELS"}, {"configured", "CONFIGURED"},
                {"subscribed", "SUBSCRIBED"},
                {"leases", "LEASES", true,
                    [](const Json& e) {
                        return e["leases"].is(Json::Type::list) ? std::to_string(e["leases"].items.size())
                                                                : e["leases"].words();
                    }}},
        "nothing is subscribed"};
}

ListView leases() {
    return {{instrument(), class_of_csv(), state(), {"channels", "CHANNELS"},
                {"lease_until_us", "UNTIL", false,
                    [](const Json& e) {
                        const auto& until = e["lease_until_us"].has_value() ? e["lease_until_us"] : e["lease_until"];
                        const auto at = time_from(until);
                        return at ? utc_text(*at) : std::string("not taken");
                    }},
                {"reason", "REASON"}},
        "nothing was subscribed"};
}

ListView quotes(UnixNanos now) {
    return {{instrument(), class_of_csv(), {"provider", "FROM"}, {"bid_size", "BID SIZE", true}, {"bid", "BID", true},
                {"ask", "ASK", true}, {"ask_size", "ASK SIZE", true}, {"last", "LAST", true},
                {"ts_recv_us", "AGE", true, age("ts_recv_us", now)}, {"ts_event_us", ""}, {"seq", "SEQ", true},
                {"flags", "FLAGS"}},
        "no quotes"};
}

ListView trades() {
    return {{{"timestamp", "TIME"}, {"symbol", ""}, class_of_csv(), {"price", "PRICE", true}, {"size", "SIZE", true},
                {"side", "SIDE"}, {"trade_id", "ID", true}, {"exchange", "EXCHANGE"}, {"conditions", "CONDITIONS"},
                {"action", ""}, {"provider", "FROM"}},
        "no trades in that time"};
}

ListView events() {
    return {{{"ts_pub_us", "TIME", false,
                 [](const Json& e) {
                     const auto at = time_from(e["ts_pub_us"].has_value() ? e["ts_pub_us"] : e["time"]);
                     return at ? utc_text(*at) : std::string();
                 }},
                {"event", "EVENT", false, {}, event_tone}, {"symbol", "SUBJECT", false, subject_of}, class_of_csv(),
                {"feed", ""}, {"kind", ""}, {"provider", ""}, {"to_provider", ""}, {"cause", ""}, {"lost", ""},
                {"filled", ""}, {"text", "TEXT", false, told}},
        "no events so far"};
}

ListView limits() {
    return {
        {{"provider", "PROVIDER"}, {"name", "NAME"}, {"what", "WHAT"}, right("used", "USED"), right("limit", "LIMIT"),
            {"remaining", "REMAINING", true, number("remaining")}, {"", "USE", true, limit_use, limit_tone},
            {"window_ms", "WINDOW", true, [](const Json& e) { return seconds_of(e["window_ms"]); }},
            {"reset_in_ms", "RESET IN", true, [](const Json& e) { return seconds_of(e["reset_in_ms"]); }},
            right("waiting", "WAITING"), {"paused", "PAUSED"}},
        "no provider is on"};
}

ListView jobs() {
    return {
        {{"id", "ID"}, {"state", "STATE"},
            {"fraction", "DONE", true,
                [](const Json& e) { return fmt::format("{:.1f} %", e["fraction"].real() * 100); }},
            right("bars", "BARS"), {"symbols", "SYMBOLS", false, [](const Json& e) { return e["symbols"].words(","); }},
            {"timeframes", "TIMEFRAMES", false, [](const Json& e) { return e["timeframes"].words(","); }},
            {"start", "START"}, {"end", "END"}, {"provider", ""}, {"error", "ERROR"}},
        "no jobs"};
}

ListView collectors(UnixNanos now) {
    return {{{"name", "NAME"}, {"running", "RUNNING"},
                {"symbols", "SYMBOLS", false, [](const Json& e) { return e["symbols"].words(","); }},
                {"timeframes", "TIMEFRAMES", false, [](const Json& e) { return e["timeframes"].words(","); }},
                {"", "SOURCE", false,
                    [](const Json& e) {
                        std::vector<std::string> seen;
                        std::string out;
                        for (const auto& s : e["series"].items) {
                            const auto source = s["source"].words();
                            if (source.empty() || std::find(seen.begin(), seen.end(), source) != seen.end())
                                continue;
                            seen.push_back(source);
                            out.append(out.empty() ? "" : ",").append(source);
                        }
                        return out;
                    }},
                {"", "LAST", true,
                    [now](const Json& e) {
                        Json latest;
                        for (const auto& s : e["series"].items)
                            if (s["last_collection"].text > latest.text)
                                latest = s["last_collection"];
                        return ago(latest, now);
                    }},
                {"next", "NEXT"}},
        "no collectors"};
}

ListView symbols() {
    return {{instrument(), class_of_csv(), {"provider", "PROVIDER"}, {"native", "NATIVE"}, {"feed", ""},
                {"tradeable", "TRADES", false, [](const Json& e) { return e["tradeable"].truth() ? "yes" : "no"; }},
                {"status", ""}, {"price_step", ""}, {"size_step", ""}, {"description", "DESCRIPTION"}, {"unfit", ""}},
        "no instrument fits"};
}

ListView validations() {
    return {
        {{"asked", "SYMBOL"},
            {"valid", "VALID", false, {}, [](const Json& e) { return e["valid"].truth() ? Tone::good : Tone::bad; }},
            {"providers", "PROVIDERS", false,
                [](const Json& e) {
                    std::string out;
                    for (const auto& p : e["providers"].items)
                        out.append(out.empty() ? "" : ",").append(p["provider"].words());
                    return out;
                }},
            {"suggestions", "DID YOU MEAN", false, [](const Json& e) { return e["suggestions"].words(", "); }},
            {"error.message", "ERROR"}},
        "nothing was asked"};
}

} // namespace tickgate::cli::views
