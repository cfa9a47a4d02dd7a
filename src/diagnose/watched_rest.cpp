#include "diagnose/watched_rest.hpp"

#include "core/clock.hpp"
#include "core/secret.hpp"

#include <ctime>
#include <utility>

namespace tickgate::diagnose {

namespace {

constexpr std::size_t most_words = 200;

// The start of a body on one line.
std::string words_of(const std::string& body) {
    std::string out;
    for (const char c : redact(body)) {
        if (out.size() >= most_words)
            return out + "…";
        const bool blank = c == ' ' || c == '\n' || c == '\r' || c == '\t';
        if (!blank && static_cast<unsigned char>(c) > 0x20 && static_cast<unsigned char>(c) < 0x7f)
            out += c;
        else if (!out.empty() && out.back() != ' ')
            out += ' ';
    }
    return out;
}

} // namespace

std::string origin_of(const net::Url& url) {
    return std::string(url.secure() ? "https://" : "http://") + url.host + ":" + std::to_string(url.port);
}

std::optional<UnixNanos> http_date(std::string_view text) {
    std::tm parts{};
    const std::string copy(text);
    const char* end = ::strptime(copy.c_str(), "%a, %d %b %Y %H:%M:%S GMT", &parts);
    if (end == nullptr || *end != '\0')
        return std::nullopt;
    return UnixNanos(std::chrono::seconds(::timegm(&parts)));
}

asio::awaitable<error_code> WatchedRest::look_at(std::string base) {
    if (closed_)
        co_return errc::cancelled;
    auto url = net::Url::parse(base);
    if (!url)
        co_return errc::configuration;
    auto origin = origin_of(*url);
    if (looked_at_.contains(origin))
        co_return error_code();
    looked_at_.insert(std::move(origin));
    ReachOptions how = how_;
    auto looking = reach(std::move(*url), std::move(how), report_);
    if (co_await std::move(looking))
        co_return error_code();
    unreachable_ = true;
    co_return errc::unavailable;
}

void WatchedRest::note(const result<RestResponse>& answer, MonoTime sent) {
    last_ = Answer();
    last_.took = std::chrono::duration_cast<std::chrono::milliseconds>(mono_now() - sent);
    if (!answer)
        return;
    last_.status = answer->status;
    if (answer->status >= 400)
        last_.words = words_of(answer->body);
    if (const auto at = http_date(answer->header("date"))) {
        // The header has whole seconds: the middle of its second is the best guess.
        const auto theirs = *at + std::chrono::milliseconds(500);
        last_.skew = std::chrono::duration_cast<std::chrono::milliseconds>(wall_now() - theirs) - last_.took / 2;
        skew_ = last_.skew;
    }
}

asio::awaitable<result<RestResponse>> WatchedRest::send(RestRequest request) {
    auto looking = look_at(request.base);
    if (const auto ec = co_await std::move(looking); ec)
        co_return ec;
    const auto begun = mono_now();
    auto sending = inner_.send(std::move(request));
    auto answer = co_await std::move(sending);
    note(answer, begun);
    co_return answer;
}

asio::awaitable<result<RestResponse>> WatchedRest::send_streamed(RestRequest request, BodySink sink) {
    auto looking = look_at(request.base);
    if (const auto ec = co_await std::move(looking); ec)
        co_return ec;
    const auto begun = mono_now();
    auto sending = inner_.send_streamed(std::move(request), std::move(sink));
    auto answer = co_await std::move(sending);
    note(answer, begun);
    co_return answer;
}

} // namespace tickgate::diagnose
