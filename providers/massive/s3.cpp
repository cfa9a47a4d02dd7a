#include "massive/s3.hpp"

#include "core/clock.hpp"
#include "core/log.hpp"
#include "net/url.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <openssl/evp.h>

#include <algorithm>
#include <charconv>

namespace tickgate::massive {

using namespace std::chrono_literals;

namespace {

constexpr std::size_t overlap = 64; // bytes asked again to see that it is the same place
constexpr std::size_t most_pages = 1000;

// MD5 as the bytes come: the ETag of what was uploaded in one piece. None where the library forbids it.
class Md5 {
public:
    Md5() : context_(EVP_MD_CTX_new()) {
        if (context_ != nullptr && EVP_DigestInit_ex(context_, EVP_md5(), nullptr) != 1)
            drop();
    }
    ~Md5() { drop(); }
    Md5(const Md5&) = delete;
    Md5& operator=(const Md5&) = delete;

    void add(std::string_view bytes) noexcept {
        if (context_ != nullptr && EVP_DigestUpdate(context_, bytes.data(), bytes.size()) != 1)
            drop();
    }
    std::string hex() { // empty: not known
        unsigned char bytes[EVP_MAX_MD_SIZE];
        unsigned int size = 0;
        if (context_ == nullptr || EVP_DigestFinal_ex(context_, bytes, &size) != 1)
            return {};
        static constexpr char digits[] = "0123456789abcdef";
        std::string out;
        for (unsigned int i = 0; i < size; ++i) {
            out += digits[bytes[i] >> 4];
            out += digits[bytes[i] & 15];
        }
        return out;
    }

private:
    void drop() noexcept {
        EVP_MD_CTX_free(context_);
        context_ = nullptr;
    }
    EVP_MD_CTX* context_;
};

// Whether an ETag is an MD5: 32 hexadecimal digits. Of uploads in parts it is not (`…-12`).
bool is_md5(std::string_view etag) noexcept {
    return etag.size() == 34 && etag.front() == '"' && etag.back() == '"' &&
           std::all_of(etag.begin() + 1, etag.end() - 1,
               [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

bool worth_another_try(const error_code& ec) noexcept {
    if (ec == errc::timed_out || ec == errc::unavailable || ec == errc::protocol_error || ec == errc::tls_failed ||
        ec == errc::closed_by_venue || ec == errc::venue_error)
        return true;
    return ec.category() != tickgate_category() && recovery_of(ec) == Recovery::retry; // of sockets
}

std::int64_t month_of(UnixNanos t) noexcept {
    const std::chrono::year_month_day date(std::chrono::floor<std::chrono::days>(t));
    return (static_cast<int>(date.year()) - 1970) * 12 + static_cast<int>(static_cast<unsigned>(date.month())) - 1;
}

} // namespace

struct S3::Download {
    S3Object object;
    BodySink sink;
    bool whole = true; // the ETag is that of an upload in one piece, not encrypted
    std::uint64_t offset = 0;
    std::string tail;                   // the bytes before `offset`
    std::size_t again = 0, matched = 0; // bytes of this request that are known, and how many were the same
    error_code refused;                 // what `sink` returned, or malformed_payload: no further attempt
    bool elsewhere = false;             // the answer does not begin where it was asked to
    Md5 md5;

    error_code take(std::string_view piece) {
        const auto known = std::min(again - matched, piece.size());
        if (piece.substr(0, known) != std::string_view(tail).substr(matched, known)) {
            elsewhere = true;
            return errc::protocol_error;
        }
        matched += known;
        piece.remove_prefix(known);
        if (piece.size() > object.size - offset) {
            refused = errc::malformed_payload;
            return refused;
        }
        if (piece.empty())
            return {};
        offset += piece.size();
        md5.add(piece);
        next_tail += piece.substr(piece.size() > overlap ? piece.size() - overlap : 0);
        if (next_tail.size() > overlap)
            next_tail.erase(0, next_tail.size() - overlap);
        refused = sink(piece);
        return refused;
    }
    std::string next_tail; // becomes `tail` with the next request
};

S3::S3(S3Options options) : options_(std::move(options)) {}

UnixNanos S3::now() const { return options_.clock ? options_.clock() : wall_now(); }

std::uint64_t S3::bytes_this_month() const { return month_ == month_of(now()) ? bytes_ : 0; }

void S3::count(std::uint64_t bytes) {
    if (const auto month = month_of(now()); month != month_) {
        month_ = month;
        bytes_ = 0;
    }
    bytes_ += bytes;
}

std::string S3::path_of(std::string_view key) const {
    const auto path = "/" + uri_encode(options_.bucket, false);
    return key.empty() ? path : path + "/" + uri_encode(key, true);
}

// Errors of the endpoint's form come from Rest itself.
RestRequest S3::request(std::string method, const std::string& path, const Query& query) const {
    const auto at = now();
    const auto url = net::Url::parse(options_.endpoint);
    SignedRequest to_sign;
    to_sign.method = method;
    to_sign.query = query;
    if (url) {
        to_sign.path = url->target;
        while (to_sign.path.ends_with('/'))
            to_sign.path.pop_back();
    }
    to_sign.path += path;
    to_sign.headers.emplace_back("host", url ? url->authority() : std::string());
    to_sign.headers.emplace_back("x-amz-content-sha256", std::string(empty_payload_hash()));
    to_sign.headers.emplace_back("x-amz-date", amz_date(at));
    RestRequest out;
    out.method = std::move(method);
    out.base = options_.endpoint;
    out.target = query.empty() ? path : path + "?" + canonical_query(query);
    out.headers.assign(to_sign.headers.begin() + 1, to_sign.headers.end()); // Host is the client's own
    out.headers.emplace_back("Authorization", authorization(to_sign, empty_payload_hash(), options_.key, at));
    out.headers.emplace_back("Accept-Encoding", "identity");
    out.budget = options_.budget;
    out.deadline = 30s;
    return out;
}

asio::awaitable<void> S3::pause(int failures, std::optional<std::chrono::milliseconds> asked) const {
    const auto wait = asked && options_.retry_pause > 0ms ? std::min<std::chrono::milliseconds>(*asked, 60s)
                                                          : options_.retry_pause * (1 << std::min(failures - 1, 5));
    asio::steady_timer timer(co_await asio::this_coro::executor, wait);
    (void)co_await timer.async_wait(asio::as_tuple(asio::use_awaitable));
}

asio::awaitable<result<RestResponse>> S3::ask(
    std::string method, std::string path, Query query, std::string range, Rest& rest) {
    for (int failures = 1;; ++failures) {
        auto to_send = request(method, path, query);
        if (!range.empty())
            to_send.headers.emplace_back("Range", range);
        auto answer = co_await rest.send(std::move(to_send));
        if (!answer) {
            if (!worth_another_try(answer.error()) || failures >= options_.attempts)
                co_return answer.error();
            co_await pause(failures, std::nullopt);
            continue;
        }
        // Why a HEAD is refused is told by nothing but its status.
        const bool mute = method == "HEAD" && answer->status / 100 != 5;
        if (answer->status / 100 == 2 || mute)
            co_return answer;
        const auto e = error_of_s3(*answer, now());
        if (!e.retry || failures >= options_.attempts) {
            if (e.code != errc::unknown_symbol)
                log::warn("massive", "flat_files_refused",
                    {{"status", answer->status}, {"code", e.name}, {"error", e.code}, {"venue_text", e.text}});
            co_return e.code;
        }
        co_await pause(failures, e.pause);
    }
}

asio::awaitable<result<std::vector<S3Object>>> S3::list(std::string prefix, Rest& rest) {
    std::vector<S3Object> out;
    std::string next;
    for (std::size_t page = 0; page < most_pages; ++page) {
        Query query{{"list-type", "2"}, {"prefix", prefix}};
        if (!next.empty())
            query.emplace_back("continuation-token", next);
        const auto answer = co_await ask("GET", path_of(std::string_view()), std::move(query), std::string(), rest);
        if (!answer)
            co_return answer.error();
        auto listing = parse_listing(answer->body);
        if (!listing)
            co_return listing.error();
        std::move(listing->objects.begin(), listing->objects.end(), std::back_inserter(out));
        if (listing->next.empty())
            co_return out;
        if (listing->next == next)
            break;
        next = std::move(listing->next);
    }
    co_return errc::malformed_payload; // pages without end
}

asio::awaitable<result<S3Object>> S3::stat(std::string key, Rest& rest) {
    auto answer = co_await ask("HEAD", path_of(key), Query(), std::string(), rest);
    if (answer && answer->status / 100 != 2) // the words come with a GET
        answer = co_await ask("GET", path_of(key), Query(), "bytes=0-0", rest);
    if (!answer)
        co_return answer.error();
    S3Object out;
    out.key = std::move(key);
    out.etag = answer->header("etag");
    const auto range = parse_content_range(answer->header("content-range"));
    const auto length = answer->header("content-length");
    if (range)
        out.size = range->total;
    else if (std::from_chars(length.data(), length.data() + length.size(), out.size).ec != std::errc())
        co_return errc::malformed_payload;
    if (!answer->header("content-encoding").empty() && answer->header("content-encoding") != "identity") {
        // It would come decompressed, and could not be read in pieces.
        log::warn("massive", "flat_file_encoded", {{"key", out.key}});
        co_return errc::not_supported;
    }
    const auto encryption = answer->header("x-amz-server-side-encryption");
    if (!encryption.empty() && encryption != "AES256")
        out.etag.insert(0, 1, ' '); // a name, not an MD5
    co_return out;
}

error_code S3::check_quota(const S3Object& object) const {
    const auto used = bytes_this_month();
    if (options_.monthly_bytes == 0 || used + object.size <= options_.monthly_bytes)
        return {};
    log_quota(object);
    return errc::rate_limited;
}

void S3::log_quota(const S3Object& object) const {
    log::warn("massive", "flat_files_quota",
        {{"setting", "s3.monthly_gb"}, {"limit_bytes", options_.monthly_bytes}, {"used_bytes", bytes_this_month()},
            {"file_bytes", object.size}, {"key", object.key}, {"until", "the end of the month (UTC)"}});
}

// One request. Errors of the transport leave what has come.
asio::awaitable<error_code> S3::fetch_slice(Download& d, Rest& rest) {
    d.tail = d.next_tail;
    d.again = d.tail.size();
    d.matched = 0;
    const auto start = d.offset - d.again;
    const auto end = std::min(d.object.size, d.offset + options_.slice);
    auto to_send = request("GET", path_of(d.object.key), {});
    to_send.headers.emplace_back("Range", "bytes=" + std::to_string(start) + "-" + std::to_string(end - 1));
    if (const auto quote = d.object.etag.find('"'); quote != std::string::npos)
        to_send.headers.emplace_back("If-Match", d.object.etag.substr(quote));
    to_send.deadline = options_.slice_deadline;
    to_send.expected_bytes = static_cast<std::int64_t>(end - start);
    BodySink take = [&d](std::string_view piece) { return d.take(piece); };
    const auto before = d.offset;
    const auto answer = co_await rest.send_streamed(std::move(to_send), std::move(take));
    count(d.offset - before);
    BudgetReading spent;
    spent.spent_bytes = static_cast<std::int64_t>(d.offset - before + d.matched);
    rest.learn(options_.budget, spent);
    if (d.refused)
        co_return d.refused;
    if (d.elsewhere) {
        log::warn("massive", "flat_file_not_resumed", {{"key", d.object.key}, {"offset", d.offset}});
        d.refused = errc::malformed_payload;
        co_return d.refused;
    }
    if (!answer && (answer.error() == errc::rate_limited || answer.error() == errc::banned)) { // the budget's word
        log_quota(d.object);
        d.refused = answer.error();
    }
    if (!answer)
        co_return answer.error();
    if (answer->status == 412 || answer->status == 416) {
        log::warn("massive", "flat_file_replaced", {{"key", d.object.key}, {"offset", d.offset}});
        d.refused = errc::venue_error;
        co_return d.refused;
    }
    if (answer->status / 100 != 2) {
        const auto e = error_of_s3(*answer, now());
        if (!e.retry) {
            log::warn("massive", "flat_files_refused",
                {{"status", answer->status}, {"code", e.name}, {"error", e.code}, {"venue_text", e.text}});
            d.refused = e.code;
        } else if (e.pause) {
            co_await pause(1, e.pause);
        }
        co_return e.code;
    }
    const auto etag = answer->header("etag");
    const auto range = parse_content_range(answer->header("content-range"));
    const bool same = (etag.empty() || d.object.etag.empty() || d.object.etag.ends_with(etag)) &&
                      (answer->status == 200 || (range && range->first == start && range->total == d.object.size));
    if (!same) {
        log::warn("massive", "flat_file_differs", {{"key", d.object.key}, {"offset", d.offset}, {"etag", etag}});
        d.refused = errc::malformed_payload;
    }
    co_return d.refused;
}

asio::awaitable<error_code> S3::read(std::string key, BodySink sink, Rest& rest) {
    auto object = co_await stat(std::move(key), rest);
    if (!object)
        co_return object.error();
    if (const auto ec = check_quota(*object))
        co_return ec;
    Download d;
    d.object = std::move(*object);
    d.sink = std::move(sink);
    int failures = 0;
    while (d.offset < d.object.size) {
        const auto before = d.offset;
        const auto ec = co_await fetch_slice(d, rest);
        if (d.refused)
            co_return d.refused;
        if (d.offset > before)
            failures = 0;
        else if (!ec) // an answer without a body
            failures = options_.attempts;
        if (!ec && d.offset > before)
            continue;
        const bool again = ec && (worth_another_try(ec) || ec == errc::rate_limited);
        if ((ec && !again) || ++failures >= options_.attempts)
            co_return ec ? ec : make_error_code(errc::malformed_payload);
        log::info("massive", "flat_file_resumed", {{"key", d.object.key}, {"offset", d.offset}, {"error", ec}});
        co_await pause(failures, std::nullopt);
    }
    if (is_md5(d.object.etag))
        if (const auto sum = d.md5.hex(); !sum.empty() && d.object.etag.find(sum) == std::string::npos) {
            log::warn("massive", "flat_file_differs", {{"key", d.object.key}, {"etag", d.object.etag}, {"md5", sum}});
            co_return errc::malformed_payload;
        }
    co_return error_code();
}

} // namespace tickgate::massive
