// The adapter downloads from the venue, over sockets.
#include "massive/provider.hpp"
#include "massive/venue/venue.hpp"

#include "core/clock.hpp"
#include "providers/massive/flat_test_data.hpp"
#include "providers/massive/http_rest.hpp"
#include "venue_kit/host.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <gtest/gtest.h>

namespace tickgate::massive_venue {
namespace {

using namespace std::chrono_literals;
namespace chrono = std::chrono;
using massive::test::FlatRecorder;
using massive::test::HttpRest;

struct Downloads : testing::Test {
    Downloads() {
        options.common.symbols = {"AAPL", "MSFT", "X:BTC-USD"};
        options.common.rate = 10;
    }
    // Runs `work` against a venue; the provider has the secret that is given.
    void play(asio::awaitable<void> (*work)(Downloads&), const std::string& secret = "test-secret") {
        host = std::make_unique<kit::VenueHost>(loop.get_executor(), options.common.host);
        venue = std::make_unique<MassiveVenue>(options, host->faults(), std::nullopt, now());
        std::string problem;
        ASSERT_FALSE(host->listen(*venue, problem)) << problem;
        const auto base = "http://127.0.0.1:" + std::to_string(host->port());
        auto settings =
            massive::read_settings({{"api_key", "test"}, {"endpoints.rest", base}, {"endpoints.s3", base + "/"},
                                       {"s3.access_key", "test"}, {"s3.secret_key", secret}},
                problem);
        ASSERT_TRUE(settings) << problem;
        settings->s3_retry_pause = 1ms;
        provider = std::make_unique<massive::MassiveProvider>(std::move(*settings));
        rest = std::make_unique<HttpRest>(loop.get_executor());
        asio::co_spawn(loop, host->run(), [this](std::exception_ptr thrown) { failure = thrown; });
        asio::co_spawn(loop, work(*this), [this](std::exception_ptr thrown) {
            if (thrown)
                failure = thrown;
            host->stop();
        });
        loop.run_for(120s);
        EXPECT_TRUE(loop.stopped()) << "still running after 120 s";
        rest.reset(); // its idle connections
        if (failure)
            std::rethrow_exception(failure);
    }
    static BulkRequest last_week() {
        BulkRequest request;
        request.to = now().wall - 24h * 3;
        request.from = request.to - 24h * 7;
        return request;
    }

    asio::io_context loop{1};
    MassiveOptions options;
    std::unique_ptr<kit::VenueHost> host;
    std::unique_ptr<MassiveVenue> venue; // before the host
    std::unique_ptr<massive::MassiveProvider> provider;
    std::unique_ptr<HttpRest> rest;
    std::exception_ptr failure;
};

// All bars of a span by REST, page by page.
asio::awaitable<std::vector<Bar>> rest_bars(Downloads& f, UnixNanos from, UnixNanos to) {
    BarRequest request;
    request.instrument = {AssetClass::equity, "AAPL"};
    request.from = from;
    request.to = to;
    request.variant = BarVariant();
    std::vector<Bar> out;
    for (;;) {
        const auto page = co_await f.provider->get_bars(request, *f.rest);
        EXPECT_TRUE(page);
        if (!page)
            co_return out;
        out.insert(out.end(), page->bars.begin(), page->bars.end());
        if (!page->next)
            co_return out;
        request.from = *page->next;
    }
}

TEST_F(Downloads, FilesAndRestTellTheSameBars) {
    play([](Downloads& f) -> asio::awaitable<void> {
        const auto files = co_await f.provider->bulk_files(last_week(), *f.rest);
        EXPECT_TRUE(files) << f.rest->detail;
        if (!files)
            co_return;
        EXPECT_EQ(files->size(), 8u);
        FlatRecorder sink;
        std::vector<InstrumentName> wanted(1);
        wanted[0] = {AssetClass::equity, "AAPL"};
        for (std::size_t i = 0; i < 2; ++i) {
            const auto ec = co_await f.provider->read_bulk_file((*files)[i], wanted, sink, *f.rest);
            EXPECT_FALSE(ec) << ec.message();
        }
        const auto bars = co_await rest_bars(f, (*files)[0].from, (*files)[1].to);
        EXPECT_EQ(sink.bars.size(), bars.size());
        EXPECT_GT(bars.size(), 2500u);
        for (std::size_t i = 0; i < std::min(bars.size(), sink.bars.size()); ++i)
            EXPECT_TRUE(bars[i].open_time == sink.bars[i].open_time && bars[i].close.same_text(sink.bars[i].close) &&
                        bars[i].volume == sink.bars[i].volume && bars[i].close_time == sink.bars[i].close_time)
                << i;
    });
}

TEST_F(Downloads, ConnectionsThatBreakAndServersThatAreBusy) {
    play([](Downloads& f) -> asio::awaitable<void> {
        const auto files = co_await f.provider->bulk_files(last_week(), *f.rest);
        EXPECT_TRUE(files && !files->empty());
        if (!files || files->empty())
            co_return;
        std::vector<InstrumentName> wanted(1);
        wanted[0] = {AssetClass::equity, "MSFT"}; // at the end of the file
        FlatRecorder whole, broken;
        EXPECT_FALSE(co_await f.provider->read_bulk_file((*files)[0], wanted, whole, *f.rest));
        f.host->fault("error_text=cut_download");
        f.host->fault("error_text=slow_down");
        f.rest->statuses.clear();
        const auto ec = co_await f.provider->read_bulk_file((*files)[0], wanted, broken, *f.rest);
        EXPECT_FALSE(ec) << ec.message();
        EXPECT_EQ(std::count(f.rest->statuses.begin(), f.rest->statuses.end(), 503), 3);
        EXPECT_EQ(std::count(f.rest->statuses.begin(), f.rest->statuses.end(), 0), 1) << "one broke";
        EXPECT_EQ(broken.bars.size(), whole.bars.size());
        EXPECT_GT(whole.bars.size(), 1300u);
        f.host->fault("error_text=truncated_file");
        FlatRecorder half;
        EXPECT_EQ(co_await f.provider->read_bulk_file((*files)[0], wanted, half, *f.rest), errc::malformed_payload);
        EXPECT_LT(half.bars.size(), whole.bars.size());
    });
}

TEST_F(Downloads, AWrongSecretIsRefused) {
    play(
        [](Downloads& f) -> asio::awaitable<void> {
            const auto files = co_await f.provider->bulk_files(last_week(), *f.rest);
            EXPECT_FALSE(files);
            EXPECT_EQ(files.error(), errc::unauthorized);
        },
        "massive-wrong-secret");
}

TEST_F(Downloads, TradesPageByPage) {
    play([](Downloads& f) -> asio::awaitable<void> {
        TradeRequest request;
        request.instrument = {AssetClass::crypto, "BTC-USD"};
        request.to = now().wall - 24h;
        request.from = request.to - 1h;
        request.limit = 50;
        std::vector<UnixNanos> times;
        TradeSink sink = [&times](const Trade& t) { times.push_back(t.event_time.value_or(UnixNanos{})); };
        int pages = 0;
        do {
            const auto next = co_await f.provider->get_trades(request, sink, *f.rest);
            EXPECT_TRUE(next) << f.rest->detail;
            request.cursor = next ? *next : std::string();
            ++pages;
        } while (!request.cursor.empty() && pages < 100);
        EXPECT_GT(pages, 4);
        EXPECT_GT(times.size(), 240u);
        EXPECT_TRUE(std::is_sorted(times.begin(), times.end()));
        EXPECT_TRUE(times.front() >= request.from && times.back() < request.to);
        std::vector<UnixNanos> whole;
        TradeSink all = [&whole](const Trade& t) { whole.push_back(t.event_time.value_or(UnixNanos{})); };
        request.limit = 0;
        request.cursor.clear();
        EXPECT_TRUE(co_await f.provider->get_trades(request, all, *f.rest));
        EXPECT_EQ(times, whole);
    });
}

} // namespace
} // namespace tickgate::massive_venue
