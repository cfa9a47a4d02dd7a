#include "store/sqlite/database.hpp"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <sqlite3.h>
#include <unistd.h>

namespace tickgate::store::sqlite {

namespace {

constexpr int busy_ms = 15000; // other processes commit within this, or something is wrong

bool no_room(sqlite3* db, int code) noexcept {
    if ((code & 0xff) == SQLITE_FULL)
        return true;
    const int cause = db != nullptr && (code & 0xff) == SQLITE_IOERR ? sqlite3_system_errno(db) : 0;
    return cause == ENOSPC || cause == EDQUOT;
}

bool damaged(int code) noexcept { return (code & 0xff) == SQLITE_CORRUPT || (code & 0xff) == SQLITE_NOTADB; }

bool moved(sqlite3* db) noexcept {
    int answer = 0;
    return db != nullptr && sqlite3_file_control(db, "main", SQLITE_FCNTL_HAS_MOVED, &answer) == SQLITE_OK &&
           answer != 0;
}

// Not about another file that has taken the name meanwhile.
void leave_note(sqlite3* db, const std::string& path) noexcept {
    if (moved(db))
        return;
    const int fd = ::open(damage_note(path).c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
    if (fd >= 0)
        ::close(fd);
}

} // namespace

std::string damage_note(const std::string& path) { return path + ".damaged"; }

Database::~Database() { close(); }

void Database::close() noexcept {
    sqlite3_close_v2(db_);
    db_ = nullptr;
}

error_code Database::open(const std::string& path, bool read_only) {
    path_ = path;
    const int flags = (read_only ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE) |
                      SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE;
    const int code = sqlite3_open_v2(path.c_str(), &db_, flags, nullptr);
    if (code != SQLITE_OK)
        return fail(code, "open it");
    sqlite3_busy_timeout(db_, busy_ms);
    // FULL makes a commit survive a power cut. The cache (KiB, of each connection) is kept small: series are written and
    // read in their order, and the system has the file in its own cache.
    return run("PRAGMA temp_store=MEMORY; PRAGMA cache_size=-256; PRAGMA synchronous=FULL;"
               "PRAGMA journal_size_limit=16777216",
        "open it");
}

error_code Database::run(const char* sql, std::string_view doing) {
    const int code = sqlite3_exec(db_, sql, nullptr, nullptr, nullptr);
    return code == SQLITE_OK ? error_code() : fail(code, doing);
}

result<std::int64_t> Database::number(const char* sql, std::string_view doing) {
    Statement statement(sql);
    Query query(*this, statement, doing);
    const bool row = query.next();
    if (query.error())
        return query.error();
    return row ? query.integer(0) : 0;
}

error_code Database::fail(int code, std::string_view doing) {
    const char* const words = db_ != nullptr ? sqlite3_errmsg(db_) : sqlite3_errstr(code);
    problem_ = "cannot ";
    problem_.append(doing).append(": ").append(words);
    const int cause = db_ != nullptr ? sqlite3_system_errno(db_) : 0;
    const int kind = code & 0xff;
    if ((kind == SQLITE_CANTOPEN || kind == SQLITE_IOERR || kind == SQLITE_PERM) && cause != 0)
        problem_.append(" (").append(std::strerror(cause)).append(")");
    problem_.append(", file ").append(path_);
    if (no_room(db_, code))
        return errc::store_full;
    if (damaged(code)) {
        leave_note(db_, path_);
        return errc::store_corrupt;
    }
    if (kind == SQLITE_BUSY || kind == SQLITE_LOCKED)
        problem_ += ": another process holds it";
    return errc::store_failed;
}

error_code Database::check_in_place() {
    if (moved(db_)) {
        problem_ = "the file was moved or removed while open: " + path_;
        return errc::store_failed;
    }
    return {};
}

std::int64_t Database::changes() const noexcept { return sqlite3_changes64(db_); }

void Statement::finish() noexcept {
    sqlite3_finalize(handle_);
    handle_ = nullptr;
}

Query::Query(Database& db, Statement& statement, std::string_view doing) noexcept : db_(db), doing_(doing) {
    if (statement.handle_ == nullptr)
        check(sqlite3_prepare_v3(
            db.handle(), statement.sql_, -1, SQLITE_PREPARE_PERSISTENT, &statement.handle_, nullptr));
    handle_ = statement.handle_;
}

Query::~Query() { sqlite3_reset(handle_); }

void Query::check(int code) noexcept {
    if (code != SQLITE_OK && !error_)
        error_ = db_.fail(code, doing_);
}

Query& Query::operator<<(std::int64_t value) noexcept {
    check(sqlite3_bind_int64(handle_, ++bound_, value));
    return *this;
}

Query& Query::operator<<(std::string_view value) noexcept {
    // An empty view may have no address, which SQLite would take for NULL.
    const char* const text = value.data() != nullptr ? value.data() : "";
    check(sqlite3_bind_text(handle_, ++bound_, text, static_cast<int>(value.size()), SQLITE_STATIC));
    return *this;
}

Query& Query::operator<<(std::nullopt_t) noexcept {
    check(sqlite3_bind_null(handle_, ++bound_));
    return *this;
}

bool Query::next() noexcept {
    if (error_)
        return false;
    const int code = sqlite3_step(handle_);
    if (code == SQLITE_ROW)
        return true;
    if (code != SQLITE_DONE)
        check(code);
    return false;
}

error_code Query::execute() noexcept {
    next();
    sqlite3_reset(handle_);
    bound_ = 0;
    return error_;
}

std::int64_t Query::integer(int column) const noexcept { return sqlite3_column_int64(handle_, column); }

std::string_view Query::text(int column) const noexcept {
    const auto* const begin = reinterpret_cast<const char*>(sqlite3_column_text(handle_, column));
    if (begin == nullptr)
        return {};
    return {begin, static_cast<std::size_t>(sqlite3_column_bytes(handle_, column))};
}

bool Query::is_null(int column) const noexcept { return sqlite3_column_type(handle_, column) == SQLITE_NULL; }

Transaction::~Transaction() {
    if (open_)
        sqlite3_exec(db_.handle(), "ROLLBACK", nullptr, nullptr, nullptr);
}

error_code Transaction::begin() {
    const auto ec = db_.run("BEGIN IMMEDIATE", "begin to write");
    open_ = !ec;
    return ec;
}

error_code Transaction::commit() {
    const auto ec = db_.run("COMMIT", "write");
    if (!ec)
        open_ = false;
    return ec;
}

} // namespace tickgate::store::sqlite
