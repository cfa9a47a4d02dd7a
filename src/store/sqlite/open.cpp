// Opening: folders, damage, migrations.
#include "store/sqlite/schema.hpp"
#include "store/sqlite/sqlite_store.hpp"

#include "core/clock.hpp"

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <ctime>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

namespace tickgate::store::sqlite {

namespace {

// Files up to here are read whole at opening, which takes some ten milliseconds; of longer ones only the head. Damage
// further down shows when it is met, and the next opening knows (see Database).
constexpr off_t checked_whole = 32 << 20;

std::string folder_of(const std::string& path) {
    const auto slash = path.rfind('/');
    return slash == std::string::npos ? "." : slash == 0 ? "/" : path.substr(0, slash);
}

// Processes that open the same file take turns: one creates or moves it, the others find it done. It is a lock on the
// folder, so that no file stays behind.
class Turn {
public:
    explicit Turn(const std::string& folder) noexcept
        : fd_(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)) {
        while (fd_ >= 0 && ::flock(fd_, LOCK_EX) != 0 && errno == EINTR) {
        }
    }
    ~Turn() {
        if (fd_ >= 0)
            ::close(fd_);
    }
    Turn(const Turn&) = delete;
    Turn& operator=(const Turn&) = delete;

private:
    int fd_;
};

// A sentence if the folder cannot hold the file; empty if it can.
std::string folder_fault(const std::string& path, bool read_only) {
    const auto folder = folder_of(path);
    struct stat info {};
    if (::stat(folder.c_str(), &info) != 0)
        return "the folder of the store cannot be used: " + folder + ": " + std::strerror(errno);
    if (!S_ISDIR(info.st_mode))
        return "the folder of the store is no folder: " + folder;
    if (::stat(path.c_str(), &info) == 0 && S_ISDIR(info.st_mode))
        return "the store is a folder, not a file: " + path;
    if (!read_only && ::access(folder.c_str(), W_OK | X_OK) != 0)
        return "the folder of the store may not be written: " + folder + ": " + std::strerror(errno);
    if (::access(path.c_str(), R_OK | (read_only ? 0 : W_OK)) != 0 && (read_only || errno != ENOENT))
        return "the store may not be opened: " + path + ": " + std::strerror(errno);
    return {};
}

bool exists(const std::string& path) noexcept { return ::access(path.c_str(), F_OK) == 0; }

std::string stamp() {
    const auto seconds = std::chrono::floor<std::chrono::seconds>(wall_now());
    const std::time_t t = seconds.time_since_epoch().count();
    std::tm parts{};
    ::gmtime_r(&t, &parts);
    char text[24];
    return std::string(text, std::strftime(text, sizeof text, "%Y%m%dT%H%M%SZ", &parts));
}

// Where a damaged file goes, with its side files. Errors: store_failed if it cannot be renamed.
result<std::string> move_aside(const std::string& path, std::string& problem) {
    const auto base = path + ".damaged-" + stamp();
    auto target = base;
    for (int i = 2; exists(target); ++i)
        target = base + "-" + std::to_string(i);
    for (const char* const part : {"-wal", "-shm", ""}) {
        const auto from = path + part;
        if (std::rename(from.c_str(), (target + part).c_str()) != 0 && errno != ENOENT) {
            problem = "the store is damaged and cannot be moved aside: " + from + ": " + std::strerror(errno);
            return errc::store_failed;
        }
    }
    ::unlink(damage_note(path).c_str());
    return target;
}

// Errors: store_corrupt; the others of Database.
error_code look_for_damage(Database& db) {
    struct stat info {};
    if (::stat(db.path().c_str(), &info) != 0 || info.st_size == 0)
        return {};
    if (const auto objects = db.number("SELECT count(*) FROM sqlite_schema", "read it"); !objects)
        return objects.error();
    if (info.st_size > checked_whole)
        return {};
    Statement statement("PRAGMA quick_check(1)");
    Query check(db, statement, "check it");
    const bool row = check.next();
    if (check.error())
        return check.error();
    if (row && check.text(0) != "ok") {
        db.problem() = "the file is damaged: " + std::string(check.text(0)) + ", file " + db.path();
        return errc::store_corrupt;
    }
    return {};
}

error_code open_as_it_is(SqliteStore& store, const std::string& path, bool read_only) {
    auto& db = store.database();
    if (!exists(path)) {
        ::unlink(damage_note(path).c_str()); // of a file that is gone
    } else if (exists(damage_note(path))) {
        db.problem() = "the file was found damaged before: " + path;
        return errc::store_corrupt;
    }
    if (const auto ec = db.open(path, read_only))
        return ec;
    if (const auto ec = look_for_damage(db))
        return ec;
    return read_only ? check_version(db) : migrate(db);
}

} // namespace

result<std::unique_ptr<BarStore>> open(const std::string& path, bool read_only, std::string& problem) {
    problem = folder_fault(path, read_only);
    if (!problem.empty())
        return errc::store_failed;
    const Turn turn(folder_of(path));
    auto store = std::make_unique<SqliteStore>();
    auto ec = open_as_it_is(*store, path, read_only);
    std::string notice;
    if (ec == errc::store_corrupt && !read_only) {
        const auto fault = store->problem();
        store = nullptr; // it closes the file before that moves
        const auto target = move_aside(path, problem);
        if (!target)
            return target.error();
        notice = fault + "; it was moved to " + *target + " and a new store begun";
        store = std::make_unique<SqliteStore>();
        ec = open_as_it_is(*store, path, read_only);
    }
    if (ec) {
        problem = store->problem();
        return ec;
    }
    problem = notice;
    return std::unique_ptr<BarStore>(std::move(store));
}

} // namespace tickgate::store::sqlite
