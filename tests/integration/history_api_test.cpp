// History through the doors of the running daemon: HTTP, Redis requests, the command line; against the venue's own
// REST.
#include "integration/gateway_system.hpp"

#include <chrono>
#include <csignal>
#include <ctime>

namespace tickgate::test {

namespace {

std::int64_t now_s() {
    return std::chrono::duration_cast<std::chrono::seconds>(std::chrono::system_clock::now().time_since_epoch())
        .count();
}

std::string utc(std::int64_t seconds) {
    const std::time_t t = seconds;
    std::tm parts{};
    ::gmtime_r(&t, &parts);
    char text[32];
    std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &parts);
    return text;
}

std::size_t count_of(std::string_view text, std::string_view part) {
    std::size_t n = 0;
    for (auto at = text.find(part); at != std::string_view::npos; at = text.find(part, at + part.size()))
        ++n;
    return n;
}

// `[1700000000000,"1.0","2.0",…` of the venue, each row as `timestamp open high low close volume`.
std::vector<std::string> rows_of_venue(const std::string& body) {
    std::vector<std::string> rows;
    for (auto at = body.find('[', 1); at != std::string::npos; at = body.find('[', at + 1)) {
        const auto comma = body.find(',', at);
        std::string row = utc(std::stoll(body.substr(at + 1, comma - at - 1)) / 1000);
        auto from = comma;
        for (int i = 0; i < 5; ++i) {
            const auto begin = body.find('"', from) + 1;
            const auto end = body.find('"', begin);
            row += " " + body.substr(begin, end - begin);
            from = end + 1;
        }
        rows.push_back(row);
    }
    return rows;
}

std::vector<std::string> rows_of_csv(const std::string& body) {
    std::vector<std::string> rows;
    auto at = body.find('\n');
    while (at != std::string::npos && at + 1 < body.size()) {
        const auto end = std::min(body.find('\n', at + 1), body.size());
        auto line = body.substr(at + 1, end - at - 1);
        std::size_t commas = 0;
        for (std::size_t i = 0; i < line.size(); ++i)
            if (line[i] == ',' && ++commas == 6)
                line.resize(i);
            else if (line[i] == ',')
                line[i] = ' ';
        rows.push_back(line);
        at = end;
    }
    return rows;
}

class HistoryApi : public ::testing::Test {
protected:
    // Half an hour of minutes that is settled.
    HistoryApi() : to(now_s() / 60 * 60 - 600), from(to - 1800) {}
    std::string range() const { return "&start=" + utc(from) + "&end=" + utc(to); }
    HttpAnswer get(const std::string& path) const { return http_get(system.http_port, path); }
    std::string bars(const std::string& more = {}) const {
        return "/api/v1/bars?symbol=crypto:BTC-USDT&timeframe=1m" + range() + more;
    }
    std::vector<std::string> cli(std::vector<std::string> words) const {
        words.insert(words.begin(), binary);
        words.insert(words.end(), {"--config", system.config_file});
        return words;
    }

    System system;
    std::int64_t to, from;
};

} // namespace

TEST_F(HistoryApi, BarsAreTheVenuesToTheDigitAndCachedTheSecondTime) {
    const auto truth = rows_of_venue(http_get(system.venue_port,
        "/api/v3/klines?symbol=BTCUSDT&interval=1m&limit=1000&startTime=" + std::to_string(from * 1000) +
            "&endTime=" + std::to_string(to * 1000 - 1))
                                         .body);
    ASSERT_EQ(truth.size(), 30u);
    const auto first = get(bars());
    ASSERT_EQ(first.status, 200) << first.body;
    EXPECT_EQ(count_of(first.body, "\"timestamp\""), 30u);
    EXPECT_NE(first.body.find("\"cached\":false"), std::string::npos);
    EXPECT_NE(first.body.find("\"complete\":true"), std::string::npos);
    const auto second = get(bars());
    EXPECT_NE(second.body.find("\"cached\":true"), std::string::npos) << second.body;
    const auto csv = get(bars("&format=csv"));
    EXPECT_NE(csv.head.find("text/csv"), std::string::npos);
    EXPECT_EQ(csv.head.find("Content-Length"), std::string::npos);
    const auto post = http(system.http_port, "POST", "/api/v1/bars",
        "{\"symbol\":\"crypto:BTC-USDT\",\"timeframe\":\"1m\",\"start_date\":\"" + utc(from) + "\",\"end_date\":\"" +
            utc(to) + "\",\"validate\":true}",
        "Content-Type: application/json\r\n");
    EXPECT_EQ(post.status, 200);
    EXPECT_NE(post.body.find("\"quality\":"), std::string::npos);

    const auto done =
        run(cli({"bars", "crypto:BTC-USDT", "-t", "1m", "--start", utc(from), "--end", utc(to), "--format", "csv"}));
    EXPECT_EQ(done.code, 0) << done.err;
    EXPECT_EQ(rows_of_csv(done.out), truth);
}

TEST_F(HistoryApi, RequestsOnRedisTellBarsAndTheirSummary) {
    system.redis.cli({"XADD", "md:req", "*", "id", "history-1", "op", "bars", "symbol", "crypto:BTC-USDT", "timeframe",
        "1m", "start", std::to_string(from * 1000000), "end", std::to_string(to * 1000000)});
    std::string all;
    for (int i = 0; i < 50 && all.find("\"done\":true") == std::string::npos; ++i) {
        const auto reply = system.redis.cli({"BLPOP", "md:rep:history-1", "10"});
        if (reply.elements.size() == 2)
            all += reply.elements[1].text;
    }
    EXPECT_EQ(count_of(all, "\"type\":\"bar\""), 30u) << all;
    EXPECT_EQ(count_of(all, "\"type\":\"summary\""), 1u);
    EXPECT_NE(all.find("\"ts_open_us\":" + std::to_string(from * 1000000)), std::string::npos);
}

TEST_F(HistoryApi, BadInputIsAClearError) {
    const std::pair<std::string, std::string> wrong[] = {
        {"/api/v1/bars?symbol=crypto:BTC-USDT&timeframe=7m&start=2026-01-01", "bad_request"},
        {"/api/v1/bars?symbol=crypto:BTC-USDT&timeframe=1m&start=2026-02-30", "bad_request"},
        {"/api/v1/bars?symbol=crypto:BTC-USDT&timeframe=1m&start=1970-01-01", "bad_request"},
        {"/api/v1/bars?symbol=crypto:BTC-USDT&timeframe=1m&start=2199-01-01", "bad_request"},
        {"/api/v1/bars?symbol=crypto:BTC-USDT&timeframe=1m&start=" + utc(to) + "&end=" + utc(from), "bad_request"},
        {"/api/v1/bars?symbol=crypto:NOSUCH-COIN&timeframe=1m&start=" + utc(from), "unknown_symbol"},
        {"/api/v1/bars?symbol=fx:EUR-USD&timeframe=1m&start=" + utc(from), "not_supported"}};
    for (const auto& [path, code] : wrong) {
        const auto answer = get(path);
        EXPECT_EQ(answer.status / 100, 4) << path << "\n" << answer.body;
        EXPECT_NE(answer.body.find("\"code\":\"" + code + "\""), std::string::npos) << path << "\n" << answer.body;
    }
    EXPECT_EQ(run(cli({"bars", "crypto:BTC-USDT", "-t", "7m", "--start", "2026-01-01"})).code, 2);
    EXPECT_EQ(run(cli({"bars", "crypto:BTC-USDT", "--strat", "2026-01-01"})).code, 2);
    const auto near = run(cli({"bars", "crypto:BTC-USDT", "--strat", "2026-01-01"}));
    EXPECT_NE(near.err.find("did you mean `--start`"), std::string::npos) << near.err;
    EXPECT_EQ(
        run({binary, "bars", "crypto:BTC-USDT", "--start", "2026-01-01", "--url", "http://127.0.0.1:1"}).code, 69);
}

TEST_F(HistoryApi, ABackfillJobRunsAndItsCoverageIsTold) {
    const auto done = run(
        cli({"backfill", "crypto:BTC-USDT", "crypto:ETH-USDT", "-t", "1m", "--start", utc(from), "--end", utc(to)}));
    EXPECT_EQ(done.code, 0) << done.err;
    EXPECT_NE(done.err.find(" done: "), std::string::npos) << done.err;
    const auto list = run(cli({"backfill", "--list"}));
    EXPECT_NE(list.out.find(" done "), std::string::npos) << list.out;
    const auto coverage = run(cli({"coverage", "crypto:ETH-USDT", "-t", "1m", "--start", utc(from), "--end", utc(to)}));
    EXPECT_EQ(coverage.code, 0);
    EXPECT_NE(coverage.out.find(utc(from)), std::string::npos) << coverage.out;
    EXPECT_NE(coverage.out.find("covered"), std::string::npos);
    const auto cleared = http(system.http_port, "DELETE", "/api/v1/cache?symbol=crypto:ETH-USDT");
    EXPECT_NE(cleared.body.find("\"removed\":30"), std::string::npos) << cleared.body;
    const auto after = get("/api/v1/coverage?symbol=crypto:ETH-USDT&timeframe=1m" + range());
    EXPECT_NE(after.body.find("\"cause\":\"not_fetched\""), std::string::npos) << after.body;
}

TEST_F(HistoryApi, TheOtherEndpointsAnswer) {
    EXPECT_TRUE(System::eventually(
        [&] { return get("/api/v1/latest/crypto:BTC-USDT").body.find("\"bid\":") != std::string::npos; }));
    for (const auto* path : {"/api/v1/quotes?symbols=crypto:BTC-USDT,crypto:ETH-USDT", "/api/v1/search?q=BTC",
             "/api/v1/symbols?text=ETH", "/api/v1/cache/stats", "/api/v1/rate-limit", "/api/v1/status",
             "/api/v1/collectors/status", "/api/v1/backfill", "/api/v1/coverage?symbol=crypto:BTC-USDT"})
        EXPECT_EQ(get(path).status, 200) << path;
    const auto limits = get("/api/v1/rate-limit").body;
    for (const auto* what : {"requests", "connections", "streams"})
        EXPECT_NE(limits.find("\"what\":\"" + std::string(what) + "\""), std::string::npos) << limits;
    EXPECT_NE(limits.find(R"("name":"spot","what":"messages","limit":5,)"), std::string::npos) << limits;
    EXPECT_NE(limits.find(R"("window_ms":1000,)"), std::string::npos) << limits;
    const auto checked = http(system.http_port, "POST", "/api/v1/validate", R"({"symbols":["crypto:BTC-USTD"]})",
        "Content-Type: application/json\r\n");
    EXPECT_NE(checked.body.find("crypto:BTC-USDT"), std::string::npos) << checked.body;
    const auto trades = get("/api/v1/trades?symbol=crypto:BTC-USDT&limit=5&start=" + utc(now_s() - 30));
    EXPECT_EQ(trades.status, 200) << trades.body;
    EXPECT_EQ(get("/api/v1/nothing").status, 404);
    EXPECT_EQ(http(system.http_port, "PUT", "/api/v1/bars").status, 405);
}

TEST_F(HistoryApi, ACollectorCollects) {
    const auto started = http(system.http_port, "POST", "/api/v1/collectors",
        R"({"symbols":["crypto:BTC-USDT"],"timeframes":["1m"],"name":"btc","in_session":"5s","look_back":"10m"})",
        "Content-Type: application/json\r\n");
    EXPECT_EQ(started.status, 201) << started.body;
    EXPECT_TRUE(System::eventually([&] {
        const auto status = get("/api/v1/collectors/status").body;
        return status.find("\"last_collection\":\"20") != std::string::npos &&
               status.find("\"source\":\"binance\"") != std::string::npos;
    }));
    EXPECT_EQ(http(system.http_port, "DELETE", "/api/v1/collectors/btc").status, 200);
    EXPECT_EQ(http(system.http_port, "DELETE", "/api/v1/collectors/btc").status, 404);
}

} // namespace tickgate::test
