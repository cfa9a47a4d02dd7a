#include "massive/flat_reader.hpp"

#include "massive/conditions.hpp"
#include "massive/history.hpp"
#include "massive/symbols.hpp"
#include "massive/time_units.hpp"

#include <algorithm>
#include <array>
#include <charconv>

namespace tickgate::massive {

using namespace std::chrono_literals;

namespace {

enum Column : std::size_t {
    ticker,
    open,
    high,
    low,
    close,
    volume,
    vwap,
    window_start,
    transactions,
    price,
    size,
    decimal_size,
    id,
    exchange,
    conditions,
    sequence_number,
    sip_timestamp,
    participant_timestamp,
    timestamp,
    bid_price,
    bid_size,
    bid_exchange,
    ask_price,
    ask_size,
    ask_exchange,
    value,
    column_count
};
constexpr std::array<std::string_view, column_count> column_names{"ticker", "open", "high", "low", "close", "volume",
    "vwap", "window_start", "transactions", "price", "size", "decimal_size", "id", "exchange", "conditions",
    "sequence_number", "sip_timestamp", "participant_timestamp", "timestamp", "bid_price", "bid_size", "bid_exchange",
    "ask_price", "ask_size", "ask_exchange", "value"};

constexpr std::array times{sip_timestamp, participant_timestamp, timestamp}; // the first one there counts

// Quote sizes of stocks are shares from 2025-11-03 on (New York's date), round lots of 100 before.
constexpr UnixNanos shares_since{std::chrono::seconds(1762146000)};

constexpr std::uint64_t bad_rows_taken = 1000; // beyond, half of the rows must be good

} // namespace

// The fields of one row by column; remembers what went wrong first.
class FlatReader::Row {
public:
    Row(const CsvColumns& columns, const std::vector<std::string_view>& fields) : columns_(columns), fields_(fields) {}

    std::string_view text(Column column) const noexcept {
        return columns_.has(column) ? fields_[columns_.at(column)] : std::string_view();
    }
    OptionalDecimal decimal(Column column, bool must = false) {
        const auto t = text(column);
        if (t.empty()) {
            if (must)
                fail(column, "is empty");
            return std::nullopt;
        }
        const auto d = Decimal::parse(t);
        if (d)
            return *d;
        fail(column, d.error() == errc::number_overflow ? "has more than 18 digits" : "is not a number");
        return std::nullopt;
    }
    // What does not fit is empty; what is no number fails.
    OptionalDecimal descriptive(Column column) {
        const auto t = text(column);
        const auto d = t.empty() ? result<Decimal>(errc::number_overflow) : Decimal::parse(t);
        if (d)
            return *d;
        if (d.error() != errc::number_overflow)
            fail(column, "is not a number");
        return std::nullopt;
    }
    // `642646396`; a fraction of zeros is taken.
    std::optional<std::int64_t> integer(Column column) {
        auto t = text(column);
        if (t.empty())
            return std::nullopt;
        if (const auto point = t.find('.'); point != std::string_view::npos && point > 0 &&
                                            t.find_first_not_of('0', point + 1) == std::string_view::npos)
            t = t.substr(0, point);
        std::int64_t n = 0;
        const auto [stop, ec] = std::from_chars(t.data(), t.data() + t.size(), n);
        if (ec == std::errc() && stop == t.data() + t.size())
            return n;
        fail(column, "is not an integer");
        return std::nullopt;
    }
    std::optional<UnixNanos> time(Column column) {
        const auto n = integer(column);
        if (!n || *n == 0)
            return std::nullopt;
        const auto t = venue_time(*n);
        if (!t)
            fail(column, "is not a time");
        return t;
    }
    std::optional<UnixNanos> event_time() {
        for (const auto column : times)
            if (const auto t = time(column))
                return t;
        if (problem.empty())
            problem = "no time";
        return std::nullopt;
    }
    std::optional<std::uint64_t> sequence() {
        const auto n = integer(sequence_number);
        return n && *n >= 0 ? std::optional(static_cast<std::uint64_t>(*n)) : std::nullopt;
    }
    void fail(Column column, std::string_view what) {
        if (problem.empty())
            problem.append(column_names[column]).append(" ").append(what);
    }

    std::string problem;

private:
    const CsvColumns& columns_;
    const std::vector<std::string_view>& fields_;
};

FlatReader::FlatReader(
    FlatSet set, const std::vector<InstrumentName>& wanted, BulkSink& sink, UnixNanos now, int lot_size)
    : set_(set), sink_(sink), now_(now), lot_size_(lot_size), columns_(column_names) {
    take_ = [this](std::string_view line) { return on_line(line); };
    for (const auto& name : wanted)
        if (name.asset_class == class_of(set.cluster)) {
            names_.emplace(flat_ticker(name), name);
            names_.emplace(rest_ticker(name), name); // should they write it as by REST one day
        }
}

error_code FlatReader::feed(std::string_view compressed) {
    compressed_ = true;
    const auto ec = inflater_.feed(compressed, [this](std::string_view text) { return lines_.feed(text, take_); });
    return ec == errc::protocol_error ? make_error_code(errc::malformed_payload) : ec;
}

error_code FlatReader::feed_plain(std::string_view text) { return lines_.feed(text, take_); }

error_code FlatReader::finish() {
    if (compressed_ && !inflater_.finished())
        return errc::malformed_payload;
    if (const auto ec = lines_.finish(take_))
        return ec;
    if (!header_read_)
        return errc::malformed_payload;
    return {};
}

error_code FlatReader::on_header(std::string_view line) {
    header_read_ = true;
    if (const auto ec = columns_.read_header(line))
        return ec;
    const auto all = [&](std::initializer_list<Column> names) {
        return std::all_of(names.begin(), names.end(), [&](Column c) { return columns_.has(c); });
    };
    bool whole = columns_.has(ticker);
    if (set_.kind == Kind::bar)
        whole = whole && all({open, high, low, close, window_start});
    else
        whole = whole && std::any_of(times.begin(), times.end(), [&](Column c) { return columns_.has(c); });
    if (set_.kind == Kind::trade)
        whole = whole && all({price}) && (columns_.has(size) || columns_.has(decimal_size));
    if (set_.kind == Kind::quote)
        whole = whole && (set_.cluster == Cluster::indices ? all({value}) : all({bid_price, ask_price}));
    return whole ? error_code() : make_error_code(errc::malformed_payload);
}

// The field of the ticker alone, mostly the first one.
std::string_view FlatReader::ticker_of(std::string_view line) {
    if (columns_.at(ticker) == 0 && !line.starts_with('"'))
        return line.substr(0, line.find(','));
    if (!split_csv(line, fields_) || fields_.size() <= columns_.at(ticker))
        return {};
    return fields_[columns_.at(ticker)];
}

const InstrumentName* FlatReader::wanted(std::string_view text) {
    if (text == last_ticker_)
        return last_name_;
    last_ticker_ = text;
    const auto it = names_.find(text);
    last_name_ = it == names_.end() ? nullptr : &it->second;
    return last_name_;
}

error_code FlatReader::on_line(std::string_view line) {
    if (!header_read_)
        return on_header(line);
    if (line.empty())
        return {};
    ++stats_.rows;
    const auto text = ticker_of(line);
    if (text.empty())
        return spoiled("no ticker");
    const auto* name = wanted(text);
    return name == nullptr ? error_code() : deliver(*name, line);
}

error_code FlatReader::spoiled(std::string problem) {
    if (++stats_.bad == 1) {
        stats_.first_bad = stats_.rows + 1; // after the header
        stats_.problem = std::move(problem);
    }
    const bool mostly = stats_.bad > bad_rows_taken && stats_.bad > stats_.delivered;
    return mostly ? make_error_code(errc::malformed_payload) : error_code();
}

error_code FlatReader::deliver(const InstrumentName& name, std::string_view line) {
    if (!split_csv(line, fields_))
        return spoiled("quotes that do not close");
    if (fields_.size() != columns_.count())
        return spoiled("another number of fields than the header has");
    Row row(columns_, fields_);
    Bar b;
    Trade t;
    Quote q;
    bool good = false;
    if (set_.kind == Kind::bar)
        good = bar(row, b);
    else if (set_.kind == Kind::trade)
        good = trade(row, t);
    else
        good = quote(row, q);
    if (!good || !row.problem.empty())
        return spoiled(std::move(row.problem));
    if (set_.kind == Kind::quote && !q.bid && !q.ask && !q.last) {
        ++stats_.empty;
        return {};
    }
    ++stats_.delivered;
    if (set_.kind == Kind::bar)
        return sink_.on_bar(name, b);
    return set_.kind == Kind::trade ? sink_.on_trade(name, t) : sink_.on_quote(name, q);
}

bool FlatReader::bar(Row& row, Bar& out) const {
    struct Price {
        Column column;
        Decimal* into;
    };
    for (const auto& [column, into] :
        {Price{open, &out.open}, Price{high, &out.high}, Price{low, &out.low}, Price{close, &out.close}}) {
        const auto d = row.decimal(column, true);
        if (!d)
            return false;
        *into = *d;
    }
    out.volume = row.descriptive(volume);
    out.vwap = row.descriptive(vwap);
    out.trades = row.integer(transactions);
    const auto start = row.time(window_start);
    if (!start) {
        row.fail(window_start, "is empty");
        return false;
    }
    place_bar(out, set_.cluster, set_.timeframe, *start);
    out.received_time = now_;
    out.final = out.close_time <= now_;
    return true;
}

bool FlatReader::trade(Row& row, Trade& out) {
    const auto at = row.decimal(price, true);
    const auto many = row.decimal(row.text(decimal_size).empty() ? size : decimal_size, true);
    out.event_time = row.event_time();
    out.src_seq = row.sequence();
    if (!at || !many || !out.event_time)
        return false;
    out.price = *at;
    out.size = *many;
    out.trade_id = row.text(id);
    out.exchange = row.text(exchange);
    conditions_.clear();
    for (auto list = row.text(conditions); !list.empty();) {
        const auto text = list.substr(0, list.find(','));
        list.remove_prefix(std::min(text.size() + 1, list.size()));
        std::int64_t code = 0;
        const auto [stop, ec] = std::from_chars(text.data(), text.data() + text.size(), code);
        if (ec != std::errc() || stop != text.data() + text.size()) {
            row.fail(conditions, "is no list of numbers");
            return false;
        }
        if (set_.cluster == Cluster::crypto)
            out.side = code == 1 ? Side::sell : code == 2 ? Side::buy : out.side;
        else if (!rule_of(set_.cluster, code).open_close)
            out.updates_last = false;
        conditions_.push_back(text);
    }
    out.conditions = conditions_;
    out.received_time = now_;
    out.flags.set(Flag::backfill);
    return true;
}

bool FlatReader::quote(Row& row, Quote& out) const {
    out.event_time = row.event_time();
    out.src_seq = row.sequence();
    if (!out.event_time)
        return false;
    out.received_time = now_;
    out.flags.set(Flag::backfill);
    if (set_.cluster == Cluster::indices) {
        out.last = row.decimal(value, true);
        out.flags.set(Flag::indicative);
        return out.last.has_value();
    }
    out.bid = row.decimal(bid_price);
    out.ask = row.decimal(ask_price);
    out.bid_size = row.decimal(bid_size);
    out.ask_size = row.decimal(ask_size);
    if (!out.bid || out.bid->is_zero())
        out.bid.reset(), out.bid_size.reset();
    if (!out.ask || out.ask->is_zero())
        out.ask.reset(), out.ask_size.reset();
    if (row.text(bid_exchange) == row.text(ask_exchange))
        out.exchange = row.text(bid_exchange);
    const int unit = set_.cluster != Cluster::stocks ? 1 : *out.event_time < shares_since ? 100 : lot_size_;
    if (unit != 1)
        for (auto* const many : {&out.bid_size, &out.ask_size})
            if (*many) {
                const auto shares = Decimal::multiply(**many, Decimal::from_integer(unit));
                *many = shares ? OptionalDecimal(*shares) : std::nullopt;
            }
    return true;
}

} // namespace tickgate::massive
