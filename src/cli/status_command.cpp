#include "cli/status_command.hpp"

#include "cli/text.hpp"
#include "cli/views.hpp"
#include "core/clock.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <ostream>
#include <utility>

namespace tickgate::cli {

namespace {

constexpr std::size_t most_named = 5;

// Nothing to complain of. What is pending, or has no state yet, is being asked for.
bool is_well(std::string_view state) noexcept {
    return state == "live" || state == "closed" || state == "pending" || state.empty();
}

bool stands_by(const Json& gateway) { return !gateway["owner"].truth() && gateway["holder"].has_value(); }

using ByState = std::map<std::string, std::vector<const Json*>>;

ByState by_state(const std::vector<Json>& subscriptions) {
    ByState groups;
    for (const auto& s : subscriptions)
        groups[s["state"].words()].push_back(&s);
    return groups;
}

// `fx:EUR-USD (oanda), …, 3 more`
std::string named(const std::vector<const Json*>& elements) {
    std::string out;
    for (std::size_t i = 0; i < std::min(elements.size(), most_named); ++i) {
        const auto& e = *elements[i];
        out.append(i == 0 ? "" : ", ").append(e["symbol"].words());
        if (e["provider"].has_value())
            out.append(" (").append(e["provider"].words()).append(")");
    }
    if (elements.size() > most_named)
        out += fmt::format(", {} more", elements.size() - most_named);
    return out;
}

// Label and value, the label in a column of its own.
void entry(Output& output, std::string_view label, std::string_view text, Tone tone = Tone::plain) {
    output.stream() << output.toned(fmt::format("{:<9}", label), Tone::bold);
    const auto columns = output.look().columns;
    const auto words = printable(text);
    output.stream() << output.toned(columns > 10 ? cut_to(words, columns - 9) : words, tone) << '\n';
}

void tell_gateway(const Json& g, Output& output) {
    const auto up = long_span_text(g["uptime_s"].integer());
    entry(output, "gateway", fmt::format("tickgate {} on {}, up {}", g["version"].words(), g["instance"].words(), up));
    if (g["owner"].truth())
        entry(output, "owner", "this instance publishes, session " + g["session"].words(), Tone::good);
    else if (g["holder"].has_value())
        entry(output, "owner", "standing by: " + g["holder"].words() + " publishes", Tone::warning);
    else
        entry(output, "owner", "nobody publishes", Tone::bad);
    if (g["redis"].has_value())
        entry(output, "redis", g["redis"].words());
    if (g["ready"].truth()) {
        entry(output, "ready", "yes: Redis is writable, every feed is well", Tone::good);
        return;
    }
    bool first = true;
    for (const auto& reason : g["reasons"].items) {
        entry(output, first ? "ready" : "", (first ? "no: " : "") + reason.words(), Tone::bad);
        first = false;
    }
    if (first)
        entry(output, "ready", "no", Tone::bad);
}

void tell_symbols(const std::vector<Json>& subscriptions, Output& output) {
    const auto groups = by_state(subscriptions);
    std::string counts;
    for (const auto& [state, elements] : groups)
        counts += fmt::format(
            "{}{} {}", counts.empty() ? "" : ", ", elements.size(), state.empty() ? "not served here" : state);
    entry(output, "symbols", counts.empty() ? "none are wanted" : counts);
    for (const auto& [state, elements] : groups)
        if (!is_well(state))
            entry(
                output, "", (state.empty() ? "not served here" : state) + ": " + named(elements), tone_of_state(state));
}

void tell_gaps(const std::vector<Json>& feeds, Output& output) {
    std::int64_t gaps = 0, lost = 0, reconnects = 0;
    for (const auto& f : feeds) {
        gaps += f["gaps"].integer();
        lost += f["lost"].integer();
        reconnects += f["reconnects"].integer();
    }
    entry(output, "gaps", fmt::format("{} since the start, {} messages lost; {} reconnects", gaps, lost, reconnects),
        lost > 0 ? Tone::warning : Tone::plain);
}

void tell_limits(const std::vector<Json>& limits, Output& output) {
    const auto part = [](const Json& l) { return l["used"].real() / std::max(l["limit"].real(), 1.0); };
    bool first = true;
    for (const auto& l : limits) {
        const bool paused = l["paused"].truth();
        if (l["limit"].integer() <= 0 || (!paused && l["what"].text != "requests" && part(l) < 0.8))
            continue;
        entry(output, std::exchange(first, false) ? "quotas" : "",
            fmt::format("{} {} {}: {} of {} used{}{}", l["provider"].words(), l["name"].words(), l["what"].words(),
                l["used"].integer(), l["limit"].integer(), paused ? ", paused as the venue asked" : "",
                l["waiting"].integer() > 0 ? fmt::format(", {} waiting", l["waiting"].integer()) : ""),
            paused || part(l) >= 0.95 ? Tone::bad
            : part(l) >= 0.8          ? Tone::warning
                                      : Tone::plain);
    }
}

// What a list of the API holds; empty with the exit code in `exit` if it could not be asked.
asio::awaitable<std::vector<Json>> elements_of(DaemonClient& client, std::string path, int& exit, std::ostream& err) {
    std::vector<Json> elements;
    if (exit != exit_ok)
        co_return elements;
    auto fetching = fetch(client, std::move(path), err);
    const auto fetched = co_await std::move(fetching);
    exit = fetched.exit;
    co_return fetched.list();
}

} // namespace

std::vector<std::string> complaints(const Glance& glance) {
    std::vector<std::string> out;
    const auto& g = glance.gateway;
    if (stands_by(g))
        return out;
    if (!g["ready"].truth()) {
        for (const auto& reason : g["reasons"].items)
            out.push_back(reason.words());
        if (out.empty())
            out.emplace_back("not ready");
    }
    for (const auto& f : glance.feeds)
        if (!is_well(f["state"].text))
            out.push_back(f["feed"].words() + " is " + f["state"].words() +
                          (f["reason"].has_value() ? ": " + f["reason"].words() : ""));
    for (const auto& [state, elements] : by_state(glance.subscriptions))
        if (!is_well(state))
            out.push_back(
                fmt::format("{} {}: {}", elements.size(), state.empty() ? "not served here" : state, named(elements)));
    return out;
}

void tell_status(const Glance& glance, UnixNanos now, Output& output) {
    tell_gateway(glance.gateway, output);
    tell_symbols(glance.subscriptions, output);
    tell_gaps(glance.feeds, output);
    tell_limits(glance.limits, output);
    if (glance.feeds.empty())
        return;
    output.line("");
    output.rows(glance.feeds, views::feeds(now).columns);
}

asio::awaitable<int> show_status(DaemonClient& client, Output output, std::ostream& err) {
    auto fetching = fetch(client, std::string("/api/v1/status"), err);
    auto status = co_await std::move(fetching);
    int code = status.exit;
    if (code != exit_ok)
        co_return code;
    Glance glance;
    if (!status.list().empty())
        glance.gateway = status.list().front();
    glance.feeds = co_await elements_of(client, "/api/v1/feeds", code, err);
    glance.subscriptions = co_await elements_of(client, "/api/v1/subscriptions?limit=10000", code, err);
    glance.limits = co_await elements_of(client, "/api/v1/rate-limit", code, err);
    if (code != exit_ok)
        co_return code;
    const bool well = complaints(glance).empty();
    if (output.table())
        tell_status(glance, wall_now(), output);
    else if (output.look().format == Format::csv)
        output.object(glance.gateway, status.text);
    else
        output.list(status.list(), {}, status.text);
    co_return finished(output, err, well ? exit_ok : exit_failed);
}

} // namespace tickgate::cli
