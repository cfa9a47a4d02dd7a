// Bars as HTTP clients get them: JSON in one body, NDJSON and CSV as a stream.
#pragma once

#include "api/data_api.hpp"
#include "api/parameters.hpp"
#include "net/http_stream_response.hpp"
#include "ops/bars.hpp"
#include "ops/time_text.hpp"

#include <string>

namespace tickgate::api {

// A JSON body may become so long; more is asked for as NDJSON or CSV, or in pieces.
inline constexpr std::size_t max_json_bytes = 64u << 20;

// `{"timestamp":…,"open":…,…,"transactions":…}` and the same as a line of CSV without its end.
void append_json_bar(std::string& out, const Bar& bar, ops::TimeWriter& times);
void append_csv_bar(std::string& out, const Bar& bar, ops::TimeWriter& times);
inline constexpr std::string_view csv_header = "timestamp,open,high,low,close,volume,vwap,transactions\n";

// One object, or a list of them. After message_too_large the body is not to be sent.
class JsonBars final : public ops::BarsSink {
public:
    explicit JsonBars(bool several) : several_(several) {}

    asio::awaitable<error_code> begin(const ops::BarsHead& head) override;
    asio::awaitable<error_code> bars(
        const ops::BarsHead& head, const backfill::Part& part, std::span<const store::StoredBar> bars) override;
    asio::awaitable<error_code> end(const ops::BarsHead& head, const ops::BarsSummary& summary) override;
    asio::awaitable<error_code> failed(const InstrumentName& name, const ops::Error& error) override;

    bool too_large() const noexcept { return too_large_; }
    std::string take();

private:
    void open(const InstrumentName& name);

    bool several_;
    bool too_large_ = false;
    bool first_bar_ = true;
    std::size_t count_at_ = 0; // where bar_count is written
    ops::TimeWriter times_;
    std::string body_;
};

// Lines. The head goes out with the first of them, so that an error before is a problem with its status.
class BarLines final : public ops::BarsSink {
public:
    // `told` gets the status once the head is sent, and what was sent since.
    BarLines(
        net::HttpStreamResponse& response, Format format, bool several, std::string request_id, DataApi::Streamed& told)
        : response_(response), format_(format), several_(several), request_id_(std::move(request_id)), told_(told) {}

    asio::awaitable<error_code> begin(const ops::BarsHead& head) override;
    asio::awaitable<error_code> bars(
        const ops::BarsHead& head, const backfill::Part& part, std::span<const store::StoredBar> bars) override;
    asio::awaitable<error_code> end(const ops::BarsHead& head, const ops::BarsSummary& summary) override;
    asio::awaitable<error_code> failed(const InstrumentName& name, const ops::Error& error) override;

    bool began() const noexcept { return began_; }

private:
    void send_head(const ops::BarsHead* head);
    asio::awaitable<error_code> send(const std::string& text);

    net::HttpStreamResponse& response_;
    Format format_;
    bool several_;
    std::string request_id_;
    DataApi::Streamed& told_;
    bool began_ = false;
    ops::TimeWriter times_;
};

} // namespace tickgate::api
