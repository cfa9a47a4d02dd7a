#include "cli/top_model.hpp"

#include <gmock/gmock.h>

namespace tickgate::cli {

namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

const UnixNanos noon = from_micros(1763726400000000);

Json json(const std::string& text) { return parse_json(text).value(); }

struct Clock {
    MonoTime mono{1000s};
    UnixNanos wall = noon;
    Moment now() const { return {mono, wall}; }
    void step(std::chrono::milliseconds by) {
        mono += by;
        wall += by;
    }
};

std::vector<Json> feeds(int messages) {
    return json(
        R"([{"feed":"binance.spot","state":"live","last_message":"2025-11-21T12:00:00Z","lag_ms":1.2,)"
        R"("messages":{"quote":)" +
        std::to_string(messages) +
        R"(,"trade":0},"subscriptions_acked":4,"subscriptions_wanted":4,"connections":1,"reconnects":0,"gaps":0,"lost":0,"reason":"x\u001by"}])")
        .items;
}

std::vector<Json> symbols(int count) {
    std::vector<Json> out;
    for (int i = 0; i < count; ++i)
        out.push_back(json(R"({"symbol":"crypto:S)" + std::to_string(10 + i) + R"(","state":")" +
                           (i == 1 ? "stale" : "live") + R"(","provider":"binance"})"));
    return out;
}

Json latest(int seq) {
    return json(R"({"quote":{"bid":1.10,"ask":1.20,"last":null,"seq":)" + std::to_string(seq) +
                R"(,"ts_event_us":1763726399990000,"ts_recv_us":1763726400000000},"trade":null,"bar":null})");
}

std::string text_of(const std::vector<Line>& lines) {
    std::string out;
    for (const auto& line : lines)
        out += line.text + "\n";
    return out;
}

} // namespace

TEST(TopModel, TellsRatesAgesAndLags) {
    Clock clock;
    TopModel model("top");
    model.set_gateway(json(R"({"version":"1.0","instance":"host:1","ready":true,"uptime_s":60})"));
    for (int look = 0; look < 2; ++look) {
        model.set_feeds(feeds(100 + look * 50), clock.mono);
        model.set_subscriptions(symbols(2), clock.mono);
        model.set_latest("crypto:S10", latest(10 + look * 4), clock.mono);
        model.set_latest("nobody", latest(1), clock.mono);
        clock.step(2s);
    }
    const auto text = text_of(model.render({20, 120}, clock.now()));
    EXPECT_THAT(text, HasSubstr("tickgate 1.0  host:1  up 00:01:00  ready"));
    EXPECT_THAT(text, HasSubstr("binance.spot  live       25  4.0s     1.2   4/4"));
    EXPECT_THAT(text, HasSubstr("x?y"));
    EXPECT_THAT(text, HasSubstr("crypto:S10  live   binance  1.10  1.20     -     2.0  4.0s    10.0   14"));
    EXPECT_THAT(text, HasSubstr("crypto:S11  stale  binance     -     -     -       -     -       -    -"));
    const auto plain = model.plain(clock.now());
    EXPECT_EQ(plain.at(0), "feed binance.spot state=live rate=25 age=4.0s lag_ms=1.2 subs=4/4 conn=1 reconn=0 gaps=0 "
                           "lost=0 reason=x?y");
    EXPECT_EQ(plain.at(1),
        "symbol crypto:S10 state=live from=binance bid=1.10 ask=1.20 last=- rate=2.0 age=4.0s lag_ms=10.0 "
        "seq=14");
}

TEST(TopModel, ARestartIsNoRate) {
    Clock clock;
    TopModel model("top");
    model.set_subscriptions(symbols(1), clock.mono);
    model.set_latest("crypto:S10", latest(1000), clock.mono);
    clock.step(1s);
    model.set_latest("crypto:S10", latest(3), clock.mono);
    EXPECT_THAT(model.plain(clock.now()).at(0), HasSubstr("rate=- "));
}

TEST(TopModel, FitsTheTerminalAndScrolls) {
    Clock clock;
    TopModel model("top");
    model.set_feeds(feeds(1), clock.mono);
    model.set_subscriptions(symbols(50), clock.mono);
    for (const auto& size : {TerminalSize{24, 80}, TerminalSize{10, 30}, TerminalSize{3, 10}, TerminalSize{1, 1}}) {
        const auto lines = model.render(size, clock.now());
        EXPECT_LE(lines.size(), static_cast<std::size_t>(size.rows));
        for (const auto& line : lines)
            EXPECT_LE(width_of(line.text), static_cast<std::size_t>(size.columns)) << line.text;
    }
    const TerminalSize size{16, 80};
    EXPECT_EQ(model.visible(size).size(), 10u);
    EXPECT_EQ(model.visible(size).front(), "crypto:S10");
    model.scroll(45);
    EXPECT_EQ(model.visible(size).front(), "crypto:S55");
    model.scroll(100);
    EXPECT_EQ(model.visible(size).front(), "crypto:S59");
    model.scroll(-1000);
    EXPECT_EQ(model.visible(size).front(), "crypto:S10");
    model.scroll_to(true);
    model.set_subscriptions(symbols(3), clock.mono);
    EXPECT_EQ(model.visible(size).front(), "crypto:S12") << "never past the end";
    model.set_problem("no answer");
    EXPECT_THAT(text_of(model.render(size, clock.now())), HasSubstr("no answer"));
}

} // namespace tickgate::cli
