#include "api/bars_answer.hpp"

#include "core/secret.hpp"
#include "net/http_server.hpp"
#include "ops/history_text.hpp"
#include "ops/json_text.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>

namespace tickgate::api {

namespace {

constexpr std::size_t most_queued = 1u << 20;
constexpr std::size_t count_room = 12;
constexpr std::size_t usual_row = 150; // bytes, for reserving

using Row = std::array<char, 6 * Decimal::max_text + 128>;

template <std::size_t n>
char* put(char* out, const char (&text)[n]) noexcept {
    std::memcpy(out, text, n - 1);
    return out + n - 1;
}
char* put(char* out, const OptionalDecimal& d) noexcept { return d ? d->print(out) : put(out, "null"); }

std::string or_null(const std::string& text) {
    std::string out;
    if (text.empty())
        return "null";
    ops::append_json_string(out, text);
    return out;
}

} // namespace

void append_json_bar(std::string& out, const Bar& bar, ops::TimeWriter& times) {
    out += R"({"timestamp":")";
    times.append(out, bar.open_time);
    Row row;
    char* p = put(row.data(), "\",\"open\":");
    p = bar.open.print(p);
    p = put(p, ",\"high\":");
    p = bar.high.print(p);
    p = put(p, ",\"low\":");
    p = bar.low.print(p);
    p = put(p, ",\"close\":");
    p = bar.close.print(p);
    p = put(p, ",\"volume\":");
    p = put(p, bar.volume);
    p = put(p, ",\"vwap\":");
    p = put(p, bar.vwap);
    p = put(p, ",\"transactions\":");
    p = bar.trades ? std::to_chars(p, p + 24, *bar.trades).ptr : put(p, "null");
    *p++ = '}';
    out.append(row.data(), static_cast<std::size_t>(p - row.data()));
}

void append_csv_bar(std::string& out, const Bar& bar, ops::TimeWriter& times) {
    times.append(out, bar.open_time);
    Row row;
    char* p = row.data();
    for (const auto& d : {bar.open, bar.high, bar.low, bar.close}) {
        *p++ = ',';
        p = d.print(p);
    }
    for (const auto& d : {bar.volume, bar.vwap}) {
        *p++ = ',';
        if (d)
            p = d->print(p);
    }
    *p++ = ',';
    if (bar.trades)
        p = std::to_chars(p, p + 24, *bar.trades).ptr;
    out.append(row.data(), static_cast<std::size_t>(p - row.data()));
}

void JsonBars::open(const InstrumentName& name) {
    body_ += body_.empty() ? (several_ ? "[" : "") : ",";
    body_ += R"({"symbol":")";
    body_ += name.to_string();
    body_ += '"';
}

asio::awaitable<error_code> JsonBars::begin(const ops::BarsHead& head) {
    if (const auto length = length_of(head.timeframe)) {
        const auto bars = static_cast<std::size_t>((head.range.to - head.range.from) / *length) + 1;
        body_.reserve(body_.size() + std::min(bars * usual_row, max_json_bytes / 4) + 4096);
    }
    open(head.name);
    body_.append(R"(,"timeframe":")").append(to_string(head.timeframe)).append(R"(","bar_count":)");
    count_at_ = body_.size();
    body_.append(count_room, ' '); // told when it is known
    body_ += R"(,"data":[)";
    first_bar_ = true;
    co_return error_code();
}

asio::awaitable<error_code> JsonBars::bars(
    const ops::BarsHead&, const backfill::Part&, std::span<const store::StoredBar> bars) {
    for (const auto& b : bars) {
        if (!first_bar_)
            body_ += ',';
        first_bar_ = false;
        append_json_bar(body_, b.bar, times_);
    }
    too_large_ = body_.size() > max_json_bytes;
    co_return too_large_ ? make_error_code(errc::message_too_large) : error_code();
}

asio::awaitable<error_code> JsonBars::end(const ops::BarsHead& head, const ops::BarsSummary& summary) {
    const auto count = std::to_string(summary.bars);
    body_.replace(count_at_, count.size(), count);
    body_ += R"(],"cached":)";
    body_ += head.ensured.cached ? "true" : "false";
    body_.append(R"(,"provider":)").append(or_null(head.provider));
    body_.append(head.complete ? R"(,"complete":true)" : R"(,"complete":false)");
    body_.append(summary.cut ? R"(,"truncated":true)" : R"(,"truncated":false)");
    body_ += R"(,"validation":)";
    body_ += summary.report ? ops::report_json(*summary.report, ops::Times::rfc3339) : "null";
    bool cut = false;
    body_ += R"(,"coverage":)";
    body_ += ops::coverage_json(head.ensured.coverage, ops::Times::rfc3339, cut);
    body_.append(R"(,"coverage_cut":)").append(cut ? "true" : "false");
    body_.append(R"(,"error":)").append(head.error ? ops::to_json(*head.error) : "null");
    body_ += '}';
    co_return error_code();
}

asio::awaitable<error_code> JsonBars::failed(const InstrumentName& name, const ops::Error& error) {
    open(name);
    body_ += R"(,"bar_count":0,"data":[],"cached":false,"complete":false,"error":)";
    body_ += ops::to_json(error);
    body_ += '}';
    co_return error_code();
}

std::string JsonBars::take() {
    if (several_)
        body_ += body_.empty() ? "[]" : "]";
    body_ += '\n';
    return std::move(body_);
}

void BarLines::send_head(const ops::BarsHead* head) {
    if (std::exchange(began_, true))
        return;
    net::HttpResponse response;
    response.content_type = format_ == Format::csv ? "text/csv; charset=utf-8; header=present" : "application/x-ndjson";
    response.headers.emplace_back("X-Request-Id", request_id_);
    response.headers.emplace_back("Cache-Control", "no-store");
    if (head != nullptr && !several_) { // what CSV has no place for
        if (!head->provider.empty())
            response.headers.emplace_back("X-Tickgate-Provider", head->provider);
        response.headers.emplace_back("X-Tickgate-Cached", head->ensured.cached ? "true" : "false");
        response.headers.emplace_back("X-Tickgate-Complete", head->complete ? "true" : "false");
        if (head->error)
            response.headers.emplace_back("X-Tickgate-Error", head->error->code);
    }
    response_.send_head(response);
    told_.status = response.status;
    if (format_ == Format::csv)
        response_.send_chunk((several_ ? "symbol," : "") + std::string(csv_header));
}

asio::awaitable<error_code> BarLines::send(const std::string& text) {
    response_.send_chunk(text);
    told_.bytes += text.size();
    const bool there = co_await response_.wait_room(most_queued);
    co_return there ? error_code() : make_error_code(errc::unavailable);
}

asio::awaitable<error_code> BarLines::begin(const ops::BarsHead& head) {
    send_head(&head);
    co_return error_code();
}

asio::awaitable<error_code> BarLines::bars(
    const ops::BarsHead& head, const backfill::Part&, std::span<const store::StoredBar> bars) {
    const std::string name = head.name.to_string();
    std::string text;
    while (!bars.empty()) {
        const auto some = bars.first(std::min<std::size_t>(bars.size(), 1000));
        bars = bars.subspan(some.size());
        text.clear();
        for (const auto& b : some) {
            if (format_ == Format::csv) {
                if (several_)
                    text.append(name).append(",");
                append_csv_bar(text, b.bar, times_);
            } else {
                const auto at = text.size();
                append_json_bar(text, b.bar, times_);
                if (several_)
                    text.insert(at + 1, "\"symbol\":\"" + name + "\",");
            }
            text += '\n';
        }
        if (const auto ec = co_await send(text); ec)
            co_return ec;
    }
    co_return error_code();
}

asio::awaitable<error_code> BarLines::end(const ops::BarsHead& head, const ops::BarsSummary& summary) {
    if (format_ == Format::csv)
        co_return error_code();
    const auto text = ops::summary_element(head, summary, ops::Times::rfc3339) + "\n";
    co_return co_await send(text);
}

asio::awaitable<error_code> BarLines::failed(const InstrumentName& name, const ops::Error& error) {
    send_head(nullptr);
    if (format_ == Format::csv)
        co_return error_code();
    ops::JsonObject o;
    o.text("type", "error").text("class", to_string(name.asset_class)).text("symbol", name.symbol);
    o.raw("error", ops::to_json(error));
    const auto text = o.take() + "\n";
    co_return co_await send(text);
}

} // namespace tickgate::api
