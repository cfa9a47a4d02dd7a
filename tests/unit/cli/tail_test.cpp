#include "cli/tail.hpp"
#include "support/redis_server.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include <gmock/gmock.h>

#include <csignal>
#include <functional>
#include <optional>
#include <sstream>

namespace tickgate::cli {

namespace {

using namespace std::chrono_literals;
using test::RedisServer;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

constexpr const char* quotes = "md:quote:crypto:BTC-USDT";

std::string quote(const std::string& session, int seq) {
    return R"({"v":1,"type":"quote","class":"crypto","symbol":"BTC-USDT","provider":"binance","bid":61234.10,"bid_size":0.50,"ask":61234.20,)"
           R"("ask_size":1.0,"last":null,"session":")" +
           session + R"(","seq":)" + std::to_string(seq) + R"(,"flags":[]})";
}

class TailTest : public testing::Test {
protected:
    void start(TailOptions options) {
        if (options.redis.url.empty())
            options.redis.url = redis.url();
        options.alive_interval = 10ms;
        options.refresh = 10ms;
        options.reconnect_pause = 10ms;
        tail = std::make_unique<Tail>(loop.get_executor(), std::move(options), out, err);
        asio::co_spawn(
            loop, tail->run(), asio::bind_cancellation_slot(signal.slot(), [this](std::exception_ptr e, int c) {
                EXPECT_FALSE(e);
                code = c;
            }));
    }
    // Runs the loop until it holds, for at most 15 s.
    void until(const std::function<bool()>& holds) {
        const auto limit = std::chrono::steady_clock::now() + 15s;
        loop.restart();
        while (!holds() && std::chrono::steady_clock::now() < limit)
            loop.run_one_for(10ms);
        EXPECT_TRUE(holds()) << "out: " << out.str() << "\nerr: " << err.str();
    }
    void until_listening() {
        until([this] { return redis.cli({"PUBSUB", "NUMPAT"}).text != "0"; });
        until([this] {
            return err.str().find("alive") != std::string::npos || redis.cli({"EXISTS", "md:alive"}).text == "1";
        });
    }
    void until_ended() {
        until([this] { return code.has_value(); });
    }
    void stop() {
        tail->stop();
        until_ended();
        EXPECT_EQ(code, 0);
    }
    void publish(const std::string& channel, const std::string& payload) { redis.cli({"PUBLISH", channel, payload}); }
    void alive() { redis.cli({"SET", "md:alive", "S1"}); }
    bool said(const std::string& text) const { return err.str().find(text) != std::string::npos; }
    bool shown(const std::string& text) const { return out.str().find(text) != std::string::npos; }

    RedisServer redis;
    asio::io_context loop{1};
    asio::cancellation_signal signal;
    std::ostringstream out, err;
    std::unique_ptr<Tail> tail;
    std::optional<int> code;
};

} // namespace

TEST_F(TailTest, WritesThePayloadsAsTheyWerePublished) {
    alive();
    TailOptions options;
    options.count = 3;
    start(options);
    until_listening();
    publish(quotes, quote("S1", 1));
    publish("md:heartbeat", "not asked for");
    publish("md:bar:1m:crypto:BTC-USDT", R"({"type":"bar","close":1.50})");
    publish("md:trade:crypto:BTC-USDT", "not json\nat all");
    until_ended();
    EXPECT_EQ(code, 0);
    EXPECT_EQ(out.str(), quote("S1", 1) + "\n" + R"({"type":"bar","close":1.50})" + "\nnot json at all\n");
    EXPECT_EQ(err.str(), "");
}

TEST_F(TailTest, WritesEachMessageAtOnce) {
    alive();
    start({});
    until_listening();
    for (int i = 1; i < 4; ++i) {
        publish(quotes, quote("S1", i));
        until([&] { return shown("\"seq\":" + std::to_string(i) + ","); });
    }
    stop();
}

TEST_F(TailTest, WarnsOfHolesAndOfANewSession) {
    alive();
    start({});
    until_listening();
    for (const int seq : {5, 6, 9, 10})
        publish(quotes, quote("S1", seq));
    publish(quotes, quote("S2", 1));
    until([&] { return said("S2"); });
    EXPECT_EQ(err.str(),
        "warning: md:quote:crypto:BTC-USDT: seq jumps from 6 to 9, 2 messages missing (session S1)\n"
        "warning: a new session has begun: S2 (the gateway was restarted, or another one took over)\n");
    stop();
}

TEST_F(TailTest, SaysWhenNoGatewayIsAliveAndWhenOneCame) {
    start({});
    until([&] { return said("no gateway is alive on this prefix: md:alive is missing"); });
    alive();
    until([&] { return said("a gateway is alive on prefix md, session S1"); });
    redis.cli({"DEL", "md:alive"});
    until([&] {
        const auto text = err.str();
        return text.find("no gateway") != text.rfind("no gateway");
    });
    stop();
}

TEST_F(TailTest, AsksForThePrefixOfAForeignChannel) {
    TailOptions options;
    options.pattern = "eu:quote:*";
    start(options);
    until([&] { return said("eu:alive is missing"); });
    stop();
}

TEST_F(TailTest, AnUnreachableRedisIsExplained) {
    TailOptions options;
    options.redis.url = "redis://127.0.0.1:" + std::to_string(test::free_port());
    const auto address = options.redis.url;
    start(options);
    until_ended();
    EXPECT_EQ(code, 69);
    EXPECT_THAT(err.str(),
        AllOf(HasSubstr(address), HasSubstr("cannot be reached"), HasSubstr("refused"), HasSubstr("hint: ")));
}

TEST_F(TailTest, AWrongPasswordIsExplainedAndNotShown) {
    redis.cli({"CONFIG", "SET", "requirepass", "right-password-1"});
    TailOptions options;
    options.redis.password = Secret("wrong-password-2");
    start(options);
    until_ended();
    EXPECT_EQ(code, 69);
    EXPECT_THAT(err.str(), AllOf(HasSubstr("refuses us"), HasSubstr("WRONGPASS"), Not(HasSubstr("wrong-password-2"))));
}

TEST_F(TailTest, AWrongPatternIsAUsageError) {
    TailOptions options;
    options.pattern = "crytpo:BTC-USDT";
    start(options);
    until_ended();
    EXPECT_EQ(code, 2);
    EXPECT_THAT(err.str(), HasSubstr("did you mean 'crypto:BTC-USDT'?"));
}

TEST_F(TailTest, ComesBackAfterRedisWasAwayAndTellsWhatIsMissing) {
    alive();
    start({});
    until_listening();
    publish(quotes, quote("S1", 1));
    until([&] { return shown("\"seq\":1,"); });
    redis.kill();
    until([&] { return said("lost"); });
    redis.start();
    until([&] { return said("connected to Redis"); });
    publish(quotes, quote("S1", 4));
    until([&] { return said("seq jumps from 1 to 4, 2 messages missing"); });
    stop();
}

TEST_F(TailTest, AReaderThatHasGoneEndsItQuietly) {
    alive();
    start({});
    until_listening();
    out.setstate(std::ios::badbit);
    publish(quotes, quote("S1", 1));
    until_ended();
    EXPECT_EQ(code, 0);
    EXPECT_EQ(err.str(), "");
}

TEST_F(TailTest, AReaderThatHasGoneIsNoticedWithoutMessages) {
    alive();
    bool gone = false;
    TailOptions options;
    options.reader_gone = [&gone] { return gone; };
    start(options);
    until_listening();
    gone = true;
    until_ended();
    EXPECT_EQ(code, 0);
}

TEST_F(TailTest, DrawsATableAndFollowsTheTerminalsSize) {
    alive();
    TerminalSize size{24, 120};
    TailOptions options;
    options.view = TailOptions::View::table;
    options.pattern = "md:*";
    options.terminal = [&size] { return size; };
    options.warn_on_screen = true;
    start(options);
    until_listening();
    publish(quotes, quote("S1", 1));
    publish(quotes, quote("S1", 4));
    publish("md:event:feed:binance.spot",
        R"({"type":"event","event":"link_down","cause":"silent","session":"S1","seq":1})");
    until([&] { return shown("crypto:BTC-USDT  quote  binance  61234.10 × 0.50  61234.20 × 1.0"); });
    until([&] { return shown("event link_down feed:binance.spot cause=silent"); });
    until([&] { return shown("seq jumps from 1 to 4"); });
    EXPECT_EQ(err.str(), ""); // one terminal: at the end
    size = {5, 20};
    until([&] {
        const auto frame = out.str().substr(out.str().rfind("\x1b[H"));
        return frame.find("61234.20") == std::string::npos && frame.find("crypto") != std::string::npos;
    });
    stop();
    EXPECT_THAT(out.str(), testing::EndsWith("\x1b[0m\x1b[?25h\x1b[?1049l"));
    EXPECT_THAT(err.str(), AllOf(HasSubstr("warning: md:quote:crypto:BTC-USDT: seq jumps from 1 to 4"),
                               HasSubstr("3 messages on 2 channels, 2 missing in 1 gap")));
}

TEST_F(TailTest, CancellationEndsIt) {
    alive();
    start({});
    until_listening();
    signal.emit(asio::cancellation_type::terminal);
    until_ended();
    EXPECT_EQ(code, 0);
}

TEST_F(TailTest, ASignalEndsTheCommand) {
    alive();
    TailOptions options;
    options.redis.url = redis.url();
    options.view = TailOptions::View::lines;
    options.alive_interval = 10ms;
    options.reader_gone = [] { // asked once it listens
        std::raise(SIGINT);
        return false;
    };
    EXPECT_EQ(run_tail(options, out, err), 0);
    EXPECT_EQ(err.str(), "");
}

} // namespace tickgate::cli
