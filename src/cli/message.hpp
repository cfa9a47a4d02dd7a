// A payload of the gateway as text; numbers keep the very digits of the payload.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace tickgate::cli {

// Fields that are absent or null are empty. Strings are decoded, numbers are as written.
struct Message {
    std::string type, asset_class, symbol, session;
    std::uint64_t seq = 0;                                                           // 0: none
    std::string bid, bid_size, ask, ask_size, last;                                  // quotes
    std::string price, size, side;                                                   // trades
    std::string timeframe, close, volume, final;                                     // bars
    std::string provider;                                                            // of data and events
    std::string event, kind, feed, to_provider, cause, text, from_seq, to_seq, lost; // events
    std::string state;                                                               // heartbeats
};

class PayloadParser {
public:
    PayloadParser();
    ~PayloadParser();

    // Fills `out`; false if the payload is no JSON object or is cut. Keys it does not know are skipped.
    bool parse(std::string_view payload, Message& out);

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

} // namespace tickgate::cli
