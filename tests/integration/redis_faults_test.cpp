// What subscribers see when Redis fails: feeds stay up, nothing goes unannounced, all is right afterwards.
#include "integration/gateway_system.hpp"

#include <arpa/inet.h>
#include <atomic>
#include <csignal>
#include <fstream>
#include <iterator>
#include <netinet/in.h>
#include <poll.h>
#include <set>
#include <sys/socket.h>
#include <thread>
#include <unistd.h>

namespace tickgate::test {

namespace {

const std::string btc_quote = "md:quote:crypto:BTC-USDT", btc_trade = "md:trade:crypto:BTC-USDT";

// Every number from the first to the last one seen is either there or in the span of a gap event.
::testing::AssertionResult every_number_is_accounted_for(const Listener& listener, const std::string& channel) {
    const auto messages = listener.on(channel);
    if (messages.empty())
        return ::testing::AssertionFailure() << "no message on " << channel;
    std::set<std::uint64_t> numbers;
    for (const auto& m : messages)
        numbers.insert(number(m.payload, "seq"));
    const auto kind = messages.front().get("type");
    std::vector<std::pair<std::uint64_t, std::uint64_t>> told;
    for (const auto* name : {"gap_opened", "gap_closed"})
        for (const auto& e : listener.events(name, messages.front().get("symbol")))
            if (e.get("kind").starts_with(kind) && number(e.payload, "from_seq") > 0)
                told.emplace_back(number(e.payload, "from_seq"), number(e.payload, "to_seq"));
    for (auto n = *numbers.begin(); n < *numbers.rbegin(); ++n) {
        const auto covers = [n](const auto& span) { return span.first <= n && n <= span.second; };
        if (!numbers.contains(n) && std::none_of(told.begin(), told.end(), covers))
            return ::testing::AssertionFailure() << channel << ": " << n << " is missing and in no gap event";
    }
    return ::testing::AssertionSuccess();
}

// A line to Redis that carries so many bytes a second and no more, answers unhindered. 0: no limit.
class SlowLine {
public:
    SlowLine(std::uint16_t redis_port, std::size_t bytes_a_second) : redis_port_(redis_port), rate_(bytes_a_second) {
        listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        const int small = 32768; // accepted sockets take it over
        ::setsockopt(listener_, SOL_SOCKET, SO_RCVBUF, &small, sizeof small);
        auto address = loopback(0);
        socklen_t size = sizeof address;
        if (::bind(listener_, generic(address), size) != 0 || ::listen(listener_, 16) != 0 ||
            ::getsockname(listener_, generic(address), &size) != 0)
            throw std::runtime_error("no port for the slow line");
        port_ = ntohs(address.sin_port);
        acceptor_ = std::thread([this] { accept_all(); });
    }
    ~SlowLine() {
        stopping_ = true;
        acceptor_.join();
        for (auto& line : lines_)
            line.join();
        ::close(listener_);
    }
    SlowLine(const SlowLine&) = delete;
    SlowLine& operator=(const SlowLine&) = delete;

    std::uint16_t port() const noexcept { return port_; }
    void lift() noexcept { rate_ = 0; }

private:
    static sockaddr_in loopback(std::uint16_t port) {
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_port = htons(port);
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        return address;
    }
    static sockaddr* generic(sockaddr_in& address) { return reinterpret_cast<sockaddr*>(&address); }
    void accept_all() {
        while (!stopping_) {
            pollfd ready{listener_, POLLIN, 0};
            if (::poll(&ready, 1, 50) == 1)
                if (const int client = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC); client >= 0)
                    lines_.emplace_back([this, client] { forward(client); });
        }
    }
    void forward(int client) {
        const int server = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        auto address = loopback(redis_port_);
        bool open = ::connect(server, generic(address), sizeof address) == 0;
        auto next = std::chrono::steady_clock::now(); // when more may be taken from the client
        while (open && !stopping_) {
            const auto now = std::chrono::steady_clock::now();
            const bool may_take = now >= next;
            pollfd ready[2] = {{server, POLLIN, 0}, {client, static_cast<short>(may_take ? POLLIN : 0), 0}};
            const auto wait = std::chrono::duration_cast<std::chrono::milliseconds>(next - now).count() + 1;
            ::poll(ready, 2, may_take ? 50 : static_cast<int>(wait));
            if (ready[0].revents != 0)
                open = carry(server, client) > 0;
            if (open && ready[1].revents != 0) {
                const auto n = carry(client, server);
                open = n > 0;
                if (const std::size_t rate = rate_; open && rate > 0)
                    next =
                        std::max(next, now) + std::chrono::microseconds(static_cast<std::size_t>(n) * 1000000 / rate);
            }
        }
        ::close(server);
        ::close(client);
    }
    static ssize_t carry(int from, int to) {
        char data[10000];
        const ssize_t n = ::recv(from, data, sizeof data, 0);
        for (ssize_t done = 0; done < n;) {
            const ssize_t sent = ::send(to, data + done, static_cast<std::size_t>(n - done), MSG_NOSIGNAL);
            if (sent <= 0)
                return -1;
            done += sent;
        }
        return n;
    }

    std::uint16_t redis_port_, port_ = 0;
    std::atomic<std::size_t> rate_;
    std::atomic<bool> stopping_{false};
    int listener_ = -1;
    std::thread acceptor_;
    std::vector<std::thread> lines_; // of the acceptor until it has ended
};

SystemOptions busy() {
    SystemOptions options;
    options.venue = {"--rate", "5000", "--symbols", "BTCUSDT,ETHUSDT"};
    return options;
}

} // namespace

TEST(RedisFaults, ACutConnectionUnderLoadLosesNothing) {
    System system(busy());
    Listener listener(system.redis.port());
    ASSERT_TRUE(listener.until([&] { return listener.count(btc_trade) > 100; }));
    for (int i = 0; i < 3; ++i) {
        // Ours is of type pubsub and stays.
        system.redis.cli({"CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes"});
        const auto before = listener.count(btc_trade);
        ASSERT_TRUE(listener.until([&] { return listener.count(btc_trade) > before + 300; }));
    }
    EXPECT_TRUE(every_number_is_accounted_for(listener, btc_trade));
    EXPECT_TRUE(every_number_is_accounted_for(listener, btc_quote));
    EXPECT_EQ(system.metric("tickgate_feed_reconnects_total"), 0);
    EXPECT_GE(system.metric("tickgate_redis_reconnects_total"), 3);
}

TEST(RedisFaults, KilledAndRestartedUnderLoadComesBackByItself) {
    System system(busy());
    std::string session;
    std::uint64_t last = 0;
    {
        Listener before(system.redis.port());
        ASSERT_TRUE(before.until([&] { return before.count(btc_trade) > 100; }));
        session = before.on(btc_trade).back().get("session");
        system.gateway->signal(SIGSTOP); // so that what Redis answered is what the listener saw
        for (int i = 0; i < 3; ++i)      // Redis has gone round meanwhile
            system.redis.cli({"PING"});
        before.drain();
        last = number(before.on(btc_trade).back().payload, "seq");
        system.redis.kill();
        system.gateway->signal(SIGCONT);
    }
    EXPECT_TRUE(System::eventually([&] { return http_get(system.http_port, "/readyz").status == 503; }));
    EXPECT_EQ(http_get(system.http_port, "/healthz").status, 200);
    system.gateway->signal(SIGSTOP); // so that the listener is there before the gateway is back
    system.redis.start();            // empty
    Listener after(system.redis.port());
    system.gateway->signal(SIGCONT);
    ASSERT_TRUE(after.until([&] { return after.count(btc_trade) > 100 && after.count(btc_quote) > 100; }));
    const auto first = after.on(btc_trade).front();
    EXPECT_EQ(first.get("session"), session); // nobody else published meanwhile
    // What got no answer is sent again first, under its old numbers.
    EXPECT_LE(number(first.payload, "seq"), last + 1);
    EXPECT_GT(number(after.on(btc_trade).back().payload, "seq"), last);
    EXPECT_TRUE(every_number_is_accounted_for(after, btc_trade));
    // All names are there again.
    EXPECT_TRUE(System::eventually([&] { return http_get(system.http_port, "/readyz").status == 200; }));
    for (const auto* key : {"md:last:quote:crypto:BTC-USDT", "md:last:trade:crypto:BTC-USDT",
             "md:state:crypto:BTC-USDT", "md:alive", "md:owner", "md:last:quote:crypto:ETH-USDT"})
        EXPECT_TRUE(System::eventually([&] { return !system.redis.cli({"GET", key}).is_nil(); })) << key;
    EXPECT_EQ(system.feed_state(), "live");
    EXPECT_EQ(system.redis.cli({"HGET", "md:info", "session"}).text, session);
    EXPECT_EQ(system.redis.cli({"SISMEMBER", "md:symbols:crypto", "BTC-USDT"}).text, "1");
    EXPECT_EQ(system.metric("tickgate_feed_reconnects_total"), 0);
}

TEST(RedisFaults, AStalledRedisConflatesQuotesAndKeepsTrades) {
    System system(busy());
    Listener listener(system.redis.port());
    ASSERT_TRUE(listener.until([&] { return listener.count(btc_trade) > 100; }));
    system.redis.freeze();
    EXPECT_TRUE(System::eventually([&] { return system.metric("tickgate_conflated_quotes_total") > 1000; }));
    system.redis.resume();
    ASSERT_TRUE(listener.until_event("gap_closed", "BTC-USDT"));
    const auto before = listener.count(btc_trade);
    ASSERT_TRUE(listener.until([&] { return listener.count(btc_trade) > before + 300; }));
    listener.drain();
    EXPECT_TRUE(every_number_is_accounted_for(listener, btc_trade));
    EXPECT_TRUE(every_number_is_accounted_for(listener, btc_quote));
    EXPECT_EQ(system.metric("tickgate_dropped_messages_total"), 0);
    EXPECT_EQ(system.metric("tickgate_feed_reconnects_total"), 0);
}

TEST(RedisFaults, WaitsForARedisThatIsNotThereAtTheStart) {
    SystemOptions options;
    options.start = false;
    System system(options);
    system.redis.kill();
    system.start_gateway();
    EXPECT_TRUE(System::eventually([&] { return http_get(system.http_port, "/readyz").status == 503; }));
    EXPECT_NE(http_get(system.http_port, "/readyz").body.find("redis"), std::string::npos);
    system.redis.start();
    EXPECT_TRUE(system.wait_ready()) << system.gateway->standard_error();
}

TEST(RedisFaults, ASlowRedisGetsTheNewestQuotesAndEveryTrade) {
    auto options = busy();
    options.start = false;
    System system(options);
    SlowLine line(system.redis.port(), 1000000);
    std::ifstream file(system.config_file);
    std::string config{std::istreambuf_iterator<char>(file), {}};
    const auto url = system.redis.url();
    config.replace(config.find(url), url.size(), "redis://127.0.0.1:" + std::to_string(line.port()));
    system.config_file = system.directory.write("slow.yaml", config);
    Listener listener(system.redis.port());
    system.start_gateway();
    ASSERT_TRUE(system.wait_ready()) << system.gateway->standard_error();
    ASSERT_TRUE(listener.until([&] { return system.metric("tickgate_conflated_quotes_total") > 1000; }));
    EXPECT_EQ(http_get(system.http_port, "/readyz").status, 200); // slow is not lost
    line.lift();
    ASSERT_TRUE(listener.until_event("gap_closed", "BTC-USDT"));
    const auto before = listener.count(btc_trade);
    ASSERT_TRUE(listener.until([&] { return listener.count(btc_trade) > before + 300; }));
    EXPECT_TRUE(every_number_is_accounted_for(listener, btc_trade));
    EXPECT_TRUE(every_number_is_accounted_for(listener, btc_quote));
    EXPECT_TRUE(is_unbroken(listener.on(btc_trade)));
    EXPECT_EQ(system.metric("tickgate_dropped_messages_total"), 0);
    EXPECT_EQ(system.metric("tickgate_redis_reconnects_total"), 0);
}

TEST(RedisFaults, ItEndsInTimeWhileRedisIsStalled) {
    System system(busy());
    Listener listener(system.redis.port());
    ASSERT_TRUE(listener.until([&] { return listener.count(btc_trade) > 100; }));
    system.redis.freeze();
    EXPECT_TRUE(System::eventually([&] { return system.metric("tickgate_conflated_quotes_total") > 100; }));
    system.gateway->signal(SIGTERM);
    EXPECT_EQ(system.gateway->exit_code(std::chrono::seconds(10)), 0) << system.gateway->standard_error();
    system.redis.resume();
    // What it wrote before the end is whole, and the next one takes over as soon as the key has run out.
    system.start_gateway();
    EXPECT_TRUE(system.wait_ready()) << system.gateway->standard_error();
    EXPECT_TRUE(every_number_is_accounted_for(listener, btc_trade));
}

TEST(RedisFaults, APrefixThatIsWonBackIsServedAgain) {
    System system;
    Listener listener(system.redis.port());
    RedisClient other(system.redis.port());
    ASSERT_TRUE(listener.until_message(btc_trade));
    for (int round = 0; round < 2; ++round) {
        other({"SET", "md:owner", "another", "PX", "5000"}); // another publisher, for that long
        const auto stands_by = [&] {
            return http_get(system.http_port, "/readyz").body.find("another") != std::string::npos;
        };
        ASSERT_TRUE(System::eventually(stands_by)) << http_get(system.http_port, "/readyz").body;
        listener.drain();
        listener.forget();
        ASSERT_TRUE(listener.until_message(btc_trade)) << "round " << round << system.gateway->standard_error();
        ASSERT_TRUE(system.wait_ready());
    }
}

TEST(RedisFaults, TooManyClientsAreWaitedOutAtTheStartAndLater) {
    SystemOptions options;
    options.start = false;
    System system(options);
    RedisClient holder(system.redis.port());
    const auto full = [&] {
        const auto body = http_get(system.http_port, "/readyz").body;
        return body.find("max number of clients") != std::string::npos;
    };
    holder({"CONFIG", "SET", "maxclients", "1"});
    system.start_gateway();
    EXPECT_TRUE(System::eventually(full)) << http_get(system.http_port, "/readyz").body;
    EXPECT_EQ(http_get(system.http_port, "/healthz").status, 200);
    holder({"CONFIG", "SET", "maxclients", "1000"});
    ASSERT_TRUE(system.wait_ready()) << system.gateway->standard_error();

    holder({"CONFIG", "SET", "maxclients", "1"});
    holder({"CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes"});
    EXPECT_TRUE(System::eventually(full)) << http_get(system.http_port, "/readyz").body;
    holder({"CONFIG", "SET", "maxclients", "1000"});
    ASSERT_TRUE(system.wait_ready()) << system.gateway->standard_error();
    Listener listener(system.redis.port());
    EXPECT_TRUE(listener.until_message(btc_quote));
    EXPECT_EQ(system.metric("tickgate_feed_reconnects_total"), 0);
}

TEST(RedisFaults, AWrongPasswordIsToldAndNeverShown) {
    SystemOptions options;
    options.redis = {"--requirepass", "the-right-one"};
    options.redis_more = ", password: \"canary-wrong-one\"";
    options.start = false;
    System system(options);
    system.start_gateway();
    HttpAnswer answer;
    EXPECT_TRUE(System::eventually([&] {
        answer = http_get(system.http_port, "/readyz");
        return answer.status == 503 && answer.body.find("WRONGPASS") != std::string::npos;
    })) << answer.body;
    EXPECT_EQ(answer.body.find("canary"), std::string::npos);
    EXPECT_EQ(http_get(system.http_port, "/healthz").status, 200);
    EXPECT_EQ(system.gateway->standard_error().find("canary"), std::string::npos);
    EXPECT_TRUE(system.gateway->running());
}

TEST(RedisFaults, AReplicaIsRefusedUntilItIsMasterAgain) {
    System system;
    system.redis.cli({"REPLICAOF", "127.0.0.1", std::to_string(free_port())});
    EXPECT_TRUE(System::eventually([&] { return http_get(system.http_port, "/readyz").status == 503; }));
    system.redis.cli({"REPLICAOF", "NO", "ONE"});
    EXPECT_TRUE(system.wait_ready()) << http_get(system.http_port, "/readyz").body;
    Listener listener(system.redis.port());
    EXPECT_TRUE(listener.until_message(btc_quote));
}

TEST(RedisFaults, OutOfMemoryIsToldAndQuotesStillFlow) {
    System system;
    system.redis.cli({"CONFIG", "SET", "maxmemory", "1"});
    EXPECT_TRUE(System::eventually([&] { return http_get(system.http_port, "/readyz").status == 503; }));
    Listener listener(system.redis.port());
    EXPECT_TRUE(listener.until_message(btc_quote)); // PUBLISH needs no memory
    system.redis.cli({"CONFIG", "SET", "maxmemory", "0"});
    EXPECT_TRUE(system.wait_ready());
    EXPECT_TRUE(System::eventually([&] { return !system.redis.get("md:last:quote:crypto:BTC-USDT").empty(); }));
}

} // namespace tickgate::test
