// A backfill whose gateway is killed at random moments: the store opens, its coverage is true, the job goes on, and in
// the end every bar is the venue's to the digit. TICKGATE_KILLS sets how often (8).
#include "integration/gateway_system.hpp"

#include <chrono>
#include <csignal>
#include <cstdlib>
#include <poll.h>
#include <random>
#include <sqlite3.h>
#include <stdexcept>

namespace tickgate::test {

namespace {

using namespace std::chrono_literals;

constexpr std::int64_t minute_s = 60, window_s = 100 * 86400;

std::int64_t now_s() {
    return std::chrono::duration_cast<std::chrono::seconds>(std::chrono::system_clock::now().time_since_epoch())
        .count();
}

int kills() {
    const char* const text = std::getenv("TICKGATE_KILLS");
    return text != nullptr ? std::max(std::atoi(text), 1) : 8;
}

// The file as another program finds it.
class StoreFile {
public:
    explicit StoreFile(const std::string& path) {
        if (sqlite3_open_v2(path.c_str(), &db_, SQLITE_OPEN_READWRITE, nullptr) != SQLITE_OK)
            throw std::runtime_error("the store does not open: " + path);
        sqlite3_busy_timeout(db_, 10000);
    }
    ~StoreFile() { sqlite3_close(db_); }
    StoreFile(const StoreFile&) = delete;
    StoreFile& operator=(const StoreFile&) = delete;

    // The columns of each row, separated by spaces.
    std::vector<std::string> rows(const std::string& sql) const {
        std::vector<std::string> out;
        const auto take = [](void* to, int count, char** values, char**) {
            std::string row;
            for (int i = 0; i < count; ++i)
                row += (i > 0 ? " " : "") + std::string(values[i] != nullptr ? values[i] : "null");
            static_cast<std::vector<std::string>*>(to)->push_back(row);
            return 0;
        };
        char* problem = nullptr;
        if (sqlite3_exec(db_, sql.c_str(), take, &out, &problem) != SQLITE_OK) {
            const std::string words = problem != nullptr ? problem : "unknown";
            sqlite3_free(problem);
            throw std::runtime_error(sql + ": " + words);
        }
        return out;
    }

private:
    sqlite3* db_ = nullptr;
};

using Rows = std::vector<std::string>;

// Spans of 1m that claim bars: as many are there as minutes begin in them. No span touches another.
void expect_truth(const StoreFile& store) {
    EXPECT_EQ(store.rows("PRAGMA quick_check"), Rows{"ok"});
    EXPECT_EQ(store.rows("SELECT s.symbol, p.from_ns, p.to_ns FROM span p JOIN series s ON s.id = p.series WHERE "
                         "s.timeframe = '1m' AND p.cause = 'none' AND (SELECT count(*) FROM bar b WHERE b.series = "
                         "p.series AND b.open_ns >= p.from_ns AND b.open_ns < p.to_ns) <> "
                         "(p.to_ns + 59999999999) / 60000000000 - (p.from_ns + 59999999999) / 60000000000"),
        Rows());
    EXPECT_EQ(store.rows("SELECT series, to_ns, next FROM (SELECT series, to_ns, lead(from_ns) OVER (PARTITION BY "
                         "series ORDER BY from_ns) AS next FROM span) WHERE next < to_ns"),
        Rows());
    EXPECT_EQ(
        store.rows("SELECT s.symbol FROM series s WHERE s.bars <> (SELECT count(*) FROM bar WHERE series = s.id)"),
        Rows());
}

// `open_ms open high low close volume trades` of each row the venue tells.
Rows rows_of_venue(const std::string& body) {
    Rows rows;
    for (auto at = body.find('[', 1); at != std::string::npos; at = body.find('[', at + 1)) {
        Rows parts;
        const auto end = body.find(']', at);
        for (auto from = at + 1; from < end;) {
            const auto comma = std::min(body.find(',', from), end);
            auto part = body.substr(from, comma - from);
            if (part.size() >= 2 && part.front() == '"')
                part = part.substr(1, part.size() - 2);
            parts.push_back(part);
            from = comma + 1;
        }
        if (parts.size() < 9)
            throw std::runtime_error("the venue's row is too short: " + body.substr(at, end - at));
        std::string row = parts[0];
        for (const int i : {1, 2, 3, 4, 5, 8})
            row += " " + parts[static_cast<std::size_t>(i)];
        rows.push_back(row);
    }
    return rows;
}

class HistoryKill : public ::testing::Test {
protected:
    // A window of whole minutes, the n-th back from an hour ago.
    struct Window {
        std::int64_t from, to;
        std::string job;
    };

    void ask_for_more() {
        const auto to = base - static_cast<std::int64_t>(windows.size()) * window_s;
        const auto id = "backfill-" + std::to_string(windows.size());
        system.redis.cli({"XADD", "md:req", "*", "id", id, "op", "backfill", "symbols", "crypto:BTC-USDT", "timeframes",
            "1m", "start", std::to_string((to - window_s) * 1000000), "end", std::to_string(to * 1000000), "follow",
            "false"});
        const auto reply = system.redis.cli({"BLPOP", "md:rep:" + id, "10"});
        ASSERT_EQ(reply.elements.size(), 2u) << system.gateway->standard_error();
        const auto& text = reply.elements[1].text;
        const auto at = text.find("\"bf-");
        ASSERT_NE(at, std::string::npos) << text;
        windows.push_back({to - window_s, to, text.substr(at + 1, 15)});
    }

    std::string state_of(const Window& window) const {
        return field(http_get(system.http_port, "/api/v1/backfill/" + window.job).body, "state");
    }

    void kill_gateway() const {
        system.gateway->signal(SIGKILL);
        ASSERT_EQ(system.gateway->exit_code(), 128 + SIGKILL);
    }

    // Until it answers: live data waits for the owner key of the one that was killed, jobs do not.
    void restart() {
        system.start_gateway();
        ASSERT_TRUE(System::eventually([&] { return http_get(system.http_port, "/healthz").status == 200; }))
            << system.gateway->standard_error();
    }

    std::string path() const { return system.directory.path() + "/bars.db"; }

    // All minutes of the window as the venue tells them; its own limits are kept.
    Rows truth_of(const Window& window) const {
        Rows rows;
        for (auto from = window.from; from < window.to; from += 1000 * minute_s) {
            const auto to = std::min(from + 1000 * minute_s, window.to);
            HttpAnswer answer;
            System::eventually(
                [&] {
                    answer = http_get(system.venue_port,
                        "/api/v3/klines?symbol=BTCUSDT&interval=1m&limit=1000&startTime=" +
                            std::to_string(from * 1000) + "&endTime=" + std::to_string(to * 1000 - 1));
                    return answer.status == 200;
                },
                90s);
            const auto page = rows_of_venue(answer.body);
            rows.insert(rows.end(), page.begin(), page.end());
        }
        return rows;
    }

    System system;
    const std::int64_t base = now_s() / minute_s * minute_s - 3600;
    std::vector<Window> windows;
};

} // namespace

TEST_F(HistoryKill, AtRandomMomentsOfABackfillNothingIsLostAndNothingIsClaimed) {
    std::random_device entropy;
    const auto seed = entropy();
    SCOPED_TRACE("seed " + std::to_string(seed));
    std::mt19937 random(seed);
    std::uniform_int_distribution<int> moment(0, 300);
    int amidst = 0;
    for (int i = 0; i < kills() && !HasFatalFailure(); ++i) {
        if (windows.empty() || state_of(windows.back()) == "done")
            ask_for_more();
        if (HasFatalFailure())
            return;
        ::poll(nullptr, 0, moment(random)); // the moment is what is random here
        const bool running = state_of(windows.back()) != "done";
        kill_gateway();
        amidst += running ? 1 : 0;
        expect_truth(StoreFile(path()));
        restart();
    }
    RecordProperty("amidst", amidst);
    EXPECT_GT(amidst, 0);

    for (const auto& window : windows)
        EXPECT_TRUE(System::eventually([&] { return state_of(window) == "done"; }, 120s))
            << http_get(system.http_port, "/api/v1/backfill/" + window.job).body << system.gateway->standard_error();
    system.gateway->signal(SIGTERM);
    EXPECT_EQ(system.gateway->exit_code(), 0);

    const StoreFile store(path());
    expect_truth(store);
    EXPECT_EQ(store.rows("PRAGMA integrity_check"), Rows{"ok"});
    const std::string series = "(SELECT id FROM series WHERE provider = 'binance' AND class = 'crypto' AND symbol = "
                               "'BTC-USDT' AND timeframe = '1m' AND price_type = 'trade' AND align = 'utc' AND "
                               "adjusted = 0)";
    for (const auto& window : windows) {
        const auto from = std::to_string(window.from) + "000000000", to = std::to_string(window.to) + "000000000";
        EXPECT_EQ(store.rows("SELECT sum(min(to_ns, " + to + ") - max(from_ns, " + from +
                             ")) / 1000000000 FROM span "
                             "WHERE cause = 'none' AND series = " +
                             series + " AND from_ns < " + to + " AND to_ns > " + from),
            Rows{std::to_string(window_s)});
        const auto bars = store.rows("SELECT open_ns / 1000000, open, high, low, close, volume, trades FROM bar WHERE "
                                     "series = " +
                                     series + " AND open_ns >= " + from + " AND open_ns < " + to + " ORDER BY open_ns");
        const auto truth = truth_of(window);
        ASSERT_EQ(truth.size(), static_cast<std::size_t>(window_s / minute_s));
        ASSERT_EQ(bars.size(), truth.size());
        for (std::size_t i = 0; i < bars.size(); ++i)
            ASSERT_EQ(bars[i], truth[i]);
    }
}

// The venue answers nothing any more, and pages are under way: they are not waited for.
TEST_F(HistoryKill, ATerminationDuringABackfillDoesNotWaitForTheVenue) {
    ask_for_more();
    ASSERT_FALSE(HasFatalFailure());
    system.venue->signal(SIGSTOP);
    ask_for_more();
    System::eventually([&] { return state_of(windows.back()) == "running"; });
    const auto start = std::chrono::steady_clock::now();
    system.gateway->signal(SIGTERM);
    EXPECT_EQ(system.gateway->exit_code(), 0) << system.gateway->standard_error();
    EXPECT_LT(std::chrono::steady_clock::now() - start, 4s);
    system.venue->signal(SIGCONT);
    expect_truth(StoreFile(path()));
    restart();
    for (const auto& window : windows)
        EXPECT_TRUE(System::eventually([&] { return state_of(window) == "done"; }, 120s))
            << http_get(system.http_port, "/api/v1/backfill/" + window.job).body;
}

} // namespace tickgate::test
