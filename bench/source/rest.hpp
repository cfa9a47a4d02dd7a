// The few REST answers a gateway asks for before it subscribes: /api/v3/exchangeInfo, ticker/bookTicker, ping, time.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace tickgate::bench {

// A complete HTTP/1.1 response with Content-Length to GET `target`, for a market of `symbols` synthetic symbols.
// 404 for other paths, 400 with the venue's code -1121 for unknown symbols.
std::string answer_rest(std::string_view target, std::size_t symbols);

} // namespace tickgate::bench
