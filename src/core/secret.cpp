#include "core/secret.hpp"

#include <algorithm>
#include <mutex>
#include <vector>

namespace tickgate {

namespace {

constexpr std::size_t shortest_known = 4; // shorter ones would blank out ordinary words

struct Registry {
    std::mutex mutex;
    std::vector<std::string> texts; // longest first, so that a secret inside another does not leave a rest
};
Registry& registry() {
    static Registry r;
    return r;
}

std::string percent_encoded(std::string_view text) {
    static constexpr char hex[] = "0123456789ABCDEF";
    std::string out;
    for (const char c : text) {
        const auto u = static_cast<unsigned char>(c);
        const bool plain = (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' ||
                           c == '_' || c == '.' || c == '~';
        if (plain) {
            out += c;
        } else {
            out += '%';
            out += hex[u >> 4];
            out += hex[u & 15];
        }
    }
    return out;
}

void replace_all(std::string& text, std::string_view what) {
    for (std::size_t at = 0; (at = text.find(what, at)) != std::string::npos; at += 3)
        text.replace(at, what.size(), "***");
}

// `scheme://user:password@host` loses its user info.
void redact_user_info(std::string& text) {
    for (std::size_t at = 0; (at = text.find("://", at)) != std::string::npos;) {
        const auto start = at + 3;
        const auto stop = text.find_first_of("/?# \t\r\n\"'", start);
        const auto sign = text.rfind('@', stop == std::string::npos ? std::string::npos : stop);
        if (sign != std::string::npos && sign >= start && (stop == std::string::npos || sign < stop))
            text.replace(start, sign - start, "***");
        at = start;
    }
}

void redact_parameters(std::string& text) {
    static constexpr std::string_view names[] = {
        "token=", "apikey=", "api_key=", "access_token=", "password=", "secret=", "signature=", "sessionid="};
    for (const auto name : names) {
        for (std::size_t at = 0; (at = text.find(name, at)) != std::string::npos;) {
            const auto start = at + name.size();
            auto stop = text.find_first_of("& \t\r\n\"'#,;)", start);
            if (stop == std::string::npos)
                stop = text.size();
            if (stop > start)
                text.replace(start, stop - start, "***");
            at = start;
        }
    }
}

} // namespace

Secret::Secret(std::string text) : text_(std::move(text)) {
    if (text_.size() < shortest_known)
        return;
    auto& r = registry();
    const std::lock_guard lock(r.mutex);
    for (auto form : {text_, percent_encoded(text_)})
        if (std::find(r.texts.begin(), r.texts.end(), form) == r.texts.end())
            r.texts.push_back(std::move(form));
    std::sort(r.texts.begin(), r.texts.end(), [](const auto& a, const auto& b) { return a.size() > b.size(); });
}

std::string redact(std::string_view text) {
    std::string out(text);
    {
        auto& r = registry();
        const std::lock_guard lock(r.mutex);
        for (const auto& secret : r.texts)
            replace_all(out, secret);
    }
    redact_user_info(out);
    redact_parameters(out);
    return out;
}

} // namespace tickgate
