// One connection to a PostgreSQL server. Every wait has a deadline: a server that hangs is a server that is gone.
#pragma once

#include "store/bar_store.hpp"

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

struct pg_conn;
struct pg_result;

namespace tickgate::store::postgres {

struct Libpq;

// An answer; its text is valid while it lives.
class Rows {
public:
    Rows() = default;
    Rows(const Libpq& pq, pg_result* result);

    int count() const noexcept { return count_; }
    std::string_view text(int row, int column) const noexcept;
    std::int64_t integer(int row, int column) const noexcept; // 0 if it is none
    bool flag(int row, int column) const noexcept { return text(row, column) == "t"; }
    bool is_null(int row, int column) const noexcept;
    std::int64_t affected() const noexcept; // rows that a statement changed

private:
    const Libpq* pq_ = nullptr;
    std::shared_ptr<pg_result> result_;
    int count_ = 0;
};

// Calls answer store_full, store_corrupt or store_failed and leave a sentence without secrets in problem().
class Connection {
public:
    using Parameters = std::vector<std::string>;

    explicit Connection(StoreOptions options) : options_(std::move(options)) {}
    ~Connection() { close(); }
    Connection(const Connection&) = delete;
    Connection& operator=(const Connection&) = delete;

    error_code open();
    void close() noexcept;
    bool usable() const noexcept;

    // Statements without parameters, several if parted by semicolons (then in one transaction).
    error_code run(const std::string& sql, std::string_view doing);
    // One statement with $1 … as text.
    result<Rows> ask(const char* sql, const Parameters& parameters, std::string_view doing);
    // `sql` is a COPY … FROM STDIN; `rows` its text format.
    error_code copy(const char* sql, std::string_view rows, std::string_view doing);

    void set_patience(std::chrono::seconds limit) noexcept { patience_ = limit; }
    bool in_transaction() const noexcept;
    const std::string& state() const noexcept { return state_; } // SQLSTATE of the last failure; may be empty
    const StoreOptions& options() const noexcept { return options_; }
    std::string& problem() noexcept { return problem_; }
    const std::string& problem() const noexcept { return problem_; }

private:
    using Deadline = std::chrono::steady_clock::time_point;

    error_code fail(std::string_view doing, const char* words);
    error_code lost(std::string_view doing, const char* words);
    error_code wait(short events, Deadline until, std::string_view doing);
    error_code send_all(Deadline until, std::string_view doing);
    // The next answer; null at the end of the command.
    result<pg_result*> next(Deadline until, std::string_view doing);
    // Reads all answers of a command; the last one is told, or the first failure.
    result<Rows> finish(std::string_view doing);
    bool given_up() const noexcept { return options_.give_up && options_.give_up->load(); }
    Deadline deadline() const noexcept { return std::chrono::steady_clock::now() + patience_; }

    StoreOptions options_;
    const Libpq* pq_ = nullptr;
    pg_conn* handle_ = nullptr;
    std::chrono::seconds patience_{45}; // longer than the server's own statement_timeout
    std::string problem_, state_;
};

// Rolls back unless committed.
class Transaction {
public:
    explicit Transaction(Connection& connection) noexcept : connection_(connection) {}
    ~Transaction();
    Transaction(const Transaction&) = delete;
    Transaction& operator=(const Transaction&) = delete;

    error_code begin() { return connection_.run("BEGIN", "begin to write"); }
    error_code commit() { return connection_.run("COMMIT", "write"); }

private:
    Connection& connection_;
};

} // namespace tickgate::store::postgres
