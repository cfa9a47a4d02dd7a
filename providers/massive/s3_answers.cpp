#include "massive/s3_answers.hpp"

#include "core/secret.hpp"

#include <algorithm>
#include <array>
#include <charconv>

namespace tickgate::massive {

namespace {

using namespace std::chrono;

// The text between the first `<name>` and its end. Empty optional: no such element.
std::optional<std::string_view> element(std::string_view xml, std::string_view name) {
    const auto open = "<" + std::string(name) + ">", close = "</" + std::string(name) + ">";
    const auto begin = xml.find(open);
    if (begin == std::string_view::npos)
        return std::nullopt;
    const auto from = begin + open.size();
    const auto end = xml.find(close, from);
    return end == std::string_view::npos ? std::nullopt : std::optional(xml.substr(from, end - from));
}

std::string unescaped(std::string_view text) {
    struct Entity {
        std::string_view name;
        char c;
    };
    static constexpr std::array<Entity, 7> entities{{{"&quot;", '"'}, {"&amp;", '&'}, {"&lt;", '<'}, {"&gt;", '>'},
        {"&apos;", '\''}, {"&#34;", '"'}, {"&#39;", '\''}}};
    std::string out;
    while (!text.empty()) {
        const auto it =
            std::find_if(entities.begin(), entities.end(), [&](const Entity& e) { return text.starts_with(e.name); });
        out += it == entities.end() ? text.front() : it->c;
        text.remove_prefix(it == entities.end() ? 1 : it->name.size());
    }
    return out;
}

std::string text_of(std::string_view xml, std::string_view name) {
    const auto text = element(xml, name);
    return text ? unescaped(*text) : std::string();
}

bool number(std::string_view text, std::uint64_t& into) noexcept {
    const auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), into);
    return ec == std::errc() && end == text.data() + text.size();
}

// What a server says whose clock is too far from ours.
std::string skew_text(const RestResponse& answer, UnixNanos now) {
    std::string text = "the clock of this machine is wrong: ";
    const auto theirs = parse_http_date(answer.header("date"));
    if (!theirs)
        return text + "the server takes no request whose time is more than 15 minutes off its own";
    const auto off = duration_cast<seconds>(now - *theirs).count();
    return text + "it is " + std::to_string(off < 0 ? -off : off) + " s " + (off < 0 ? "behind" : "ahead of") +
           " the server's";
}

bool clock_is_off(const RestResponse& answer, UnixNanos now) noexcept {
    const auto theirs = parse_http_date(answer.header("date"));
    return theirs && (now - *theirs > 15min || *theirs - now > 15min);
}

std::optional<milliseconds> retry_after(const RestResponse& answer) noexcept {
    std::uint64_t value = 0;
    if (!number(answer.header("retry-after"), value) || value == 0)
        return std::nullopt;
    return seconds(static_cast<std::int64_t>(std::min<std::uint64_t>(value, 3600)));
}

void judge(S3Error& e, int status) {
    const auto is = [&](std::string_view name) { return e.name == name; };
    if (is("InvalidAccessKeyId") || is("SignatureDoesNotMatch") || is("AuthorizationHeaderMalformed") ||
        is("InvalidToken") || is("ExpiredToken") || status == 401) {
        e.code = errc::unauthorized;
    } else if (is("NoSuchBucket")) {
        e.code = errc::configuration;
    } else if (status == 403) {
        e.code = errc::not_entitled;
    } else if (status == 404) {
        e.code = errc::unknown_symbol;
    } else if (status == 429 || is("SlowDown")) {
        e.code = errc::rate_limited;
        e.retry = true;
    } else {
        e.code = status >= 500 || is("RequestTimeout") ? errc::venue_error : errc::bad_request;
        e.retry = e.code == errc::venue_error && status != 501 && status != 505;
    }
}

} // namespace

result<S3Listing> parse_listing(std::string_view body) {
    if (body.find("<ListBucketResult") == std::string_view::npos ||
        body.find("</ListBucketResult>") == std::string_view::npos)
        return errc::malformed_payload;
    S3Listing out;
    auto rest = body;
    while (const auto item = element(rest, "Contents")) {
        S3Object object;
        object.key = text_of(*item, "Key");
        object.etag = text_of(*item, "ETag");
        if (object.key.empty() || !number(element(*item, "Size").value_or(""), object.size))
            return errc::malformed_payload;
        out.objects.push_back(std::move(object));
        rest.remove_prefix(static_cast<std::size_t>(item->data() + item->size() - rest.data()));
    }
    if (text_of(body, "IsTruncated") == "true") {
        out.next = text_of(body, "NextContinuationToken");
        if (out.next.empty())
            return errc::malformed_payload;
    }
    return out;
}

S3Error error_of_s3(const RestResponse& answer, UnixNanos now) {
    S3Error e;
    e.name = redact(text_of(answer.body, "Code").substr(0, 4096)).substr(0, 64);
    e.pause = retry_after(answer);
    if (e.name == "RequestTimeTooSkewed" || (answer.status == 403 && e.name.empty() && clock_is_off(answer, now))) {
        e.name = "RequestTimeTooSkewed";
        e.code = errc::configuration;
        e.text = skew_text(answer, now);
        return e;
    }
    const auto message = text_of(answer.body, "Message");
    e.text = redact((message.empty() ? answer.body : message).substr(0, 4096)).substr(0, 300);
    judge(e, answer.status);
    return e;
}

std::optional<ContentRange> parse_content_range(std::string_view text) noexcept {
    ContentRange out;
    if (!text.starts_with("bytes "))
        return std::nullopt;
    text.remove_prefix(6);
    const auto dash = text.find('-'), slash = text.find('/');
    if (dash == std::string_view::npos || slash == std::string_view::npos || dash > slash ||
        !number(text.substr(0, dash), out.first) || !number(text.substr(dash + 1, slash - dash - 1), out.last) ||
        !number(text.substr(slash + 1), out.total) || out.first > out.last || out.last >= out.total)
        return std::nullopt;
    return out;
}

std::optional<UnixNanos> parse_http_date(std::string_view text) noexcept {
    static constexpr std::string_view months_of_year = "JanFebMarAprMayJunJulAugSepOctNovDec";
    if (text.size() != 29 || !text.ends_with(" GMT"))
        return std::nullopt;
    std::array<std::uint64_t, 5> n{}; // day, year, hour, minute, second
    const std::array<std::pair<std::size_t, std::size_t>, 5> at{{{5, 2}, {12, 4}, {17, 2}, {20, 2}, {23, 2}}};
    for (std::size_t i = 0; i < n.size(); ++i)
        if (!number(text.substr(at[i].first, at[i].second), n[i]))
            return std::nullopt;
    const auto month_at = months_of_year.find(text.substr(8, 3));
    if (month_at == std::string_view::npos || month_at % 3 != 0 || n[2] > 23 || n[3] > 59 || n[4] > 60)
        return std::nullopt;
    const year_month_day date{
        year(static_cast<int>(n[1])), month(static_cast<unsigned>(month_at / 3 + 1)), day(static_cast<unsigned>(n[0]))};
    if (!date.ok() || n[1] < 1970 || n[1] > 2200)
        return std::nullopt;
    return UnixNanos(sys_days(date)) + hours(n[2]) + minutes(n[3]) + seconds(n[4]);
}

} // namespace tickgate::massive
