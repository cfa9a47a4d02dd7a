// The suite's part about several connections at once, and about processes that are killed.
#include "store_suite.hpp"

#include <csignal>
#include <cstdlib>
#include <fcntl.h>
#include <poll.h>
#include <random>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

namespace tickgate::store {
namespace {

constexpr Span everything{UnixNanos::min(), UnixNanos::max()};

TEST_P(StoreSuite, ConnectionsWriteOneSeriesAtOnce) {
    open(); // makes the tables
    std::vector<std::thread> writers;
    for (unsigned writer = 0; writer < 3; ++writer)
        writers.emplace_back([&, writer] {
            const auto store = open();
            for (unsigned i = 0; i < 25; ++i) {
                const auto done = store->write(random_batch(writer * 1000 + i, key()));
                ASSERT_TRUE(done) << store->problem();
            }
        });
    for (auto& writer : writers)
        writer.join();
    expect_true(*open(), key());
    backend->expect_whole();
}

TEST_P(StoreSuite, ConnectionsThatOpenAtOnceMakeTheTablesOnce) {
    std::vector<std::thread> openers;
    for (unsigned i = 0; i < 4; ++i)
        openers.emplace_back([&, i] {
            const auto store = open();
            ASSERT_TRUE(store);
            Batch b = batch(0, 10);
            b.series = key("S" + std::to_string(i));
            ASSERT_TRUE(store->write(b)) << store->problem();
        });
    for (auto& opener : openers)
        opener.join();
    EXPECT_EQ(open()->series(std::nullopt)->size(), 4u);
    EXPECT_EQ(backend->sql("SELECT count(*) FROM schema_version"), (Table{{"3"}}));
}

TEST_P(StoreSuite, AReaderSeesBatchesWholeWhileOneWrites) {
    const auto writer = open();
    const auto reader = open();
    ASSERT_TRUE(writer->write(batch(0, 100)));
    for (int i = 1; i < 20; ++i) {
        EXPECT_EQ(read(*reader, key(), everything).size(), static_cast<std::size_t>(i) * 100);
        ASSERT_TRUE(writer->write(batch(i * 100, i * 100 + 100)));
    }
}

// A child process that writes until it is killed. Tells each batch by a byte.
[[noreturn]] void write_until_killed(const StoreOptions& options, unsigned seed, int tell) {
    std::string problem;
    auto store = open_store(options, problem);
    if (!store)
        ::_exit(1);
    for (unsigned i = 0;; ++i) {
        if (!(*store)->write(random_batch(seed + i, key())) || ::write(tell, "x", 1) != 1)
            ::_exit(2);
    }
}

TEST_P(StoreSuite, KilledAtAnyMomentItsCoverageIsTrue) {
    const char* const wanted = std::getenv("TICKGATE_STORE_KILLS");
    const int kills = wanted != nullptr ? std::atoi(wanted) : 20;
    const auto options = backend->options();
    open();
    std::mt19937 random(static_cast<unsigned>(kills));
    for (int i = 0; i < kills; ++i) {
        int ends[2];
        ASSERT_EQ(::pipe2(ends, O_CLOEXEC), 0);
        const pid_t child = ::fork();
        if (child == 0)
            write_until_killed(options, static_cast<unsigned>(i) * 100000, ends[1]);
        ::close(ends[1]);
        // Somewhere within one of the first batches.
        char byte = 0;
        for (int batches = std::uniform_int_distribution(1, 6)(random); batches > 0; --batches)
            ASSERT_EQ(::read(ends[0], &byte, 1), 1) << "the child gave up";
        pollfd next{ends[0], POLLIN, 0};
        const timespec moment{0, std::uniform_int_distribution(0L, 4'000'000L)(random)};
        ::ppoll(&next, 1, &moment, nullptr);
        ::kill(child, SIGKILL);
        int status = 0;
        ::waitpid(child, &status, 0);
        ::close(ends[0]);
        ASSERT_TRUE(WIFSIGNALED(status));
        const auto store = open();
        ASSERT_TRUE(store);
        expect_true(*store, key());
        if (HasFatalFailure())
            return;
    }
    backend->expect_whole();
}

} // namespace
} // namespace tickgate::store
