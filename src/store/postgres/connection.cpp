#include "store/postgres/connection.hpp"

#include "store/postgres/libpq.hpp"

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <poll.h>

namespace tickgate::store::postgres {

namespace {

void drop_notice(void*, const char*) {}

error_code meaning_of(std::string_view state) noexcept {
    if (state == "53100") // disk_full
        return errc::store_full;
    if (state == "XX001" || state == "XX002") // data_corrupted, index_corrupted
        return errc::store_corrupt;
    return errc::store_failed;
}

std::string_view first_line(std::string_view words) noexcept {
    words = words.substr(0, words.find('\n'));
    while (!words.empty() && words.back() == ' ')
        words.remove_suffix(1);
    return words;
}

} // namespace

Rows::Rows(const Libpq& pq, pg_result* result)
    : pq_(&pq), result_(result, [&pq](pg_result* r) { pq.clear(r); }), count_(pq.ntuples(result)) {}

std::string_view Rows::text(int row, int column) const noexcept {
    return {pq_->getvalue(result_.get(), row, column),
        static_cast<std::size_t>(pq_->getlength(result_.get(), row, column))};
}

std::int64_t Rows::integer(int row, int column) const noexcept {
    const auto digits = text(row, column);
    std::int64_t value = 0;
    std::from_chars(digits.data(), digits.data() + digits.size(), value);
    return value;
}

bool Rows::is_null(int row, int column) const noexcept { return pq_->getisnull(result_.get(), row, column) != 0; }

std::int64_t Rows::affected() const noexcept {
    if (!result_)
        return 0;
    const char* const digits = pq_->cmdTuples(result_.get());
    std::int64_t value = 0;
    std::from_chars(digits, digits + std::strlen(digits), value);
    return value;
}

error_code Connection::open() {
    close();
    if (given_up())
        return fail("connect", "the program ends");
    pq_ = load_libpq(problem_);
    if (pq_ == nullptr)
        return errc::store_failed;
    // Later ones win: what the URL says beats our usual values, the password beats the URL.
    std::vector<const char*> names{
        "application_name", "connect_timeout", "keepalives_idle", "tcp_user_timeout", "client_encoding", "dbname"};
    std::vector<const char*> values{options_.application.c_str(), "5", "30", "30000", "UTF8", options_.url.c_str()};
    if (!options_.password.empty()) {
        names.push_back("password");
        values.push_back(options_.password.reveal().c_str());
    }
    names.push_back(nullptr);
    values.push_back(nullptr);
    handle_ = pq_->connectdbParams(names.data(), values.data(), 1);
    if (handle_ == nullptr)
        return fail("connect", "out of memory");
    if (pq_->status(handle_) != CONNECTION_OK)
        return lost("connect", pq_->errorMessage(handle_));
    pq_->setNoticeProcessor(handle_, drop_notice, nullptr);
    if (pq_->setnonblocking(handle_, 1) != 0)
        return lost("connect", pq_->errorMessage(handle_));
    // What was waited for with a lock must be seen, whatever the database's own default is.
    return run("SET statement_timeout = '30s'; SET lock_timeout = '20s'; SET timezone = 'UTC'; "
               "SET default_transaction_isolation = 'read committed'" +
                   std::string(options_.read_only ? "; SET default_transaction_read_only = on" : ""),
        "connect");
}

void Connection::close() noexcept {
    if (handle_ != nullptr)
        pq_->finish(handle_);
    handle_ = nullptr;
}

bool Connection::usable() const noexcept { return handle_ != nullptr && pq_->status(handle_) == CONNECTION_OK; }

bool Connection::in_transaction() const noexcept {
    return handle_ != nullptr && pq_->transactionStatus(handle_) != PQTRANS_IDLE;
}

error_code Connection::fail(std::string_view doing, const char* words) {
    problem_ = redact(std::string("cannot ").append(doing).append(": ").append(first_line(words)));
    return meaning_of(state_);
}

error_code Connection::lost(std::string_view doing, const char* words) {
    state_.clear();
    const auto ec = fail(doing, words); // the words are the connection's: before it goes
    close();
    return ec;
}

error_code Connection::wait(short events, Deadline until, std::string_view doing) {
    while (true) {
        const auto left = std::chrono::ceil<std::chrono::milliseconds>(until - std::chrono::steady_clock::now());
        if (left.count() <= 0)
            return lost(doing, "the server does not answer");
        if (given_up())
            return lost(doing, "the program ends");
        pollfd p{pq_->socket(handle_), events, 0};
        const int n = ::poll(&p, 1, static_cast<int>(std::min<std::int64_t>(left.count(), 100)));
        if (n > 0)
            return {};
        if (n < 0 && errno != EINTR)
            return lost(doing, std::strerror(errno));
    }
}

error_code Connection::send_all(Deadline until, std::string_view doing) {
    while (true) {
        const int left = pq_->flush(handle_);
        if (left == 0)
            return {};
        if (left < 0)
            return lost(doing, pq_->errorMessage(handle_));
        // The server may have to be read before it takes more.
        if (const auto ec = wait(POLLIN | POLLOUT, until, doing))
            return ec;
        if (pq_->consumeInput(handle_) == 0)
            return lost(doing, pq_->errorMessage(handle_));
    }
}

result<pg_result*> Connection::next(Deadline until, std::string_view doing) {
    while (pq_->isBusy(handle_) != 0) {
        if (const auto ec = wait(POLLIN, until, doing))
            return ec;
        if (pq_->consumeInput(handle_) == 0)
            return lost(doing, pq_->errorMessage(handle_));
    }
    return pq_->getResult(handle_);
}

result<Rows> Connection::finish(std::string_view doing) {
    const auto until = deadline();
    if (const auto ec = send_all(until, doing))
        return ec;
    Rows last;
    error_code failure;
    while (true) {
        const auto answer = next(until, doing);
        if (!answer)
            return answer.error();
        if (*answer == nullptr)
            break;
        const auto status = pq_->resultStatus(*answer);
        last = Rows(*pq_, *answer);
        if (status == PGRES_COPY_IN)
            return last; // there is more to send
        if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK && !failure) {
            const char* const state = pq_->resultErrorField(*answer, PG_DIAG_SQLSTATE);
            state_ = state != nullptr ? state : "";
            failure = fail(doing, pq_->resultErrorMessage(*answer));
        }
    }
    if (!usable()) { // a server that stops says so in its last answer
        close();
        return failure ? failure : error_code(errc::store_failed);
    }
    if (failure)
        return failure;
    return last;
}

error_code Connection::run(const std::string& sql, std::string_view doing) {
    if (handle_ == nullptr)
        return fail(doing, "not connected");
    if (pq_->sendQuery(handle_, sql.c_str()) == 0)
        return lost(doing, pq_->errorMessage(handle_));
    const auto answer = finish(doing);
    return answer ? error_code() : answer.error();
}

result<Rows> Connection::ask(const char* sql, const Parameters& parameters, std::string_view doing) {
    if (handle_ == nullptr)
        return fail(doing, "not connected");
    std::vector<const char*> values;
    for (const auto& p : parameters)
        values.push_back(p.c_str());
    if (pq_->sendQueryParams(
            handle_, sql, static_cast<int>(values.size()), nullptr, values.data(), nullptr, nullptr, 0) == 0)
        return lost(doing, pq_->errorMessage(handle_));
    return finish(doing);
}

error_code Connection::copy(const char* sql, std::string_view rows, std::string_view doing) {
    if (const auto ec = run(sql, doing))
        return ec;
    constexpr std::size_t piece = 256 * 1024;
    const auto until = deadline();
    while (!rows.empty()) {
        const auto part = rows.substr(0, piece);
        const int sent = pq_->putCopyData(handle_, part.data(), static_cast<int>(part.size()));
        if (sent < 0)
            return lost(doing, pq_->errorMessage(handle_));
        if (sent > 0)
            rows.remove_prefix(part.size());
        if (const auto ec = send_all(until, doing))
            return ec;
    }
    if (pq_->putCopyEnd(handle_, nullptr) < 0)
        return lost(doing, pq_->errorMessage(handle_));
    const auto answer = finish(doing);
    return answer ? error_code() : answer.error();
}

Transaction::~Transaction() {
    if (!connection_.in_transaction())
        return;
    const auto problem = connection_.problem();
    if (connection_.run("ROLLBACK", "roll back"))
        connection_.close();
    connection_.problem() = problem;
}

} // namespace tickgate::store::postgres
