#include "source/frames.hpp"

#include "support/clock.hpp"
#include "support/websocket.hpp"

#include <stdexcept>

namespace tickgate::bench {

namespace {

// In a payload pattern: '#' stands for the stamp in full, '~' for it as an event time, '$' for the symbol.
constexpr std::string_view quote_pattern =
    R"({"u":#,"s":"$","b":"0.35210000","B":"672.00000000","a":"0.35260000","A":"3199.00000000"})";
constexpr std::string_view trade_pattern =
    R"({"e":"trade","E":~,"s":"$","t":#,"p":"0.35280000","q":"58.00000000","T":~,"m":false,"M":true})";

std::string kline_pattern(std::int64_t open, std::int64_t close) {
    return R"({"e":"kline","E":~,"s":"$","k":{"t":)" + std::to_string(open) + R"(,"T":)" + std::to_string(close) +
           R"(,"s":"$","i":"1m","f":19862761,"L":19862790,"o":"0.35270000","c":"0.35280000","h":"0.35280000",)"
           R"("l":"0.35220000","v":"25877.00000000","n":30,"x":false,"q":"9116.04600000","V":"58.00000000",)"
           R"("Q":"20.46240000","B":"0"}})";
}

std::string with_symbol(std::string_view pattern, const std::string& symbol) {
    std::string out;
    for (const char c : pattern)
        c == '$' ? out.append(symbol) : out.append(1, c);
    return out;
}

} // namespace

void Stamp::set(std::int64_t now_ns) {
    value_ = now_ns > value_ ? now_ns : value_ + 1;
    std::int64_t rest = value_;
    for (std::size_t i = stamp_digits; i-- > 0; rest /= 10)
        digits_[i] = static_cast<char>('0' + rest % 10);
}

void Stamp::advance() {
    ++value_;
    std::size_t i = stamp_digits - 1;
    for (; digits_[i] == '9'; --i)
        digits_[i] = '0';
    ++digits_[i];
}

Market::Market(const MarketShape& shape) : symbols_(shape.symbols) {
    const std::size_t time_digits = shape.milliseconds ? 13 : 16;
    const std::int64_t second = shape.milliseconds ? 1'000 : 1'000'000;
    const std::int64_t open = wall_ns() / 60'000'000'000 * 60 * second;
    const std::string kline = kline_pattern(open, open + 60 * second - 1);
    for (std::size_t i = 0; i < symbols_; ++i) {
        const std::string symbol = "SYM" + std::to_string(i) + "USDT";
        const std::string lower = "sym" + std::to_string(i) + "usdt";
        if (shape.mix != Mix::trade)
            add(lower + "@bookTicker", with_symbol(quote_pattern, symbol), time_digits);
        if (shape.mix != Mix::quote)
            add(lower + "@trade", with_symbol(trade_pattern, symbol), time_digits);
        if (shape.mix == Mix::all)
            add(lower + "@kline_1m", with_symbol(kline, symbol), time_digits);
    }
}

std::size_t Market::find(std::string_view stream) const {
    const auto found = index_.find(std::string(stream));
    return found == index_.end() ? npos : found->second;
}

void Market::add(std::string stream, std::string_view payload, std::size_t time_digits) {
    Frame frame;
    std::string text = R"({"stream":")" + stream + R"(","data":)";
    for (const char c : payload) {
        if (c != '#' && c != '~') {
            text.push_back(c);
            continue;
        }
        if (frame.patch_count == frame.patches.size())
            throw std::logic_error("too many changing fields in a frame");
        const std::size_t digits = c == '#' ? stamp_digits : time_digits;
        frame.patches[frame.patch_count++] = {text.size(), digits};
        text.append(digits, '0');
    }
    text.push_back('}');
    append_frame(frame.bytes, opcode::text, text, false);
    const std::size_t header = frame.bytes.size() - text.size();
    for (std::size_t i = 0; i < frame.patch_count; ++i)
        frame.patches[i].offset += header;
    index_.emplace(stream, frames_.size());
    frame.stream = std::move(stream);
    frames_.push_back(std::move(frame));
}

} // namespace tickgate::bench
