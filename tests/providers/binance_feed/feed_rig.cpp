#include "feed_rig.hpp"

#include "binance/symbols.hpp"
#include "core/clock.hpp"
#include "core/log.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>

#include <charconv>

namespace tickgate::test {

using binance_venue::Kind;

namespace {

std::uint64_t number_after(std::string_view text, std::string_view key) {
    std::uint64_t value = 0;
    if (const auto at = text.find(key); at != std::string_view::npos)
        std::from_chars(text.data() + at + key.size(), text.data() + text.size(), value);
    return value;
}

std::string word_after(std::string_view text, std::string_view key) {
    const auto at = text.find(key);
    if (at == std::string_view::npos)
        return {};
    const auto rest = text.substr(at + key.size());
    return std::string(rest.substr(0, rest.find('"')));
}

} // namespace

VenueTap::VenueTap(binance_venue::VenueEngine& engine, std::vector<std::string> streams) : engine_(engine) {
    binance_venue::ConnectRequest request;
    request.micros = true;
    request.streams = std::move(streams);
    session_ = &engine_.open(std::move(request), "tap:0", *this, now());
}

VenueTap::~VenueTap() { engine_.ended(*session_); }

void VenueTap::send_frame(std::string_view, std::string_view text) {
    updates_[word_after(text, R"("s":")")].push_back(number_after(text, R"("u":)"));
}

FeedRig::FeedRig() {
    options.provider = "binance";
    options.seed = 7;
    options.timings.back_off = {5ms, 50ms, 300ms};
    options.timings.overlap = 300ms;
    options.timings.overlap_limit = 3s;
    log::capture([this](log::Level, const std::string& line) { log_lines.push_back(line); });
}

FeedRig::~FeedRig() { log::capture({}); }

void FeedRig::TearDown() {
    if (venue)
        venue->clear_faults();
    stop_feed();
    tap.reset();
    if (venue)
        asio::post(loop, [this] { venue->stop(); });
    EXPECT_TRUE(until([&] { return !venue_running; })) << "the venue does not end";
    EXPECT_FALSE(logged("event=task_failed")) << *find_log("event=task_failed");
    if (failure)
        std::rethrow_exception(failure);
    if (HasFailure())
        for (const auto& line : log_lines)
            std::cerr << line << '\n';
}

binance_venue::VenueOptions FeedRig::small_market() {
    binance_venue::VenueOptions o;
    o.symbols = {"BTCUSDT", "ETHUSDT"};
    o.rate = 3000;
    return o;
}

void FeedRig::start_venue(binance_venue::VenueOptions o) {
    venue = std::make_unique<binance_venue::BinanceVenue>(loop.get_executor(), std::move(o));
    std::string problem;
    ASSERT_FALSE(venue->listen(problem)) << problem;
    venue_running = true;
    asio::co_spawn(loop, venue->run(), [this](std::exception_ptr thrown) {
        venue_running = false;
        failure = failure ? failure : thrown;
    });
}

void FeedRig::start_feed(const std::string& part, ProviderSettings settings) {
    const auto port = std::to_string(venue ? venue->port() : 1);
    const auto ws = ws_url.empty() ? "ws://127.0.0.1:" + port : ws_url;
    settings["endpoints.ws"] = settings["endpoints.usdm_ws"] = ws;
    settings["endpoints.rest"] = settings["endpoints.usdm_rest"] = "http://127.0.0.1:" + port;
    std::string problem;
    auto read = binance::read_settings(settings, problem);
    ASSERT_TRUE(read) << problem;
    provider = std::make_unique<TunedProvider>(std::make_unique<binance::BinanceProvider>(std::move(*read)));
    rest = std::make_unique<app::ProviderRest>(loop.get_executor(), "binance", tls);
    rest->attach(*provider);
    for (const auto& spec : provider->capabilities().feeds)
        if (spec.part == part)
            options.spec = spec;
    options.spec.connect_spacing = 5ms;
    options.tls = tls;
    make_feed();
    run_feed();
}

void FeedRig::make_feed() {
    const auto executor = loop.get_executor();
    feed = std::make_unique<feed::Feed>(executor, executor, *provider, *rest, table, seen, options);
}

void FeedRig::run_feed() {
    feed_running = true;
    asio::co_spawn(loop, feed->run(), [this](std::exception_ptr thrown) {
        feed_running = false;
        failure = failure ? failure : thrown;
    });
}

void FeedRig::stop_feed() {
    if (!feed || !feed_running)
        return;
    EXPECT_TRUE(stops_within(20s)) << "the feed does not end";
}

bool FeedRig::stops_within(std::chrono::milliseconds limit) {
    asio::post(loop, [this] { feed->stop(); });
    return until([&] { return !feed_running; }, limit);
}

bool FeedRig::until(const std::function<bool()>& done, std::chrono::milliseconds limit) {
    const auto end = mono_now() + limit;
    while (!done()) {
        if (mono_now() >= end)
            return false;
        loop.restart();
        loop.run_one_for(20ms);
    }
    return true;
}

bool FeedRig::flows(std::size_t more) {
    std::vector<std::size_t> before;
    for (const auto& line : seen.lines)
        before.push_back(line.messages.size());
    return until([&] {
        for (std::size_t i = 0; i < before.size(); ++i)
            if (const auto& line = seen.lines[i]; line.open && before[i] > 0 && line.what.kind != tickgate::Kind::bar &&
                                                  line.messages.size() < before[i] + more)
                return false;
        return true;
    });
}

bool FeedRig::up(const std::vector<Wanted>& wanted) {
    return until([&] {
        for (const auto& w : wanted)
            if (seen.state_of(w.what.instrument) != InstrumentState::live ||
                (w.what.kind != tickgate::Kind::bar && seen.messages(w.what).empty()))
                return false;
        return true;
    });
}

Wanted FeedRig::want(const std::string& name, tickgate::Kind kind, Timeframe tf) {
    Wanted w;
    w.what.instrument = id(name);
    w.what.kind = kind;
    w.what.timeframe = tf;
    w.native = binance::likely_native(*InstrumentName::parse(name));
    return w;
}

std::vector<Wanted> FeedRig::both(tickgate::Kind a, tickgate::Kind b) {
    const std::string btc = "crypto:BTC-USDT", eth = "crypto:ETH-USDT";
    return {want(btc, a), want(eth, a), want(btc, b), want(eth, b)};
}

std::uint64_t FeedRig::ends(const std::string& reason) const {
    const auto stats = feed->stats();
    const auto it = stats.ends.find(reason);
    return it == stats.ends.end() ? 0 : it->second;
}

const std::string* FeedRig::find_log(std::string_view part) const {
    for (const auto& line : log_lines)
        if (line.find(part) != std::string::npos)
            return &line;
    return nullptr;
}

bool FeedRig::logged(std::string_view part) const { return find_log(part) != nullptr; }

void FeedRig::expect_trades_exact(const Wanted& wanted) {
    const auto& messages = seen.messages(wanted.what);
    ASSERT_FALSE(messages.empty()) << wanted.native;
    const auto lost = seen.lost(wanted.what);
    ASSERT_TRUE(lost) << wanted.native << ": a loss of unknown size";
    EXPECT_EQ(messages.back().id - messages.front().id + 1, messages.size() + *lost) << wanted.native;
    std::vector<std::size_t> joints;
    for (const auto& e : seen.events_of("gap_closed", wanted.what))
        joints.push_back(e.after);
    auto* side = venue->engine().side(wanted.native.find("PERP") == std::string::npos ? Kind::spot : Kind::usdm);
    const auto symbol = side->market().find(wanted.native);
    ASSERT_TRUE(symbol);
    const auto& tape = side->market().tape(*symbol).trades();
    for (std::size_t i = 0; i < messages.size(); ++i) {
        const auto& m = messages[i];
        if (i > 0 && std::find(joints.begin(), joints.end(), i) == joints.end()) {
            ASSERT_EQ(m.id, messages[i - 1].id + 1) << wanted.native << " message " << i;
        }
        const auto first = static_cast<std::uint64_t>(tape.front().id);
        if (m.id < first)
            continue; // no longer on the tape
        ASSERT_LT(m.id - first, tape.size());
        const auto& fill = tape[m.id - first];
        std::string price, size;
        side->format(*symbol).price(price, fill.price);
        side->format(*symbol).size(size, fill.lots);
        ASSERT_EQ(std::to_string(m.id), m.trade_id);
        ASSERT_EQ(m.first, price);
        ASSERT_EQ(m.second, size);
    }
}

void FeedRig::expect_quotes_exact(const Wanted& wanted) {
    std::vector<std::uint64_t> got;
    for (const auto& m : seen.messages(wanted.what))
        if (!m.snapshot)
            got.push_back(m.id);
    ASSERT_FALSE(got.empty()) << wanted.native;
    const auto& sent = tap->updates(wanted.native);
    const auto first = std::find(sent.begin(), sent.end(), got.front());
    ASSERT_NE(first, sent.end());
    ASSERT_LE(got.size(), static_cast<std::size_t>(sent.end() - first));
    const std::vector<std::uint64_t> expected(first, first + static_cast<std::ptrdiff_t>(got.size()));
    EXPECT_EQ(got, expected) << wanted.native;
}

void FeedRig::expect_never(InstrumentState state) {
    for (const auto& s : seen.states)
        EXPECT_NE(s.state, state) << table.name_of(s.instrument).to_string() << ": " << s.reason;
}

} // namespace tickgate::test
