// A router whose holes are filled by the test.
#pragma once

#include "router_test_support.hpp"

#include <algorithm>

namespace tickgate::feed::test {

class FakeRepairer final : public RepairSink {
public:
    bool order(RepairOrder order) override {
        if (!accept)
            return false;
        orders.push_back(std::move(order));
        return true;
    }
    void cancel(std::uint64_t number) override { cancelled.push_back(number); }
    bool tells_trades(std::string_view provider, InstrumentId) override {
        return std::find(silent.begin(), silent.end(), provider) == silent.end();
    }
    bool tells_bars(std::string_view provider, InstrumentId, Timeframe, const std::optional<BarVariant>&) override {
        return std::find(silent.begin(), silent.end(), provider) == silent.end();
    }
    void record(std::string_view provider, std::string_view, const Bar& bar) override {
        recorded.push_back(std::string(provider) + ' ' + bar.close.to_string());
    }
    void record_outage(std::string_view provider, Subscription, UnixNanos from, UnixNanos to) override {
        recorded.push_back(std::string(provider) + " outage of " +
                           std::to_string(std::chrono::duration_cast<std::chrono::seconds>(to - from).count()) + " s");
    }
    void record_end(std::string_view provider, Subscription) override {
        recorded.push_back(std::string(provider) + " end");
    }

    bool accept = true;
    std::vector<std::string> silent; // providers whose REST tells nothing
    std::vector<RepairOrder> orders;
    std::vector<std::uint64_t> cancelled;
    Lines recorded;
};

class RepairsTest : public RouterTest {
protected:
    bool at_open = false; // else every channel of bars has one question more
    void repairing(RouterOptions options = {}) {
        options.repair = &repairer;
        options.repairs.at_open = at_open;
        make(std::move(options));
    }
    Trade numbered(std::uint64_t id) const {
        Trade t = trade(std::to_string(id));
        t.src_seq = id;
        t.contiguous_ids = true;
        return t;
    }
    Trade trade_at(std::string_view price, std::chrono::milliseconds after, std::string_view size = "1") const {
        Trade t = trade(price);
        t.size = dec(size);
        t.event_time = day + after;
        return t;
    }
    Bar bar_at(int minute, std::string_view close, bool final = true) const {
        Bar b;
        b.open_time = day + std::chrono::minutes(minute);
        b.close_time = b.open_time + std::chrono::minutes(1);
        b.open = b.high = b.low = b.close = dec(close);
        b.volume = dec("1");
        b.final = final;
        b.received_time = now.wall;
        return b;
    }
    void link_lost(InstrumentId id, std::string_view provider, Kind kind) { hole("gap_opened", id, provider, kind); }
    void link_back(InstrumentId id, std::string_view provider, Kind kind) { hole("gap_closed", id, provider, kind); }
    void hole(std::string_view name, InstrumentId id, std::string_view provider, Kind kind) {
        Event e;
        e.event = name;
        e.instrument = id;
        e.kind = kind;
        if (kind == Kind::bar)
            e.timeframe = Timeframe::m1;
        e.provider = provider;
        e.cause = "link_down";
        if (name == "gap_opened")
            e.from = now.wall;
        router->event(e);
    }
    bool answer(const RepairOrder& order, std::vector<Trade> trades, std::string provider = {}) {
        return router->repaired(
            order.number, provider.empty() ? order.providers.front() : provider, std::span<const Trade>(trades));
    }
    bool answer(const RepairOrder& order, std::vector<Bar> bars, std::string provider = {}) {
        return router->repaired(
            order.number, provider.empty() ? order.providers.front() : provider, std::span<const Bar>(bars));
    }
    void complete(const RepairOrder& order) {
        RepairResult result;
        result.provider = order.providers.front();
        result.complete = true;
        router->repair_done(order.number, result);
    }
    void fail(const RepairOrder& order, errc why) {
        RepairResult result;
        result.provider = order.providers.front();
        result.error = why;
        result.detail = "the venue's words";
        router->repair_done(order.number, result);
    }
    std::vector<Event> events(std::string_view name) const {
        std::vector<Event> found;
        std::copy_if(out.events.begin(), out.events.end(), std::back_inserter(found),
            [&](const Event& e) { return e.event == name; });
        return found;
    }
    // The last gap_closed: `cause lost filled`.
    std::string closed() const {
        const auto all = events("gap_closed");
        if (all.empty())
            return "none";
        const auto text = [](const std::optional<std::uint64_t>& n) { return n ? std::to_string(*n) : "null"; };
        return all.back().cause + ' ' + text(all.back().lost) + ' ' + text(all.back().filled);
    }

    FakeRepairer repairer; // outlives the router of the fixture: see TearDown
    UnixNanos day{std::chrono::sys_days(std::chrono::year{2026} / 11 / 18) + std::chrono::hours(14)};
    void TearDown() override { router.reset(); }
};

} // namespace tickgate::feed::test
