#include "massive/sigv4.hpp"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <algorithm>
#include <cstdio>
#include <memory>
#include <optional>

namespace tickgate::massive {

namespace {

constexpr std::string_view algorithm = "AWS4-HMAC-SHA256";

std::string hex(std::string_view bytes) {
    static constexpr char digits[] = "0123456789abcdef";
    std::string out;
    for (const char c : bytes) {
        out += digits[static_cast<unsigned char>(c) >> 4];
        out += digits[static_cast<unsigned char>(c) & 15];
    }
    return out;
}

std::optional<std::string> sha256(std::string_view text) {
    std::string out(EVP_MAX_MD_SIZE, '\0');
    unsigned int size = 0;
    auto* const into = reinterpret_cast<unsigned char*>(out.data());
    if (EVP_Digest(text.data(), text.size(), into, &size, EVP_sha256(), nullptr) != 1)
        return std::nullopt;
    out.resize(size);
    return out;
}

std::optional<std::string> hmac(std::string_view key, std::string_view text) {
    std::string out(EVP_MAX_MD_SIZE, '\0');
    unsigned int size = 0;
    const auto* const bytes = reinterpret_cast<const unsigned char*>(text.data());
    if (HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()), bytes, text.size(),
            reinterpret_cast<unsigned char*>(out.data()), &size) == nullptr)
        return std::nullopt;
    out.resize(size);
    return out;
}

std::vector<std::pair<std::string, std::string>> sorted(std::vector<std::pair<std::string, std::string>> items) {
    std::sort(items.begin(), items.end());
    return items;
}

// Blanks around a value do not count, runs of them within as one.
std::string trimmed(std::string_view value) {
    std::string out;
    for (const char c : value)
        if (c != ' ' || (!out.empty() && out.back() != ' '))
            out += c;
    while (out.ends_with(' '))
        out.pop_back();
    return out;
}

std::string names_of(const SignedRequest& request) {
    std::string out;
    for (const auto& [name, value] : sorted(request.headers))
        out += (out.empty() ? "" : ";") + name;
    return out;
}

void wipe(std::string& text) noexcept { OPENSSL_cleanse(text.data(), text.size()); }

// The key of the day, made of the secret in four steps.
std::optional<std::string> day_key(const SigningKey& key, std::string_view date) {
    std::string step = "AWS4" + key.secret.reveal();
    for (const std::string_view part :
        {date, std::string_view(key.region), std::string_view(key.service), std::string_view("aws4_request")}) {
        auto next = hmac(step, part);
        wipe(step);
        if (!next)
            return std::nullopt;
        step = std::move(*next);
    }
    return step;
}

} // namespace

std::string uri_encode(std::string_view text, bool keep_slash) {
    static constexpr char digits[] = "0123456789ABCDEF";
    std::string out;
    for (const char c : text) {
        const auto u = static_cast<unsigned char>(c);
        const bool plain = (u >= '0' && u <= '9') || (u >= 'A' && u <= 'Z') || (u >= 'a' && u <= 'z') || c == '-' ||
                           c == '_' || c == '.' || c == '~' || (keep_slash && c == '/');
        if (plain) {
            out += c;
        } else {
            out += '%';
            out += digits[u >> 4];
            out += digits[u & 15];
        }
    }
    return out;
}

std::string canonical_query(const std::vector<std::pair<std::string, std::string>>& query) {
    std::vector<std::pair<std::string, std::string>> encoded;
    for (const auto& [name, value] : query)
        encoded.emplace_back(uri_encode(name, false), uri_encode(value, false));
    std::string out;
    for (const auto& [name, value] : sorted(std::move(encoded))) {
        out += out.empty() ? "" : "&";
        out.append(name).append("=").append(value);
    }
    return out;
}

std::string canonical_request(const SignedRequest& request, std::string_view payload_hash) {
    std::string out = request.method + "\n" + request.path + "\n" + canonical_query(request.query) + "\n";
    for (const auto& [name, value] : sorted(request.headers))
        out.append(name).append(":").append(trimmed(value)).append("\n");
    return out.append("\n").append(names_of(request)).append("\n").append(payload_hash);
}

std::string amz_date(UnixNanos t) {
    using namespace std::chrono;
    const auto day = floor<days>(t);
    const year_month_day date(day);
    const hh_mm_ss time(floor<seconds>(t - day));
    char text[32];
    const int n = std::snprintf(text, sizeof text, "%04d%02u%02uT%02d%02d%02dZ", static_cast<int>(date.year()),
        static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()), static_cast<int>(time.hours().count()),
        static_cast<int>(time.minutes().count()), static_cast<int>(time.seconds().count()));
    return {text, static_cast<std::size_t>(std::max(n, 0))};
}

std::string_view empty_payload_hash() noexcept {
    return "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
}

std::string authorization(
    const SignedRequest& request, std::string_view payload_hash, const SigningKey& key, UnixNanos at) {
    const auto stamp = amz_date(at);
    const auto date = stamp.substr(0, 8);
    const auto scope = date + "/" + key.region + "/" + key.service + "/aws4_request";
    const auto hash = sha256(canonical_request(request, payload_hash));
    auto secret = day_key(key, date);
    if (!hash || !secret)
        return {};
    const auto to_sign = std::string(algorithm) + "\n" + stamp + "\n" + scope + "\n" + hex(*hash);
    const auto signature = hmac(*secret, to_sign);
    wipe(*secret);
    if (!signature)
        return {};
    return std::string(algorithm) + " Credential=" + key.id + "/" + scope + ", SignedHeaders=" + names_of(request) +
           ", Signature=" + hex(*signature);
}

} // namespace tickgate::massive
