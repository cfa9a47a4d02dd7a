// Room, permissions and integrity of the store.
#include "core/clock.hpp"
#include "diagnose/doctor.hpp"
#include "store/bar_store.hpp"

#include <fmt/format.h>

#include <sqlite3.h>

#include <filesystem>
#include <memory>
#include <unistd.h>

#include <sys/statvfs.h>

namespace tickgate::diagnose {

namespace {

namespace fs = std::filesystem;

constexpr std::string_view sqlite_scheme = "sqlite://";
constexpr std::uint64_t mebibyte = 1u << 20;

struct Close {
    void operator()(sqlite3* db) const noexcept { sqlite3_close(db); }
};

void examine_room(const fs::path& folder, const Reporter& report) {
    struct statvfs s {};
    if (::statvfs(folder.c_str(), &s) != 0)
        return;
    const auto free = static_cast<std::uint64_t>(s.f_bavail) * s.f_frsize / mebibyte;
    const auto text = fmt::format("{} MiB free at {}", free, folder.string());
    const std::string fix = "make room there, or move store.url to a larger disk";
    if (free < 100)
        report.fail("room", text, fix, unreachable);
    else if (free < 1024)
        report.warn("room", text, fix);
    else
        report.ok("room", text);
}

// PRAGMA quick_check until the time is up; the file is not changed.
void examine_integrity(const fs::path& file, std::chrono::seconds limit, const Reporter& report) {
    sqlite3* opened = nullptr;
    const int code = sqlite3_open_v2(file.c_str(), &opened, SQLITE_OPEN_READONLY, nullptr);
    const std::unique_ptr<sqlite3, Close> db(opened);
    const std::string fix = "stop the daemon and start it again: it moves a damaged file aside and begins a new one";
    if (code != SQLITE_OK)
        return report.fail("integrity", file.string() + ": " + sqlite3_errmsg(db.get()), fix, unreachable);
    auto until = mono_now() + limit;
    sqlite3_busy_timeout(db.get(), 2000);
    sqlite3_progress_handler(
        db.get(), 10000, [](void* at) { return mono_now() > *static_cast<MonoTime*>(at) ? 1 : 0; }, &until);
    std::string verdict;
    const auto row = [](void* out, int columns, char** values, char**) {
        if (columns > 0 && values[0] != nullptr)
            static_cast<std::string*>(out)->append(values[0]).append(" ");
        return 0;
    };
    const int checked = sqlite3_exec(db.get(), "PRAGMA quick_check(3)", row, &verdict, nullptr);
    if (checked == SQLITE_INTERRUPT)
        report.note("integrity", fmt::format("not checked to the end: it takes more than {} s", limit.count()));
    else if (checked != SQLITE_OK)
        report.fail("integrity", sqlite3_errmsg(db.get()), fix, unreachable);
    else if (verdict != "ok ")
        report.fail("integrity", verdict, fix, unreachable);
    else
        report.ok("integrity", file.string() + " is whole");
}

void examine_sqlite(const fs::path& file, std::chrono::seconds limit, const Reporter& report) {
    std::error_code ignored;
    const auto folder = file.parent_path();
    if (!fs::is_directory(folder, ignored))
        return report.fail("folder", folder.string() + " does not exist",
            "mkdir -p " + folder.string() + " and give it to the user of the daemon", misconfigured);
    const bool exists = fs::exists(file, ignored);
    const bool writable = ::access((exists ? file : folder).c_str(), W_OK) == 0;
    const char* whose = " by this user; the daemon's user is what counts (sudo -u tickgate tickgate doctor)";
    if (writable)
        report.ok("writing", exists ? file.string() + " can be written" : file.string() + " will be made");
    else
        report.warn("writing", (exists ? file : folder).string() + " cannot be written" + whose,
            "chown tickgate " + folder.string());
    examine_room(folder, report);
    if (exists)
        examine_integrity(file, limit, report);
}

} // namespace

void examine_store(const config::Store& store, std::chrono::seconds limit, Reporter report) {
    if (store.url.starts_with(sqlite_scheme))
        return examine_sqlite(store.url.substr(sqlite_scheme.size()), limit, report);
    store::StoreOptions options;
    options.url = store.url;
    options.password = store.password;
    options.read_only = true;
    options.application = "tickgate doctor";
    std::string problem;
    const auto opened = store::open_store(options, problem);
    if (!opened)
        return report.fail("database", problem.empty() ? describe(opened.error()) : problem,
            "check store.url, store.password and that the server runs; the daemon makes its tables at its first start",
            unreachable);
    const auto stats = (*opened)->stats();
    if (!stats)
        return report.fail("database", (*opened)->problem(), "check what the user of store.url may do", unreachable);
    report.ok("database", fmt::format("{}: {} bars of {} series", stats->backend, stats->bars, stats->series));
}

} // namespace tickgate::diagnose
