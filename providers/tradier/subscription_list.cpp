#include "tradier/subscription_list.hpp"

#include "tradier/symbols.hpp"

#include <algorithm>

namespace tickgate::tradier {

std::vector<std::string_view> SubscriptionList::filter() const {
    std::vector<std::string_view> types;
    if (quotes)
        types.push_back("quote");
    if (trades)
        types.push_back(to_string(trade_events));
    if (index_values && !(trades && trade_events == TradeEvents::trade))
        types.push_back("trade");
    return types;
}

std::string SubscriptionList::message(std::string_view session_id) const {
    std::string text;
    text.reserve(200 + symbols.size() * 12);
    const auto list = [&text](const std::vector<std::string_view>& items) {
        for (std::size_t i = 0; i < items.size(); ++i)
            text.append(i == 0 ? "\"" : ",\"").append(items[i]).append("\"");
    };
    text += R"({"symbols":[)";
    list(symbols);
    text += R"(],"filter":[)";
    list(filter());
    text.append(R"(],"sessionid":")").append(session_id);
    text += R"(","linebreak":true,"validOnly":true,"advancedDetails":false})";
    return text;
}

std::string SubscriptionList::form(std::string_view session_id) const {
    std::string text = "symbols=";
    for (std::size_t i = 0; i < symbols.size(); ++i)
        text.append(i == 0 ? "" : ",").append(percent_encode(symbols[i]));
    text.append("&sessionid=").append(percent_encode(session_id)).append("&filter=");
    const auto types = filter();
    for (std::size_t i = 0; i < types.size(); ++i)
        text.append(i == 0 ? "" : ",").append(types[i]);
    return text += "&linebreak=true&validOnly=true&advancedDetails=false";
}

bool is_sendable(std::string_view native) noexcept {
    return !native.empty() && native.size() <= 64 && std::all_of(native.begin(), native.end(), [](char c) {
        return c > ' ' && c < 0x7f && c != '"' && c != '\\' && c != ',';
    });
}

} // namespace tickgate::tradier
