#include "store_suite.hpp"

#include "store/async_store.hpp"
#include "store/call_store.hpp"
#include "store/job_leases.hpp"
#include "store/postgres/schema.hpp"
#include "support/postgres_server.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include <atomic>
#include <future>
#include <iostream>
#include <thread>

namespace tickgate::store {
namespace {

using namespace std::chrono_literals;

constexpr Span everything{UnixNanos::min(), UnixNanos::max()};

// One server for all tests of this program, a database for each.
test::PostgresServer& server() {
    static test::PostgresServer instance;
    return instance;
}

class PostgresBackend final : public Backend {
public:
    StoreOptions options() const override {
        StoreOptions out;
        out.url = server().url(database_);
        return out;
    }
    Table sql(const std::string& statement) const override { return server().sql(database_, statement); }
    std::string version(std::size_t n) const override { return postgres::schema_steps()[n - 1]; }
    void expect_whole() const override {
        EXPECT_EQ(sql("SELECT s.symbol FROM series s WHERE s.bars <> (SELECT count(*) FROM bar WHERE series = s.id)"),
            Table());
    }

private:
    std::string database_ = server().make_database();
};

INSTANTIATE_TEST_SUITE_P(Postgres, StoreSuite,
    testing::Values([] { return std::unique_ptr<Backend>(std::make_unique<PostgresBackend>()); }));

class Postgres : public testing::Test {
protected:
    std::unique_ptr<BarStore> open() {
        auto store = open_store(backend.options(), problem);
        EXPECT_TRUE(store) << problem;
        return store ? std::move(*store) : nullptr;
    }

    PostgresBackend backend;
    std::string problem;
};

TEST_F(Postgres, ARestartOfTheServerCostsOneCall) {
    const auto store = open();
    ASSERT_TRUE(store->write(batch(0, 10)));
    server().stop();
    const auto lost = store->write(batch(10, 20));
    ASSERT_FALSE(lost);
    EXPECT_EQ(lost.error(), errc::store_failed);
    EXPECT_NE(store->problem(), "");
    EXPECT_EQ(store->fact("x").error(), errc::store_failed) << "it is still away";
    server().start();
    ASSERT_TRUE(store->write(batch(10, 20))) << store->problem();
    EXPECT_EQ(read(*store, key(), everything).size(), 20u);
    expect_true(*store, key());
}

TEST_F(Postgres, ACrashOfTheServerLosesNoCommittedBatch) {
    const auto store = open();
    ASSERT_TRUE(store->write(batch(0, 1000)));
    server().kill();
    EXPECT_FALSE(store->write(batch(1000, 2000)));
    server().start();
    expect_true(*store, key());
    EXPECT_EQ(read(*store, key(), everything).size(), 1000u);
}

TEST_F(Postgres, ALockIsNotWaitedForForever) {
    open();
    postgres::Connection holder(backend.options()), impatient(backend.options());
    ASSERT_FALSE(holder.open());
    ASSERT_FALSE(holder.run("BEGIN; LOCK TABLE span IN ACCESS EXCLUSIVE MODE", "lock"));
    ASSERT_FALSE(impatient.open());
    ASSERT_FALSE(impatient.run("SET lock_timeout = '50ms'", "set"));
    EXPECT_EQ(impatient.run("SELECT * FROM span", "read"), errc::store_failed);
    EXPECT_NE(impatient.problem().find("lock timeout"), std::string::npos) << impatient.problem();
    EXPECT_TRUE(impatient.usable());
    ASSERT_FALSE(holder.run("ROLLBACK", "unlock"));
    EXPECT_FALSE(impatient.run("SELECT * FROM span", "read"));
}

TEST_F(Postgres, AFailureInTheMiddleUndoesTheBatchAndTheConnectionIsStillGood) {
    const auto store = open();
    ASSERT_TRUE(store->write(batch(0, 10)));
    backend.sql("ALTER TABLE span ADD CONSTRAINT no_rejected CHECK (cause <> 'rejected')");
    Batch next = batch(10, 20);
    next.coverage.push_back({minutes(20, 30), Cause::rejected, base});
    const auto done = store->write(next);
    ASSERT_FALSE(done);
    EXPECT_EQ(done.error(), errc::store_failed);
    EXPECT_NE(store->problem().find("no_rejected"), std::string::npos) << store->problem();
    EXPECT_EQ(read(*store, key(), everything).size(), 10u);
    ASSERT_TRUE(store->write(batch(10, 20)));
    expect_true(*store, key());
}

TEST_F(Postgres, YearsArePartitionsAndOneThatIsTakenAwayIsMadeAgain) {
    const auto store = open();
    ASSERT_TRUE(store->write(batch(0, 10)));
    EXPECT_EQ(backend.sql("SELECT inhrelid::regclass FROM pg_inherits WHERE inhparent = 'bar'::regclass ORDER BY 1"),
        (Table{{"bar_2025"}}));
    backend.sql("DROP TABLE bar_2025; UPDATE series SET bars = 0; DELETE FROM span");
    ASSERT_TRUE(store->write(batch(0, 10))) << store->problem();
    expect_true(*store, key());
}

TEST_F(Postgres, AServerThatIsNotThereAndAWrongDatabaseAreToldWithoutSecrets) {
    StoreOptions options = backend.options();
    options.url = "postgresql://tickgate@127.0.0.1:1/none";
    options.password = Secret("hunter2-password");
    const auto store = open_store(options, problem);
    ASSERT_FALSE(store);
    EXPECT_EQ(store.error(), errc::store_failed);
    EXPECT_NE(problem.find("cannot connect"), std::string::npos) << problem;
    options.url = server().url("nothing_here");
    EXPECT_EQ(open_store(options, problem).error(), errc::store_failed);
    EXPECT_NE(problem.find("nothing_here"), std::string::npos) << problem;
    EXPECT_EQ(problem.find("hunter2"), std::string::npos);
}

TEST_F(Postgres, ThePasswordIsGivenToTheServerAndNamesTheProgram) {
    StoreOptions options = backend.options();
    options.password = Secret("not-asked-for");
    options.application = "gateway 7";
    const auto store = open_store(options, problem);
    ASSERT_TRUE(store) << problem;
    EXPECT_EQ(
        backend.sql("SELECT count(*) FROM pg_stat_activity WHERE application_name = 'gateway 7'"), (Table{{"1"}}));
}

// Snapshots that are older than the lock that was waited for would lose the coverage of others.
TEST_F(Postgres, TheIsolationThatADatabaseSetsDoesNotMatter) {
    backend.sql("DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET default_transaction_isolation = serializable', "
                "current_database()); END $$");
    ASSERT_TRUE(open());
    std::atomic<int> failures{0};
    std::vector<std::thread> writers;
    for (int w = 0; w < 4; ++w)
        writers.emplace_back([&, w] {
            auto said = std::string();
            auto store = open_store(backend.options(), said);
            for (int i = 0; store && i < 20; ++i)
                if (const int first = (i * 4 + w) * 10; !(*store)->write(batch(first, first + 10)))
                    ++failures;
        });
    for (auto& writer : writers)
        writer.join();
    EXPECT_EQ(failures, 0);
    const auto store = open();
    const auto map = store->coverage(key());
    ASSERT_TRUE(map);
    const auto spans = map->query({minute(0), minute(800)});
    for (const auto& span : spans)
        EXPECT_EQ(span.cause, Cause::none);
    EXPECT_EQ(store->series({})->at(0).bars, 800u);
}

// Runs one call on a loop of its own.
template <class T>
T run(asio::awaitable<T> operation) {
    asio::io_context loop;
    std::optional<T> out;
    asio::co_spawn(loop, std::move(operation), [&](const std::exception_ptr&, T value) { out = std::move(value); });
    loop.run();
    return std::move(out.value());
}

// A lease lasts a minute; erasing years of bars may take longer.
TEST_F(Postgres, LeasesAreRenewedWhileAWriteTakesLong) {
    AsyncStore store(backend.options());
    ASSERT_FALSE(store.open(problem)) << problem;
    LeaseHolder holder;
    holder.owner = "a";
    holder.process = "a1";
    const auto taken = run(take_job(store, "bf-1", holder, false));
    ASSERT_TRUE(taken && *taken == Outcome::done);
    std::promise<void> begun, go;
    std::thread writer([&] {
        StoreWork work = [&](BarStore&) {
            begun.set_value();
            go.get_future().wait();
            return error_code();
        };
        EXPECT_FALSE(run(call_store(store, true, std::move(work))));
    });
    begun.get_future().wait();
    auto renewing = std::async(std::launch::async, [&] { return run(renew_jobs(store, holder)); });
    EXPECT_EQ(renewing.wait_for(10s), std::future_status::ready) << "it waits behind the write";
    go.set_value();
    writer.join();
    const auto held = renewing.get();
    ASSERT_TRUE(held);
    EXPECT_EQ(held->size(), 1u);
}

// The end of the program is not held up by a server that does not answer.
TEST_F(Postgres, CallsAreGivenUpInAHurry) {
    AsyncStore store(backend.options());
    ASSERT_FALSE(store.open(problem)) << problem;
    asio::io_context loop;
    std::optional<error_code> failed;
    server().freeze();
    asio::co_spawn(loop, store.write(batch(0, 10)),
        [&](const std::exception_ptr&, result<WriteResult> done) { failed = done ? error_code() : done.error(); });
    loop.run_for(200ms);
    EXPECT_FALSE(failed);
    const auto start = std::chrono::steady_clock::now();
    store.hurry();
    loop.run_for(20s);
    store.stop();
    const auto took = std::chrono::steady_clock::now() - start;
    server().resume();
    EXPECT_LT(took, 2s);
    ASSERT_TRUE(failed);
    EXPECT_EQ(*failed, errc::store_failed);
}

TEST_F(Postgres, AServerThatHangsIsGivenUp) {
    postgres::Connection connection(backend.options());
    ASSERT_FALSE(connection.open());
    connection.set_patience(1s);
    server().freeze();
    const auto ec = connection.run("SELECT 1", "ask");
    server().resume();
    EXPECT_EQ(ec, errc::store_failed);
    EXPECT_NE(connection.problem().find("does not answer"), std::string::npos) << connection.problem();
    EXPECT_FALSE(connection.usable());
    EXPECT_FALSE(connection.open());
    EXPECT_FALSE(connection.run("SELECT 1", "ask"));
}

} // namespace
} // namespace tickgate::store

int main(int argc, char** argv) {
    testing::InitGoogleTest(&argc, argv);
    if (!tickgate::test::PostgresServer::installed()) {
        std::cout << "skipped: no PostgreSQL below /usr/lib/postgresql (package postgresql)\n";
        return 77;
    }
    return RUN_ALL_TESTS();
}
