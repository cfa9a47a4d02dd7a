// The SQLite store against raw prepared statements on the same rows, in one run: durable batches, scans, a month of
// minutes. Prints `name value unit` lines; each figure is the median of its rounds.
//
//     bench_store [FOLDER]
#include "store/bar_store.hpp"
#include "store/batch.hpp"
#include "store/names.hpp"

#include <sqlite3.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

namespace {

using namespace tickgate;
using namespace tickgate::store;

constexpr int batches = 40, batch_size = 5000, month = 43200, rounds = 7;

[[noreturn]] void give_up(const std::string& why) {
    std::fprintf(stderr, "bench_store: %s\n", why.c_str());
    std::exit(1);
}

double seconds(const std::function<void()>& work) {
    const auto start = std::chrono::steady_clock::now();
    work();
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

double median(std::vector<double> values) {
    std::sort(values.begin(), values.end());
    return values[values.size() / 2];
}

StoredBar bar(int minute) {
    StoredBar out;
    Bar& b = out.bar;
    const auto price = [&](int more) {
        return Decimal::parse(std::to_string(90000 + minute % 5000 + more) + ".12345670").value();
    };
    b.open_time = UnixNanos(std::chrono::seconds(1'700'000'000)) + std::chrono::minutes(minute);
    b.close_time = b.open_time + std::chrono::minutes(1);
    b.open = price(0);
    b.high = price(9);
    b.low = price(-9);
    b.close = price(3);
    b.volume = Decimal::parse(std::to_string(minute % 1000) + ".50000000").value();
    b.volume_unit = VolumeUnit::base;
    b.vwap = price(1);
    b.trades = minute % 3000;
    b.final = true;
    out.fetched_at = b.close_time;
    return out;
}

Batch batch(int index, int rows) {
    Batch out;
    out.series = {"binance", {AssetClass::crypto, "BTC-USDT"}, Timeframe::m1, {}};
    for (int i = 0; i < rows; ++i)
        out.bars.push_back(bar(index * rows + i));
    out.coverage = {{{out.bars.front().bar.open_time, out.bars.back().bar.close_time}, Cause::none, UnixNanos()}};
    return out;
}

std::unique_ptr<BarStore> open(const std::string& path) {
    StoreOptions options;
    options.url = "sqlite://" + path;
    std::string problem;
    auto store = open_store(options, problem);
    if (!store)
        give_up(problem);
    return std::move(*store);
}

using Texts = std::vector<std::vector<std::string>>;

// What the store does, without the store: the same table, the same rows as text that is ready.
class Raw {
public:
    explicit Raw(const std::string& path) {
        if (sqlite3_open(path.c_str(), &db_) != SQLITE_OK)
            give_up("no raw file");
        run("PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA cache_size=-6000");
        insert_ = prepare("INSERT INTO bar VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 1)");
        select_ = prepare("SELECT open_ns, length_ns, open, high, low, close, volume, vwap, trades, kind, fetched_ns, "
                          "revision FROM bar WHERE series = 1 ORDER BY open_ns");
    }
    ~Raw() {
        sqlite3_finalize(insert_);
        sqlite3_finalize(select_);
        sqlite3_close(db_);
    }
    Raw(const Raw&) = delete;
    Raw& operator=(const Raw&) = delete;

    void write(const Texts& texts, const Batch& b) {
        run("BEGIN IMMEDIATE");
        for (std::size_t i = 0; i < b.bars.size(); ++i) {
            const auto& stored = b.bars[i];
            sqlite3_bind_int64(insert_, 1, 1);
            sqlite3_bind_int64(insert_, 2, ticks_of(stored.bar.open_time));
            sqlite3_bind_int64(insert_, 3, (stored.bar.close_time - stored.bar.open_time).count());
            for (int c = 0; c < 6; ++c) {
                const auto& text = texts[i][static_cast<std::size_t>(c)];
                sqlite3_bind_text(insert_, 4 + c, text.data(), static_cast<int>(text.size()), SQLITE_STATIC);
            }
            sqlite3_bind_int64(insert_, 10, *stored.bar.trades);
            sqlite3_bind_int64(insert_, 11, pack_kind(stored.bar));
            sqlite3_bind_int64(insert_, 12, ticks_of(stored.fetched_at));
            if (sqlite3_step(insert_) != SQLITE_DONE)
                give_up(sqlite3_errmsg(db_));
            sqlite3_reset(insert_);
        }
        run("COMMIT");
    }

    // Touches every column of every row.
    void scan() {
        std::int64_t touched = 0;
        while (sqlite3_step(select_) == SQLITE_ROW)
            for (int c = 0; c < 12; ++c)
                touched += c >= 2 && c < 8 ? sqlite3_column_text(select_, c)[0] : sqlite3_column_int64(select_, c) & 1;
        sqlite3_reset(select_);
        if (touched == 0)
            give_up("the raw file is empty");
    }

private:
    void run(const char* sql) {
        if (sqlite3_exec(db_, sql, nullptr, nullptr, nullptr) != SQLITE_OK)
            give_up(sqlite3_errmsg(db_));
    }
    sqlite3_stmt* prepare(const char* sql) {
        sqlite3_stmt* out = nullptr;
        if (sqlite3_prepare_v2(db_, sql, -1, &out, nullptr) != SQLITE_OK)
            give_up(sqlite3_errmsg(db_));
        return out;
    }

    sqlite3* db_ = nullptr;
    sqlite3_stmt *insert_ = nullptr, *select_ = nullptr;
};

Texts texts_of(const Batch& b) {
    Texts out;
    for (const auto& s : b.bars)
        out.push_back({s.bar.open.to_string(), s.bar.high.to_string(), s.bar.low.to_string(), s.bar.close.to_string(),
            s.bar.volume->to_string(), s.bar.vwap->to_string()});
    return out;
}

struct Times {
    double raw_write = 0, write = 0, raw_read = 0, read = 0, month = 0;
};

void read(BarStore& store, std::size_t limit) {
    std::size_t count = 0;
    const auto ec = store.read(batch(0, 1).series, {UnixNanos::min(), UnixNanos::max()}, limit, false,
        [&count](const StoredBar&) { return ++count != 0; });
    if (ec || count == 0)
        give_up(store.problem());
}

Times one_round(const std::string& folder, int round) {
    Times out;
    const auto raw_path = folder + "/raw-" + std::to_string(round) + ".db";
    const auto store = open(folder + "/store-" + std::to_string(round) + ".db");
    open(raw_path); // the same tables
    Raw raw(raw_path);
    for (int i = 0; i < batches; ++i) { // in turns, so that both have the same weather
        const auto b = batch(i, batch_size);
        const auto texts = texts_of(b);
        out.raw_write += seconds([&] { raw.write(texts, b); });
        out.write += seconds([&] {
            if (!store->write(b))
                give_up(store->problem());
        });
    }
    raw.scan(); // both are warm then
    read(*store, 0);
    out.raw_read = seconds([&] { raw.scan(); });
    out.read = seconds([&] { read(*store, 0); });
    out.month = seconds([&] { read(*store, month); });
    return out;
}

void print(const char* name, double value, const char* unit) { std::printf("%-18s %8.2f %s\n", name, value, unit); }

} // namespace

int main(int argc, char** argv) {
    std::string folder = (std::filesystem::path(argc > 1 ? argv[1] : "/tmp") / "tickgate-bench-XXXXXX").string();
    if (::mkdtemp(folder.data()) == nullptr)
        give_up("no temporary folder");
    std::vector<Times> all;
    for (int round = 0; round < rounds; ++round)
        all.push_back(one_round(folder, round));
    std::error_code ignored;
    std::filesystem::remove_all(folder, ignored);
    const auto middle = [&](double Times::*what) {
        std::vector<double> values;
        for (const auto& t : all)
            values.push_back(t.*what);
        return median(std::move(values));
    };
    constexpr double rows = double{batches} * batch_size / 1000;
    print("raw_inserts", rows / middle(&Times::raw_write), "k rows/s");
    print("store_writes", rows / middle(&Times::write), "k rows/s");
    print("writes_ratio", middle(&Times::raw_write) / middle(&Times::write), "of raw");
    print("raw_scan", rows / middle(&Times::raw_read), "k rows/s");
    print("store_reads", rows / middle(&Times::read), "k rows/s");
    print("reads_ratio", middle(&Times::raw_read) / middle(&Times::read), "of raw");
    print("month_of_minutes", middle(&Times::month) * 1000, "ms");
}
