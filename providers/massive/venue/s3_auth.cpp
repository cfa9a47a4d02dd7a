#include "massive/venue/s3_auth.hpp"

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/params.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <sstream>
#include <vector>

namespace tickgate::massive_venue {

namespace {

using namespace std::chrono;
using Bytes = std::vector<unsigned char>;

Bytes mac(const Bytes& key, std::string_view text) {
    Bytes out(32);
    std::size_t size = 0;
    EVP_MAC* const kind = EVP_MAC_fetch(nullptr, "HMAC", nullptr);
    EVP_MAC_CTX* const context = EVP_MAC_CTX_new(kind);
    char digest[] = "SHA256";
    const std::array<OSSL_PARAM, 2> parameters{
        OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0), OSSL_PARAM_construct_end()};
    const bool done = EVP_MAC_init(context, key.data(), key.size(), parameters.data()) == 1 &&
                      EVP_MAC_update(context, reinterpret_cast<const unsigned char*>(text.data()), text.size()) == 1 &&
                      EVP_MAC_final(context, out.data(), &size, out.size()) == 1;
    EVP_MAC_CTX_free(context);
    EVP_MAC_free(kind);
    return done ? out : Bytes();
}

std::string hexadecimal(const Bytes& bytes) {
    std::ostringstream out;
    for (const auto b : bytes)
        out << "0123456789abcdef"[b / 16] << "0123456789abcdef"[b % 16];
    return out.str();
}

std::string digest_of(std::string_view text) {
    Bytes out(32);
    std::size_t size = 0;
    return EVP_Q_digest(nullptr, "SHA256", nullptr, text.data(), text.size(), out.data(), &size) == 1 ? hexadecimal(out)
                                                                                                      : std::string();
}

std::vector<std::string> split(std::string_view text, char at) {
    std::vector<std::string> out;
    std::istringstream in{std::string(text)};
    for (std::string part; std::getline(in, part, at);)
        out.push_back(part);
    return out;
}

// What stands behind `name=` up to the next comma.
std::string field(std::string_view header, std::string_view name) {
    const auto at = header.find(std::string(name) + "=");
    if (at == std::string_view::npos)
        return {};
    const auto from = at + name.size() + 1;
    return std::string(header.substr(from, header.find(',', from) - from));
}

std::optional<UnixNanos> stamp_of(std::string_view text) {
    if (text.size() != 16 || text[8] != 'T' || text[15] != 'Z')
        return std::nullopt;
    std::array<int, 6> n{};
    const std::array<std::pair<std::size_t, std::size_t>, 6> at{{{0, 4}, {4, 2}, {6, 2}, {9, 2}, {11, 2}, {13, 2}}};
    for (std::size_t i = 0; i < n.size(); ++i)
        if (std::from_chars(text.data() + at[i].first, text.data() + at[i].first + at[i].second, n[i]).ptr !=
            text.data() + at[i].first + at[i].second)
            return std::nullopt;
    const year_month_day date{year(n[0]), month(static_cast<unsigned>(n[1])), day(static_cast<unsigned>(n[2]))};
    if (!date.ok() || n[0] < 1970 || n[0] > 2200)
        return std::nullopt;
    return UnixNanos(sys_days(date)) + hours(n[3]) + minutes(n[4]) + seconds(n[5]);
}

std::string query_of(std::string_view query) {
    auto items = split(query, '&');
    for (auto& item : items)
        if (item.find('=') == std::string::npos)
            item += '=';
    std::sort(items.begin(), items.end());
    std::string out;
    for (const auto& item : items)
        out += (out.empty() ? "" : "&") + item;
    return out;
}

} // namespace

std::string s3_refusal(const net::HttpRequest& request, const MassiveOptions& options, UnixNanos clock) {
    const auto header = request.header("authorization");
    if (header.empty())
        return "AccessDenied";
    const auto scope = split(field(header, "Credential"), '/');
    const auto names = field(header, "SignedHeaders");
    if (!header.starts_with("AWS4-HMAC-SHA256 ") || scope.size() != 5 || scope[3] != "s3" || scope[4] != "aws4_request")
        return "AuthorizationHeaderMalformed";
    if (scope[0] != options.s3_access_key)
        return "InvalidAccessKeyId";
    const auto at = stamp_of(request.header("x-amz-date"));
    if (!at || !request.header("x-amz-date").starts_with(scope[1]))
        return "AccessDenied";
    if (*at > clock + minutes(15) || *at < clock - minutes(15))
        return "RequestTimeTooSkewed";
    std::string canonical = request.method + '\n' + request.path + '\n' + query_of(request.query) + '\n';
    const auto list = split(names, ';');
    for (const auto& name : list)
        canonical += name + ':' + std::string(request.header(name)) + '\n';
    for (const auto& [name, value] : request.headers) // nothing of Amazon's may be left unsigned
        if ((name == "host" || name.starts_with("x-amz-")) && std::find(list.begin(), list.end(), name) == list.end())
            return "AccessDenied";
    canonical += '\n' + names + '\n' + std::string(request.header("x-amz-content-sha256"));
    const auto text = "AWS4-HMAC-SHA256\n" + std::string(request.header("x-amz-date")) + '\n' + scope[1] + '/' +
                      scope[2] + "/s3/aws4_request\n" + digest_of(canonical);
    const auto secret = "AWS4" + options.s3_secret_key;
    Bytes key(secret.begin(), secret.end());
    for (const auto& step : {scope[1], scope[2], scope[3], scope[4]})
        key = mac(key, step);
    return hexadecimal(mac(key, text)) == field(header, "Signature") ? std::string() : "SignatureDoesNotMatch";
}

} // namespace tickgate::massive_venue
