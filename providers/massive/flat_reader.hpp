// A flat file as it comes: gzip, CSV, rows of the wanted instruments. No I/O; never holds the file.
#pragma once

#include "massive/csv_table.hpp"
#include "massive/flat_keys.hpp"
#include "net/gzip.hpp"

#include <tickgate/provider.hpp>

#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace tickgate::massive {

struct FlatStats {
    std::uint64_t rows = 0;      // all but the header
    std::uint64_t delivered = 0; // to the sink
    std::uint64_t empty = 0;     // quotes without a side
    std::uint64_t bad = 0;       // rows of wanted instruments that could not be read; left out
    std::uint64_t first_bad = 0; // its line, counted from 1; 0: none
    std::string problem;         // of that one
};

class FlatReader {
public:
    // `sink` must outlive it. `now` becomes received_time and decides whether a bar is final; `lot_size` multiplies
    // sizes of stock quotes since they are shares (2025-11-03; before, they are round lots of 100).
    FlatReader(FlatSet set, const std::vector<InstrumentName>& wanted, BulkSink& sink, UnixNanos now, int lot_size = 1);

    // The next compressed bytes. Errors, after which there is no more: malformed_payload (no gzip, columns missing, a
    // line over 64 KiB, mostly bad rows), what the sink returned.
    error_code feed(std::string_view compressed);
    // At the end of the file. Errors: malformed_payload (it ends too early); as feed.
    error_code finish();
    // The same for a text that is not compressed.
    error_code feed_plain(std::string_view text);

    const FlatStats& stats() const noexcept { return stats_; }

private:
    struct Hash {
        using is_transparent = void;
        std::size_t operator()(std::string_view s) const noexcept { return std::hash<std::string_view>{}(s); }
    };
    class Row;

    error_code on_line(std::string_view line);
    error_code on_header(std::string_view line);
    const InstrumentName* wanted(std::string_view ticker);
    std::string_view ticker_of(std::string_view line);
    bool bar(Row& row, Bar& out) const;
    bool trade(Row& row, Trade& out);
    bool quote(Row& row, Quote& out) const;
    error_code deliver(const InstrumentName& name, std::string_view line);
    error_code spoiled(std::string problem);

    FlatSet set_;
    BulkSink& sink_;
    UnixNanos now_;
    int lot_size_;
    net::Inflater inflater_;
    LineCutter lines_;
    LineCutter::Take take_;
    CsvColumns columns_;
    bool header_read_ = false, compressed_ = false;
    std::unordered_map<std::string, InstrumentName, Hash, std::equal_to<>> names_; // by ticker
    std::string last_ticker_; // files are sorted by ticker: the same one mostly comes again
    const InstrumentName* last_name_ = nullptr;
    std::vector<std::string_view> fields_, conditions_;
    FlatStats stats_;
};

} // namespace tickgate::massive
