// A publisher with a real Redis and a subscriber that checks the promises of the contract.
#pragma once

#include "core/clock.hpp"
#include "core/instrument_table.hpp"
#include "redis/publisher.hpp"
#include "support/redis_server.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/json.hpp>
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

namespace tickgate::redis {

namespace json = boost::json;

struct Received {
    std::string channel;
    json::object body;
};

// Listens to `md:*` with an own connection; never blocks.
class Listener {
public:
    explicit Listener(const test::RedisServer& server, const std::string& pattern = "md:*") : client_(server.port()) {
        client_({"PSUBSCRIBE", pattern});
    }
    void poll() {
        test::RedisAnswer a;
        while (client_.poll(a, 0))
            if (a.elements.size() == 4)
                messages.push_back({a.elements[2].text, json::parse(a.elements[3].text).as_object()});
    }
    std::size_t count(const std::string& channel) const {
        std::size_t n = 0;
        for (const auto& m : messages)
            n += m.channel == channel;
        return n;
    }
    std::vector<Received> messages;

private:
    test::RedisClient client_;
};

// Follows the numbers of each data channel over any number of listeners, in order of arrival.
struct ChainCheck {
    std::string session;
    std::map<std::string, std::uint64_t> last;                                        // by channel
    std::map<std::string, std::set<std::uint64_t>> missing;                           // not announced yet
    std::map<std::string, std::vector<std::pair<std::uint64_t, std::uint64_t>>> gaps; // announced spans
    std::map<std::string, int> open; // gap_opened without its gap_closed
    std::uint64_t holes = 0, before_announcement = 0, repeats = 0, disorder = 0;

    void take(const Received& m) {
        const auto& type = m.body.at("type").as_string();
        if (type == "heartbeat")
            return;
        if (m.body.at("session").as_string() > session)
            *this = {}, session = m.body.at("session").as_string();
        const auto seq = static_cast<std::uint64_t>(m.body.at("seq").as_int64());
        if (type == "event")
            return event(m, seq);
        auto& at = last[m.channel];
        if (at != 0 && seq <= at) {
            ++repeats;
            disorder += missing[m.channel].contains(seq);
            return;
        }
        for (std::uint64_t s = at + 1; s < seq; ++s) {
            ++holes;
            const auto& told = gaps[m.channel];
            if (std::any_of(told.begin(), told.end(), [s](const auto& g) { return g.first <= s && s <= g.second; }))
                continue;
            missing[m.channel].insert(s); // while a gap is open: until gap_closed gives the totals
            before_announcement += open[m.channel] == 0;
        }
        at = seq;
    }
    bool pairs_match() const {
        return std::all_of(open.begin(), open.end(), [](const auto& o) { return o.second == 0; });
    }
    bool knows(const std::string& channel, std::uint64_t number) { // it came, or was told to be lost
        const auto& told = gaps[channel];
        return last[channel] == number || std::any_of(told.begin(), told.end(), [&](const auto& span) {
            return span.first <= number && number <= span.second;
        });
    }
    std::string describe() const {
        std::string out;
        for (const auto& [channel, number] : last)
            out += channel + " at " + std::to_string(number) + '\n';
        for (const auto& [channel, count] : open)
            if (count != 0)
                out += channel + ": " + std::to_string(count) + " gaps not closed\n";
        for (const auto& [channel, set] : missing)
            if (!set.empty())
                out += channel + ": " + std::to_string(set.size()) + " missing from " + std::to_string(*set.begin()) +
                       '\n';
        return out;
    }
    std::size_t unannounced() const {
        std::size_t n = 0;
        for (const auto& [channel, set] : missing)
            n += set.size();
        return n;
    }

private:
    void event(const Received& m, std::uint64_t seq) {
        auto& at = last[m.channel];
        if (seq != at + 1)
            seq <= at ? ++repeats : ++disorder;
        at = std::max(at, seq);
        if (m.body.at("from_seq").is_null())
            return;
        const auto text = [&](const char* key) { return std::string(m.body.at(key).as_string()); };
        const std::string channel = "md:" + text("kind") + ":" + text("class") + ":" + text("symbol");
        const auto from = static_cast<std::uint64_t>(m.body.at("from_seq").as_int64());
        const auto to = static_cast<std::uint64_t>(m.body.at("to_seq").as_int64());
        gaps[channel].emplace_back(from, to);
        open[channel] += m.body.at("event") == "gap_opened" ? 1 : -1;
        auto& set = missing[channel];
        set.erase(set.lower_bound(from), set.upper_bound(to));
    }
};

inline Decimal dec(std::string_view text) { return Decimal::parse(text).value(); }

// One loop with any number of publishers. Waiting is running the loop until a condition holds.
class PublisherFixture : public ::testing::Test {
protected:
    struct Running {
        std::unique_ptr<Publisher> publisher;
        bool ended = false;
        Publisher* operator->() const { return publisher.get(); }
    };

    PublisherOptions options(const std::string& url, const std::string& instance = "one") const {
        PublisherOptions o;
        o.url = url;
        o.instance = instance;
        o.version = "1.2.3";
        o.config_digest = "abc";
        return o;
    }
    Running& start(PublisherOptions o) {
        auto& r = *running_.emplace_back(std::make_unique<Running>());
        r.publisher = std::make_unique<Publisher>(io.get_executor(), std::move(o), table);
        asio::co_spawn(io, r->run(), [&r](std::exception_ptr e) {
            r.ended = true;
            if (e)
                std::rethrow_exception(e);
        });
        return r;
    }
    ChannelId open(Running& r, const std::string& symbol, Kind kind = Kind::quote) {
        Subscription s;
        s.instrument = table.intern({AssetClass::crypto, symbol});
        s.kind = kind;
        return r->open_channel(s, "binance", symbol);
    }
    Quote quote(std::string_view bid = "1.08550", std::string_view ask = "1.08561") const {
        Quote q;
        q.bid = dec(bid);
        q.bid_size = dec("10");
        q.ask = dec(ask);
        q.ask_size = dec("20.5");
        q.received_time = wall_now();
        return q;
    }
    Trade trade(std::string_view id = "7") const {
        Trade t;
        t.trade_id = id;
        t.price = dec("1.5");
        t.size = dec("2");
        t.side = Side::buy;
        t.received_time = wall_now();
        return t;
    }
    // Runs the loop until `done`; false after `limit`.
    bool run_until(const std::function<bool()>& done, std::chrono::milliseconds limit = std::chrono::seconds(20)) {
        const MonoTime end = mono_now() + limit;
        while (!done()) {
            if (mono_now() > end)
                return false;
            io.restart();
            io.run_for(std::chrono::milliseconds(1));
        }
        return true;
    }
    bool stop(Running& r) {
        r->stop();
        return run_until([&] { return r.ended; });
    }
    void TearDown() override {
        for (auto& r : running_)
            if (!r->ended) {
                EXPECT_TRUE(stop(*r));
            }
    }

    asio::io_context io;
    InstrumentTable table;
    std::vector<std::unique_ptr<Running>> running_;
};

} // namespace tickgate::redis
