// A hub with a host and clients of the test's making: no loop, no socket, a clock by hand.
#pragma once

#include "net/deadline.hpp"
#include "net/ws_codec.hpp"
#include "stream/hub.hpp"

#include <boost/asio/steady_timer.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <deque>
#include <set>

namespace tickgate::stream {

using namespace std::chrono_literals;

inline InstrumentName name_of(std::string_view text) { return *InstrumentName::parse(text); }

class FakeHost final : public Host {
public:
    InstrumentId intern(const InstrumentName& name) override {
        if (const auto known = find(name))
            return *known;
        names.push_back(name);
        return static_cast<InstrumentId>(names.size() - 1);
    }
    std::optional<InstrumentId> find(const InstrumentName& name) const override {
        if (by_number) { // symbols are numbers from 0 on: quick for many
            const auto number = std::stoul(name.symbol);
            return number < names.size() ? std::optional(static_cast<InstrumentId>(number)) : std::nullopt;
        }
        const auto at = std::find(names.begin(), names.end(), name);
        return at == names.end() ? std::nullopt : std::optional(static_cast<InstrumentId>(at - names.begin()));
    }
    std::string unservable(const InstrumentName& name) const override {
        return name.asset_class == AssetClass::future ? "no provider" : "";
    }
    std::vector<ops::DataName> usual(const InstrumentName& name) const override {
        std::vector<ops::DataName> out;
        for (const auto kind : {Kind::quote, Kind::trade, Kind::bar}) {
            ops::DataName d;
            d.instrument = name;
            d.kind = kind;
            out.push_back(std::move(d));
        }
        return out;
    }
    std::vector<Timeframe> timeframes() const override { return {Timeframe::m1, Timeframe::m5}; }
    std::string_view want(const ops::DataName& name) override {
        if (wanted.size() >= most)
            return "too many are wanted";
        EXPECT_TRUE(wanted.insert(name.to_string()).second) << name.to_string();
        return {};
    }
    void release(const ops::DataName& name) override { EXPECT_EQ(wanted.erase(name.to_string()), 1u); }
    void apply() override {}
    void tap(InstrumentId instrument, std::uint8_t kinds) override { taps[index_of(instrument)] = kinds; }
    void ask(std::shared_ptr<redis::TapSnapshot> snapshot) override { asked.push_back(std::move(snapshot)); }
    asio::awaitable<ops::Outcome<std::vector<InstrumentName>>> resolve(std::vector<std::string> symbols) override {
        lookups.push_back(symbols);
        if (gate != nullptr)
            co_await gate->async_wait(net::use_result);
        std::vector<InstrumentName> found;
        for (const auto& n : resolvable)
            if (std::find(symbols.begin(), symbols.end(), n.symbol) != symbols.end())
                found.push_back(n);
        if (found.empty() && lookup_fault)
            co_return ops::Outcome<std::vector<InstrumentName>>(lookup_fault);
        co_return ops::Outcome<std::vector<InstrumentName>>(std::move(found));
    }

    std::deque<InstrumentName> names;
    bool by_number = false;
    std::vector<InstrumentName> resolvable;
    std::vector<std::vector<std::string>> lookups;
    error_code lookup_fault;            // if nothing is found
    asio::steady_timer* gate = nullptr; // look-ups wait for it
    std::set<std::string> wanted;
    std::size_t most = 100000;
    std::map<std::uint32_t, std::uint8_t> taps;
    std::deque<std::shared_ptr<redis::TapSnapshot>> asked;
};

// What one client has received, message by message.
class FakeOutlet final : public Outlet {
public:
    explicit FakeOutlet(Carrier c = Carrier::websocket) : carrier_(c), decoder_(net::WsRole::client, 1u << 20) {}

    void send(std::string_view bytes) override {
        ++writes;
        raw.append(bytes);
        if (carrier_ == Carrier::sse)
            return;
        while (!bytes.empty()) {
            const auto room = decoder_.prepare();
            const auto n = std::min(room.size(), bytes.size());
            std::copy_n(bytes.data(), n, room.data());
            decoder_.commit(n);
            bytes.remove_prefix(n);
            net::WsEvent event;
            while (decoder_.next(event) == net::WsDecoder::Step::event)
                messages.emplace_back(event.payload);
        }
    }
    std::size_t queued() const override { return stuck; }
    void close(std::uint16_t code, std::string_view reason) override {
        closed = code;
        why = reason;
    }
    std::vector<std::string> take() { return std::exchange(messages, {}); }

    std::vector<std::string> messages;
    std::string raw, why;
    std::size_t stuck = 0, writes = 0;
    std::uint16_t closed = 0;

private:
    Carrier carrier_;
    net::WsDecoder decoder_;
};

class HubTest : public testing::Test {
protected:
    void make(HubOptions options = {}) {
        hub = std::make_unique<Hub>(options, host, [this] { ++wakes; });
        hub->publishing(true, "");
    }
    Hub::ClientRef connect(std::string id, FakeOutlet& outlet, Carrier carrier = Carrier::websocket) {
        return hub->connect(std::move(id), "", carrier, "127.0.0.1:1", outlet, now);
    }
    // `Q`, `T`, `A`, `bar:5m` between commas.
    Acknowledgement subscribe(
        const Hub::ClientRef& client, std::string_view symbol, std::string_view kinds, Format format = Format::native) {
        std::vector<WantedKind> wanted;
        EXPECT_FALSE(wanted_kinds_from(kinds, wanted));
        return hub->subscribe(client, {name_of(symbol)}, wanted, format);
    }
    Acknowledgement unsubscribe(const Hub::ClientRef& client, std::string_view symbol, std::string_view kinds = {}) {
        std::vector<WantedKind> wanted;
        EXPECT_FALSE(wanted_kinds_from(kinds, wanted));
        return hub->unsubscribe(client, {name_of(symbol)}, wanted);
    }

    static std::string text_of(Kind kind, std::string_view symbol, std::uint64_t seq, std::string_view session = "S1") {
        const auto name = name_of(symbol);
        std::string out = R"({"v":1,"type":")" + std::string(to_string(kind)) + R"(","class":")" +
                          std::string(to_string(name.asset_class)) + R"(","symbol":")" + name.symbol + R"(",)";
        out += R"("provider":"x","native":"X","bid":1.50,"session":")" + std::string(session) + R"(","seq":)" +
               std::to_string(seq) + R"(,"src_seq":null,"flags":[]})";
        return out;
    }
    void publish(Kind kind, std::string_view symbol, std::uint64_t seq, bool backfill = false) {
        redis::TapRecord record;
        record.kind = kind;
        record.backfill = backfill;
        record.instrument = host.intern(name_of(symbol));
        record.session = session_number;
        record.seq = seq;
        const auto payload = text_of(kind, symbol, seq, session);
        record.payload = payload;
        hub->take(record);
    }
    void tell(redis::TapRecord::Type type, std::string_view symbol, std::string_view payload) {
        redis::TapRecord record;
        record.type = type;
        record.instrument = host.intern(name_of(symbol));
        record.session = session_number;
        record.payload = payload;
        hub->take(record);
    }
    // What the publisher does with a snapshot that was asked: `held` are kinds with their number.
    void answer_snapshot(const std::map<Kind, std::uint64_t>& held = {}, std::string_view state = {}) {
        ASSERT_FALSE(host.asked.empty());
        const auto snapshot = host.asked.front();
        host.asked.pop_front();
        for (auto& c : snapshot->channels) {
            const auto at = held.find(c.what.kind);
            if (at == held.end())
                continue;
            c.seq = at->second;
            c.payload = text_of(c.what.kind, host.names[index_of(c.what.instrument)].to_string(), c.seq, session);
        }
        for (auto& s : snapshot->states)
            s.payload = state;
        snapshot->session = session;
        snapshot->session_number = session_number;
        redis::TapRecord marker;
        marker.type = redis::TapRecord::Type::marker;
        marker.seq = snapshot->id;
        hub->take(marker);
    }
    void deliver(std::chrono::milliseconds later = 1ms) {
        now += later;
        hub->deliver(now);
    }

    FakeHost host;
    std::unique_ptr<Hub> hub;
    MonoTime now{std::chrono::hours(1)};
    std::string session = "S1";
    std::uint32_t session_number = 1;
    int wakes = 0;
};

} // namespace tickgate::stream
