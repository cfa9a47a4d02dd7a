// One connection to an SQLite file, and statements prepared once.
#pragma once

#include <tickgate/error.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

struct sqlite3;
struct sqlite3_stmt;

namespace tickgate::store::sqlite {

// Owner: one store, one thread at a time. Calls answer store_full, store_corrupt or store_failed and leave a sentence
// in problem(). Once a file was found damaged a note lies beside it (`<path>.damaged`) for whoever opens it next.
class Database {
public:
    Database() = default;
    ~Database();
    Database(const Database&) = delete;
    Database& operator=(const Database&) = delete;

    error_code open(const std::string& path, bool read_only);
    void close() noexcept;

    // Runs statements without parameters or rows, several if parted by semicolons.
    error_code run(const char* sql, std::string_view doing);
    // Answers a single number of a statement without parameters.
    result<std::int64_t> number(const char* sql, std::string_view doing);

    // What to answer for SQLite's code; remembers its words. `doing`: `write bars`, for the sentence.
    error_code fail(int code, std::string_view doing);
    // Errors: store_failed if the file was renamed or removed under us: what is written would be lost.
    error_code check_in_place();

    std::int64_t changes() const noexcept; // rows of the last statement
    sqlite3* handle() const noexcept { return db_; }
    const std::string& path() const noexcept { return path_; }
    std::string& problem() noexcept { return problem_; }
    const std::string& problem() const noexcept { return problem_; }

private:
    sqlite3* db_ = nullptr;
    std::string path_, problem_;
};

// Prepared at its first use and kept. Lives no longer than its Database is open.
class Statement {
public:
    explicit Statement(const char* sql) noexcept : sql_(sql) {}
    ~Statement() { finish(); }
    Statement(const Statement&) = delete;
    Statement& operator=(const Statement&) = delete;

    void finish() noexcept;

private:
    friend class Query;
    const char* sql_;
    sqlite3_stmt* handle_ = nullptr;
};

// One use of a statement: parameters in order, then rows; reset when it goes. Bound text must live as long.
class Query {
public:
    Query(Database& db, Statement& statement, std::string_view doing) noexcept;
    ~Query();
    Query(const Query&) = delete;
    Query& operator=(const Query&) = delete;

    Query& operator<<(std::int64_t value) noexcept;
    Query& operator<<(std::string_view value) noexcept;
    Query& operator<<(std::string&&) = delete; // it must live until the statement is executed
    Query& operator<<(std::nullopt_t) noexcept;

    // True with a row; false at the end or after a failure, which error() tells.
    bool next() noexcept;
    // Runs a statement without rows to its end, and makes it ready for new parameters.
    error_code execute() noexcept;
    error_code error() const noexcept { return error_; }

    std::int64_t integer(int column) const noexcept;
    std::string_view text(int column) const noexcept; // valid until the next row
    bool is_null(int column) const noexcept;

private:
    void check(int code) noexcept;

    Database& db_;
    sqlite3_stmt* handle_ = nullptr;
    std::string_view doing_;
    int bound_ = 0;
    error_code error_;
};

// Rolls back unless committed.
class Transaction {
public:
    explicit Transaction(Database& db) noexcept : db_(db) {}
    ~Transaction();
    Transaction(const Transaction&) = delete;
    Transaction& operator=(const Transaction&) = delete;

    error_code begin();  // waits for other writers
    error_code commit(); // durable when it returns

private:
    Database& db_;
    bool open_ = false;
};

// The note that says a file is damaged.
std::string damage_note(const std::string& path);

} // namespace tickgate::store::sqlite
