// Commands against a daemon that answers what the test says, over real sockets.
#include "cli/history_commands.hpp"
#include "unit/cli/daemon_fixture.hpp"

#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <fstream>

namespace tickgate::cli {

namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::Not;

constexpr const char* row =
    R"({"timestamp":"2026-11-20T11:50:00Z","open":1.10,"high":1.1050,"low":1.10,"close":1.1050,"volume":null,"vwap":1.10,"transactions":7})"
    "\n";
constexpr const char* whole =
    R"({"type":"summary","provider":"binance","bar_count":1234567,"cached":true,"complete":true,"coverage":[],)"
    R"("validation":{"quality":"good","issues":[{"severity":"warning","text":"2 outliers"}]},"error":null})"
    "\n";
constexpr const char* part =
    R"({"type":"summary","provider":"binance","bar_count":1,"cached":false,"complete":false,"coverage":[)"
    R"({"from":"2026-11-20T00:00:00Z","to":"2026-11-20T01:00:00Z","cause":"provider_hole"},)"
    R"({"from":"2026-11-20T01:00:00Z","to":"2026-11-20T02:00:00Z","cause":"session_closed"}],)"
    R"("validation":null,"error":{"code":"rate_limited","message":"too fast","hint":"wait"}})"
    "\n";

std::string job(const std::string& state, const std::string& fraction, int bars) {
    return R"({"v":1,"type":"job","id":"bf-1","state":")" + state +
           R"(","symbols":["crypto:BTC-USDT"],"timeframes":["1m"],"start":"2026-11-18T00:00:00Z","end":"2026-11-19T00:00:00Z",)"
           R"("fraction":)" +
           fraction + R"(,"bars":)" + std::to_string(bars) +
           R"(,"requests":3,"waiting_ms":0,"eta_ms":65000,"series_done":0,"series":1,"missing":[)" +
           (state == "partial" ? R"({"from":"2026-11-18T00:00:00Z","to":"2026-11-18T01:00:00Z","cause":"not_entitled"})"
                               : "") +
           R"(],"error":null})";
}

class HistoryCommands : public DaemonFixture {
protected:
    HistoryCommands() {
        pages["/api/v1/rate-limit"] =
            R"({"data":[{"provider":"binance","what":"requests","limit":6000,"remaining":4321}]})";
    }
    int bars(BarsArguments a, Format format = Format::table) {
        if (a.symbol.empty())
            a.symbol = "crypto:BTC-USDT";
        a.start = "2026-11-20T12:00:00+01:00";
        return run([&](DaemonClient& c) { return show_bars(c, a, as(format), err); });
    }
    int backfill(BackfillArguments a) {
        a.interval = 10ms;
        return run([&](DaemonClient& c) {
            command = std::make_unique<Backfill>(a, table(), err);
            return command->run(c);
        });
    }
    asio::awaitable<void> leave_when_followed() {
        while (requests.size() < 2)
            co_await asio::post(loop, asio::use_awaitable);
        command->leave();
    }
    static BackfillArguments usual() {
        BackfillArguments a;
        a.symbols = {"crypto:BTC-USDT"};
        a.timeframes = "1m";
        a.start = "2026-11-18";
        return a;
    }

    std::unique_ptr<Backfill> command;
};

} // namespace

TEST_F(HistoryCommands, BarsAreATableWithWhatIsToBeSaid) {
    will_answer(std::string(row) + row + whole);
    EXPECT_EQ(bars({}), exit_ok) << err.str();
    EXPECT_THAT(requests.at(0),
        HasSubstr("GET /api/v1/bars?symbol=crypto:BTC-USDT&timeframe=1m&start=2026-11-20T12:00:00%2B01:00&"));
    EXPECT_THAT(requests.at(0), HasSubstr("format=ndjson"));
    const auto text = out.str();
    EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 3);
    EXPECT_THAT(text, HasSubstr("1.1050"));
    EXPECT_THAT(text, HasSubstr("  -  ")) << "null";
    EXPECT_THAT(err.str(), HasSubstr("1,234,567 bars from binance, all from the store, quality good"));
    EXPECT_THAT(err.str(), HasSubstr("warning: 2 outliers"));
}

TEST_F(HistoryCommands, AnIncompleteAnswerNamesTheSpansAndFails) {
    will_answer(std::string(row) + part);
    EXPECT_EQ(bars({}), exit_failed);
    EXPECT_THAT(err.str(), HasSubstr("absent 2026-11-20T00:00:00Z to 2026-11-20T01:00:00Z: provider_hole"));
    EXPECT_THAT(err.str(), Not(HasSubstr("session_closed")));
    EXPECT_THAT(err.str(), HasSubstr("incomplete: too fast (wait)"));
    answers.clear();
    will_answer(row);
    EXPECT_EQ(bars({}), exit_unavailable) << "cut short";
}

TEST_F(HistoryCommands, RowsOfSeveralSymbolsSayWhoseTheyAre) {
    const std::string named = R"({"symbol":"crypto:BTC-USDT",)" + std::string(row).substr(1);
    const std::string summary = R"({"class":"crypto","symbol":"BTC-USDT",)" + std::string(whole).substr(1);
    will_answer(named + summary +
                R"({"type":"error","class":"crypto","symbol":"NO-WAY","error":{"code":"unknown_symbol",)"
                R"("message":"binance: unknown symbol","hint":"look"}})"
                "\n" +
                summary);
    BarsArguments a;
    a.symbol = "crypto:BTC-USDT,crypto:NO-WAY,crypto:ETH-USDT";
    EXPECT_EQ(bars(a), exit_failed) << "one of them failed";
    EXPECT_THAT(out.str(), HasSubstr("\ncrypto:BTC-USDT       2026-11-20T11:50:00Z"));
    const auto text = out.str();
    EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 2) << "an error is no row";
    EXPECT_THAT(err.str(), HasSubstr("crypto:NO-WAY: binance: unknown symbol (look)"));
    EXPECT_THAT(err.str(), HasSubstr("crypto:BTC-USDT: 1,234,567 bars from binance"));
}

TEST_F(HistoryCommands, AnOutputThatIsFullIsSaid) {
    will_answer(std::string(row) + whole);
    std::ofstream full("/dev/full");
    BarsArguments a;
    a.symbol = "crypto:BTC-USDT";
    a.start = "2026-11-20";
    EXPECT_EQ(run([&](DaemonClient& c) { return show_bars(c, a, Output(Output::Look(), full), err); }), exit_failed);
    EXPECT_THAT(err.str(), HasSubstr("the bars cannot be written: No space left on device"));
}

TEST_F(HistoryCommands, OtherFormatsPassThrough) {
    BarsArguments a;
    a.no_cache = a.validate = true;
    will_answer("timestamp,open\n2026,1.10\n");
    answers.back().headers.emplace_back("X-Tickgate-Complete", "false");
    answers.back().headers.emplace_back("X-Tickgate-Error", "not_entitled");
    EXPECT_EQ(bars(a, Format::csv), exit_failed);
    EXPECT_EQ(out.str(), "timestamp,open\n2026,1.10\n");
    EXPECT_THAT(err.str(), HasSubstr("not_entitled"));
    EXPECT_THAT(requests.at(0), HasSubstr("use_cache=false&validate=true&format=csv"));
}

TEST_F(HistoryCommands, ProblemsOfTheDaemonBecomeExitCodes) {
    const auto problem = [](const std::string& code) {
        return R"({"status":400,"detail":"field timeframe is \"7m\"","code":")" + code +
               R"(","hint":"allowed: 1s 5s"})";
    };
    const std::tuple<int, std::string, int> expected[] = {{400, "bad_request", exit_usage},
        {401, "unauthorized", exit_credentials}, {404, "unknown_symbol", exit_failed},
        {429, "rate_limited", exit_unavailable}, {503, "unavailable", exit_unavailable}};
    for (const auto& [status, code, exit] : expected) {
        answers.clear();
        will_answer(problem(code), status);
        EXPECT_EQ(bars({}), exit) << status;
        EXPECT_THAT(err.str(), HasSubstr("field timeframe is \"7m\" (allowed: 1s 5s)"));
        EXPECT_EQ(out.str(), "");
    }
    EXPECT_THAT(err.str(), Not(HasSubstr("sesame")));
    options.url = "http://127.0.0.1:1";
    EXPECT_EQ(bars({}), exit_unavailable);
    EXPECT_THAT(err.str(), HasSubstr("is it running?"));
}

TEST_F(HistoryCommands, ABackfillIsStartedAndFollowedInPlainLines) {
    will_answer(job("waiting", "0.0000", 0), 202);
    will_answer(job("running", "0.2500", 100));
    will_answer(job("running", "0.2500", 100));
    will_answer(job("done", "1.0000", 1440));
    EXPECT_EQ(backfill(usual()), exit_ok) << err.str();
    EXPECT_EQ(requests.at(0), "POST /api/v1/backfill");
    EXPECT_EQ(bodies.at(0), R"({"symbols":["crypto:BTC-USDT"],"timeframes":"1m","start_date":"2026-11-18"})");
    EXPECT_EQ(requests.at(1), "GET /api/v1/backfill/bf-1");
    EXPECT_EQ(out.str(), "bf-1 running 25.0 % bars=100 requests=3 series=0/1 eta=00:01:05 waiting_ms=0\n"
                         "bf-1 done 100.0 % bars=1440 requests=3 series=0/1 eta=00:01:05 waiting_ms=0\n");
    EXPECT_THAT(err.str(), HasSubstr("job bf-1 done: 1,440 bars fetched"));
}

TEST_F(HistoryCommands, OnATerminalABarMovesWithEtaAndQuota) {
    auto a = usual();
    a.bar = true;
    a.columns = 120;
    will_answer(job("running", "0.5000", 100), 202);
    will_answer(job("running", "0.5000", 100));
    will_answer(job("partial", "1.0000", 1440));
    EXPECT_EQ(backfill(a), exit_failed);
    EXPECT_THAT(err.str(), HasSubstr("####################--------------------]  50.0 % 100 bars"));
    EXPECT_THAT(err.str(), HasSubstr("ETA 00:01:05 binance 4321/6000 left"));
    EXPECT_THAT(err.str(), HasSubstr("absent 2026-11-18T00:00:00Z to 2026-11-18T01:00:00Z: not_entitled"));
    EXPECT_EQ(out.str(), "");
}

TEST_F(HistoryCommands, AnInterruptLeavesTheJobAndSaysHowToComeBack) {
    will_answer(job("running", "0.5000", 100), 202);
    auto a = usual();
    const int code = run([&](DaemonClient& c) {
        command = std::make_unique<Backfill>(a, table(), err);
        asio::co_spawn(loop, leave_when_followed(), [](const std::exception_ptr& e) { EXPECT_FALSE(e); });
        return command->run(c);
    });
    EXPECT_EQ(code, exit_ok);
    EXPECT_THAT(err.str(), HasSubstr("job bf-1 goes on in the daemon: tickgate backfill --follow bf-1, or --cancel"));
    for (const auto& r : requests)
        EXPECT_THAT(r, Not(HasSubstr("DELETE")));
}

TEST_F(HistoryCommands, JobsAreDetachedListedAndCancelled) {
    auto a = usual();
    a.detach = true;
    will_answer(job("waiting", "0.0000", 0), 202);
    EXPECT_EQ(backfill(a), exit_ok);
    EXPECT_EQ(out.str(), "bf-1\n");
    answers.clear();
    will_answer("{\"data\":[" + job("running", "0.5000", 1) + "]}");
    BackfillArguments list;
    list.list = true;
    EXPECT_EQ(backfill(list), exit_ok);
    EXPECT_THAT(out.str(), HasSubstr("bf-1  running  50.0 %"));
    answers.clear();
    will_answer(job("cancelled", "0.5000", 1));
    BackfillArguments cancel;
    cancel.cancel = "bf-1";
    EXPECT_EQ(backfill(cancel), exit_ok);
    EXPECT_EQ(requests.back(), "DELETE /api/v1/backfill/bf-1");
    EXPECT_EQ(out.str(), "bf-1 cancelled\n");
    answers.clear();
    will_answer(R"({"detail":"there is no job","code":"not_found"})", 404);
    BackfillArguments follow;
    follow.follow = "bf-none";
    EXPECT_EQ(backfill(follow), exit_failed);
}

TEST_F(HistoryCommands, ADaemonThatIsAwayForAMomentIsWaitedFor) {
    BackfillArguments follow;
    follow.follow = "bf-1";
    will_answer(R"({"detail":"starting","code":"unavailable"})", 503);
    will_answer(R"({"detail":"starting","code":"unavailable"})", 503);
    will_answer(job("done", "1.0000", 5));
    EXPECT_EQ(backfill(follow), exit_ok);
    answers.clear();
    will_answer(R"({"detail":"starting","code":"unavailable"})", 503);
    follow.patience = 1ms;
    EXPECT_EQ(backfill(follow), exit_unavailable);
}

TEST_F(HistoryCommands, CoverageAndSymbolsAreReadable) {
    will_answer(
        R"({"data":[{"type":"coverage","class":"crypto","symbol":"BTC-USDT","timeframe":"1m","provider":"binance",)"
        R"("price_type":"trade","align":"utc","adjusted":false,"bars":1440,"seconds":{"none":86400,"not_fetched":90},)"
        R"("spans":[{"from":"2026-11-18T00:00:00Z","to":"2026-11-19T00:00:00Z","cause":"none"}],"spans_cut":true}]})");
    CoverageArguments c;
    c.symbol = "crypto:BTC-USDT";
    EXPECT_EQ(run([&](DaemonClient& client) { return show_coverage(client, c, table(), err); }), exit_ok);
    EXPECT_THAT(out.str(), HasSubstr("crypto:BTC-USDT 1m binance trade utc: 1,440 bars"));
    EXPECT_THAT(out.str(), HasSubstr("1d 00h"));
    EXPECT_THAT(out.str(), HasSubstr("00:01:30"));
    EXPECT_THAT(out.str(), HasSubstr("there is more"));

    answers.clear();
    will_answer(R"({"data":[{"type":"symbol","class":"crypto","symbol":"BTC-USDT","provider":"binance",)"
                R"("native":"BTCUSDT","tradeable":true,"description":null}]})");
    SymbolsArguments s;
    s.text = "b t";
    EXPECT_EQ(run([&](DaemonClient& client) { return show_symbols(client, s, table(), err); }), exit_ok);
    EXPECT_THAT(requests.back(), HasSubstr("text=b%20t"));
    EXPECT_THAT(out.str(), HasSubstr("crypto:BTC-USDT"));
    answers.clear();
    will_answer(R"({"data":[{"type":"suggestion","asked":"BTCUSD","suggestions":["crypto:BTC-USDT"]}]})");
    EXPECT_EQ(run([&](DaemonClient& client) { return show_symbols(client, s, table(), err); }), exit_failed);
    EXPECT_THAT(err.str(), HasSubstr("did you mean crypto:BTC-USDT?"));
}

} // namespace tickgate::cli
