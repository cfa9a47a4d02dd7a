#include "api/content.hpp"

#include "core/text.hpp"
#include "net/gzip.hpp"

#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <optional>

namespace tickgate::api {

namespace {

constexpr std::size_t piece_size = 256u << 10; // about 5 ms of compressing

// The next element of a comma-separated list, taken off its front.
std::string_view next_of(std::string_view& list) noexcept {
    const auto comma = std::min(list.find(','), list.size());
    const auto item = trimmed(list.substr(0, comma), http_blanks);
    list.remove_prefix(std::min(comma + 1, list.size()));
    return item;
}

bool has_header(const net::HttpResponse& response, std::string_view name) noexcept {
    return std::any_of(
        response.headers.begin(), response.headers.end(), [&](const auto& h) { return h.first == name; });
}

std::string header_of(const net::HttpResponse& response, std::string_view name) {
    for (const auto& [key, value] : response.headers)
        if (key == name)
            return value;
    return {};
}

bool is_text(std::string_view type) noexcept {
    return type.starts_with("text/") || type.starts_with("application/json") ||
           type.starts_with("application/problem+json");
}

asio::awaitable<std::string> compressed(std::string body) {
    const auto executor = co_await asio::this_coro::executor;
    net::Deflater deflater;
    std::string out;
    std::string_view rest = body;
    while (rest.size() > piece_size) {
        deflater.feed(rest.substr(0, piece_size), out);
        rest.remove_prefix(piece_size);
        co_await asio::post(executor, asio::use_awaitable);
    }
    deflater.feed(rest, out);
    deflater.finish(out);
    co_return out;
}

} // namespace

std::string etag_of(std::string_view body) {
    std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
    unsigned int size = 0;
    if (EVP_Digest(body.data(), body.size(), digest.data(), &size, EVP_sha256(), nullptr) != 1)
        return {};
    constexpr std::string_view hex = "0123456789abcdef";
    std::string tag = "W/\"";
    for (std::size_t i = 0; i < 16; ++i) {
        tag += hex[digest[i] >> 4];
        tag += hex[digest[i] & 15];
    }
    return tag + "\"";
}

bool names_etag(std::string_view if_none_match, std::string_view etag) noexcept {
    const auto strong = [](std::string_view tag) { return tag.starts_with("W/") ? tag.substr(2) : tag; };
    while (!if_none_match.empty()) {
        const auto tag = next_of(if_none_match);
        if (tag == "*" || (!etag.empty() && strong(tag) == strong(etag)))
            return true;
    }
    return false;
}

bool takes_gzip(std::string_view accept_encoding) noexcept {
    std::optional<bool> gzip, any;
    while (!accept_encoding.empty()) {
        const auto item = next_of(accept_encoding);
        const auto semicolon = std::min(item.find(';'), item.size());
        const auto coding = trimmed(item.substr(0, semicolon), http_blanks);
        auto weight = trimmed(item.substr(std::min(semicolon + 1, item.size())), http_blanks);
        bool wanted = true;
        if (weight.starts_with("q=") || weight.starts_with("Q=")) {
            weight.remove_prefix(2);
            wanted = weight.find_first_of("123456789") != std::string_view::npos;
        }
        if (equals_ignoring_case(coding, "gzip") || equals_ignoring_case(coding, "x-gzip"))
            gzip = wanted;
        else if (coding == "*")
            any = wanted;
    }
    return gzip.value_or(any.value_or(false));
}

asio::awaitable<void> finish_answer(const net::HttpRequest& request, net::HttpResponse& response, bool validate) {
    const bool reads = request.method == "GET" || request.method == "HEAD";
    auto tag = header_of(response, "ETag");
    if (validate && reads && response.status == 200 && tag.empty() && response.body.size() <= most_validated) {
        tag = etag_of(response.body);
        if (!tag.empty())
            response.headers.emplace_back("ETag", tag);
    }
    if (!has_header(response, "Cache-Control"))
        response.headers.emplace_back("Cache-Control", tag.empty() ? "no-store" : "no-cache");
    const bool text = is_text(response.content_type) && !has_header(response, "Content-Encoding");
    if (text && response.body.size() >= least_compressed)
        response.headers.emplace_back("Vary", "Accept-Encoding");
    if (!tag.empty() && reads && response.status == 200 && names_etag(request.header("if-none-match"), tag)) {
        response.status = 304;
        response.body.clear();
        co_return;
    }
    if (!text || response.body.size() < least_compressed || !takes_gzip(request.header("accept-encoding")))
        co_return;
    auto compressing = compressed(std::move(response.body));
    response.body = co_await std::move(compressing);
    response.headers.emplace_back("Content-Encoding", "gzip");
}

} // namespace tickgate::api
