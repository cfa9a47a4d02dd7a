#include "tradier/venue/client.hpp"

#include <simdjson.h>

#include <algorithm>

namespace tickgate::tradier_venue {

using namespace std::chrono_literals;
namespace dom = simdjson::dom;

Book* Hub::find(std::string_view native) {
    const auto it = names.find(std::string(native));
    return it == names.end() ? nullptr : &books[it->second];
}

std::chrono::milliseconds Hub::skew() const {
    const auto* hit = faults.find(kit::FaultKind::clock_skew);
    return std::chrono::milliseconds(hit == nullptr ? 0 : hit->fault.value);
}

// A half-open stream is one that the venue takes for open; only with lingering it is held against the user, as the real
// venue does.
std::size_t Hub::alive(const StreamClient* except) const {
    return static_cast<std::size_t>(std::count_if(clients.begin(), clients.end(), [&](const StreamClient* c) {
        return c != except && c->listens() && (options.linger.count() > 0 || !c->half_open(now.mono));
    }));
}

namespace {

Filter filter_of(const std::vector<std::string>& names) {
    if (names.empty())
        return {};
    const auto has = [&](const char* name) { return std::find(names.begin(), names.end(), name) != names.end(); };
    return {has("quote"), has("trade"), has("summary"), has("timesale"), has("tradex")};
}

std::vector<std::string> split(std::string_view list) {
    std::vector<std::string> out;
    while (!list.empty()) {
        const auto end = std::min(list.find(','), list.size());
        if (end > 0)
            out.emplace_back(list.substr(0, end));
        list.remove_prefix(std::min(end + 1, list.size()));
    }
    return out;
}

std::vector<std::string> texts(const dom::element& root, const char* key) {
    std::vector<std::string> out;
    dom::array list;
    if (root[key].get(list) != simdjson::SUCCESS)
        return out;
    for (const auto element : list)
        if (std::string_view text; element.get(text) == simdjson::SUCCESS)
            out.emplace_back(text);
    return out;
}

} // namespace

bool parse_message(std::string_view text, ListRequest& into) {
    dom::parser parser;
    dom::element root;
    if (parser.parse(text.data(), text.size()).get(root) != simdjson::SUCCESS || !root.is_object())
        return false;
    std::string_view id;
    if (root["sessionid"].get(id) == simdjson::SUCCESS)
        into.session_id = id;
    into.symbols = texts(root, "symbols");
    into.filter = filter_of(texts(root, "filter"));
    if (root["linebreak"].get(into.line_break) != simdjson::SUCCESS)
        into.line_break = false;
    return true;
}

std::string form_value(std::string_view form, std::string_view name) {
    net::HttpRequest request; // its query is written as a form is
    request.query = form;
    return request.parameter(name);
}

bool parse_form(std::string_view form, ListRequest& into) {
    into.session_id = form_value(form, "sessionid");
    into.symbols = split(form_value(form, "symbols"));
    into.filter = filter_of(split(form_value(form, "filter")));
    into.line_break = form_value(form, "linebreak") == "true";
    return !into.symbols.empty();
}

StreamClient::StreamClient(Hub& hub, kit::ClientPort& port, bool http, Moment now)
    : hub_(hub),
      port_(port),
      http_(http),
      opened_(now),
      last_tick_(now.mono),
      last_data_(now.mono),
      listings_(hub.books.size()) {
    hub_.clients.push_back(this);
}

StreamClient::~StreamClient() {
    std::erase(hub_.clients, this);
    if (counted_ && !ended_)
        hub_.desk.left(hub_.now.mono);
}

void StreamClient::on_text(std::string_view text, Moment now) {
    if (kit::ignores(hub_.faults))
        return;
    ListRequest request;
    if (!parse_message(text, request))
        return refuse("invalid message", false);
    take(request, now);
}

bool StreamClient::take(const ListRequest& request, Moment now) {
    const auto verdict = hub_.desk.check(request.session_id, now.mono);
    if (verdict != Desk::Verdict::fine) {
        refuse(verdict == Desk::Verdict::unknown ? "session not found" : "session expired", true);
        return false;
    }
    if (request.symbols.empty()) {
        refuse("symbols: at least one is needed", false);
        return true;
    }
    if (!counted_ && !hub_.desk.admit(hub_.alive(this), now.mono)) {
        ++hub_.too_many;
        refuse("too many sessions requested", true);
        return false;
    }
    counted_ = true;
    ++hub_.lists;
    filter_ = request.filter;
    line_break_ = request.line_break;
    std::vector<bool> wanted(listings_.size());
    for (const auto& symbol : request.symbols) // unknown ones are passed over
        if (const auto it = hub_.names.find(symbol); it != hub_.names.end())
            wanted[it->second] = true;
    listed_ = 0;
    for (std::size_t i = 0; i < wanted.size(); ++i) {
        const bool fresh = wanted[i] && !listings_[i].on;
        listings_[i].on = wanted[i];
        listed_ += wanted[i] ? 1u : 0u;
        if (fresh)
            repeat(i, now, false);
    }
    listed_ = std::max<std::size_t>(listed_, 1); // unknown names alone are a list as well
    return true;
}

bool StreamClient::mute(std::size_t book, Moment now) const {
    return !listings_[book].on || hub_.faults.silences(hub_.books[book].native) ||
           (hub_.options.silent_after.count() > 0 && now.mono - opened_.mono >= hub_.options.silent_after);
}

void StreamClient::flush(std::size_t book) {
    if (frame_.empty())
        return;
    auto& listing = listings_[book];
    listing.sent = hub_.now.mono;
    if (listing.left_out > 0) {
        --listing.left_out;
        ++hub_.left_out;
    } else {
        last_data_ = hub_.now.mono;
        ++hub_.events;
        port_.send_data(frame_);
    }
    frame_.clear();
}

void StreamClient::on_quote(std::size_t book) {
    if (mute(book, hub_.now))
        return;
    const auto& b = hub_.books[book];
    if (filter_.quote) {
        object_.clear();
        append_quote(object_, b, hub_.skew());
        add(object_);
    }
    if (b.is_index() && filter_.trade) { // its value
        object_.clear();
        append_trade(object_, b, "trade", 0, hub_.skew());
        add(object_);
    }
    flush(book);
}

void StreamClient::on_trade(std::size_t book, std::span<const kit::Fill> fills) {
    if (mute(book, hub_.now))
        return;
    const auto& b = hub_.books[book];
    for (const auto& fill : fills) {
        if (!filter_.timesale)
            break;
        object_.clear();
        append_timesale(object_, b, fill, hub_.skew());
        add(object_);
    }
    for (const auto* type : {"trade", "tradex"})
        if (type[5] == 'x' ? filter_.tradex : filter_.trade) {
            object_.clear();
            append_trade(object_, b, type, b.last.lots, hub_.skew());
            add(object_);
        }
    flush(book);
}

// The present state once more: at the beginning, and of idle symbols, whose `trade` then has size 0.
void StreamClient::repeat(std::size_t book, Moment now, bool stale) {
    if (mute(book, now) || hub_.closed)
        return;
    if (hub_.replay) {
        if (!stale && !hub_.last_lines[book].empty())
            send_line(book, hub_.last_lines[book]);
        return;
    }
    const auto& b = hub_.books[book];
    const auto skew = hub_.skew();
    object_.clear();
    if (filter_.quote) {
        append_quote(object_, b, skew);
        add(object_);
        object_.clear();
    }
    if (filter_.timesale && b.last.id != 0) {
        append_timesale(object_, b, b.last, skew);
        add(object_);
        object_.clear();
    }
    if (filter_.trade && (b.last.id != 0 || b.is_index())) {
        append_trade(object_, b, "trade", stale || b.is_index() ? 0 : b.last.lots, skew);
        add(object_);
        object_.clear();
    }
    if (filter_.summary && !stale) {
        append_summary(object_, b);
        add(object_);
        object_.clear();
    }
    hub_.repeats += stale ? 1u : 0u;
    flush(book);
}

void StreamClient::send_line(std::size_t book, std::string_view line) {
    if (mute(book, hub_.now))
        return;
    add(line);
    flush(book);
}

void StreamClient::send_any(std::string_view line) {
    add(line);
    port_.send_data(frame_);
    frame_.clear();
}

void StreamClient::leave_out(std::int64_t count, std::string_view native) {
    for (std::size_t i = 0; i < listings_.size(); ++i)
        if (listings_[i].on && (native.empty() || hub_.books[i].native == native))
            listings_[i].left_out += count;
}

void StreamClient::refuse(std::string_view words, bool over) {
    ++hub_.refused;
    port_.send_control("{\"error\":\"" + std::string(words) + "\"}\n");
    if (over)
        end();
}

void StreamClient::end() {
    ended_ = true;
    listed_ = 0;
    port_.close(1000, {});
}

void StreamClient::tick(Moment now) {
    last_tick_ = now.mono;
    hub_.now = now;
    if (port_.closing())
        return;
    if (listed_ == 0 && now.mono - opened_.mono > hub_.options.id_life)
        return refuse("session expired", true);
    if (http_ && now.mono - last_data_ > hub_.options.http_idle)
        return end();
    if (hub_.options.repeat.count() == 0 || listings_.empty())
        return;
    // A part of them each time: all are looked at within a second.
    const auto part = std::min(listings_.size(), std::max<std::size_t>(listings_.size() / 50, 20));
    for (std::size_t n = 0; n < part; ++n) {
        next_repeat_ = (next_repeat_ + 1) % listings_.size();
        if (auto& listing = listings_[next_repeat_]; listing.on && now.mono - listing.sent >= hub_.options.repeat) {
            listing.sent = now.mono;
            repeat(next_repeat_, now, true);
        }
    }
}

} // namespace tickgate::tradier_venue
