// REST answers of Tradier: any body is data or an error. The first byte says which kind of answer the rest is.
#include "tradier/errors.hpp"
#include "tradier/history.hpp"
#include "tradier/new_york.hpp"
#include "tradier/options.hpp"
#include "tradier/quotes.hpp"
#include "tradier/reference.hpp"
#include "tradier/symbols.hpp"

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

namespace {

using namespace tickgate;

const UnixNanos now{std::chrono::seconds(1700000000)};

void require(bool ok) {
    if (!ok)
        std::abort();
}

void bars(const result<tradier::ParsedBars>& parsed) {
    if (!parsed)
        return;
    for (std::size_t i = 0; i < parsed->bars.size(); ++i) {
        const auto& bar = parsed->bars[i];
        require(bar.open_time < bar.close_time);
        require(i == 0 || parsed->bars[i - 1].open_time < bar.open_time);
        require(bar.close.to_string().size() <= Decimal::max_text);
    }
}

void quotes(std::string_view body) {
    const auto take = [](const tradier::QuoteRow& row) {
        require(!row.native.empty());
        require((row.quote.bid || !row.quote.bid_size) && (row.quote.ask || !row.quote.ask_size));
        if (const auto name = tradier::name_of(row.native, row.type)) {
            require(InstrumentName::parse(name->to_string()).has_value());
            require(tradier::native_of(*name) == row.native);
        }
    };
    std::size_t skipped = 0;
    (void)tradier::parse_quotes(body, 100, now, take, skipped);
    (void)tradier::parse_chain(body, 100, now, take, skipped);
    if (const auto names = tradier::parse_unmatched(body))
        for (const auto& name : *names)
            require(!name.empty());
}

void reference(std::string_view body) {
    if (const auto id = tradier::parse_session(body))
        require(!id->empty() && id->size() <= 64);
    std::size_t skipped = 0;
    if (const auto found = tradier::parse_securities(body, skipped))
        for (const auto& info : *found)
            require(InstrumentName::parse(info.name.to_string()).has_value() && !info.native.empty());
    if (const auto clock = tradier::parse_clock(body))
        require(clock->date.ok() && !clock->state.empty());
    if (const auto days = tradier::parse_calendar(body))
        for (const auto& day : *days)
            require(day.date.ok());
    if (const auto dates = tradier::parse_expirations(body))
        for (const auto& date : *dates)
            require(date.ok());
    (void)tradier::parse_strikes(body);
    if (const auto local = tradier::parse_local(body.substr(0, 19)))
        require(tradier::to_new_york(tradier::from_new_york(*local)) - *local <= std::chrono::hours(1));
}

void failure(std::string_view body) {
    RestResponse answer;
    answer.status = body.empty() ? 200 : 200 + static_cast<unsigned char>(body[0]) % 4 * 100;
    const auto line = std::string(body.substr(0, body.find('\n')));
    for (const auto* name :
        {"x-ratelimit-allowed", "x-ratelimit-used", "x-ratelimit-available", "x-ratelimit-expiry", "retry-after"})
        answer.headers.emplace_back(name, line);
    answer.body = body;
    const auto error = tradier::error_of(answer);
    require(error.code.failed() && error.text.size() <= 256);
    if (const auto inside = tradier::error_in(answer))
        require(inside->code.failed() && inside->text.size() <= 256);
    require(tradier::code_of_words(body).failed());
    require(tradier::end_of(1008, body).reason.failed());
    const auto budget = tradier::budget_of(answer, now);
    require(!budget.pause || (budget.pause->count() > 0 && *budget.pause <= std::chrono::hours(1)));
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0)
        return 0;
    // A copy of exactly this size: reading past it is a fault.
    const std::string copy(reinterpret_cast<const char*>(data) + 1, size - 1);
    switch (data[0] % 5) {
    case 0:
        for (const auto timeframe : {Timeframe::d1, Timeframe::w1, Timeframe::mo1})
            bars(tradier::parse_history(copy, timeframe, now));
        break;
    case 1:
        bars(tradier::parse_timesales(copy, Timeframe::m5, now));
        (void)tradier::parse_ticks(copy);
        break;
    case 2:
        quotes(copy);
        break;
    case 3:
        reference(copy);
        break;
    default:
        failure(copy);
    }
    return 0;
}
