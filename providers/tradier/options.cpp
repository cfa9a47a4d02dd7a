#include "tradier/options.hpp"

#include "tradier/new_york.hpp"
#include "tradier/rest_rows.hpp"

namespace tickgate::tradier {

result<std::vector<std::chrono::year_month_day>> parse_expirations(std::string_view body) {
    std::vector<std::chrono::year_month_day> dates;
    const auto take = [&](const Row& row) -> error_code {
        const auto date = parse_local(row.text(row.has("date") ? "date" : ""));
        if (!date)
            return errc::malformed_payload;
        dates.emplace_back(std::chrono::floor<std::chrono::days>(*date));
        return {};
    };
    for (const auto* list : {"date", "expiration"})
        if (const auto ec = read_rows(body, {"expirations", list}, take))
            return ec;
    return dates;
}

result<std::vector<Decimal>> parse_strikes(std::string_view body) {
    std::vector<Decimal> strikes;
    const auto ec = read_rows(body, {"strikes", "strike"}, [&](const Row& row) -> error_code {
        OptionalDecimal strike;
        const auto reading = read_decimal(row[""], strike);
        if (reading == Reading::overflow)
            return errc::number_overflow;
        if (!strike)
            return errc::malformed_payload;
        strikes.push_back(*strike);
        return {};
    });
    if (ec)
        return ec;
    return strikes;
}

} // namespace tickgate::tradier
