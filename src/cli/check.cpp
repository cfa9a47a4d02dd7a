#include "cli/check.hpp"

#include "cli/text.hpp"
#include "core/clock.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <map>
#include <ostream>
#include <utility>

namespace tickgate::cli {

namespace {

constexpr std::size_t most_named = 3;

// One after the other: an unknown result is told before a warning, but not before a critical one.
int rank(Health h) noexcept {
    constexpr int ranks[] = {0, 1, 3, 2};
    return ranks[static_cast<std::size_t>(h)];
}

Health worse(Health a, Health b) noexcept { return rank(a) >= rank(b) ? a : b; }

std::string bound(const std::optional<AlertRange>& range) { return range ? range->text : std::string(); }

// Labels may hold anything but quotes and `=`.
std::string metric(std::string label, std::string_view value, const Thresholds& t, std::string_view more = "") {
    std::replace_if(
        label.begin(), label.end(), [](char c) { return c == '\'' || c == '=' || c == '|' || c < ' '; }, '_');
    return fmt::format("'{}'={};{};{}{}", label, value, bound(t.warning), bound(t.critical), more);
}

std::string first_few(const std::vector<std::string>& list) {
    std::string out;
    for (std::size_t i = 0; i < std::min(list.size(), most_named); ++i)
        out.append(i == 0 ? "" : "; ").append(list[i]);
    if (list.size() > most_named)
        out += fmt::format("; {} more", list.size() - most_named);
    return out;
}

bool number(std::string_view text, double& out) {
    if (text.empty())
        return false;
    const auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), out);
    return ec == std::errc() && end == text.data() + text.size();
}

// A feed's own state, then how old its last message is.
Health judge_feed(const Json& f, const Thresholds& thresholds, UnixNanos now, std::vector<std::string>& said) {
    const auto& state = f["state"].text;
    const auto reason = f["reason"].has_value() ? " (" + f["reason"].words() + ")" : std::string();
    if (state == "down" || state == "refused") {
        said.push_back(f["feed"].words() + " is " + state + reason);
        return Health::critical;
    }
    if (state != "live") {
        if (state == "closed")
            return Health::ok;
        said.push_back(f["feed"].words() + " is " + (state.empty() ? "in no known state" : state) + reason);
        return Health::warning;
    }
    const auto last = time_from(f["last_message"]);
    if (!last)
        return Health::ok;
    const auto age = std::chrono::duration<double>(now - *last).count();
    const auto health = thresholds.judge(std::max(age, 0.0));
    if (health != Health::ok)
        said.push_back(fmt::format("{} has been silent for {:.0f} s", f["feed"].words(), age));
    return health;
}

} // namespace

std::optional<AlertRange> AlertRange::parse(std::string_view text) {
    AlertRange range;
    range.text = text;
    if (text.starts_with('@')) {
        range.inside = true;
        text.remove_prefix(1);
    }
    const auto colon = text.find(':');
    if (colon == std::string_view::npos)
        return number(text, range.to) && range.to >= 0 ? std::optional(range) : std::nullopt;
    const auto from = text.substr(0, colon), to = text.substr(colon + 1);
    if (from == "~")
        range.from = -std::numeric_limits<double>::infinity();
    else if (!number(from, range.from))
        return std::nullopt;
    if (!to.empty() && !number(to, range.to))
        return std::nullopt;
    return range.from <= range.to ? std::optional(range) : std::nullopt;
}

Health Thresholds::judge(double value) const noexcept {
    if (critical && critical->alerts(value))
        return Health::critical;
    return warning && warning->alerts(value) ? Health::warning : Health::ok;
}

Verdict check_feeds(const Json& gateway, const std::vector<Json>& feeds, const std::vector<Json>& subscriptions,
    const Thresholds& thresholds, UnixNanos now) {
    Verdict v;
    if (!gateway["owner"].truth() && gateway["holder"].has_value()) {
        v.text = "standing by, " + gateway["holder"].words() + " publishes";
        return v;
    }
    std::vector<std::string> said;
    for (const auto& f : feeds) {
        v.health = worse(v.health, judge_feed(f, thresholds, now, said));
        if (const auto last = time_from(f["last_message"]))
            v.performance.push_back(metric(f["feed"].words() + " age",
                fmt::format("{:.1f}s", std::max(std::chrono::duration<double>(now - *last).count(), 0.0)), thresholds));
        if (f["lag_ms"].has_value())
            v.performance.push_back(metric(f["feed"].words() + " lag", f["lag_ms"].words() + "ms", Thresholds()));
    }
    std::map<std::string, std::size_t> unserved;
    for (const auto& s : subscriptions)
        if (const auto& state = s["state"].text;
            state != "live" && state != "closed" && state != "pending" && !state.empty())
            ++unserved[state];
    for (const auto& [state, count] : unserved)
        said.push_back(fmt::format("{} symbol{} {}", count, count == 1 ? "" : "s", state));
    if (!unserved.empty())
        v.health = worse(v.health, Health::warning);
    if (!gateway["ready"].truth()) {
        v.health = worse(v.health, Health::critical);
        for (const auto& reason : gateway["reasons"].items)
            if (std::none_of(said.begin(), said.end(), [&](const auto& s) { return s == reason.words(); }))
                said.push_back(reason.words());
        if (said.empty())
            said.push_back("not ready");
    }
    const auto live =
        std::count_if(feeds.begin(), feeds.end(), [](const Json& f) { return f["state"].text == "live"; });
    const auto closed =
        std::count_if(feeds.begin(), feeds.end(), [](const Json& f) { return f["state"].text == "closed"; });
    v.text = said.empty() ? fmt::format("{} feed{} live, {} closed, {} symbols", live, live == 1 ? "" : "s", closed,
                                subscriptions.size())
                          : first_few(said);
    v.performance.push_back(
        metric("feeds live", std::to_string(live), Thresholds(), fmt::format(";0;{}", feeds.size())));
    return v;
}

Verdict check_quotas(const std::vector<Json>& limits, Thresholds thresholds) {
    if (!thresholds.warning)
        thresholds.warning = AlertRange::parse("80");
    if (!thresholds.critical)
        thresholds.critical = AlertRange::parse("95");
    Verdict v;
    std::vector<std::string> said;
    double most = 0;
    for (const auto& l : limits) {
        const auto label = l["provider"].words() + " " + l["name"].words() + " " + l["what"].words();
        if (l["paused"].truth()) {
            v.health = worse(v.health, Health::warning);
            said.push_back(label + " paused, as the venue asked");
        }
        const auto limit = l["limit"].real();
        if (limit <= 0 || l["what"].text != "requests") // one connection of one is how it should be
            continue;
        const auto percent = l["used"].real() / limit * 100;
        most = std::max(most, percent);
        if (const auto health = thresholds.judge(percent); health != Health::ok) {
            v.health = worse(v.health, health);
            said.push_back(
                fmt::format("{} {:.0f} % used ({} of {})", label, percent, l["used"].integer(), l["limit"].integer()));
        }
        v.performance.push_back(metric(label, fmt::format("{:.1f}%", percent), thresholds, ";0;100"));
    }
    v.text =
        said.empty() ? fmt::format("{} limits, at most {:.0f} % used", v.performance.size(), most) : first_few(said);
    return v;
}

Verdict check_gaps(const std::vector<Json>& events, Thresholds thresholds, UnixNanos from) {
    if (!thresholds.warning)
        thresholds.warning = AlertRange::parse("0");
    if (!thresholds.critical)
        thresholds.critical = AlertRange::parse("1000");
    Verdict v;
    std::int64_t gaps = 0, lost = 0, filled = 0, open = 0;
    std::map<std::string, std::int64_t> by_symbol;
    for (const auto& e : events) {
        const auto at = time_from(e["ts_pub_us"].has_value() ? e["ts_pub_us"] : e["time"]);
        if (at && *at < from)
            continue;
        const auto& event = e["event"].text;
        if (event == "gap_opened") {
            ++gaps;
            ++open;
        } else if (event == "gap_closed") { // has the totals
            --open;
            filled += e["filled"].integer();
            lost += e["lost"].integer();
            by_symbol[e["symbol"].words()] += e["lost"].integer();
        }
    }
    v.health = thresholds.judge(static_cast<double>(lost));
    v.text = gaps == 0 && lost == 0 ? std::string("no gaps")
                                    : fmt::format("{} gaps, {} messages lost, {} filled", gaps, lost, filled);
    if (open > 0)
        v.text += fmt::format(", {} still open", open);
    const auto worst = std::max_element(
        by_symbol.begin(), by_symbol.end(), [](const auto& a, const auto& b) { return a.second < b.second; });
    if (worst != by_symbol.end() && worst->second > 0)
        v.text += fmt::format(", most of {}", worst->first);
    v.performance = {metric("gaps", std::to_string(gaps), Thresholds()),
        metric("lost", std::to_string(lost), thresholds), metric("filled", std::to_string(filled), Thresholds())};
    return v;
}

Verdict joined(const std::vector<std::pair<std::string, Verdict>>& verdicts) {
    Verdict all;
    for (const auto& [label, v] : verdicts) {
        all.health = worse(all.health, v.health);
        all.text.append(all.text.empty() ? "" : "; ").append(verdicts.size() > 1 ? label + ": " : "").append(v.text);
        all.performance.insert(all.performance.end(), v.performance.begin(), v.performance.end());
    }
    return all;
}

std::string plugin_line(const Verdict& verdict) {
    constexpr const char* words[] = {"OK", "WARNING", "CRITICAL", "UNKNOWN"};
    auto text = printable(verdict.text);
    std::replace(text.begin(), text.end(), '|', '/');
    std::string line = std::string(words[static_cast<std::size_t>(verdict.health)]) + " - " + text;
    for (std::size_t i = 0; i < verdict.performance.size(); ++i)
        line.append(i == 0 ? " | " : " ").append(printable(verdict.performance[i]));
    return line + "\n";
}

namespace {

// Asks what the checks need. A daemon that does not answer is critical, one that does not let us in is unknown.
class Asker {
public:
    Asker(DaemonClient& client, std::chrono::seconds deadline) : client_(client), until_(mono_now() + deadline) {}

    asio::awaitable<std::vector<Json>> list(std::string target) {
        std::vector<Json> out;
        if (fault)
            co_return out;
        const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(until_ - mono_now());
        auto asking = client_.get(std::move(target), std::max(left, std::chrono::milliseconds(1)));
        const auto answer = co_await std::move(asking);
        if (answer.exit == exit_ok) {
            if (const auto body = parse_json(answer.response.body))
                out = (*body)["data"].items;
            co_return out;
        }
        fault.emplace();
        fault->health = answer.exit == exit_unavailable ? Health::critical : Health::unknown;
        fault->text = answer.problem;
        co_return out;
    }
    std::optional<Verdict> fault;

private:
    DaemonClient& client_;
    MonoTime until_;
};

// Those of one feed, or of all feeds of one provider.
std::vector<Json> only(std::vector<Json> list, const std::string& wanted, const char* feed_key) {
    if (!wanted.empty())
        std::erase_if(
            list, [&](const Json& e) { return e[feed_key].words() != wanted && e["provider"].words() != wanted; });
    return list;
}

} // namespace

asio::awaitable<int> run_check(DaemonClient& client, CheckArguments a, std::ostream& out) {
    Asker asker(client, a.deadline);
    Thresholds thresholds{AlertRange::parse(a.warning), AlertRange::parse(a.critical)};
    std::vector<std::pair<std::string, Verdict>> verdicts;
    const bool all = a.what == "all";
    const auto provider = a.feed.substr(0, a.feed.find('.'));
    if (!all && a.what != "feed" && !a.feed.empty()) {
        const auto feeds = co_await asker.list("/api/v1/feeds");
        const auto known = only(feeds, a.feed, "feed");
        if (known.empty() && !asker.fault) {
            Verdict none;
            none.health = Health::unknown;
            none.text = "no feed " + a.feed;
            asker.fault = std::move(none);
        }
    }
    if (all || a.what == "feed") {
        const auto status = co_await asker.list("/api/v1/status");
        auto feeds = co_await asker.list("/api/v1/feeds");
        auto subscriptions = co_await asker.list("/api/v1/subscriptions?limit=10000");
        feeds = only(std::move(feeds), a.feed, "feed");
        if (!a.feed.empty()) // instruments are a provider's
            subscriptions = only(std::move(subscriptions), provider, "provider");
        const auto gateway = status.empty() ? Json() : status.front();
        auto verdict = check_feeds(gateway, feeds, subscriptions, all ? Thresholds() : thresholds, wall_now());
        if (feeds.empty() && !a.feed.empty()) {
            verdict = Verdict();
            verdict.health = Health::unknown;
            verdict.text = "no feed " + a.feed;
        }
        verdicts.emplace_back("feeds", std::move(verdict));
    }
    if (all || a.what == "quota") {
        auto limits = co_await asker.list("/api/v1/rate-limit");
        limits = only(std::move(limits), provider, "provider");
        verdicts.emplace_back("quotas", check_quotas(limits, all ? Thresholds() : thresholds));
    }
    if (all || a.what == "gaps") {
        auto events = co_await asker.list("/api/v1/events?limit=5000&event=gap_opened,gap_closed");
        events = only(std::move(events), a.feed, "feed");
        verdicts.emplace_back("gaps", check_gaps(events, all ? Thresholds() : thresholds, wall_now() - a.window));
    }
    const auto verdict = asker.fault ? *asker.fault : joined(verdicts);
    out << plugin_line(verdict) << std::flush;
    co_return static_cast<int>(verdict.health);
}

} // namespace tickgate::cli
