#include "ops/event_log.hpp"

#include "ops/json_text.hpp"

#include <algorithm>
#include <charconv>
#include <utility>

namespace tickgate::ops {

namespace {

// Text of a member that needs no escapes; empty if it is null.
std::string_view member(std::string_view json, std::string_view key) {
    const std::string name = "\"" + std::string(key) + "\":\"";
    const auto at = json.find(name);
    if (at == std::string_view::npos)
        return {};
    json.remove_prefix(at + name.size());
    return json.substr(0, json.find('"'));
}

bool has(const std::vector<std::string>& list, std::string_view what) {
    return std::find(list.begin(), list.end(), what) != list.end();
}

bool fits(std::string_view payload, const EventLog::Query& query) {
    if (!query.events.empty() && !has(query.events, member(payload, "event")))
        return false;
    if (!query.feed.empty() && query.feed != member(payload, "feed"))
        return false;
    if (query.names.empty())
        return true;
    const auto asset_class = member(payload, "class"), symbol = member(payload, "symbol");
    return std::any_of(query.names.begin(), query.names.end(),
        [&](const InstrumentName& n) { return symbol == n.symbol && asset_class == to_string(n.asset_class); });
}

} // namespace

void EventLog::add(std::string_view payload) {
    const auto end = payload.find_last_not_of(" }\r\n");
    if (!payload.starts_with('{') || end == std::string_view::npos)
        return;
    std::string text;
    text.reserve(end + 2);
    text.append(payload, 0, end + 1) += '}';
    entries_.push_back(std::move(text));
    ++last_;
    if (entries_.size() > most_)
        entries_.pop_front();
}

EventLog::Found EventLog::find(const Query& query) const {
    Found found;
    const std::uint64_t oldest = last_ - entries_.size() + 1;
    std::uint64_t after = 0;
    if (!query.after.empty()) {
        const auto dash = query.after.rfind('-');
        const char* const end = query.after.data() + query.after.size();
        const char* const digits = query.after.data() + (dash == std::string::npos ? query.after.size() : dash + 1);
        const auto [stop, ec] = std::from_chars(digits, end, after);
        if (dash == std::string::npos || dash == 0 || ec != std::errc() || stop != end) {
            found.known = false;
            return found;
        }
        const bool ours = query.after.compare(0, dash, run_) == 0;
        if (ours && after > last_) {
            found.known = false;
            return found;
        }
        if (!ours)
            after = 0; // of a process before this one: everything is new
        found.missed = !ours || (!entries_.empty() && after + 1 < oldest);
    }
    std::vector<std::uint64_t> chosen; // their numbers
    const auto payload_of = [&](std::uint64_t number) -> const std::string& { return entries_[number - oldest]; };
    if (query.after.empty()) {
        for (auto n = last_; n >= oldest && chosen.size() < query.limit; --n)
            if (fits(payload_of(n), query))
                chosen.push_back(n);
        std::reverse(chosen.begin(), chosen.end());
    } else {
        for (auto n = std::max(after + 1, oldest); n <= last_ && chosen.size() < query.limit; ++n)
            if (fits(payload_of(n), query))
                chosen.push_back(n);
    }
    for (const auto n : chosen) {
        JsonObject o;
        auto text = o.text("cursor", cursor_of(n)).take();
        text.back() = ',';
        found.elements.push_back(text.append(payload_of(n), 1));
    }
    const bool cut = !query.after.empty() && chosen.size() == query.limit;
    const auto next = cut ? chosen.back() : last_;
    if (next > 0)
        found.next = cursor_of(next);
    return found;
}

} // namespace tickgate::ops
