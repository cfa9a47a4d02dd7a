// A provider whose bars follow from their open time, with scripted faults; and a place where a history works on it.
#pragma once

#include "backfill/history.hpp"
#include "backfill/signal.hpp"
#include "support/bare_provider.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include <gtest/gtest.h>

#include <unistd.h>

#include <deque>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace tickgate::backfill {

using namespace std::chrono_literals;

inline Decimal number(std::string_view text) { return Decimal::parse(text).value(); }

inline const InstrumentName btc{AssetClass::crypto, "BTC-USDT"};
inline const InstrumentName spy{AssetClass::equity, "SPY"};
// A Monday, 2025-11-17 00:00 UTC.
inline constexpr UnixNanos monday{std::chrono::seconds(1'763'337'600)};
inline UnixNanos at(std::chrono::seconds after) { return monday + after; }
inline store::Span minutes(int from, int to) { return {at(std::chrono::minutes(from)), at(std::chrono::minutes(to))}; }

inline Bar bar_at_open(UnixNanos open, Timeframe timeframe, const BarVariant& variant, int version = 0) {
    const auto n = open.time_since_epoch() / 1min;
    Bar bar;
    bar.timeframe = timeframe;
    bar.open_time = open;
    bar.close_time = bar_end(open, timeframe);
    bar.open = number(std::to_string(100 + n % 7 + version) + ".5");
    bar.low = number(std::to_string(99 + n % 7 + version));
    bar.high = number(std::to_string(102 + n % 7 + version));
    bar.close = number(std::to_string(101 + n % 7 + version) + ".25");
    bar.volume = number("2");
    bar.volume_unit = VolumeUnit::base;
    bar.trades = 3;
    bar.price_type = variant.price_type;
    bar.align = variant.align;
    bar.adjusted = variant.adjusted;
    bar.final = true;
    return bar;
}

class NoRest final : public Rest {
public:
    asio::awaitable<result<RestResponse>> send(RestRequest) override { co_return errc::not_supported; }
    asio::awaitable<result<RestResponse>> send_streamed(RestRequest, BodySink) override {
        co_return errc::not_supported;
    }
    void learn(std::size_t, const BudgetReading&) override {}
};

class FakeProvider final : public test::BareProvider {
public:
    explicit FakeProvider(std::string name) : name_(std::move(name)) {
        can.timeframes = {Timeframe::m1};
        can.bars_per_page = 100;
    }

    std::string_view name() const noexcept override { return name_; }
    const Capabilities& capabilities() const noexcept override { return can; }

    result<BarHistory> bar_history(
        const InstrumentName&, Timeframe timeframe, std::optional<BarVariant> wanted) const override {
        if (std::find(can.timeframes.begin(), can.timeframes.end(), timeframe) == can.timeframes.end() ||
            (wanted && *wanted != history.variant))
            return errc::not_supported;
        return history;
    }

    asio::awaitable<result<BarPage>> get_bars(BarRequest request, Rest& rest) override {
        asked.push_back(request);
        most_at_once = std::max(most_at_once, ++at_once);
        if (pause)
            rest.learn(0, *pause);
        while (gate && closed && (!held || held(request)))
            co_await gate->wait();
        --at_once;
        if (!faults.empty()) {
            const auto fault = faults.front();
            faults.pop_front();
            if (fault)
                co_return fault;
        }
        if (fault_of)
            if (const auto fault = fault_of(request))
                co_return fault;
        if (answer)
            co_return answer(request);
        co_return truth(request, most_a_page);
    }

    BarPage truth(const BarRequest& request, std::size_t most = 0) const {
        BarPage page;
        auto open = request.from;
        if (bar_open(open, request.timeframe) != open)
            open = bar_end(bar_open(open, request.timeframe), request.timeframe);
        for (; open < request.to; open = bar_end(open, request.timeframe)) {
            if (most != 0 && page.bars.size() == most) {
                page.next = open;
                break;
            }
            if (has && !has(open))
                continue;
            page.bars.push_back(bar_at_open(open, request.timeframe, history.variant, version));
            page.bars.back().final = page.bars.back().close_time <= forming_after;
        }
        return page;
    }

    asio::awaitable<result<std::vector<BulkFile>>> bulk_files(BulkRequest request, Rest&) override {
        std::vector<BulkFile> out;
        for (const auto& file : files)
            if (file.from < request.to && request.from < file.to)
                out.push_back(file);
        if (file_fault)
            co_return file_fault;
        co_return out;
    }
    asio::awaitable<error_code> read_bulk_file(
        BulkFile file, std::vector<InstrumentName> instruments, BulkSink& sink, Rest&) override {
        files_read.push_back(file.key);
        for (const auto& instrument : instruments) {
            for (auto open = file.from; open < file.to; open += 1min) {
                if (has && !has(open))
                    continue;
                if (const auto fault = sink.on_bar(instrument, bar_at_open(open, file.timeframe, history.variant)))
                    co_return fault;
                if (broken_after && ++rows > *broken_after)
                    co_return errc::closed_by_venue;
            }
        }
        if (after_rows)
            co_await after_rows();
        co_return error_code();
    }
    asio::awaitable<result<std::string>> get_trades(TradeRequest request, TradeSink sink, Rest&) override {
        if (trade_fault)
            co_return trade_fault;
        const int page = request.cursor.empty() ? 0 : std::stoi(request.cursor);
        for (int i = 0; i < 10; ++i) {
            Trade trade;
            trade.price = number("1");
            trade.size = number(std::to_string(page * 10 + i + 1));
            sink(trade);
        }
        co_return page + 1 < trade_pages ? std::to_string(page + 1) : std::string();
    }

    Capabilities can;
    BarHistory history;
    std::function<bool(UnixNanos)> has; // empty: every bar
    std::size_t most_a_page = 0;        // then `next`
    int version = 0;                    // of the prices
    UnixNanos forming_after = UnixNanos::max();
    std::deque<error_code> faults; // of the next requests; an empty code is none
    std::function<error_code(const BarRequest&)> fault_of;
    std::function<result<BarPage>(const BarRequest&)> answer;
    std::optional<BudgetReading> pause;
    std::shared_ptr<Signal> gate;
    bool closed = false;
    std::function<bool(const BarRequest&)> held; // empty: all, while the gate is closed
    std::vector<BulkFile> files;
    std::function<asio::awaitable<void>()> after_rows; // before a file ends
    error_code file_fault, trade_fault;
    std::optional<int> broken_after;
    int rows = 0, trade_pages = 3;

    std::vector<BarRequest> asked;
    std::vector<std::string> files_read;
    int at_once = 0, most_at_once = 0;

private:
    std::string name_;
};

// A store in a directory of its own, a loop, a history and a clock that stands where it is put.
class HistoryTest : public testing::Test {
protected:
    HistoryTest() {
        auto pattern = (std::filesystem::temp_directory_path() / "backfillXXXXXX").string();
        directory_ = ::mkdtemp(pattern.data());
        options.clock = [this] { return now; };
        options.back_off = 1ms;
        begin();
    }
    ~HistoryTest() override {
        end();
        std::filesystem::remove_all(directory_);
    }

    // A process begins, and ends at once, whatever it was doing.
    void begin() {
        io = std::make_unique<asio::io_context>();
        store::StoreOptions where;
        where.url = "sqlite://" + directory_ + "/bars.db";
        db = std::make_unique<store::AsyncStore>(where);
        std::string problem;
        const auto fault = db->open(problem);
        ASSERT_FALSE(fault) << problem;
        history = std::make_unique<History>(
            io->get_executor(), *db, hours, [this](const InstrumentName&) { return sources(); }, options);
    }
    void end() {
        if (!io)
            return;
        for (auto* provider : route) // what it waits with belongs to the loop
            provider->gate = nullptr;
        db->stop();
        history.reset();
        io.reset();
        db.reset();
        for (auto* provider : route)
            provider->at_once = 0;
    }

    std::vector<Source> sources() {
        std::vector<Source> out;
        for (auto* provider : route) {
            Source source;
            source.name = std::string(provider->name());
            source.provider = provider;
            source.rest = [](Priority, const std::string&) -> std::unique_ptr<Rest> {
                return std::make_unique<NoRest>();
            };
            out.push_back(std::move(source));
        }
        return out;
    }

    template <class T>
    T run(asio::awaitable<T> task) {
        std::optional<T> out;
        asio::co_spawn(*io, std::move(task), [&](const std::exception_ptr& fault, T value) {
            if (fault)
                std::rethrow_exception(fault);
            out.emplace(std::move(value));
        });
        run_until([&] { return out.has_value(); });
        return std::move(out.value());
    }
    // Bounded: a test that waits for what never comes fails.
    template <class Done>
    void run_until(Done done) {
        const auto guard = asio::make_work_guard(*io);
        const auto limit = std::chrono::steady_clock::now() + 60s;
        while (!done()) {
            if (io->stopped())
                io->restart();
            io->run_one_for(1s);
            if (std::chrono::steady_clock::now() > limit)
                throw std::runtime_error("nothing more happens");
        }
    }

    BarsRequest request(store::Span span, InstrumentName instrument = btc, Timeframe timeframe = Timeframe::m1) {
        BarsRequest r;
        r.instrument = std::move(instrument);
        r.timeframe = timeframe;
        r.span = span;
        return r;
    }
    Ensured ensure(BarsRequest r) { return run(history->ensure(std::move(r))); }
    Ensured ensure(store::Span span) { return ensure(request(span)); }

    std::vector<Bar> bars_of(const Ensured& answer) {
        std::vector<Bar> out;
        const auto fault = run(history->read(answer.parts, [&](const Part&, const store::StoredBar& bar) {
            out.push_back(bar.bar);
            return true;
        }));
        EXPECT_FALSE(fault);
        return out;
    }
    // Every bar of the truth in the span, no other, in order.
    void expect_truth(const FakeProvider& provider, const Ensured& answer, store::Span span) {
        BarRequest all;
        all.from = span.from;
        all.to = span.to;
        const auto truth = provider.truth(all).bars;
        const auto bars = bars_of(answer);
        ASSERT_EQ(bars.size(), truth.size());
        for (std::size_t i = 0; i < bars.size(); ++i) {
            ASSERT_EQ(bars[i].open_time, truth[i].open_time);
            ASSERT_EQ(bars[i].close.to_string(), truth[i].close.to_string());
        }
    }
    static std::string causes(const Ensured& answer) {
        std::string out;
        for (const auto& piece : answer.coverage) {
            const auto from = (piece.span.from - monday) / 1min, to = (piece.span.to - monday) / 1min;
            out += std::to_string(from) + "-" + std::to_string(to) + " " + std::string(store::to_string(piece.cause)) +
                   "; ";
        }
        return out;
    }

    FakeProvider first{"first"}, second{"second"};
    std::vector<FakeProvider*> route{&first};
    UnixNanos now = monday + 30 * 24h;
    HistoryOptions options;
    calendar::MarketHours hours;
    std::unique_ptr<asio::io_context> io;
    std::unique_ptr<store::AsyncStore> db;
    std::unique_ptr<History> history;

private:
    std::string directory_;
};

} // namespace tickgate::backfill
