#include "cli/check.hpp"
#include "unit/cli/daemon_fixture.hpp"

namespace tickgate::cli {

namespace {

using testing::HasSubstr;

const UnixNanos noon = from_micros(1763726400000000); // 2025-11-21T12:00:00Z

Json json(const std::string& text) { return parse_json(text).value(); }
std::vector<Json> list(const std::string& text) { return json(text).items; }

const Json ready = json(R"({"ready":true,"owner":true,"reasons":[]})");
const std::string live =
    R"({"feed":"a.x","provider":"a","state":"live","last_message":"2025-11-21T11:59:30Z","lag_ms":1.5})";
const std::string closed = R"({"feed":"b.y","provider":"b","state":"closed","last_message":null,"lag_ms":null})";
const std::string down = R"({"feed":"c.z","provider":"c","state":"down","reason":"timed | out","last_message":null})";

Thresholds thresholds(const char* warning, const char* critical) {
    return {AlertRange::parse(warning), AlertRange::parse(critical)};
}

} // namespace

TEST(AlertRange, ReadsWhatPluginsKnow) {
    const auto alerts = [](const char* text, double value) { return AlertRange::parse(text).value().alerts(value); };
    EXPECT_FALSE(alerts("10", 10));
    EXPECT_TRUE(alerts("10", 10.1));
    EXPECT_TRUE(alerts("10", -1));
    EXPECT_TRUE(alerts("10:", 9));
    EXPECT_FALSE(alerts("10:", 1e9));
    EXPECT_FALSE(alerts("~:10", -1e9));
    EXPECT_TRUE(alerts("~:10", 11));
    EXPECT_TRUE(alerts("10:20", 21));
    EXPECT_TRUE(alerts("@10:20", 20));
    EXPECT_FALSE(alerts("@10:20", 21));
    for (const auto* wrong : {"", "x", ":", "20:10", "10:x", "1 ", "@", "-5"})
        EXPECT_FALSE(AlertRange::parse(wrong)) << wrong;
}

TEST(CheckFeeds, AClosedMarketIsWell) {
    const auto v = check_feeds(ready, list("[" + live + "," + closed + "]"), {}, {}, noon);
    EXPECT_EQ(v.health, Health::ok);
    EXPECT_EQ(v.text, "1 feed live, 1 closed, 0 symbols");
    EXPECT_EQ(plugin_line(v), "OK - 1 feed live, 1 closed, 0 symbols | 'a.x age'=30.0s;; 'a.x lag'=1.5ms;; 'feeds "
                              "live'=1;;;0;2\n");
}

TEST(CheckFeeds, TheWorstCountsAndIsNamed) {
    const auto v = check_feeds(ready, list("[" + live + "," + down + "]"),
        list(R"([{"symbol":"crypto:A","state":"stale"},{"symbol":"crypto:B","state":"live"}])"), {}, noon);
    EXPECT_EQ(v.health, Health::critical);
    EXPECT_EQ(v.text, "c.z is down (timed | out); 1 symbol stale");
    const auto line = plugin_line(v);
    EXPECT_EQ(std::count(line.begin(), line.end(), '|'), 1) << line;
    EXPECT_TRUE(line.starts_with("CRITICAL - "));
}

TEST(CheckFeeds, ThresholdsAreSecondsOfSilenceOfLiveFeeds) {
    const auto feeds = list("[" + live + "," + closed + "]");
    EXPECT_EQ(check_feeds(ready, feeds, {}, thresholds("60", "120"), noon).health, Health::ok);
    EXPECT_EQ(check_feeds(ready, feeds, {}, thresholds("20", "120"), noon).health, Health::warning);
    const auto v = check_feeds(ready, feeds, {}, thresholds("10", "20"), noon);
    EXPECT_EQ(v.health, Health::critical);
    EXPECT_EQ(v.text, "a.x has been silent for 30 s");
    EXPECT_EQ(v.performance.at(0), "'a.x age'=30.0s;10;20");
}

TEST(CheckFeeds, WhoStandsByIsWellAndWhoIsNotReadyIsNot) {
    const auto standby = json(R"({"ready":false,"owner":false,"holder":"host:1","reasons":["another"]})");
    EXPECT_EQ(check_feeds(standby, list("[" + down + "]"), {}, {}, noon).health, Health::ok);
    const auto lost = json(R"({"ready":false,"owner":true,"holder":null,"reasons":["redis is not writable"]})");
    const auto v = check_feeds(lost, {}, {}, {}, noon);
    EXPECT_EQ(v.health, Health::critical);
    EXPECT_EQ(v.text, "redis is not writable");
}

TEST(CheckQuotas, ThePercentOfEachLimitCounts) {
    const auto limits = [](int used, bool paused) {
        return list(R"([{"provider":"a","name":"spot","what":"requests","limit":1000,"used":)" + std::to_string(used) +
                    R"(,"paused":)" + (paused ? "true" : "false") +
                    R"(},{"provider":"a","name":"x","what":"streams","limit":null,"used":5,"paused":false}])");
    };
    EXPECT_EQ(check_quotas(limits(100, false), {}).health, Health::ok);
    EXPECT_EQ(check_quotas(limits(100, false), {}).text, "1 limits, at most 10 % used");
    EXPECT_EQ(check_quotas(limits(810, false), {}).health, Health::warning);
    EXPECT_EQ(check_quotas(limits(960, false), {}).text, "a spot requests 96 % used (960 of 1000)");
    EXPECT_EQ(check_quotas(limits(960, false), {}).health, Health::critical);
    EXPECT_EQ(check_quotas(limits(960, false), thresholds("97", "99")).health, Health::ok);
    EXPECT_EQ(check_quotas(limits(0, true), {}).health, Health::warning) << "paused";
}

TEST(CheckGaps, OnlyWhatIsLostForGoodWithinTheWindowCounts) {
    const auto events = [](const std::string& lost) {
        return list(R"([{"event":"gap_closed","symbol":"OLD","lost":5000,"filled":0,"ts_pub_us":1},)"
                    R"({"event":"gap_opened","symbol":"A","lost":null,"ts_pub_us":1763726300000000},)"
                    R"({"event":"gap_closed","symbol":"A","lost":)" +
                    lost + R"(,"filled":9,"ts_pub_us":1763726310000000}])");
    };
    const auto from = noon - std::chrono::hours(1);
    EXPECT_EQ(check_gaps(events("0"), {}, from).health, Health::ok);
    EXPECT_EQ(check_gaps(events("0"), {}, from).text, "1 gaps, 0 messages lost, 9 filled");
    EXPECT_EQ(check_gaps(events("3"), {}, from).health, Health::warning);
    EXPECT_THAT(check_gaps(events("3"), {}, from).text, HasSubstr("most of A"));
    EXPECT_EQ(check_gaps(events("1001"), {}, from).health, Health::critical);
    EXPECT_EQ(check_gaps(events("3"), thresholds("10", "20"), from).health, Health::ok);
    EXPECT_EQ(check_gaps({}, {}, from).text, "no gaps");
}

using RunCheck = DaemonFixture;

TEST_F(RunCheck, AllChecksAreOneLine) {
    pages = {{"/api/v1/status", R"({"data":[{"ready":true,"owner":true,"reasons":[]}]})"},
        {"/api/v1/feeds", "{\"data\":[" + closed + "]}"}, {"/api/v1/subscriptions", R"({"data":[]})"},
        {"/api/v1/rate-limit", R"({"data":[]})"}, {"/api/v1/events", R"({"data":[]})"}};
    CheckArguments a;
    EXPECT_EQ(run([&](DaemonClient& c) { return run_check(c, a, out); }), 0);
    EXPECT_TRUE(out.str().starts_with("OK - feeds: 0 feeds live, 1 closed, 0 symbols; quotas: 0 limits"));
    const auto text = out.str();
    EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 1);
    pages["/api/v1/feeds"] = "{\"data\":[" + down + "]}";
    EXPECT_EQ(run([&](DaemonClient& c) { return run_check(c, a, out); }), 2);
    a.what = "feed";
    a.feed = "nobody";
    EXPECT_EQ(run([&](DaemonClient& c) { return run_check(c, a, out); }), 3);
    EXPECT_EQ(out.str().substr(0, 25), "UNKNOWN - no feed nobody\n");
}

TEST_F(RunCheck, ADaemonThatIsAwayIsCriticalAndOneThatRefusesUsIsUnknown) {
    will_answer(R"({"detail":"no","code":"unauthorized"})", 401);
    EXPECT_EQ(run([&](DaemonClient& c) { return run_check(c, {}, out); }), 3);
    EXPECT_THAT(out.str(), HasSubstr("--token-file"));
    options.url = "http://127.0.0.1:1";
    EXPECT_EQ(run([&](DaemonClient& c) { return run_check(c, {}, out); }), 2);
    EXPECT_THAT(out.str(), HasSubstr("is it running?"));
}

} // namespace tickgate::cli
