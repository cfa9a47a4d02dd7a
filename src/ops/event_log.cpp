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

} // namespace

void EventLog::add(std::string_view payload) {
    const auto end = payload.find_last_not_of(" }\r\n");
    if (!payload.starts_with('{') || end == std::string_view::npos)
        return;
    Entry e;
    e.number = ++last_;
    e.payload = std::string(payload.substr(0, end + 1)) + "}";
    e.event = member(payload, "event");
    e.feed = member(payload, "feed");
    if (const auto symbol = member(payload, "symbol"); !symbol.empty())
        e.name = std::string(member(payload, "class")) + ":" + std::string(symbol);
    entries_.push_back(std::move(e));
    if (entries_.size() > most_)
        entries_.pop_front();
}

bool EventLog::fits(const Entry& entry, const Query& query) const {
    if (!query.events.empty() && !has(query.events, entry.event))
        return false;
    if (!query.feed.empty() && query.feed != entry.feed)
        return false;
    return query.names.empty() || std::any_of(query.names.begin(), query.names.end(),
                                      [&](const InstrumentName& n) { return n.to_string() == entry.name; });
}

EventLog::Found EventLog::find(const Query& query) const {
    Found found;
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
        found.missed = !ours || (!entries_.empty() && after + 1 < entries_.front().number);
    }
    std::vector<const Entry*> chosen;
    if (query.after.empty()) {
        for (auto e = entries_.rbegin(); e != entries_.rend() && chosen.size() < query.limit; ++e)
            if (fits(*e, query))
                chosen.push_back(&*e);
        std::reverse(chosen.begin(), chosen.end());
    } else {
        for (const auto& e : entries_)
            if (e.number > after && chosen.size() < query.limit && fits(e, query))
                chosen.push_back(&e);
    }
    for (const auto* e : chosen) {
        JsonObject o;
        auto text = o.text("cursor", cursor_of(e->number)).take();
        text.back() = ',';
        found.elements.push_back(text + e->payload.substr(1));
    }
    const bool cut = !query.after.empty() && chosen.size() == query.limit;
    const auto next = cut ? chosen.back()->number : last_;
    if (next > 0)
        found.next = cursor_of(next);
    return found;
}

} // namespace tickgate::ops
