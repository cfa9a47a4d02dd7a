// Live streams of the real daemon: WebSocket clients of our own, and curl.
#include "core/clock.hpp"
#include "integration/gateway_system.hpp"
#include "net/ws_connection.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include <gmock/gmock.h>

#include <algorithm>
#include <csignal>
#include <map>
#include <set>

#include <sys/resource.h>

namespace tickgate::test {

namespace {

namespace asio = boost::asio;
using namespace std::chrono_literals;
using testing::HasSubstr;

const std::string btc = "crypto:BTC-USDT", eth = "crypto:ETH-USDT";

asio::io_context& loop() {
    static asio::io_context one{1};
    return one;
}

bool run_until(const std::function<bool()>& done, std::chrono::milliseconds limit = patience) {
    const auto end = mono_now() + limit;
    while (!done()) {
        if (mono_now() > end)
            return false;
        loop().restart();
        loop().run_for(5ms);
    }
    return true;
}

// One WebSocket client. It keeps what it gets, or only counts it.
class User final : public net::WsHandler {
public:
    User(std::uint16_t port, std::string id, bool keep = true) : keep_(keep) {
        state_->user = this;
        asio::co_spawn(loop(), talk(state_, "ws://127.0.0.1:" + std::to_string(port) + "/ws/" + std::move(id)),
            [state = state_](const std::exception_ptr&) { state->over = true; });
    }
    ~User() override {
        state_->user = nullptr;
        if (state_->connection)
            state_->connection->stop();
        run_until([&] { return state_->over; });
    }
    User(const User&) = delete;
    User& operator=(const User&) = delete;

    bool open() const { return state_->connection != nullptr; }
    bool over() const { return state_->over; }
    const net::WsEnd& end() const { return state_->end; }
    net::WsConnection& connection() { return *state_->connection; }
    bool say(std::string_view text) {
        if (!run_until([&] { return open() || over(); }) || over())
            return false;
        state_->connection->send_text(text);
        return true;
    }
    bool subscribe(std::string_view symbols, std::string_view channels, std::string_view format = "native") {
        return say(R"({"action":"subscribe","symbols":[)" + std::string(symbols) + R"(],"channels":[)" +
                   std::string(channels) + R"(],"format":")" + std::string(format) + "\"}");
    }
    void on_message(std::string_view payload, Moment) override {
        ++count;
        if (keep_)
            messages.emplace_back(payload);
    }
    std::vector<std::string> of(std::string_view type, std::string_view symbol) const {
        std::vector<std::string> out;
        std::copy_if(messages.begin(), messages.end(), std::back_inserter(out), [&](const auto& m) {
            return field(m, "type") == type && field(m, "class") + ":" + field(m, "symbol") == symbol;
        });
        return out;
    }
    bool wait_for(std::string_view type, std::string_view symbol, std::size_t at_least) {
        return run_until([&] { return of(type, symbol).size() >= at_least; });
    }

    std::vector<std::string> messages;
    std::size_t count = 0;

private:
    struct State {
        User* user = nullptr;
        std::unique_ptr<net::WsConnection> connection;
        net::WsEnd end;
        bool over = false;
    };
    static asio::awaitable<void> talk(std::shared_ptr<State> state, std::string url) {
        net::WsConnectOptions options;
        int status = 0;
        std::string detail;
        auto connecting = net::ws_connect(url, options, status, detail);
        auto connected = co_await std::move(connecting);
        if (!connected || state->user == nullptr)
            co_return;
        state->connection = std::move(*connected);
        auto running = state->connection->run(*state->user, 0ms);
        state->end = co_await std::move(running);
    }

    bool keep_;
    std::shared_ptr<State> state_ = std::make_shared<State>();
};

std::string quoted(const std::string& text) { return '"' + text + '"'; }

// Every number once and in order; a hole only where a notice before it has told how much.
testing::AssertionResult is_whole(const std::vector<std::string>& messages) {
    std::map<std::string, std::uint64_t> last;
    std::uint64_t told = 0;
    for (const auto& m : messages) {
        if (field(m, "type") == "conflated")
            told += number(m, "skipped");
        if (m.find("\"native\"") == std::string::npos || field(m, "type") == "event")
            continue;
        const auto channel = field(m, "type") + field(m, "timeframe") + field(m, "symbol");
        const auto seq = number(m, "seq");
        auto& before = last[channel];
        if (before != 0 && seq <= before)
            return testing::AssertionFailure() << channel << ": " << seq << " follows " << before;
        if (before != 0 && seq - before - 1 > told)
            return testing::AssertionFailure() << channel << ": " << before << " to " << seq << ", told " << told;
        if (before != 0)
            told -= seq - before - 1;
        before = seq;
    }
    return last.empty() ? testing::AssertionFailure() << "no message" : testing::AssertionSuccess();
}

SystemOptions lively(const std::string& rate = "400") {
    SystemOptions options;
    options.symbols = "crypto: [BTC-USDT]"; // ETH-USDT comes by demand alone
    options.venue = {"--kind", "spot", "--rate", rate, "--symbols", "BTCUSDT,ETHUSDT"};
    return options;
}

} // namespace

TEST(Streams, BringWhatIsOnRedisFromTheLastValueOnWithoutAHole) {
    System system(lively());
    Listener listener(system.redis.port());
    std::vector<std::unique_ptr<User>> users;
    for (int i = 0; i < 10; ++i) { // each joins in the middle of it
        users.push_back(std::make_unique<User>(system.http_port, "u" + std::to_string(i)));
        ASSERT_TRUE(users.back()->subscribe(quoted(btc) + "," + quoted(eth), R"("Q","T","A")"));
        ASSERT_TRUE(users.back()->wait_for("trade", eth, 5));
        ASSERT_TRUE(users.back()->wait_for("quote", btc, 5));
    }
    ASSERT_TRUE(users.back()->wait_for("bar", btc, 2));
    listener.drain();
    std::map<std::string, std::string> on_redis;
    for (const auto& m : listener.all())
        if (!m.get("native").empty())
            on_redis[m.get("type") + m.get("timeframe") + m.get("symbol") + m.get("seq")] = m.payload;
    for (const auto& user : users) {
        EXPECT_TRUE(is_whole(user->messages));
        EXPECT_EQ(field(user->messages.front(), "type"), "subscribed");
        for (const auto* type : {"quote", "trade", "bar"}) {
            const auto all = user->of(type, btc);
            ASSERT_FALSE(all.empty());
            const auto first = all.front();
            const auto at = on_redis.find(
                field(first, "type") + field(first, "timeframe") + field(first, "symbol") + field(first, "seq"));
            if (at != on_redis.end()) { // the very first one may be older than the listener
                EXPECT_EQ(at->second, first);
            }
        }
        EXPECT_FALSE(user->of("state", btc).empty());
    }
    const auto any = users.front()->of("trade", btc).back();
    EXPECT_EQ(on_redis[field(any, "type") + "BTC-USDT" + field(any, "seq")], any);
    EXPECT_EQ(system.metric("tickgate_stream_clients", {"websocket"}), 10);
    EXPECT_GE(system.metric("tickgate_demand_leases"), 3); // of ETH-USDT, which nobody else wants
    users.clear();
    EXPECT_TRUE(System::eventually([&] { return system.metric("tickgate_stream_clients", {"websocket"}) == 0; }));
    EXPECT_EQ(system.metric("tickgate_demand_leases"), 0);
    EXPECT_EQ(system.metric("tickgate_stream_overflowed_total"), 0);
}

TEST(Streams, GoOnWhileRedisIsAway) {
    System system(lively());
    User user(system.http_port, "u");
    ASSERT_TRUE(user.subscribe(quoted(btc), R"("Q","T")"));
    ASSERT_TRUE(user.wait_for("trade", btc, 5));
    system.redis.kill();
    EXPECT_TRUE(System::eventually([&] { return http_get(system.http_port, "/readyz").status == 503; }));
    (void)run_until([] { return false; }, 50ms); // what came so far
    const auto before = user.of("trade", btc).size();
    EXPECT_TRUE(user.wait_for("trade", btc, before + 20));
    EXPECT_TRUE(user.wait_for("quote", btc, before + 20));
    system.redis.start();
    ASSERT_TRUE(system.wait_ready());
    const auto meanwhile = user.of("trade", btc).size();
    EXPECT_TRUE(user.wait_for("trade", btc, meanwhile + 20));
    EXPECT_TRUE(is_whole(user.messages));
    std::set<std::string> sessions;
    for (const auto& m : user.of("trade", btc))
        sessions.insert(field(m, "session"));
    EXPECT_EQ(sessions.size(), 1u);
    EXPECT_FALSE(user.over());
}

TEST(Streams, TellThatAnotherGatewayPublishes) {
    System system(lively());
    const auto port = free_port();
    auto text = std::string(
        "redis: {url: \"" + system.redis.url() + "\"}\nhttp: {listen: \"127.0.0.1:" + std::to_string(port) +
        "\"}\nstore: {url: \"sqlite://" + system.directory.path() +
        "/second.db\"}\nproviders: {binance: {endpoints: {ws: \"ws://127.0.0.1:" + std::to_string(system.venue_port) +
        "\", rest: \"http://127.0.0.1:" + std::to_string(system.venue_port) + "\"}}}\nsymbols: {crypto: [BTC-USDT]}\n");
    Process second({binary, "run", "--config", system.directory.write("second.yaml", text)});
    ASSERT_TRUE(System::eventually([&] { return http_get(port, "/readyz").body.find("holder") != std::string::npos; }));
    User user(port, "u");
    ASSERT_TRUE(user.subscribe(quoted(btc), R"("T")"));
    ASSERT_TRUE(run_until([&] { return user.count > 0; }));
    EXPECT_EQ(field(user.messages.front(), "publishing"), "false");
    system.gateway->signal(SIGTERM);
    ASSERT_EQ(system.gateway->exit_code(), 0);
    EXPECT_TRUE(user.wait_for("trade", btc, 5)); // it takes over, and what was asked for before is served
    EXPECT_TRUE(std::any_of(user.messages.begin(), user.messages.end(),
        [](const auto& m) { return m.find(R"({"type":"gateway","publishing":true)") == 0; }));
    second.signal(SIGTERM);
    EXPECT_EQ(second.exit_code(), 0);
    EXPECT_TRUE(run_until([&] { return user.over(); }));
    EXPECT_EQ(user.end().code, 1001);
}

TEST(Streams, AClientThatDoesNotReadIsClosedAndOthersAreNot) {
    System system(lively("3000"));
    User quick(system.http_port, "quick", false), slow(system.http_port, "slow", false);
    ASSERT_TRUE(quick.subscribe(quoted(btc), R"("T","Q")"));
    ASSERT_TRUE(slow.subscribe(quoted(btc), R"("T","Q")"));
    ASSERT_TRUE(run_until([&] { return slow.count > 0; }));
    slow.connection().pause_reading(true);
    auto next_look = mono_now();
    ASSERT_TRUE(run_until( // looking takes time that the quick one needs for reading
        [&] {
            if (mono_now() < next_look)
                return false;
            next_look = mono_now() + 200ms;
            return system.metric("tickgate_stream_ends_total", {"reason=\"slow\""}) > 0;
        },
        60s));
    const auto count = quick.count;
    EXPECT_TRUE(run_until([&] { return quick.count > count + 100; }));
    EXPECT_FALSE(quick.over());
    EXPECT_TRUE(system.gateway->wait_for_line("event=client_closed client=slow"));
}

TEST(Streams, AThousandClientsAtOnce) {
    constexpr std::size_t clients = 1000;
    rlimit limit{};
    ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &limit), 0);
    if (limit.rlim_max != RLIM_INFINITY && limit.rlim_max < clients + 200)
        GTEST_SKIP() << "NOT TESTED: this process may not open " << clients << " sockets";
    limit.rlim_cur = std::max<rlim_t>(limit.rlim_cur, clients + 200);
    ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &limit), 0);
    System system(lively("1000"));
    std::vector<std::unique_ptr<User>> users;
    for (std::size_t i = 0; i < clients; ++i) {
        users.push_back(std::make_unique<User>(system.http_port, "u" + std::to_string(i)));
        if (i % 50 == 49) {
            ASSERT_TRUE(run_until([&] { return users.back()->open(); }));
        }
    }
    for (auto& user : users)
        ASSERT_TRUE(user->subscribe(quoted(btc) + "," + quoted(eth), R"("Q")"));
    ASSERT_TRUE(run_until(
        [&] { return std::all_of(users.begin(), users.end(), [](const auto& u) { return u->count >= 8; }); }, 60s));
    EXPECT_EQ(system.metric("tickgate_stream_clients", {"websocket"}), static_cast<double>(clients));
    EXPECT_EQ(system.metric("tickgate_stream_overflowed_total"), 0);
    for (const auto& user : users)
        ASSERT_TRUE(is_whole(user->messages));
    EXPECT_EQ(http_get(system.http_port, "/healthz").status, 200);
}

TEST(Streams, CurlFollowsServerSentEvents) {
    if (run({"curl", "--version"}).code != 0)
        GTEST_SKIP() << "NOT TESTED: there is no curl";
    System system(lively());
    const auto url = "http://127.0.0.1:" + std::to_string(system.http_port) + "/api/v1/stream?symbols=" + btc;
    Process curl({"curl", "-sN", url + "&channels=T&format=market_data"});
    EXPECT_TRUE(curl.wait_for_line("retry: 2000")) << curl.standard_error();
    EXPECT_TRUE(curl.wait_for_line(R"(data: {"type":"subscribed")"));
    EXPECT_TRUE(
        curl.wait_for_line(R"(data: {"type":"market_data","data":{"event_type":"T","symbol":"crypto:BTC-USDT")"));
    ASSERT_TRUE(System::eventually([&] { return curl.standard_output().size() > 5000; }));
    const auto id = curl.wait_for_line("id: ");
    ASSERT_TRUE(id);
    Process again({"curl", "-sN", "-H", "Last-Event-ID: " + id->substr(4), url + "&channels=T"});
    const auto told = again.wait_for_line(R"("type":"conflated")");
    ASSERT_TRUE(told) << again.standard_output();
    EXPECT_THAT(*told, HasSubstr(R"("lost":[{"channel":"trade:crypto:BTC-USDT","from_seq":)"));
    Process bare({"curl", "-sN", url.substr(0, url.find('=') + 1) + "BTC-USDT,NOSUCH,ETH-USDT&channels=T"});
    const auto taken =
        bare.wait_for_line(R"(data: {"type":"subscribed","symbols":["crypto:BTC-USDT","crypto:ETH-USDT"])");
    ASSERT_TRUE(taken) << bare.standard_output();
    EXPECT_THAT(*taken, HasSubstr(R"({"symbol":"NOSUCH","code":"unknown_symbol")"));
    EXPECT_EQ(number(*told, "from_seq"), number("{\"n\":" + id->substr(id->find('-') + 1) + "}", "n") + 1);
}

} // namespace tickgate::test
