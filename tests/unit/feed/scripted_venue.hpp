// A provider whose sessions speak a protocol of one line a message, and the server they speak to.
#pragma once

#include "core/clock.hpp"
#include "core/instrument_table.hpp"
#include "feed/feed.hpp"
#include "net/http_server.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace tickgate::feed {

using namespace std::chrono_literals;

class NoRest final : public Rest {
public:
    asio::awaitable<result<RestResponse>> send(RestRequest) override { co_return errc::unavailable; }
    asio::awaitable<result<RestResponse>> send_streamed(RestRequest, BodySink) override { co_return errc::unavailable; }
    void learn(std::size_t, const BudgetReading&) override {}
};

// Lines: `Q name bid ns` quote, `T name price ns` trade, `N name price ns` trade that is not the last price, `B name
// close ns` one minute's bar by its end, `S name bid` source quote, `H name text` halted, `R name`
// resumed, `C name` closed, `O name` opened, `L name lower upper` bands, `E ms` ends with that pause, `X` wants
// renewal, `J name t` rejects the trades (`q`: quotes) of a name, even one that is no longer wanted. The address names
// the instruments, so that a change asks for a replacement.
class ScriptedSession final : public FeedSession {
public:
    ScriptedSession(std::string base, std::vector<std::string>& renewals)
        : base_(std::move(base)), renewals_(renewals) {
        plan_.transport = ConnectionPlan::Transport::http_stream;
    }
    const ConnectionPlan& plan() const noexcept override { return plan_; }
    void opened(Moment, Outbox&) override { open_ = true; }
    void received(std::string_view bytes, Moment at, Outbox&, EventSink& sink) override {
        buffer_ += bytes;
        for (std::size_t end; (end = buffer_.find('\n')) != std::string::npos; buffer_.erase(0, end + 1))
            line(buffer_.substr(0, end), at, sink);
    }
    void want(const SubscriptionDelta& delta, Moment, Outbox&, EventSink&) override {
        for (const auto& w : delta.add)
            wanted_[w.native].push_back(w.what), known_[w.native] = w.what.instrument;
        for (const auto& s : delta.remove)
            for (auto& [native, subscriptions] : wanted_)
                std::erase(subscriptions, s);
        std::erase_if(wanted_, [](const auto& w) { return w.second.empty(); });
        if (open_) {
            ended_ = SessionEnd{errc::planned_shutdown, "other instruments", true, 0ms};
            return;
        }
        std::string names;
        for (const auto& [native, subscriptions] : wanted_)
            names += (names.empty() ? "" : ",") + native;
        plan_.url = base_ + "/stream?i=" + names;
    }
    void tick(Moment, Outbox&, EventSink& sink) override {
        if (acked_)
            return;
        acked_ = true;
        std::vector<Subscription> all;
        for (const auto& [native, subscriptions] : wanted_)
            all.insert(all.end(), subscriptions.begin(), subscriptions.end());
        sink.on_acknowledged(all);
    }
    const std::optional<SessionEnd>& ended() const noexcept override { return ended_; }
    bool wants_renewal() const noexcept override { return wants_renewal_; }
    void renewed(result<std::string> token, Moment, Outbox&, EventSink&) override {
        renewals_.push_back(token ? *token : token.error().message());
        wants_renewal_ = !token;
    }
    SessionEnd closed(std::uint16_t, std::string_view reason) override {
        return {errc::closed_by_venue, std::string(reason), false, 0ms};
    }

private:
    void line(const std::string& text, Moment at, EventSink& sink) {
        std::vector<std::string> w{""};
        for (const char c : text) {
            if (c == ' ')
                w.emplace_back();
            else
                w.back() += c;
        }
        w.resize(4);
        if (w[0] == "E") {
            ended_ = SessionEnd{errc::closed_by_venue, "told to", false, std::chrono::milliseconds(std::stoi(w[1]))};
            return;
        }
        if (w[0] == "X") {
            wants_renewal_ = true;
            return;
        }
        if (w[0] == "J") {
            Subscription what;
            what.instrument = known_.at(w[1]);
            what.kind = w[2] == "t" ? Kind::trade : Kind::quote;
            sink.on_rejected(what, errc::not_entitled, "no");
            return;
        }
        const auto found = wanted_.find(w[1]);
        if (found == wanted_.end())
            return;
        const auto id = found->second.front().instrument;
        if (w[0] == "Q" || w[0] == "S") {
            Quote q;
            q.instrument = id;
            q.bid = *Decimal::parse(w[2]);
            q.received_time = at.wall;
            if (!w[3].empty())
                q.event_time = UnixNanos(std::chrono::nanoseconds(std::stoll(w[3])));
            w[0] == "Q" ? sink.on_quote(q) : sink.on_source_quote(q);
        } else if (w[0] == "T" || w[0] == "N") {
            Trade t;
            t.instrument = id;
            t.price = *Decimal::parse(w[2]);
            t.received_time = at.wall;
            t.event_time = UnixNanos(std::chrono::nanoseconds(std::stoll(w[3])));
            t.updates_last = w[0] == "T";
            sink.on_trade(t);
        } else if (w[0] == "B") {
            Bar b;
            b.instrument = id;
            b.open = b.high = b.low = b.close = *Decimal::parse(w[2]);
            b.close_time = UnixNanos(std::chrono::nanoseconds(std::stoll(w[3])));
            b.open_time = b.close_time - 60s;
            b.received_time = at.wall;
            b.final = true;
            sink.on_bar(b);
        } else {
            MarketNotice n;
            n.instrument = id;
            using What = MarketNotice::What;
            static const std::map<std::string, What> kinds{
                {"H", What::halted}, {"R", What::resumed}, {"C", What::closed}, {"O", What::opened}, {"L", What::luld}};
            n.what = kinds.at(w[0]);
            n.text = w[2];
            if (n.what == What::luld) {
                n.text = "";
                n.lower = *Decimal::parse(w[2]);
                n.upper = *Decimal::parse(w[3]);
            }
            sink.on_notice(n);
        }
    }

    std::string base_, buffer_;
    std::vector<std::string>& renewals_;
    ConnectionPlan plan_;
    std::map<std::string, std::vector<Subscription>> wanted_;
    std::map<std::string, InstrumentId> known_;
    std::optional<SessionEnd> ended_;
    bool open_ = false, acked_ = false, wants_renewal_ = false;
};

class ScriptedProvider final : public DataProvider {
public:
    std::string_view name() const noexcept override { return "scripted"; }
    const Capabilities& capabilities() const noexcept override { return capabilities_; }
    asio::awaitable<result<std::vector<InstrumentInfo>>> find_instruments(std::vector<InstrumentName>, Rest&) override {
        co_return errc::not_supported;
    }
    asio::awaitable<error_code> list_instruments(std::function<void(const InstrumentInfo&)>, Rest&) override {
        co_return errc::not_supported;
    }
    int group_of(std::string_view, const Subscription&) const noexcept override { return 0; }
    int weight_of(std::string_view, const Subscription& s) const noexcept override { return weight ? weight(s) : 1; }
    asio::awaitable<result<std::unique_ptr<FeedSession>>> open_session(
        std::string, int, std::uint64_t, Rest&) override {
        co_return std::make_unique<ScriptedSession>(base, renewals);
    }
    asio::awaitable<result<std::string>> renew(std::string, Rest&) override {
        ++renewals_asked;
        if (renewals_asked == 1)
            co_return errc::rate_limited;
        co_return "token " + std::to_string(renewals_asked);
    }
    asio::awaitable<result<Quotes>> get_quotes(QuoteRequest, Rest&) override { co_return Quotes(); }
    asio::awaitable<result<BarPage>> get_bars(BarRequest, Rest&) override { co_return errc::not_supported; }
    BudgetReading read_budget(const RestResponse&) const override { return {}; }

    std::string base;
    std::function<int(const Subscription&)> weight;
    std::vector<std::string> renewals; // what sessions were handed
    int renewals_asked = 0;

private:
    Capabilities capabilities_;
};

// What would be published.
class LineSink final : public MarketSink {
public:
    Channel open_channel(Subscription what, std::string_view, std::string_view native) override {
        channels_.push_back(std::string(native) + (what.kind == Kind::trade    ? "/t"
                                                      : what.kind == Kind::bar ? "/b"
                                                                               : ""));
        return static_cast<Channel>(channels_.size() - 1);
    }
    void close_channel(Channel) override {}
    void publish(Channel c, const Quote& q) override {
        note(c, *q.bid);
        lasts.push_back(q.last ? q.last->to_string() : "");
    }
    void publish(Channel c, const Trade& t) override { note(c, t.price); }
    void publish(Channel c, const Bar& b) override { note(c, b.close); }
    void publish_source(Subscription, std::string_view provider, std::string_view native, const Quote& q) override {
        sources.push_back(std::string(provider) + " " + std::string(native) + " " + q.bid->to_string());
    }
    void flush(Moment) override {}
    void state(InstrumentId id, InstrumentState s, std::string_view reason, std::string_view) override {
        states[id] = std::string(to_string(s)) + "|" + std::string(reason);
        history.emplace_back(to_string(s));
        order.emplace_back(to_string(s));
    }
    void feed_status(std::string_view, const FeedStatus& s) override {
        status = s;
        ++statuses;
    }
    void event(const Event& e) override {
        events.push_back(std::string(e.event) + "|" + e.text);
        order.emplace_back(e.event);
    }

    std::size_t count(std::string_view event) const {
        return static_cast<std::size_t>(std::count_if(
            events.begin(), events.end(), [&](const std::string& e) { return e.substr(0, e.find('|')) == event; }));
    }

    std::map<std::string, std::vector<std::string>> published; // prices by native name
    std::vector<std::string> lasts;                            // of the quotes
    std::vector<std::string> sources, events, history;
    std::vector<std::string> order; // states and events
    FeedStatus status;
    std::size_t statuses = 0; // told
    std::map<InstrumentId, std::string> states;

private:
    void note(Channel c, const Decimal& price) {
        published[channels_.at(static_cast<std::size_t>(c))].push_back(price.to_string());
    }
    std::vector<std::string> channels_;
};

} // namespace tickgate::feed
