#include "sqlite_backend.hpp"

#include "core/log.hpp"
#include "store/async_store.hpp"
#include "store/sqlite/database.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>

#include <arpa/inet.h>
#include <filesystem>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <thread>
#include <unistd.h>

namespace tickgate::store {
namespace {

using namespace std::chrono_literals;

constexpr Span everything{UnixNanos::min(), UnixNanos::max()};

template <class T>
asio::awaitable<void> keep(asio::awaitable<T> operation, std::optional<T>& out, std::thread::id& thread) {
    auto value = co_await std::move(operation);
    thread = std::this_thread::get_id();
    out.emplace(std::move(value));
}

// Runs one call on a loop of its own; the answer must come back to that loop.
template <class T>
T run(asio::awaitable<T> operation) {
    asio::io_context loop;
    std::optional<T> out;
    std::thread::id thread;
    asio::co_spawn(loop, keep(std::move(operation), out, thread), asio::detached);
    loop.run();
    EXPECT_EQ(thread, std::this_thread::get_id());
    return std::move(out.value());
}

class Async : public testing::Test {
protected:
    void SetUp() override {
        log::capture([](log::Level, const std::string&) {});
    }
    void TearDown() override { log::capture({}); }

    SqliteBackend backend;
};

TEST_F(Async, EveryCallOfTheStoreIsThere) {
    AsyncStore store(backend.options());
    std::string problem;
    ASSERT_FALSE(store.open(problem)) << problem;
    const auto done = run(store.write(batch(0, 100)));
    ASSERT_TRUE(done);
    EXPECT_EQ(done->inserted, 100u);
    EXPECT_EQ(run(store.read(key(), everything, 0))->size(), 100u);
    EXPECT_EQ(run(store.read(key(), everything, 1, true))->at(0).bar.open_time, minute(99));
    EXPECT_EQ(run(store.coverage(key()))->size(), 1u);
    EXPECT_EQ(run(store.coverage(key(), minutes(10, 20)))->at(0).span, minutes(10, 20));
    EXPECT_EQ(run(store.series(std::nullopt))->size(), 1u);
    EXPECT_EQ(run(store.stats())->bars, 100u);
    EXPECT_FALSE(run(store.put_job({"a", "b", base})));
    EXPECT_EQ(run(store.jobs())->size(), 1u);
    EXPECT_FALSE(run(store.remove_job("a")));
    EXPECT_EQ(run(store.jobs())->size(), 0u);
    EXPECT_FALSE(run(store.put_fact("a", "b")));
    EXPECT_EQ(run(store.fact("a")).value(), "b");
    EXPECT_EQ(run(store.erase({})).value(), 100u);
    const auto usage = store.usage();
    EXPECT_EQ(usage.writes, 5u);
    EXPECT_EQ(usage.reads, 9u);
    EXPECT_EQ(usage.bars_written, 100u);
    EXPECT_EQ(usage.bars_read, 101u);
    EXPECT_EQ(usage.failures, 0u);
    EXPECT_EQ(usage.backend, "sqlite");
    EXPECT_TRUE(usage.open);
    EXPECT_GT(usage.busy_seconds, 0);
}

asio::awaitable<void> write_one(AsyncStore& store, int i, int& failed) {
    Batch b = batch(0, 1);
    b.bars[0].bar.close = number(std::to_string(i));
    const auto done = co_await store.write(std::move(b));
    failed += done ? 0 : 1;
}

TEST_F(Async, WritesHappenInTheOrderOfTheCalls) {
    AsyncStore store(backend.options());
    asio::io_context loop;
    int failed = 0;
    for (int i = 1; i <= 200; ++i)
        asio::co_spawn(loop, write_one(store, i, failed), asio::detached);
    loop.run();
    EXPECT_EQ(failed, 0);
    const auto got = run(store.read(key(), everything, 0));
    ASSERT_TRUE(got);
    EXPECT_EQ(got->at(0).bar.close.to_string(), "200");
    EXPECT_EQ(got->at(0).revision, 200);
}

TEST_F(Async, TheFaultsOfOpeningAreToldAtTheStart) {
    auto options = backend.options();
    options.url = "sqlite:///nowhere/at/all/bars.db";
    AsyncStore store(options);
    std::string problem;
    EXPECT_EQ(store.open(problem), errc::store_failed);
    EXPECT_NE(problem.find("/nowhere/at/all"), std::string::npos) << problem;
    EXPECT_EQ(run(store.stats()).error(), errc::store_failed);
    EXPECT_EQ(store.usage().failures, 1u);
    EXPECT_FALSE(store.usage().open);
    EXPECT_NE(store.usage().problem, "");
}

TEST_F(Async, WhatFailedIsOpenedAgain) {
    AsyncStore store(backend.options());
    ASSERT_TRUE(run(store.write(batch(0, 10))));
    for (const auto* part : {"", "-wal", "-shm"})
        std::filesystem::remove(backend.path() + part);
    EXPECT_EQ(run(store.write(batch(10, 20))).error(), errc::store_failed);
    bool well = false;
    for (int i = 0; i < 2000 && !well; ++i) { // once a second at most; a bounded poll
        well = run(store.write(batch(10, 20))).has_value();
        if (!well)
            ::poll(nullptr, 0, 5);
    }
    EXPECT_TRUE(well);
    EXPECT_EQ(store.usage().reopened, 1u);
    EXPECT_GE(store.usage().failures, 1u);
    EXPECT_EQ(run(store.read(key(), everything, 0))->size(), 10u);
    EXPECT_EQ(store.usage().problem, "");
}

// A server that takes connections and says nothing: a second attempt at once would take as long as the first.
TEST_F(Async, AnOpeningThatTookLongIsNotTriedAgainAtOnce) {
    const int listener = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    ASSERT_EQ(::bind(listener, reinterpret_cast<sockaddr*>(&address), size), 0);
    ASSERT_EQ(::listen(listener, 8), 0);
    ASSERT_EQ(::getsockname(listener, reinterpret_cast<sockaddr*>(&address), &size), 0);
    auto options = backend.options();
    options.url = "postgresql://127.0.0.1:" + std::to_string(ntohs(address.sin_port)) + "/none?connect_timeout=2";
    AsyncStore store(options, 1);
    EXPECT_EQ(run(store.stats()).error(), errc::store_failed);
    const auto start = std::chrono::steady_clock::now();
    EXPECT_EQ(run(store.stats()).error(), errc::store_failed);
    EXPECT_LT(std::chrono::steady_clock::now() - start, 500ms);
    ::close(listener);
}

TEST_F(Async, AfterStopCallsAnswerStopped) {
    AsyncStore store(backend.options());
    ASSERT_TRUE(run(store.write(batch(0, 10))));
    store.stop();
    EXPECT_EQ(run(store.write(batch(10, 20))).error(), errc::stopped);
    EXPECT_EQ(run(store.put_fact("a", "b")), errc::stopped);
    store.stop(); // twice is once
}

TEST_F(Async, StoppingAnswersTheCallsThatWaited) {
    AsyncStore store(backend.options(), 1);
    asio::io_context loop;
    int failed = 0;
    constexpr int calls = 500;
    for (int i = 0; i < calls; ++i)
        asio::co_spawn(loop, write_one(store, i, failed), asio::detached);
    loop.poll(); // all are on their way
    store.stop();
    loop.run();
    const auto done = store.usage().writes;
    EXPECT_EQ(static_cast<std::uint64_t>(calls - failed), done);
    EXPECT_EQ(store.usage().waiting, 0u);
}

TEST_F(Async, ManyLoopsMayCallAtOnce) {
    AsyncStore store(backend.options(), 3);
    std::vector<std::thread> callers;
    for (unsigned caller = 0; caller < 4; ++caller)
        callers.emplace_back([&, caller] {
            for (unsigned i = 0; i < 20; ++i) {
                EXPECT_TRUE(run(store.write(random_batch(caller * 100 + i, key()))));
                EXPECT_TRUE(run(store.read(key(), minutes(0, 1000), 100)));
            }
        });
    for (auto& caller : callers)
        caller.join();
    store.stop();
    std::string problem;
    const auto direct = open_store(backend.options(), problem);
    ASSERT_TRUE(direct) << problem;
    expect_true(**direct, key());
}

asio::awaitable<void> count_refused(AsyncStore& store, int& refused) {
    const auto ec = co_await store.put_fact("a", "b");
    refused += ec == errc::overflow ? 1 : 0;
}

TEST_F(Async, TooManyWaitingCallsAreRefused) {
    AsyncStore store(backend.options(), 1);
    std::string problem;
    ASSERT_FALSE(store.open(problem)) << problem;
    asio::io_context loop;
    int refused = 0;
    {
        sqlite::Database other; // while it writes, ours waits
        ASSERT_FALSE(other.open(backend.path(), false));
        sqlite::Transaction transaction(other);
        ASSERT_FALSE(transaction.begin());
        for (int i = 0; i < 5000; ++i)
            asio::co_spawn(loop, count_refused(store, refused), asio::detached);
        loop.poll();
        EXPECT_GE(refused, 5000 - 4096 - 1); // one may have begun
        EXPECT_LE(refused, 5000 - 4096);
        EXPECT_GE(store.usage().waiting, 4095u);
    }
    store.stop();
    loop.run();
}

} // namespace
} // namespace tickgate::store
