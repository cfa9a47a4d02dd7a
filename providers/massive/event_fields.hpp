// The fields of one event that this adapter knows, as views into the frame.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>
#include <utility>

namespace tickgate::massive {

// Keys of events. What a key means depends on the event (`p` is a price or a pair, `s` a size or a time).
enum class Key : std::uint8_t {
    none,
    ev,
    sym,
    pair,
    p,
    x,
    i,
    s,
    ds,
    c,
    t,
    q,
    bp,
    bs,
    bx,
    ap,
    as,
    ax,
    a,
    b,
    h,
    l,
    o,
    v,
    dv,
    vw,
    n,
    e,
    T,
    val,
    fmv,
    status,
    message,
    count
};

// A value as it stands in the text: strings without their quotes, arrays with their brackets.
struct Token {
    enum class Form : std::uint8_t { absent, word, text, array }; // word: a number or true, false
    std::string_view text;
    Form form = Form::absent;
};

class EventFields {
public:
    void clear() noexcept { seen_ = 0; }
    void set(Key key, const char* text, std::size_t size, Token::Form form) noexcept {
        auto& token = tokens_[static_cast<std::size_t>(key)];
        token.text = {text, size};
        token.form = form;
        seen_ |= bit(key);
    }
    void drop(Key key) noexcept { seen_ &= ~bit(key); }
    bool has(Key key) const noexcept { return (seen_ & bit(key)) != 0; }
    const Token& operator[](Key key) const noexcept {
        return has(key) ? tokens_[static_cast<std::size_t>(key)] : none_;
    }
    std::string_view text(Key key) const noexcept {
        const auto& token = (*this)[key];
        return token.form == Token::Form::array ? std::string_view() : token.text;
    }

private:
    // `none` has no bit: what is not known is never there.
    static constexpr std::uint64_t bit(Key key) noexcept {
        return (std::uint64_t{1} << static_cast<unsigned>(key)) & ~std::uint64_t{1};
    }
    static inline const Token none_;
    std::array<Token, static_cast<std::size_t>(Key::count)> tokens_;
    std::uint64_t seen_ = 0;
};

constexpr std::array<Key, 128> one_letter_keys = [] {
    std::array<Key, 128> keys{};
    constexpr std::pair<char, Key> all[] = {{'p', Key::p}, {'x', Key::x}, {'i', Key::i}, {'s', Key::s}, {'c', Key::c},
        {'t', Key::t}, {'q', Key::q}, {'a', Key::a}, {'b', Key::b}, {'h', Key::h}, {'l', Key::l}, {'o', Key::o},
        {'v', Key::v}, {'n', Key::n}, {'e', Key::e}, {'T', Key::T}};
    for (const auto& [letter, key] : all)
        keys[static_cast<std::size_t>(letter)] = key;
    return keys;
}();

constexpr Key key_of(std::string_view name) noexcept {
    const auto pack = [](char first, char second) {
        return static_cast<unsigned>(first) << 8 | static_cast<unsigned>(second);
    };
    if (name.size() == 1)
        return static_cast<unsigned char>(name[0]) < 128 ? one_letter_keys[static_cast<unsigned char>(name[0])]
                                                         : Key::none;
    if (name.size() == 2)
        switch (pack(name[0], name[1])) {
        case pack('e', 'v'):
            return Key::ev;
        case pack('d', 's'):
            return Key::ds;
        case pack('b', 'p'):
            return Key::bp;
        case pack('b', 's'):
            return Key::bs;
        case pack('b', 'x'):
            return Key::bx;
        case pack('a', 'p'):
            return Key::ap;
        case pack('a', 's'):
            return Key::as;
        case pack('a', 'x'):
            return Key::ax;
        case pack('d', 'v'):
            return Key::dv;
        case pack('v', 'w'):
            return Key::vw;
        default:
            return Key::none;
        }
    return name == "sym"       ? Key::sym
           : name == "pair"    ? Key::pair
           : name == "val"     ? Key::val
           : name == "fmv"     ? Key::fmv
           : name == "status"  ? Key::status
           : name == "message" ? Key::message
                               : Key::none;
}

} // namespace tickgate::massive
