#include "oanda/session.hpp"

#include "oanda/errors.hpp"
#include "oanda/symbols.hpp"

#include <algorithm>
#include <vector>

namespace tickgate::oanda {

OandaSession::OandaSession(SessionOptions options) : options_(std::move(options)) {
    plan_.transport = ConnectionPlan::Transport::http_stream;
    plan_.headers = {{"Authorization", "Bearer " + options_.token}, {"Accept-Datetime-Format", "RFC3339"}};
    plan_.max_message = LineCutter::max_line;
    plan_.silence_limit = silence_limit;
    make_plan();
}

// Names in order, so that the same set has the same address.
void OandaSession::make_plan() {
    std::vector<std::string_view> names;
    for (auto& [name, instrument] : instruments_) {
        instrument.carried = instrument.wanted;
        if (instrument.wanted)
            names.push_back(name);
    }
    std::sort(names.begin(), names.end());
    std::string list;
    for (const auto name : names) {
        if (!list.empty())
            list += "%2C";
        list += percent_encode(name);
    }
    plan_.url = options_.base + "/v3/accounts/" + percent_encode(options_.account) +
                "/pricing/stream?snapshot=true&instruments=" + list;
    planned_ = !names.empty();
}

void OandaSession::opened(Moment now, Outbox&) {
    open_ = true;
    opened_at_ = last_line_ = now.mono;
}

// The head of a 200 answer confirms the whole list: one bad name refuses all.
void OandaSession::acknowledge(EventSink& sink) {
    if (!open_ || acknowledged_)
        return;
    acknowledged_ = true;
    std::vector<Subscription> all;
    for (const auto& [name, instrument] : instruments_)
        if (instrument.wanted && instrument.carried)
            all.push_back(instrument.what);
    if (!all.empty())
        sink.on_acknowledged(all);
}

void OandaSession::changed(bool added, Moment now) {
    if (added) {
        if (!first_addition_)
            first_addition_ = now.mono;
        replace_at_ = std::min(now.mono + settle, *first_addition_ + settle_at_most);
    } else if (!replace_at_) {
        replace_at_ = now.mono + settle_removal;
    }
}

void OandaSession::want(const SubscriptionDelta& delta, Moment now, Outbox&, EventSink& sink) {
    acknowledge(sink);
    for (const auto& gone : delta.remove) {
        const auto it = std::find_if(instruments_.begin(), instruments_.end(),
            [&](const auto& i) { return i.second.wanted && i.second.what == gone; });
        if (it == instruments_.end())
            continue;
        it->second.wanted = false;
        if (!it->second.carried)
            instruments_.erase(it);
        else
            changed(false, now);
        sink.on_unsubscribed({&gone, 1});
    }
    bool unknown = false;
    for (const auto& wanted : delta.add) {
        if (wanted.what.kind != Kind::quote) {
            sink.on_rejected(wanted.what, errc::not_supported, "OANDA streams prices only");
            continue;
        }
        // Later ones are for the successor, whose list is newer.
        if (!planned_ && options_.known && !options_.known->contains(wanted.native)) {
            unknown = true;
            sink.on_rejected(wanted.what, errc::unknown_symbol, "the account does not have it");
            continue;
        }
        auto& instrument = instruments_[wanted.native];
        const bool carried = instrument.carried;
        instrument = Instrument();
        instrument.what = wanted.what;
        instrument.wanted = true;
        instrument.carried = carried;
        if (!planned_)
            continue; // it will stand in the address
        if (!carried)
            changed(true, now);
        else if (acknowledged_) // it left and came back before the stream was replaced
            sink.on_acknowledged({&wanted.what, 1});
    }
    if (planned_)
        return;
    make_plan();
    if (!planned_ && unknown) // a stream of nothing cannot be asked for
        ended_ = SessionEnd{errc::unknown_symbol, "the account has nothing of what is wanted", false, unknown_pause};
}

void OandaSession::tick(Moment now, Outbox&, EventSink& sink) {
    if (!open_)
        return;
    acknowledge(sink);
    if (!ended_ && now.mono - last_line_ >= silence_limit)
        ended_ = SessionEnd{errc::silent, "neither a price nor a heartbeat came", false};
    if (!first_lines_checked_ && now.mono - opened_at_ >= first_line_deadline) {
        first_lines_checked_ = true;
        for (const auto& [name, instrument] : instruments_)
            if (instrument.wanted && instrument.carried && !instrument.seen)
                sink.on_no_first_frame(instrument.what);
    }
    if (ended_ || !replace_at_ || *replace_at_ > now.mono)
        return;
    replace_at_.reset();
    // Changes may have taken each other back; and a stream of nothing cannot be asked for.
    const bool differs = std::any_of(
        instruments_.begin(), instruments_.end(), [](const auto& i) { return i.second.wanted != i.second.carried; });
    const bool any =
        std::any_of(instruments_.begin(), instruments_.end(), [](const auto& i) { return i.second.wanted; });
    first_addition_.reset();
    if (differs && any)
        ended_ = SessionEnd{errc::planned_shutdown, "the instruments of the stream changed", true};
}

void OandaSession::received(std::string_view bytes, Moment at, Outbox&, EventSink& sink) {
    acknowledge(sink);
    bool alive = false;
    lines_.feed(
        bytes,
        [&](std::string_view text) {
            auto& line = parser_.parse(text, at.wall);
            alive = alive || line.type == StreamLine::Type::price || line.type == StreamLine::Type::heartbeat;
            on_line(line, sink);
        },
        [&] { sink.on_skipped(Skip::malformed, "a line without end"); });
    if (alive)
        last_line_ = at.mono;
}

void OandaSession::on_line(StreamLine& line, EventSink& sink) {
    switch (line.type) {
    case StreamLine::Type::price:
        on_price(line, sink);
        break;
    case StreamLine::Type::heartbeat:
        break;
    case StreamLine::Type::other:
        sink.on_skipped(Skip::unknown_type, line.problem);
        break;
    case StreamLine::Type::malformed:
        sink.on_skipped(Skip::malformed, line.problem);
        break;
    case StreamLine::Type::overflow:
        sink.on_skipped(Skip::overflow, line.instrument);
        break;
    }
}

void OandaSession::on_price(StreamLine& line, EventSink& sink) {
    const auto it = instruments_.find(line.instrument);
    if (it == instruments_.end()) {
        sink.on_skipped(Skip::unknown_instrument, line.instrument);
        return;
    }
    auto& instrument = it->second;
    if (!instrument.wanted)
        return; // on its way out
    instrument.seen = true;
    // Times grow within an instrument; a snapshot may be hours old and is right all the same.
    const auto time = *line.quote.event_time;
    const bool news = !instrument.last || time > *instrument.last;
    const bool turned = instrument.tradeable != line.tradeable;
    if (!news && !(turned && time == *instrument.last)) {
        sink.on_skipped(Skip::repeated, {});
        return;
    }
    instrument.last = time;
    if (turned) {
        instrument.tradeable = line.tradeable;
        MarketNotice notice;
        notice.instrument = instrument.what.instrument;
        notice.what = line.tradeable ? MarketNotice::What::opened : MarketNotice::What::closed;
        notice.text = line.status;
        notice.event_time = time;
        sink.on_notice(notice);
    }
    if (!line.tradeable)
        return; // its blown-up spread is no market: a state, not a quote
    line.quote.instrument = instrument.what.instrument;
    sink.on_quote(line.quote);
}

SessionEnd OandaSession::closed(std::uint16_t code, std::string_view reason) { return end_of(code, reason); }

} // namespace tickgate::oanda
