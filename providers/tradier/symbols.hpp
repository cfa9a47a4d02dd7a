// Tradier's names and ours.
#pragma once

#include <tickgate/instrument.hpp>

#include <optional>
#include <string>
#include <string_view>

namespace tickgate::tradier {

// True for an OCC symbol without padding: root of 1 to 6 letters or digits, YYMMDD, C or P, eight digits of strike.
bool is_option(std::string_view native) noexcept;

// `equity:BRK.B` is `BRK/B`; the rest is written alike.
std::string native_of(const InstrumentName& name);

// The canonical name of what the venue calls `native`, whose `type` is stock, etf, mutual_fund, option or index (empty:
// told by the form of the name). Empty if the name fits no canonical form or the type is none of ours.
std::optional<InstrumentName> name_of(std::string_view native, std::string_view type);

// RFC 3986; commas stay, as lists are separated by them.
std::string percent_encode(std::string_view text);

} // namespace tickgate::tradier
