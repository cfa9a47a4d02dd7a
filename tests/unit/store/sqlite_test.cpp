#include "sqlite_backend.hpp"

#include "store/sqlite/sqlite_store.hpp"

#include <filesystem>
#include <fstream>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

namespace tickgate::store {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

INSTANTIATE_TEST_SUITE_P(
    Sqlite, StoreSuite, testing::Values([] { return std::unique_ptr<Backend>(std::make_unique<SqliteBackend>()); }));

constexpr Span everything{UnixNanos::min(), UnixNanos::max()};

class Sqlite : public testing::Test {
protected:
    result<std::unique_ptr<BarStore>> try_open() { return open_store(backend.options(), problem); }
    std::unique_ptr<BarStore> open() {
        auto store = try_open();
        EXPECT_TRUE(store) << problem;
        return store ? std::move(*store) : nullptr;
    }
    // Files beside the store whose name has `part`.
    std::vector<std::string> files_with(std::string_view part) const {
        std::vector<std::string> out;
        for (const auto& entry : fs::directory_iterator(backend.folder.path()))
            if (const auto name = entry.path().filename().string(); name.find(part) != std::string::npos)
                out.push_back(name);
        return out;
    }
    // Overwrites a part of the file.
    void damage(long at, std::size_t bytes) const {
        std::fstream file(backend.path(), std::ios::in | std::ios::out | std::ios::binary);
        file.seekp(at);
        file << std::string(bytes, '\x5a');
        ASSERT_TRUE(file.good());
    }

    SqliteBackend backend;
    std::string problem;
};

TEST_F(Sqlite, AFileThatIsNoStoreIsMovedAsideAndANewOneBegun) {
    std::ofstream(backend.path()) << std::string(20000, 'x');
    const auto store = open();
    ASSERT_TRUE(store);
    EXPECT_NE(problem.find("moved to " + backend.path() + ".damaged-"), std::string::npos) << problem;
    ASSERT_TRUE(store->write(batch(0, 10)));
    const auto aside = files_with(".damaged-");
    ASSERT_EQ(aside.size(), 1u);
    EXPECT_EQ(fs::file_size(backend.folder.path() + "/" + aside[0]), 20000u);
    EXPECT_TRUE(open()); // the new one is no trouble
    EXPECT_EQ(problem, "");
    EXPECT_EQ(files_with(".damaged").size(), 1u);
}

TEST_F(Sqlite, ADamagedPageIsFoundAtOpening) {
    ASSERT_TRUE(open()->write(batch(0, 20000)));
    damage(static_cast<long>(fs::file_size(backend.path())) / 2, 4096);
    const auto store = open();
    ASSERT_TRUE(store);
    EXPECT_NE(problem.find("damaged"), std::string::npos) << problem;
    EXPECT_TRUE(read(*store, key(), everything).empty());
    EXPECT_EQ(files_with(".damaged-").size(), 1u);
}

TEST_F(Sqlite, DamageFoundLaterIsToldAndTheNextOpeningBeginsAnew) {
    ASSERT_TRUE(open()->write(batch(0, 20000)));
    const auto store = open();
    // It was read whole at opening: what is remembered must go.
    ASSERT_FALSE(static_cast<sqlite::SqliteStore&>(*store).database().run("PRAGMA shrink_memory", "forget"));
    damage(static_cast<long>(fs::file_size(backend.path())) / 2, 65536);
    const error_code ec = store->read(key(), everything, 0, false, [](const StoredBar&) { return true; });
    EXPECT_EQ(ec, errc::store_corrupt) << store->problem();
    EXPECT_NE(store->problem(), "");
    const auto next = open();
    ASSERT_TRUE(next);
    EXPECT_NE(problem.find("found damaged before"), std::string::npos) << problem;
    EXPECT_TRUE(next->write(batch(0, 10)));
    // The connection to the old file sees that it is not the store any more.
    const auto lost = store->write(batch(0, 10));
    ASSERT_FALSE(lost);
    EXPECT_EQ(lost.error(), errc::store_failed);
    EXPECT_NE(store->problem().find("moved"), std::string::npos) << store->problem();
    expect_true(*next, key());
    EXPECT_EQ(open()->stats()->bars, 10u);
    EXPECT_EQ(problem, "");
}

TEST_F(Sqlite, AReaderNeverMovesADamagedFile) {
    ASSERT_TRUE(open()->write(batch(0, 10)));
    damage(0, 100);
    auto options = backend.options();
    options.read_only = true;
    const auto store = open_store(options, problem);
    ASSERT_FALSE(store);
    EXPECT_EQ(store.error(), errc::store_corrupt);
    EXPECT_TRUE(files_with(".damaged-").empty());
}

TEST_F(Sqlite, AnotherProgramsFileIsLeftAlone) {
    backend.sql("CREATE TABLE recipes(name TEXT); INSERT INTO recipes VALUES('soup')");
    const auto store = try_open();
    ASSERT_FALSE(store);
    EXPECT_EQ(store.error(), errc::store_failed);
    EXPECT_NE(problem.find("belongs to another program"), std::string::npos) << problem;
    EXPECT_EQ(backend.sql("SELECT name FROM recipes; SELECT count(*) FROM sqlite_schema; PRAGMA journal_mode"),
        (Table{{"soup"}, {"1"}, {"delete"}}));
}

TEST_F(Sqlite, AMissingFolderIsNamed) {
    StoreOptions options;
    options.url = "sqlite://" + backend.folder.path() + "/nowhere/bars.db";
    const auto store = open_store(options, problem);
    ASSERT_FALSE(store);
    EXPECT_EQ(store.error(), errc::store_failed);
    EXPECT_NE(problem.find("/nowhere: No such file or directory"), std::string::npos) << problem;
    options.url = "sqlite://" + backend.folder.path();
    EXPECT_EQ(open_store(options, problem).error(), errc::store_failed);
    EXPECT_NE(problem.find("is a folder"), std::string::npos) << problem;
}

TEST_F(Sqlite, AFolderThatMayNotBeWrittenIsNamed) {
    ASSERT_EQ(::chmod(backend.folder.path().c_str(), 0555), 0);
    const pid_t child = ::fork(); // the right to write anything is given up in a process of its own
    if (child == 0) {
        if (::geteuid() == 0 && (::setgid(65534) != 0 || ::setuid(65534) != 0))
            ::_exit(9);
        const auto store = try_open();
        ::_exit(!store && store.error() == errc::store_failed && problem.find("may not be written") != std::string::npos
                    ? 0
                    : 1);
    }
    int status = 0;
    ::waitpid(child, &status, 0);
    ::chmod(backend.folder.path().c_str(), 0755);
    EXPECT_EQ(WEXITSTATUS(status), 0);
}

TEST_F(Sqlite, OtherUrlsAreRefused) {
    for (const auto* url : {"", "bars.db", "sqlite://", "sqlite:///", "sqlite:///tmp/", "mysql://host/db"}) {
        StoreOptions options;
        options.url = url;
        const auto store = open_store(options, problem);
        ASSERT_FALSE(store) << url;
        EXPECT_EQ(store.error(), errc::configuration) << url;
        EXPECT_NE(problem, "");
    }
}

// A small disk in place of a folder.
class SmallDisk {
public:
    explicit SmallDisk(std::string folder)
        : folder_(std::move(folder)), mounted_(::mount("tmpfs", folder_.c_str(), "tmpfs", 0, "size=3m") == 0) {}
    ~SmallDisk() {
        if (mounted_)
            ::umount2(folder_.c_str(), MNT_DETACH);
    }
    SmallDisk(const SmallDisk&) = delete;
    SmallDisk& operator=(const SmallDisk&) = delete;
    bool mounted() const noexcept { return mounted_; }

private:
    std::string folder_;
    bool mounted_;
};

// Fills until there is no room; every batch is there whole or not at all.
int write_until_full(BarStore& store, int from) {
    for (int i = from;; ++i) {
        const auto done = store.write(batch(i * 1000, i * 1000 + 1000));
        if (done)
            continue;
        EXPECT_EQ(done.error(), errc::store_full) << store.problem();
        return i;
    }
}

TEST_F(Sqlite, AFullDiskLeavesTheStoreWholeAndTheNextWriteWorksWhenThereIsRoom) {
    const SmallDisk disk(backend.folder.path());
    if (!disk.mounted())
        GTEST_SKIP() << "needs root, to mount a small disk";
    const auto filler = backend.folder.write("filler", std::string(1 << 20, 'x'));
    const auto store = open();
    const int full = write_until_full(*store, 0);
    EXPECT_GT(full, 1);
    EXPECT_NE(store->problem().find("full"), std::string::npos) << store->problem();
    EXPECT_EQ(read(*store, key(), everything).size(), static_cast<std::size_t>(full) * 1000);
    expect_true(*store, key());
    fs::remove(filler);
    ASSERT_TRUE(store->write(batch(full * 1000, full * 1000 + 1000))) << store->problem();
    const int later = write_until_full(*store, full + 1);
    EraseFilter nothing;
    nothing.fetched_before = base;
    EXPECT_EQ(store->erase(nothing).value(), 0u) << store->problem();
    EXPECT_EQ(open()->stats()->bars, static_cast<std::uint64_t>(later) * 1000);
    backend.expect_whole();
}

TEST_F(Sqlite, AFullFileIsStoreFullToo) {
    const auto store = open();
    auto& db = static_cast<sqlite::SqliteStore&>(*store).database();
    ASSERT_FALSE(db.run("PRAGMA max_page_count=100", "limit it"));
    const int full = write_until_full(*store, 0);
    EXPECT_EQ(read(*store, key(), everything).size(), static_cast<std::size_t>(full) * 1000);
    ASSERT_FALSE(db.run("PRAGMA max_page_count=100000", "widen it"));
    ASSERT_TRUE(store->write(batch(full * 1000, full * 1000 + 1000)));
    backend.expect_whole();
}

TEST_F(Sqlite, ErasingGivesRoomBack) {
    const auto store = open();
    ASSERT_TRUE(store->write(batch(0, 50000)));
    backend.sql("PRAGMA wal_checkpoint(TRUNCATE)");
    const auto before = fs::file_size(backend.path());
    ASSERT_EQ(store->erase({}).value(), 50000u);
    backend.sql("PRAGMA wal_checkpoint(TRUNCATE)");
    EXPECT_LT(fs::file_size(backend.path()), before / 4);
}

TEST_F(Sqlite, AFileRemovedUnderUsIsToldInsteadOfWritingIntoNothing) {
    const auto store = open();
    ASSERT_TRUE(store->write(batch(0, 10)));
    for (const auto& name : files_with("bars.db"))
        fs::remove(backend.folder.path() + "/" + name);
    const auto done = store->write(batch(10, 20));
    ASSERT_FALSE(done);
    EXPECT_EQ(done.error(), errc::store_failed);
    EXPECT_TRUE(open()->write(batch(0, 10)));
}

TEST_F(Sqlite, ProcessesWriteOneSeriesAtOnce) {
    open();
    std::vector<pid_t> children;
    for (unsigned writer = 0; writer < 3; ++writer) {
        const pid_t child = ::fork();
        if (child == 0) {
            const auto store = try_open();
            bool well = store.has_value();
            for (unsigned i = 0; well && i < 25; ++i)
                well = (*store)->write(random_batch(writer * 1000 + i, key())).has_value();
            ::_exit(well ? 0 : 1);
        }
        children.push_back(child);
    }
    for (const auto child : children) {
        int status = 0;
        ::waitpid(child, &status, 0);
        EXPECT_EQ(status, 0);
    }
    expect_true(*open(), key());
    backend.expect_whole();
}

TEST_F(Sqlite, WritesAreDurableAndReadersDoNotHinderThem) {
    const auto store = open();
    auto& db = static_cast<sqlite::SqliteStore&>(*store).database();
    EXPECT_EQ(db.number("PRAGMA synchronous", "ask").value(), 2); // FULL
    EXPECT_EQ(backend.sql("PRAGMA journal_mode"), (Table{{"wal"}}));
}

} // namespace
} // namespace tickgate::store
