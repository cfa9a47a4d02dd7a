#include "massive/venue/session.hpp"

#include "core/text.hpp"

#include <boost/json.hpp>
#include <fmt/format.h>

#include <algorithm>

namespace tickgate::massive_venue {

namespace json = boost::json;

namespace {

constexpr std::size_t longest_frame = 256 * 1024;
constexpr std::string_view limit_reached =
    "Subscription limit reached for feed. Please remove some subscriptions and try again.";

std::string_view text_of(const json::object& object, std::string_view key) noexcept {
    const auto* value = object.if_contains({key.data(), key.size()});
    const auto* text = value == nullptr ? nullptr : value->if_string();
    return text == nullptr ? std::string_view() : std::string_view(text->data(), text->size());
}

} // namespace

MassiveSession::MassiveSession(SessionHost& host, Door door, kit::ClientPort& port, Moment)
    : host_(host), door_(door), port_(port) {
    say("connected", "Connected Successfully", End::stay);
}

MassiveSession::~MassiveSession() {
    for (const auto& [text, pair] : pairs_)
        release(pair);
    host_.gone(*this);
}

void MassiveSession::on_text(std::string_view text, Moment now) {
    if (kit::ignores(host_.faults()))
        return;
    json::error_code ec;
    const auto document = json::parse({text.data(), text.size()}, ec);
    const auto* request = ec ? nullptr : document.if_object();
    if (request == nullptr)
        return; // not answered
    const auto action = text_of(*request, "action");
    const auto params = text_of(*request, "params");
    if (action == "auth")
        return authorise(params, now);
    if (action != "subscribe" && action != "unsubscribe")
        return;
    if (!authorised_)
        return answer("error", "not authorized", now);
    if (action == "subscribe")
        subscribe(params, now);
    else
        unsubscribe(params, now);
}

void MassiveSession::authorise(std::string_view key, Moment now) {
    const auto& plan = host_.options().clusters;
    if (!host_.accepts(key))
        return say("auth_failed", "authentication failed", End::dropping);
    if (!plan.empty() && std::find(plan.begin(), plan.end(), to_string(door_.cluster)) == plan.end())
        return say("auth_failed", "Your plan doesn't include websocket access.", End::dropping);
    const bool first = !std::exchange(authorised_, true);
    answer("auth_success", "authenticated", now);
    if (first)
        host_.authorised(*this, now);
}

bool MassiveSession::entitled(Channel channel, std::string_view name) const noexcept {
    if (channel == Channel::imbalance || channel == Channel::book || (channel == Channel::fmv && !door_.business))
        return false;
    if (door_.cluster == Cluster::options && channel == Channel::quote && name == "*")
        return false;
    const auto prefix = prefix_of(door_.cluster, channel);
    const auto& refused = host_.options().refused;
    return std::none_of(refused.begin(), refused.end(), [&](std::string_view entry) {
        const auto colon = entry.find(':');
        if (colon != std::string_view::npos && entry.substr(0, colon) != to_string(door_.cluster))
            return false;
        return entry.substr(colon == std::string_view::npos ? 0 : colon + 1) == prefix;
    });
}

// The pairs of channels this cluster knows; the others are passed over in silence.
std::vector<MassiveSession::Pair> MassiveSession::pairs_of(std::string_view params, bool& refused) const {
    std::vector<Pair> out;
    while (!params.empty()) {
        const auto comma = params.find(',');
        const auto text = trimmed(params.substr(0, comma), " ");
        params = comma == std::string_view::npos ? std::string_view() : params.substr(comma + 1);
        const auto dot = text.find('.');
        if (dot == std::string_view::npos || dot + 1 == text.size())
            continue;
        const auto channel = channel_from(door_.cluster, text.substr(0, dot));
        if (!channel)
            continue;
        const auto name = text.substr(dot + 1);
        if (!entitled(*channel, name)) {
            refused = true;
            continue;
        }
        out.push_back({*channel, std::string(text), normalised(door_.cluster, name)});
    }
    return out;
}

void MassiveSession::subscribe(std::string_view params, Moment now) {
    bool refused = false;
    const auto asked = pairs_of(params, refused);
    if (refused)
        answer("error", "not authorized", now);

    // Option quotes: what would cross the limit is refused as a whole.
    const auto limited = [&](const Pair& pair) {
        return door_.cluster == Cluster::options && pair.channel == Channel::quote;
    };
    std::size_t held = 0;
    for (const auto& [text, pair] : pairs_)
        held += limited(pair) ? 1u : 0u;
    for (const auto& pair : asked)
        held += limited(pair) && !pairs_.contains(pair.text) ? 1u : 0u;
    const bool crossed = held > host_.options().option_contracts;
    for (const auto& pair : asked) {
        const bool fresh = !pairs_.contains(pair.text);
        if (crossed && limited(pair)) {
            if (fresh)
                answer("error", limit_reached, now);
            continue;
        }
        if (fresh)
            hold(pair);
        if (fresh || host_.options().answer_repeats)
            answer("success", "subscribed to: " + pair.text, now);
    }
}

void MassiveSession::unsubscribe(std::string_view params, Moment now) {
    bool refused = false;
    for (const auto& pair : pairs_of(params, refused)) {
        const auto it = pairs_.find(pair.text);
        if (it == pairs_.end())
            continue;
        release(it->second);
        pairs_.erase(it);
        answer("success", "unsubscribed to: " + pair.text, now);
    }
}

void MassiveSession::hold(const Pair& pair) {
    pairs_.emplace(pair.text, pair);
    if (held_[{pair.channel, pair.name}]++ > 0)
        return; // another spelling of the same
    auto& hub = host_.hub(door_.cluster);
    if (pair.name == "*") {
        all_[static_cast<std::size_t>(pair.channel)] = true;
        hub.add_all(pair.channel, *this);
    } else {
        hub.add(pair.channel, pair.name, *this);
    }
}

void MassiveSession::release(const Pair& pair) noexcept {
    const auto it = held_.find(std::pair(pair.channel, pair.name));
    if (it == held_.end() || --it->second > 0)
        return;
    held_.erase(it);
    auto& hub = host_.hub(door_.cluster);
    if (pair.name == "*") {
        all_[static_cast<std::size_t>(pair.channel)] = false;
        hub.remove_all(pair.channel, *this);
    } else {
        hub.remove(pair.channel, pair.name, *this);
    }
}

void MassiveSession::tick(Moment now) {
    if (!authorised_ && now.mono - opened().mono >= host_.options().auth_deadline)
        say("auth_timeout", "No authentication request received.", End::dropping);
}

void MassiveSession::answer(std::string_view status, std::string_view message, Moment now) {
    if (answers_.empty())
        answers_since_ = now.mono;
    else
        answers_.push_back(',');
    status_event(answers_, status, message);
}

void MassiveSession::event(std::string_view object) {
    if (!events_.empty())
        events_.push_back(',');
    events_.append(object);
    if (events_.size() > longest_frame) {
        port_.send_data(fmt::format("[{}]", events_));
        events_.clear();
    }
}

MonoTime MassiveSession::flush_due() const noexcept {
    return answers_.empty() ? MonoTime::max() : answers_since_ + host_.options().ack_delay;
}

void MassiveSession::flush(MonoTime now) {
    if (answers_.empty() && events_.empty())
        return;
    // Faults treat answers and data differently: then they do not share a frame.
    if (!answers_.empty() && !events_.empty() && !host_.faults().any()) {
        port_.send_data(fmt::format("[{},{}]", answers_, events_));
        answers_.clear();
        events_.clear();
        return;
    }
    if (!answers_.empty() && (now >= flush_due() || !events_.empty())) {
        port_.send_answer(fmt::format("[{}]", answers_));
        answers_.clear();
    }
    if (!events_.empty()) {
        port_.send_data(fmt::format("[{}]", events_));
        events_.clear();
    }
}

void MassiveSession::end() {
    flush(MonoTime::max());
    port_.drop(false);
}

void MassiveSession::say(std::string_view status, std::string_view message, End end) {
    flush(MonoTime::max());
    std::string text = "[";
    status_event(text, status, message);
    text.push_back(']');
    port_.send_control(text);
    if (end == End::closing)
        port_.close(1008, "max_connections");
    else if (end == End::dropping)
        port_.drop(false);
}

} // namespace tickgate::massive_venue
