// The adapter's session reads the venue over a real connection, whatever the chunks look like.
#include "oanda/session.hpp"
#include "oanda/venue/venue.hpp"

#include "core/clock.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/write.hpp>
#include <gtest/gtest.h>

#include <array>
#include <functional>
#include <string>

namespace tickgate::oanda_venue {
namespace {

using namespace std::chrono_literals;
namespace ip = boost::asio::ip;

struct Heard final : EventSink, Outbox {
    void send(std::string_view) override { ADD_FAILURE() << "nothing is said on a stream"; }
    void on_quote(const Quote& q) override {
        ++quotes;
        EXPECT_LT(*q.bid, *q.ask);
    }
    void on_notice(const MarketNotice& n) override { notices.push_back(n.what); }
    void on_skipped(Skip, std::string_view what) override { skipped.emplace_back(what); }
    std::size_t quotes = 0;
    std::vector<MarketNotice::What> notices;
    std::vector<std::string> skipped;
};

class Wire : public ::testing::Test {
protected:
    void SetUp() override {
        settings.symbols = {"EUR_USD", "USD_JPY"};
        settings.rate = 200;
        options.conflation = 0ms;
        options.heartbeat = 100ms;
        std::string problem;
        venue = OandaVenue::make(settings, options, host.faults(), std::nullopt, now(), problem);
        ASSERT_TRUE(venue) << problem;
        ASSERT_FALSE(host.listen(*venue, problem)) << problem;
        boost::asio::co_spawn(loop, host.run(), [this](std::exception_ptr thrown) {
            EXPECT_FALSE(thrown);
            stopped = true;
        });
    }
    void TearDown() override {
        socket.close();
        host.stop();
        EXPECT_TRUE(until([this] { return stopped; }));
    }
    bool until(const std::function<bool()>& done) {
        const auto limit = mono_now() + 20s;
        while (!done() && mono_now() < limit)
            loop.run_one_for(20ms);
        return done();
    }
    void ask(const std::string& target, const std::string& token) {
        socket.connect({ip::make_address("127.0.0.1"), host.port()});
        sent = "GET " + target + " HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer " + token + "\r\n\r\n";
        boost::asio::write(socket, boost::asio::buffer(sent));
        read_some();
    }
    void read_some() {
        socket.async_read_some(boost::asio::buffer(piece), [this](const error_code& ec, std::size_t n) {
            if (ec) {
                ended = true;
                return;
            }
            wire.append(piece.data(), n);
            take();
            read_some();
        });
    }
    // Head, then chunks: what a chunk holds goes to the session at once.
    void take() {
        if (head.empty()) {
            const auto end = wire.find("\r\n\r\n");
            if (end == std::string::npos)
                return;
            head = wire.substr(0, end + 4);
            wire.erase(0, end + 4);
            session.opened(now(), heard);
        }
        if (head.find("chunked") == std::string::npos)
            return;
        for (;;) {
            const auto line = wire.find("\r\n");
            if (line == std::string::npos)
                return;
            const auto size = std::stoul(wire.substr(0, line), nullptr, 16);
            if (wire.size() < line + 2 + size + 2)
                return;
            auto chunk = wire.substr(line + 2, size);
            wire.erase(0, line + 2 + size + 2);
            last_chunk = size == 0;
            chunk.resize(size + 64);
            session.received(std::string_view(chunk).substr(0, size), now(), heard, heard);
        }
    }
    std::string stream_target() {
        SubscriptionDelta delta;
        for (std::uint32_t i = 0; i < 2; ++i) {
            Wanted wanted;
            wanted.what.instrument = static_cast<InstrumentId>(i);
            wanted.native = i == 0 ? "EUR_USD" : "USD_JPY";
            delta.add.push_back(wanted);
        }
        session.want(delta, now(), heard, heard);
        return session.plan().url.substr(std::string("http://here").size());
    }

    boost::asio::io_context loop{1};
    kit::VenueSettings settings;
    OandaOptions options;
    kit::VenueHost host{loop.get_executor(), kit::HostOptions()};
    std::unique_ptr<OandaVenue> venue;
    bool stopped = false, ended = false, last_chunk = false;
    ip::tcp::socket socket{loop};
    std::array<char, 4096> piece{};
    std::string wire, head, sent;
    oanda::OandaSession session{oanda::SessionOptions{"http://here", "101-004-1000001-001", "test"}};
    Heard heard;
};

TEST_F(Wire, PricesArriveThroughAnyChunks) {
    ask(stream_target(), "test");
    ASSERT_TRUE(until([&] { return heard.quotes > 100; }));
    EXPECT_EQ(head.substr(0, 15), "HTTP/1.1 200 OK");
    EXPECT_NE(head.find("application/octet-stream"), std::string::npos);
    EXPECT_NE(head.find("RequestID"), std::string::npos);
    host.fault("split=3,for_ms=300");
    const auto before = heard.quotes;
    ASSERT_TRUE(until([&] { return heard.quotes > before + 100; }));
    EXPECT_TRUE(heard.skipped.empty()) << heard.skipped[0];
    host.fault("market_closed");
    ASSERT_TRUE(until([&] { return heard.notices.size() == 4; }));
    host.clear_faults();
    ASSERT_TRUE(until([&] { return heard.notices.size() == 6; }));
    host.fault("garbage=json");
    ASSERT_TRUE(until([&] { return heard.skipped.size() == 1; }));
    host.fault("cut_24h");
    ASSERT_TRUE(until([&] { return ended; }));
    EXPECT_TRUE(last_chunk) << "an orderly end";
}

TEST_F(Wire, ARefusalIsAFinishedAnswer) {
    ask(stream_target(), "wrong");
    ASSERT_TRUE(until([&] { return wire.find('}') != std::string::npos; }));
    EXPECT_EQ(head.substr(0, 12), "HTTP/1.1 401");
    EXPECT_EQ(wire, R"({"errorMessage":"Insufficient authorization to perform request."})");
}

} // namespace
} // namespace tickgate::oanda_venue
