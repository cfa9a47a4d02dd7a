// `tickgate backfill`: a job of the daemon, started and watched from here. The job never needs us.
#include "cli/history_commands.hpp"
#include "cli/json.hpp"
#include "cli/text.hpp"
#include "cli/views.hpp"
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

} // namespace

// A job as the daemon tells it.
struct Backfill::View {
    std::string id, state, symbols, timeframes, start, end, error;
    double fraction = 0;
    std::uint64_t bars = 0, requests = 0;
    std::int64_t waiting_ms = 0, eta_ms = -1, series_done = 0, series = 0;
    std::vector<std::string> missing; // a line each

    bool ended() const noexcept { return state != "waiting" && state != "running"; }
    static std::optional<View> parse(const std::string& body) {
        const auto job = parse_json(body);
        return job ? of(*job) : std::nullopt;
    }
    static std::optional<View> of(const Json& job) {
        View v;
        v.id = job["id"].words();
        v.state = job["state"].words();
        if (v.id.empty() || v.state.empty())
            return std::nullopt;
        v.symbols = job["symbols"].words(",");
        v.timeframes = job["timeframes"].words(",");
        v.start = job["start"].words();
        v.end = job["end"].words();
        v.error = job["error"].words();
        v.fraction = job["fraction"].real();
        v.bars = static_cast<std::uint64_t>(std::max<std::int64_t>(job["bars"].integer(), 0));
        v.requests = static_cast<std::uint64_t>(std::max<std::int64_t>(job["requests"].integer(), 0));
        v.waiting_ms = job["waiting_ms"].integer();
        v.eta_ms = job["eta_ms"].integer(-1);
        v.series_done = job["series_done"].integer();
        v.series = job["series"].integer();
        for (const auto& span : job["missing"].items)
            v.missing.push_back(span["from"].words() + " to " + span["to"].words() + ": " + span["cause"].words());
        return v;
    }
};

Backfill::Backfill(BackfillArguments arguments, Output output, std::ostream& err)
    : arguments_(std::move(arguments)), output_(std::move(output)), out_(output_.stream()), err_(err) {}
Backfill::~Backfill() = default;

void Backfill::leave() {
    left_ = true;
    if (pause_ != nullptr)
        pause_->cancel();
}

asio::awaitable<int> Backfill::run(DaemonClient& client) {
    std::string id = arguments_.follow;
    if (arguments_.list) {
        DaemonClient::Call call;
        call.target = path;
        auto listing = show_list(client, std::move(call), views::jobs(), output_, err_);
        co_return co_await std::move(listing);
    }
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
    JsonBody body;
    body.texts("symbols", arguments_.symbols).text("timeframes", arguments_.timeframes);
    body.text("start_date", arguments_.start).text("end_date", arguments_.end);
    body.text("provider", arguments_.provider).text("method", arguments_.method);
    if (arguments_.no_cache)
        body.raw("use_cache", "false");
    DaemonClient::Call call;
    call.method = "POST";
    call.target = path;
    call.body = body.take();
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
    const auto all = parse_json(answer.response.body).value_or(Json());
    double least = 2;
    for (const auto& l : all["data"].items) {
        const auto limit = l["limit"].integer(-1), remaining = l["remaining"].integer();
        if (l["what"].text != "requests" || limit <= 0)
            continue;
        if (const auto part = static_cast<double>(remaining) / static_cast<double>(limit); part < least) {
            least = part;
            words = fmt::format("{} {}/{} left", l["provider"].words(), remaining, limit);
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

} // namespace tickgate::cli
