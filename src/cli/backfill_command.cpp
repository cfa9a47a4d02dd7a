// `tickgate backfill`: a job of the daemon, started and watched from here. The job never needs us.
#include "cli/history_commands.hpp"
#include "cli/json_fields.hpp"
#include "core/clock.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <ostream>
#include <utility>

namespace tickgate::cli {

namespace {

constexpr auto use_result = asio::as_tuple(asio::use_awaitable);
constexpr std::string_view path = "/api/v1/backfill";

// Text as a JSON string; arguments of a command line are no control characters, but may be anything.
std::string json_string(std::string_view text) {
    std::string out = "\"";
    for (const char c : text) {
        if (c == '"' || c == '\\')
            out += '\\';
        if (static_cast<unsigned char>(c) < 0x20)
            out += fmt::format("\\u{:04x}", static_cast<unsigned>(static_cast<unsigned char>(c)));
        else
            out += c;
    }
    return out + "\"";
}

} // namespace

// A job as the daemon tells it.
struct Backfill::View {
    std::string id, state, symbols, timeframes, start, end, error;
    double fraction = 0;
    std::uint64_t bars = 0, requests = 0;
    std::int64_t waiting_ms = 0, eta_ms = -1, series_done = 0, series = 0;
    std::vector<std::string> missing; // a line each

    bool ended() const noexcept { return state != "waiting" && state != "running"; }
    static std::optional<View> of(const simdjson::dom::element& job) {
        View v;
        v.id = text_at(job, "id");
        v.state = text_at(job, "state");
        if (v.id.empty() || v.state.empty())
            return std::nullopt;
        v.symbols = list_at(job, "symbols");
        v.timeframes = list_at(job, "timeframes");
        v.start = text_at(job, "start");
        v.end = text_at(job, "end");
        v.error = text_at(job, "error");
        v.fraction = value_at<double>(job, "fraction");
        v.bars = static_cast<std::uint64_t>(value_at<std::int64_t>(job, "bars"));
        v.requests = static_cast<std::uint64_t>(value_at<std::int64_t>(job, "requests"));
        v.waiting_ms = value_at<std::int64_t>(job, "waiting_ms");
        v.eta_ms = value_at<std::int64_t>(job, "eta_ms", -1);
        v.series_done = value_at<std::int64_t>(job, "series_done");
        v.series = value_at<std::int64_t>(job, "series");
        simdjson::dom::array missing;
        if (job["missing"].get(missing) == simdjson::SUCCESS)
            for (const auto span : missing)
                v.missing.push_back(
                    text_at(span, "from") + " to " + text_at(span, "to") + ": " + text_at(span, "cause"));
        return v;
    }
    static std::optional<View> parse(const std::string& body) {
        simdjson::dom::parser parser;
        simdjson::dom::element job;
        if (parser.parse(body).get(job) != simdjson::SUCCESS || !job.is_object())
            return std::nullopt;
        return of(job);
    }
};

std::string grouped(std::uint64_t n) {
    std::string digits = std::to_string(n);
    for (std::size_t i = digits.size(); i > 3; i -= 3)
        digits.insert(i - 3, ",");
    return digits;
}

std::string clock_text(std::int64_t seconds) {
    seconds = std::max<std::int64_t>(seconds, 0);
    return fmt::format("{:02}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60);
}

Backfill::Backfill(BackfillArguments arguments, std::ostream& out, std::ostream& err)
    : arguments_(std::move(arguments)), out_(out), err_(err) {}
Backfill::~Backfill() = default;

void Backfill::leave() {
    left_ = true;
    if (pause_ != nullptr)
        pause_->cancel();
}

asio::awaitable<int> Backfill::run(DaemonClient& client) {
    std::string id = arguments_.follow;
    if (arguments_.list)
        co_return co_await list(client);
    if (!arguments_.cancel.empty()) {
        DaemonClient::Call call;
        call.method = "DELETE";
        call.target = std::string(path) + "/" + query_encoded(arguments_.cancel);
        auto sending = client.send(std::move(call));
        const auto answer = co_await std::move(sending);
        if (answer.exit != exit_ok) {
            err_ << "tickgate: " << answer.problem << '\n';
            co_return answer.exit;
        }
        const auto view = View::parse(answer.response.body);
        out_ << arguments_.cancel << ' ' << (view ? view->state : "cancelled") << '\n' << std::flush;
        co_return exit_ok;
    }
    if (id.empty())
        if (const int code = co_await start(client, id); code != exit_ok || arguments_.detach)
            co_return code;
    co_return co_await follow(client, id);
}

asio::awaitable<int> Backfill::start(DaemonClient& client, std::string& id) {
    std::string body = "{\"symbols\":[";
    for (std::size_t i = 0; i < arguments_.symbols.size(); ++i)
        body.append(i == 0 ? "" : ",").append(json_string(arguments_.symbols[i]));
    body.append("],\"timeframes\":").append(json_string(arguments_.timeframes));
    body.append(",\"start_date\":").append(json_string(arguments_.start));
    for (const auto& [name, value] : {std::pair<std::string_view, std::string_view>("end_date", arguments_.end),
             std::pair<std::string_view, std::string_view>("provider", arguments_.provider),
             std::pair<std::string_view, std::string_view>("method", arguments_.method)})
        if (!value.empty())
            body.append(",\"").append(name).append("\":").append(json_string(value));
    body += arguments_.no_cache ? ",\"use_cache\":false}" : "}";
    DaemonClient::Call call;
    call.method = "POST";
    call.target = path;
    call.body = std::move(body);
    auto sending = client.send(std::move(call));
    const auto answer = co_await std::move(sending);
    if (answer.exit != exit_ok) {
        err_ << "tickgate: " << answer.problem << '\n';
        co_return answer.exit;
    }
    const auto view = View::parse(answer.response.body);
    if (!view) {
        err_ << "tickgate: the daemon's answer is no job\n";
        co_return exit_failed;
    }
    id = view->id;
    if (arguments_.detach)
        out_ << id << '\n' << std::flush;
    else
        err_ << "job " << id << ": " << view->symbols << ' ' << view->timeframes << ' ' << view->start << " to "
             << view->end << '\n';
    co_return exit_ok;
}

asio::awaitable<int> Backfill::follow(DaemonClient& client, std::string id) {
    asio::steady_timer pause(co_await asio::this_coro::executor);
    pause_ = &pause;
    std::string left_quota;
    MonoTime quota_at{}, heard = mono_now();
    int code = exit_ok;
    while (!left_) {
        DaemonClient::Call call;
        call.target = std::string(path) + "/" + query_encoded(id);
        call.deadline = std::chrono::seconds(10);
        auto sending = client.send(std::move(call));
        const auto answer = co_await std::move(sending);
        const bool away = answer.exit == exit_unavailable && mono_now() - heard < arguments_.patience;
        if (answer.exit != exit_ok && !away) {
            err_ << (arguments_.bar ? "\n" : "") << "tickgate: " << answer.problem << '\n';
            code = answer.exit;
            break;
        }
        if (!away) {
            heard = mono_now();
            const auto view = View::parse(answer.response.body);
            if (!view) {
                err_ << "tickgate: the daemon's answer is no job\n";
                code = exit_failed;
                break;
            }
            if (arguments_.bar && mono_now() - quota_at > std::chrono::seconds(2)) {
                quota_at = mono_now();
                auto asking = quota(client);
                left_quota = co_await std::move(asking);
            }
            draw(*view, left_quota);
            if (view->ended()) {
                code = finished(*view);
                break;
            }
        }
        if (left_)
            break;
        pause.expires_after(arguments_.interval);
        co_await pause.async_wait(use_result);
    }
    pause_ = nullptr;
    if (left_)
        err_ << (arguments_.bar ? "\n" : "") << "job " << id << " goes on in the daemon: tickgate backfill --follow "
             << id << ", or --cancel " << id << '\n';
    out_ << std::flush;
    co_return code;
}

// What is left of the tightest request limit, in words.
asio::awaitable<std::string> Backfill::quota(DaemonClient& client) {
    DaemonClient::Call call;
    call.target = "/api/v1/rate-limit";
    call.deadline = std::chrono::seconds(5);
    auto sending = client.send(std::move(call));
    const auto answer = co_await std::move(sending);
    std::string words;
    if (answer.exit != exit_ok)
        co_return words;
    simdjson::dom::parser parser;
    simdjson::dom::element all;
    simdjson::dom::array limits;
    if (parser.parse(answer.response.body).get(all) != simdjson::SUCCESS ||
        all["data"].get(limits) != simdjson::SUCCESS)
        co_return words;
    double least = 2;
    for (const auto l : limits) {
        const auto limit = value_at<std::int64_t>(l, "limit", -1);
        if (text_at(l, "what") != "requests" || limit <= 0)
            continue;
        const auto remaining = value_at<std::int64_t>(l, "remaining");
        if (const auto part = static_cast<double>(remaining) / static_cast<double>(limit); part < least) {
            least = part;
            words = fmt::format("{} {}/{} left", text_at(l, "provider"), remaining, limit);
        }
    }
    co_return words;
}

void Backfill::draw(const View& v, const std::string& quota_left) {
    const auto now = mono_now();
    if (first_look_ == MonoTime{}) {
        first_look_ = now;
        first_bars_ = v.bars;
    }
    const auto seconds = std::chrono::duration<double>(now - first_look_).count();
    const auto rate = seconds > 0.5 && v.bars >= first_bars_ ? static_cast<double>(v.bars - first_bars_) / seconds : 0;
    const auto percent = std::clamp(v.fraction, 0.0, 1.0) * 100;
    const auto eta = v.eta_ms >= 0 ? clock_text(v.eta_ms / 1000) : std::string("--:--:--");
    if (!arguments_.bar) {
        auto line = fmt::format("{} {} {:.1f} % bars={} requests={} series={}/{} eta={} waiting_ms={}", v.id, v.state,
            percent, v.bars, v.requests, v.series_done, v.series, eta, v.waiting_ms);
        if (line != last_line_)
            out_ << line << '\n' << std::flush;
        last_line_ = std::move(line);
        return;
    }
    auto words = fmt::format(
        " {:5.1f} % {} bars {}/s ETA {}", percent, grouped(v.bars), grouped(static_cast<std::uint64_t>(rate)), eta);
    if (!quota_left.empty())
        words += " " + quota_left;
    if (v.waiting_ms > 0)
        words += fmt::format(" (waits {} s)", (v.waiting_ms + 999) / 1000);
    const std::size_t room = arguments_.columns > words.size() + 12 ? arguments_.columns - words.size() - 3 : 10;
    const auto width = std::min<std::size_t>(room, 40);
    const auto filled = static_cast<std::size_t>(percent / 100 * static_cast<double>(width));
    err_ << "\r\x1b[K[" << std::string(filled, '#') << std::string(width - filled, '-') << "]"
         << words.substr(0, arguments_.columns > width + 3 ? arguments_.columns - width - 3 : words.size())
         << std::flush;
}

int Backfill::finished(const View& v) {
    if (arguments_.bar)
        err_ << '\n';
    err_ << "job " << v.id << ' ' << v.state << ": " << grouped(v.bars) << " bars fetched";
    if (!v.error.empty())
        err_ << "; " << v.error;
    err_ << '\n';
    for (std::size_t i = 0; i < std::min<std::size_t>(v.missing.size(), 20); ++i)
        err_ << "absent " << v.missing[i] << '\n';
    if (v.missing.size() > 20)
        err_ << "  … more: tickgate coverage\n";
    return v.state == "done" ? exit_ok : exit_failed;
}

asio::awaitable<int> Backfill::list(DaemonClient& client) {
    DaemonClient::Call call;
    call.target = path;
    auto sending = client.send(std::move(call));
    const auto answer = co_await std::move(sending);
    if (answer.exit != exit_ok) {
        err_ << "tickgate: " << answer.problem << '\n';
        co_return answer.exit;
    }
    simdjson::dom::parser parser;
    simdjson::dom::element all;
    simdjson::dom::array jobs;
    if (parser.parse(answer.response.body).get(all) != simdjson::SUCCESS ||
        all["data"].get(jobs) != simdjson::SUCCESS) {
        err_ << "tickgate: the daemon's answer is no list of jobs\n";
        co_return exit_failed;
    }
    if (jobs.size() == 0)
        err_ << "no jobs\n";
    for (const auto job : jobs)
        if (const auto v = View::of(job))
            out_ << fmt::format("{}  {:<9} {:5.1f} %  {} {}  {} to {}{}\n", v->id, v->state, v->fraction * 100,
                v->symbols, v->timeframes, v->start, v->end, v->error.empty() ? "" : "  " + v->error);
    out_ << std::flush;
    co_return exit_ok;
}

} // namespace tickgate::cli
