#include "tradier/venue/book.hpp"

#include "tradier/symbols.hpp"
#include "venue_kit/text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace tickgate::tradier_venue {

namespace {

constexpr std::string_view exchanges = "QNPZKVYX";

char exchange_of(const Book& book, std::int64_t n) noexcept {
    return exchanges[(static_cast<std::size_t>(n) + book.native.size()) % exchanges.size()];
}

std::int64_t millis(UnixNanos t, std::chrono::milliseconds skew) noexcept {
    return t.time_since_epoch().count() / 1'000'000 + skew.count();
}

// Dates of quotes are whole seconds.
std::int64_t whole_second(UnixNanos t, std::chrono::milliseconds skew) noexcept {
    return t.time_since_epoch().count() / 1'000'000'000 * 1000 + skew.count();
}

void append_price_text(std::string& out, std::int64_t price, const Book& book, int zeros) {
    out += '"';
    kit::append_fixed(out, price, book.symbol.price_decimals, zeros);
    out += '"';
}

void append_head(std::string& out, std::string_view type, const Book& book) {
    out.append(R"({"type":")").append(type).append(R"(","symbol":")").append(book.native).append("\"");
}

} // namespace

std::int64_t Book::quoted(std::int64_t lots) const noexcept {
    if (is_index())
        return 0;
    return is_option() ? lots : std::max<std::int64_t>(lots / 100, 1);
}

std::string_view Book::type() const noexcept { return is_option() ? "option" : is_index() ? "index" : "stock"; }

std::string Book::description() const {
    if (const auto contract = is_option() ? kit::parse_occ(native) : std::nullopt) {
        static constexpr std::array<const char*, 12> months{
            "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
        return fmt::format("{} {} {} {} ${}.{:02} {}", contract->root,
            months[static_cast<std::size_t>(contract->month - 1)], contract->day, contract->year,
            contract->strike_mils / 1000, contract->strike_mils % 1000 / 10, contract->call ? "Call" : "Put");
    }
    return native + (is_index() ? " Index" : " Incorporated");
}

void Book::trade(const kit::Fill& fill) noexcept {
    last = fill;
    if (volume == 0 && open == 0)
        open = high = low = fill.price;
    high = std::max(high, fill.price);
    low = std::min(low, fill.price);
    volume += fill.lots;
}

Book make_book(std::string_view native, UnixNanos now) {
    Book book;
    book.native = native;
    static const auto indices = kit::index_symbols(12);
    const bool known_index =
        std::any_of(indices.begin(), indices.end(), [&](const auto& s) { return s.base == native; });
    if (const auto contract = tradier::is_option(native) ? kit::parse_occ(native) : std::nullopt)
        book.symbol = kit::option_symbol(*contract, now);
    else if (known_index || native.starts_with("IDX"))
        book.symbol = kit::index_symbol(native);
    else {
        std::string canonical(native);
        std::replace(canonical.begin(), canonical.end(), '/', '.');
        book.symbol = kit::equity_symbol(canonical);
    }
    return book;
}

std::vector<Book> usual_books(std::size_t count, UnixNanos now) {
    std::vector<Book> books;
    const auto add = [&](std::vector<kit::SyntheticSymbol> symbols) {
        for (auto& symbol : symbols) {
            Book book;
            book.native = tradier::native_of({symbol.asset_class, symbol.canonical()});
            book.symbol = std::move(symbol);
            books.push_back(std::move(book));
        }
    };
    add(kit::equity_symbols(count));
    add(kit::option_symbols(count, now));
    add(kit::index_symbols(std::min<std::size_t>(count, 12)));
    return books;
}

void append_number(std::string& out, std::int64_t value, int decimals) {
    while (decimals > 0 && value % 10 == 0) {
        value /= 10;
        --decimals;
    }
    kit::append_fixed(out, value, decimals, 0);
}

void append_quote(std::string& out, const Book& book, std::chrono::milliseconds skew) {
    const auto& q = book.quote;
    const auto side = [&](const char* name, std::int64_t price, std::int64_t lots, std::int64_t n) {
        out.append(",\"").append(name).append("\":");
        append_number(out, price, book.symbol.price_decimals);
        out.append(",\"").append(name).append("sz\":");
        kit::append_integer(out, book.quoted(lots));
        out.append(",\"").append(name).append("exch\":\"");
        if (!book.is_index())
            out += exchange_of(book, n);
        out.append("\",\"").append(name).append("date\":\"");
        kit::append_integer(out, whole_second(q.time, skew));
        out += '"';
    };
    append_head(out, "quote", book);
    side("bid", q.bid, q.bid_lots, q.update_id);
    side("ask", q.ask, q.ask_lots, q.update_id / 2);
    out += '}';
}

void append_trade(
    std::string& out, const Book& book, std::string_view type, std::int64_t size, std::chrono::milliseconds skew) {
    append_head(out, type, book);
    out += R"(,"exch":")";
    if (!book.is_index())
        out += exchange_of(book, book.last.id);
    out += R"(","price":)";
    append_price_text(out, book.value(), book, 2);
    out += R"(,"size":")";
    kit::append_integer(out, size);
    out += R"(","cvol":")";
    kit::append_integer(out, book.volume);
    out += R"(","date":")";
    kit::append_integer(out, millis(book.last.id != 0 ? book.last.time : book.quote.time, skew));
    out += R"(","last":)";
    append_price_text(out, book.value(), book, 2);
    out += '}';
}

void append_timesale(std::string& out, const Book& book, const kit::Fill& fill, std::chrono::milliseconds skew) {
    append_head(out, "timesale", book);
    out.append(R"(,"exch":")").append(1, exchange_of(book, fill.id)).append("\"");
    const std::pair<const char*, std::int64_t> prices[] = {
        {"bid", book.quote.bid}, {"ask", book.quote.ask}, {"last", fill.price}};
    for (const auto& [name, price] : prices) {
        out.append(",\"").append(name).append("\":");
        append_price_text(out, price, book, 0);
    }
    out += R"(,"size":")";
    kit::append_integer(out, fill.lots);
    out += R"(","date":")";
    kit::append_integer(out, millis(fill.time, skew));
    out += R"(","seq":)";
    kit::append_integer(out, fill.id);
    out += R"(,"flag":"","cancel":false,"correction":false,"session":"normal"})";
}

void append_summary(std::string& out, const Book& book) {
    append_head(out, "summary", book);
    const auto now = book.value();
    const std::pair<const char*, std::int64_t> prices[] = {{"open", book.open != 0 ? book.open : now},
        {"high", book.high != 0 ? book.high : now}, {"low", book.low != 0 ? book.low : now},
        {"prevClose", book.symbol.base_price}};
    for (const auto& [name, price] : prices) {
        out.append(",\"").append(name).append("\":");
        append_price_text(out, price, book, 0);
    }
    out += '}';
}

} // namespace tickgate::tradier_venue
