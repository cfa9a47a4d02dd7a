// Names of Massive's instruments: canonical, on the stream, by REST.
//
//     fx:EUR-USD   stream EUR/USD   REST C:EURUSD      index:SPX   I:SPX
//     crypto:BTC-USD   BTC-USD      REST X:BTCUSD      option:AAPL240119C00190000   O:AAPL240119C00190000
#pragma once

#include "massive/config.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace tickgate::massive {

// As the stream writes it and takes it. The class decides the form; no lookup.
std::string stream_symbol(const InstrumentName& name);

// As `/v2/aggs` and `/v3/snapshot` take it.
std::string rest_ticker(const InstrumentName& name);

// Symbol of a canonical name from any form the venue writes (`C:EURUSD`, `EUR/USD`, `C:EUR-USD`, `X:BTCUSD`, `I:SPX`).
// A crypto pair without separator is cut before a known quote currency. Empty: no form fits, or characters that
// canonical symbols do not have.
std::optional<std::string> canonical_symbol(Cluster cluster, std::string_view native);

// The stream's form of any form, written into `buffer` (at least 64 bytes): `EUR/USD`, `BTC-USD`, else the text itself.
// Empty if it does not fit. No allocation.
std::string_view normalise(Cluster cluster, std::string_view native, char* buffer) noexcept;

// Percent-encoding of a query value or a path segment (RFC 3986).
std::string percent_encode(std::string_view text);

} // namespace tickgate::massive
