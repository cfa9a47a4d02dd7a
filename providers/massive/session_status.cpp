// Status objects: authentication, confirmations by name, refusals without one.
#include "massive/errors.hpp"
#include "massive/session.hpp"

#include <algorithm>

namespace tickgate::massive {

namespace {

using namespace std::chrono_literals;

constexpr auto first_frame_deadline = 60s; // an unknown ticker is confirmed and never delivers

} // namespace

void MassiveSession::on_status(const Event& event, Moment now, Outbox& out, EventSink& sink) {
    const auto starts = [&](std::string_view text) { return event.message.starts_with(text); };
    constexpr std::string_view subscribed = "subscribed to: ", unsubscribed = "unsubscribed to: ";
    if (auto end = end_of_status(event.status, event.message)) {
        ended_ = std::move(end);
    } else if (event.status == "connected") {
        if (authenticating_)
            return;
        authenticating_ = true;
        auth_deadline_ = now.mono + auth_patience;
        out.send(R"({"action":"auth","params":")" + options_.key.reveal() + "\"}");
    } else if (event.status == "auth_success") {
        authenticated_ = true;
        auth_deadline_.reset();
        send_due(now, out);
    } else if (event.status == "success" && starts(subscribed)) {
        on_answer(true, event.message.substr(subscribed.size()), now, sink);
        send_due(now, out);
    } else if (event.status == "success" && starts(unsubscribed)) {
        on_answer(false, event.message.substr(unsubscribed.size()), now, sink);
        send_due(now, out);
    } else if (event.status == "error" && starts("not authorized")) {
        on_not_authorized(event.message, sink);
    } else if (event.status == "error" && starts("Subscription limit")) {
        on_limit(event.message, sink);
    } else if (event.status == "error") {
        any_answer_ = true;
        refusal_ = event.message;
        forget_refusal();
        sink.on_skipped(Skip::unknown_type, event.message);
    } else {
        sink.on_skipped(Skip::unknown_type, event.status);
    }
}

// `T.BRK.B`: the first dot ends the channel. Answers repeat what was sent, letter by letter.
void MassiveSession::on_answer(bool subscribed, std::string_view literal, Moment now, EventSink& sink) {
    const auto dot = literal.find('.');
    const auto it = dot == std::string_view::npos ? by_native_.end() : by_native_.find(literal.substr(dot + 1));
    std::size_t channel = 0;
    while (channel < channel_count &&
           (dot == 0 || prefix_of(options_.cluster, static_cast<Channel>(channel)) != literal.substr(0, dot)))
        ++channel;
    if (it == by_native_.end() || channel == channel_count) {
        sink.on_skipped(Skip::unknown_instrument, literal);
        return;
    }
    const PairName name{it->second, static_cast<Channel>(channel)};
    auto& pair = pair_of(name);
    if (subscribed) {
        if (pair.state == State::asked)
            confirm(name, now, sink);
        else if (pair.state == State::dropped && pair.before == State::asked) {
            pair.before = State::live;
            answered(pair.request, true);
        } else if (pair.state == State::idle && pair.wanted) { // late: its refusal, which was a guess, is taken back
            pair.request = 0;                                  // has been counted
            confirm(name, now, sink);
        } else if (pair.state == State::idle && pair.request != 0) { // nobody wants it any more
            pair.before = State::live;
            pair.state = State::dropped;
            operations_.push_back({name, false});
        }
        any_answer_ = true;
    } else if (pair.state == State::leaving) {
        pair.state = State::idle;
        answered(pair.request, true);
        if (!goes_along(name.channel))
            sink.on_unsubscribed({&pair.what, 1});
    }
}

void MassiveSession::answered(std::uint32_t number, bool acknowledged) {
    const auto it =
        std::find_if(requests_.begin(), requests_.end(), [&](const Request& r) { return r.number == number; });
    any_answer_ = any_answer_ || acknowledged;
    if (it == requests_.end())
        return;
    it->any_acknowledged = it->any_acknowledged || acknowledged;
    if (it->open > 0)
        --it->open;
    if (it->open == 0 && it->refusals == 0)
        requests_.erase(it);
    forget_refusal();
}

void MassiveSession::forget_refusal() {
    if (requests_.empty())
        refusal_.clear();
}

void MassiveSession::confirm(PairName name, Moment now, EventSink& sink) {
    auto& pair = pair_of(name);
    pair.state = State::live;
    answered(pair.request, true);
    if (goes_along(name.channel))
        return;
    sink.on_acknowledged({&pair.what, 1});
    if (name.channel == Channel::quote && !pair.seen)
        unseen_.emplace_back(name, now.mono + first_frame_deadline);
}

void MassiveSession::refuse(PairName name, error_code reason, std::string_view text, EventSink& sink) {
    auto& pair = pair_of(name);
    const auto what = pair.what;
    const bool wanted = pair.state == State::asked;
    pair.state = State::idle;
    answered(pair.request, false);
    if (goes_along(name.channel))
        return;
    if (wanted)
        sink.on_rejected(what, reason, text);
    else
        sink.on_unsubscribed({&what, 1});
}

// Does not name the pair: it is one without an answer. With a single one open it is clear at once; else time tells.
void MassiveSession::on_not_authorized(std::string_view text, EventSink& sink) {
    any_answer_ = true;
    refusal_ = text;
    forget_refusal();
    std::size_t open = 0;
    PairName only;
    for (const auto& request : requests_)
        if (request.subscribe)
            for (const auto& name : request.pairs)
                if (const auto& pair = pair_of(name); pair.request == request.number && pair.state == State::asked) {
                    only = name;
                    ++open;
                }
    if (open == 1)
        refuse(only, errc::not_entitled, text, sink);
}

// The request is refused whole, with one status object for each of its pairs. Only requests of limited pairs can be.
void MassiveSession::on_limit(std::string_view text, EventSink& sink) {
    const auto limited = [&](const Request& r) {
        return r.subscribe && (is_limited(r.pairs.front().channel) || options_.cluster != Cluster::options);
    };
    // Objects of a refusal under way, then the oldest request of which nothing was confirmed.
    auto it = std::find_if(requests_.begin(), requests_.end(), [](const Request& r) { return r.refusals > 0; });
    if (it != requests_.end()) {
        if (--it->refusals == 0 && it->open == 0)
            requests_.erase(it);
        forget_refusal();
        return;
    }
    it = std::find_if(
        requests_.begin(), requests_.end(), [&](const Request& r) { return limited(r) && !r.any_acknowledged; });
    if (it == requests_.end()) {
        sink.on_skipped(Skip::unknown_type, text);
        return;
    }
    any_answer_ = true;
    it->refusals = it->pairs.size() - 1;
    const auto number = it->number;
    const auto pairs = it->pairs;
    for (const auto& name : pairs)
        if (auto& pair = pair_of(name); pair.request == number) {
            if (pair.state == State::asked)
                refuse(name, errc::too_many_subscriptions, text, sink);
            else if (pair.state == State::dropped && pair.before == State::asked)
                refuse(name, errc::too_many_subscriptions, text, sink); // not wanted any more: gone
        }
}

// No answer is a refusal, or a server that answers nothing at all.
void MassiveSession::settle(Request& request, EventSink& sink) {
    if (request.subscribe && request.open == request.pairs.size() && !any_answer_) {
        ended_ = SessionEnd{errc::timed_out, "subscriptions were not answered"};
        return;
    }
    const std::string text = refusal_.empty() ? "not confirmed within 5 s" : refusal_;
    for (const auto& name : request.pairs) {
        auto& pair = pair_of(name);
        if (pair.request != request.number)
            continue;
        if (request.subscribe && pair.state == State::asked) {
            refuse(name, errc::not_entitled, text, sink);
        } else if (request.subscribe && pair.state == State::dropped && pair.before == State::asked) {
            refuse(name, errc::not_entitled, text, sink);
        } else if (!request.subscribe && pair.state == State::leaving) {
            pair.state = State::idle;
            if (!goes_along(name.channel))
                sink.on_unsubscribed({&pair.what, 1});
        }
    }
}

} // namespace tickgate::massive
