#include "binance/venue/session.hpp"

#include "venue_kit/text.hpp"

#include <boost/json.hpp>
#include <fmt/format.h>

#include <algorithm>

namespace tickgate::binance_venue {

namespace json = boost::json;
using kit::FaultKind;

namespace {

// The id as JSON for the answer; empty if the request may not have it.
std::string id_of(const json::object& request) {
    const auto* id = request.if_contains("id");
    if (id == nullptr || id->is_null())
        return "null";
    if (id->is_int64())
        return std::to_string(id->get_int64());
    if (const auto* text = id->if_string()) {
        const bool plain = std::all_of(text->begin(), text->end(), [](char c) {
            return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' || c == '_';
        });
        if (plain && !text->empty() && text->size() <= 36)
            return '"' + std::string(text->data(), text->size()) + '"';
    }
    return {};
}

// The stream names of a request; false if params is not a list of strings.
bool names_of(const json::object& request, std::vector<std::string>& out) {
    const auto* params = request.if_contains("params");
    const auto* list = params == nullptr ? nullptr : params->if_array();
    if (list == nullptr || list->empty())
        return false;
    for (const auto& item : *list) {
        const auto* name = item.if_string();
        if (name == nullptr)
            return false;
        out.emplace_back(name->data(), name->size());
    }
    return true;
}

constexpr std::size_t frame_header(std::size_t payload) noexcept {
    return payload < 126 ? 6 : payload < 65536 ? 8 : 14; // as clients send it, with the mask
}

} // namespace

VenueSession::VenueSession(
    std::uint64_t id, ConnectRequest request, std::string peer, SessionHost& host, ClientPort& port, Moment now)
    : id_(id),
      request_(std::move(request)),
      peer_(std::move(peer)),
      host_(host),
      port_(port),
      opened_(now),
      next_ping_(now.mono + host.options().ping_interval) {
    auto names = std::move(request_.streams);
    request_.streams.clear();
    for (auto& name : names)
        if (std::find(request_.streams.begin(), request_.streams.end(), name) == request_.streams.end())
            request_.streams.push_back(std::move(name));
    for (const auto& name : request_.streams)
        host_.subscribed(*this, name);
}

VenueSession::~VenueSession() {
    for (const auto& name : request_.streams)
        host_.unsubscribed(*this, name);
}

bool VenueSession::count_message(Moment now) {
    if (closing_ || frozen_)
        return false;
    ++stats_.messages;
    if (incoming_.add(now.mono) > static_cast<std::int64_t>(host_.options().limits.messages_per_second)) {
        ++stats_.too_many_requests;
        cut(1008, "Too many requests");
        return false;
    }
    return true;
}

void VenueSession::on_ping(Moment now) { count_message(now); }

void VenueSession::on_pong(std::string_view payload, Moment now) {
    if (!count_message(now))
        return;
    const auto it = std::find_if(pings_.begin(), pings_.end(), [&](const auto& ping) { return ping.first == payload; });
    if (it != pings_.end())
        pings_.erase(pings_.begin(), it + 1); // an answer to a later ping answers the earlier ones
}

void VenueSession::on_text(std::string_view text, Moment now) {
    if (frozen_ || closing_)
        return;
    host_.received(*this, text, now);
    if (!count_message(now))
        return;
    if (text.size() + frame_header(text.size()) > host_.options().limits.subscribe_frame)
        mute_ = true;
    const auto* no_ack = host_.faults().find(FaultKind::no_ack);
    if (mute_ || (no_ack != nullptr && no_ack->fault.value == 0))
        return;

    json::error_code ec;
    const auto document = json::parse({text.data(), text.size()}, ec);
    if (ec)
        return answer_error(3, "Invalid JSON: " + ec.message(), {});
    const auto* request = document.if_object();
    const auto* method = request == nullptr ? nullptr : request->if_contains("method");
    if (method == nullptr || !method->is_string())
        return answer_error(2, "Invalid request: missing field `method`", {});
    const auto id = id_of(*request);
    if (id.empty())
        return answer_error(2, "Invalid request: request ID must be an integer, an alphanumeric string or null", {});

    const std::string_view name(method->get_string().data(), method->get_string().size());
    if (name == "SUBSCRIBE" || name == "UNSUBSCRIBE") {
        std::vector<std::string> names;
        if (!names_of(*request, names))
            return answer_error(2, "Invalid request: params must be an array of stream names", id);
        if (!std::all_of(names.begin(), names.end(), [](const auto& n) { return parse_stream(n).has_value(); }))
            return answer_error(2, "Invalid request: invalid stream", id);
        if (name == "SUBSCRIBE")
            return subscribe(std::move(names), id);
        unsubscribe(names);
        return answer(fmt::format(R"({{"result":null,"id":{}}})", id));
    }
    if (name == "LIST_SUBSCRIPTIONS") {
        std::string out = R"({"result":[)";
        for (const auto& stream : request_.streams) {
            if (out.back() != '[')
                out.push_back(',');
            kit::append_json_string(out, stream);
        }
        return answer(out + R"(],"id":)" + id + '}');
    }
    if (name != "SET_PROPERTY" && name != "GET_PROPERTY")
        return answer_error(2,
            "Invalid request: unknown variant, expected one of `SUBSCRIBE`, `UNSUBSCRIBE`, `LIST_SUBSCRIPTIONS`, "
            "`SET_PROPERTY`, `GET_PROPERTY`",
            id);

    const auto* params = request->if_contains("params");
    const auto* list = params == nullptr ? nullptr : params->if_array();
    const bool set = name == "SET_PROPERTY";
    if (list == nullptr || list->size() != (set ? 2u : 1u))
        return answer_error(2, "Invalid request: wrong number of parameters", id);
    if (!list->at(0).is_string() || list->at(0).get_string() != "combined")
        return answer_error(0, "Unknown property", id);
    if (!set)
        return answer(fmt::format(R"({{"result":{},"id":{}}})", request_.combined, id));
    if (!list->at(1).is_bool())
        return answer_error(1, "Invalid value type: expected Boolean", id);
    request_.combined = list->at(1).get_bool();
    answer(fmt::format(R"({{"result":null,"id":{}}})", id));
}

void VenueSession::subscribe(std::vector<std::string> names, std::string_view id_json) {
    std::vector<std::string> fresh;
    for (auto& name : names) {
        const auto has = [&](const auto& list) { return std::find(list.begin(), list.end(), name) != list.end(); };
        if (!has(request_.streams) && !has(fresh))
            fresh.push_back(std::move(name));
    }
    if (request_.streams.size() + fresh.size() > host_.options().limits.streams)
        return answer_error(4, "Too many subscriptions", id_json);
    for (auto& name : fresh) {
        request_.streams.push_back(std::move(name));
        host_.subscribed(*this, request_.streams.back());
    }
    answer(fmt::format(R"({{"result":null,"id":{}}})", id_json));
}

void VenueSession::unsubscribe(const std::vector<std::string>& names) {
    for (const auto& name : names) {
        const auto it = std::find(request_.streams.begin(), request_.streams.end(), name);
        if (it == request_.streams.end())
            continue;
        request_.streams.erase(it);
        host_.unsubscribed(*this, name);
    }
}

void VenueSession::answer(std::string_view text) {
    if (!host_.faults().has(FaultKind::no_ack))
        port_.send_text(text);
}

void VenueSession::answer_error(int code, std::string_view message, std::string_view id_json) {
    std::string quoted;
    kit::append_json_string(quoted, message);
    const auto id = id_json.empty() ? std::string() : fmt::format(R"(,"id":{})", id_json);
    if (host_.options().error_shape == ErrorShape::documented)
        answer(fmt::format(R"({{"code":{},"msg":{}{}}})", code, quoted, id));
    else
        answer(fmt::format(R"({{"error":{{"code":{},"msg":{}}}{}}})", code, quoted, id));
}

void VenueSession::tick(Moment now) {
    const auto* half_open = host_.faults().find(FaultKind::half_open);
    const bool freeze = half_open != nullptr && opened_.mono <= half_open->begin;
    if (freeze != frozen_) {
        frozen_ = freeze;
        port_.freeze(freeze);
    }
    if (frozen_ || closing_)
        return;
    if (!held_.empty() && !host_.faults().has(FaultKind::reorder))
        flush_held();
    const auto& options = host_.options();
    if (now.mono >= close_at_ || now.mono - opened_.mono >= options.life)
        return cut(1001, {});
    if (!pings_.empty() && now.mono - pings_.front().second >= options.pong_timeout)
        return drop(false);
    if (now.mono >= next_ping_) {
        next_ping_ = std::max(next_ping_ + options.ping_interval, now.mono);
        auto payload = std::to_string(to_micros(now.wall) / 1000);
        port_.send_ping(payload);
        ++stats_.pings;
        pings_.emplace_back(std::move(payload), now.mono);
    }
}

void VenueSession::deliver(std::string_view frame, std::string_view text) {
    if (closing_)
        return;
    const auto& faults = host_.faults();
    if (!faults.any() && held_.empty())
        return send(frame, text);
    if (frozen_ || faults.has(FaultKind::stall)) {
        ++stats_.discarded;
        return;
    }
    if (faults.has(FaultKind::reorder) && held_.empty()) {
        held_ = frame;
        held_text_at_ = frame.size() - text.size();
        return;
    }
    send(frame, text);
    if (faults.has(FaultKind::duplicate))
        send(frame, text);
    flush_held();
}

void VenueSession::flush_held() {
    if (held_.empty())
        return;
    const auto frame = std::move(held_);
    held_.clear();
    send(frame, std::string_view(frame).substr(held_text_at_));
}

void VenueSession::send(std::string_view frame, std::string_view text) {
    ++stats_.frames;
    port_.send_frame(frame, text);
}

void VenueSession::announce_shutdown(Moment now, MonoTime until) {
    if (closing_ || frozen_)
        return;
    const auto time = request_.micros ? to_micros(now.wall) : to_micros(now.wall) / 1000;
    const auto event = fmt::format(R"({{"e":"serverShutdown","E":{}}})", time);
    port_.send_text(request_.combined ? fmt::format(R"({{"stream":"!serverShutdown","data":{}}})", event) : event);
    close_at_ = std::min(close_at_, until);
}

void VenueSession::cut(std::uint16_t code, std::string_view reason) {
    if (std::exchange(closing_, true))
        return;
    flush_held();
    port_.close(code, reason);
}

void VenueSession::drop(bool reset) {
    closing_ = true;
    port_.drop(reset);
}

} // namespace tickgate::binance_venue
