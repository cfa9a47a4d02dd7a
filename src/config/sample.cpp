#include "config/reference.hpp"

#include <algorithm>
#include <stdexcept>

namespace tickgate::config {

namespace {

// A key of the first file. `value` empty: as its default, or the table's example where it is shown as a comment (not
// `active`). `note` empty: the first sentence of the table.
struct Line {
    std::string_view key;
    std::string_view value;
    bool active;
    std::string_view note;
};

constexpr Line lines[] = {
    {"redis.url", {}, true, {}},
    {"redis.prefix", {}, true, {}},
    {"redis.password_file", "/etc/tickgate/redis.password", false, "or password, or in the URL"},
    {"http.listen", {}, true, {}},
    {"http.token_file", "/etc/tickgate/token", false, "needed where other machines reach it"},
    {"store.url", {}, true, "or postgresql://user@host/database"},
    {"symbols.crypto", "[BTC-USDT, ETH-USDT]", true, "always served; what clients subscribe to comes on top"},
    {"symbols.fx", {}, false, "of OANDA or Massive"},
    {"symbols.equity", {}, false, "of Massive or Tradier"},
    {"providers.oanda.account", {}, false, "Binance needs no account, the others are off without one"},
    {"providers.oanda.token_file", "/etc/tickgate/oanda.token", false, "or token"},
    {"providers.massive.api_key_file", "/etc/tickgate/massive.key", false, "or api_key"},
    {"providers.tradier.token_file", "/etc/tickgate/tradier.token", false, "or token"},
    {"publish.kinds", {}, true, {}},
    {"publish.timeframes", {}, true, {}},
    {"log.level", {}, true, {}},
};

constexpr std::string_view head =
    R"(# Tickgate: configuration. `tickgate check-config` tells what is wrong with it, `man tickgate.yaml` and
# docs/configuration.md tell every key. Lines that begin with `#` and a key are examples to uncomment.
# ${VAR} and ${VAR:-default} stand for environment variables; every secret `x` can be kept in a file with `x_file`.
)";

std::string first_sentence(const std::string& text) {
    const std::size_t end = std::min({text.find(". "), text.find(": `"), text.find("; ")});
    std::string sentence = text.substr(0, end);
    if (sentence.ends_with('.'))
        sentence.pop_back();
    return sentence;
}

// The maps around a key that the line before did not open: `providers:`, `  oanda:`.
void open_maps(std::string& out, std::string_view& opened, std::string_view key, bool active) {
    for (std::size_t dot = key.find('.'); dot != std::string_view::npos; dot = key.find('.', dot + 1)) {
        const std::string_view map = key.substr(0, dot + 1);
        if (opened.starts_with(map))
            continue;
        const std::size_t depth = static_cast<std::size_t>(std::count(map.begin(), map.end(), '.')) - 1;
        const std::size_t from = depth == 0 ? 0 : map.rfind('.', map.size() - 2) + 1;
        out += depth == 0 ? "\n" : "";
        // The outermost map stays a map when all below it is a comment: a key without value is the default.
        out += std::string(depth * 2, ' ') + (active || depth == 0 ? "" : "#") +
               std::string(map.substr(from, dot - from)) + ":\n";
    }
    opened = key;
}

} // namespace

std::string sample_text() {
    std::string out(head);
    std::string_view opened;
    for (const Line& line : lines) {
        const Setting* setting = find_setting(line.key);
        if (!setting)
            throw std::logic_error("sample_text: no such setting: " + std::string(line.key));
        open_maps(out, opened, line.key, line.active);
        const auto depth = static_cast<std::size_t>(std::count(line.key.begin(), line.key.end(), '.'));
        const std::string value = !line.value.empty() ? std::string(line.value)
                                  : line.active       ? setting->fallback
                                                      : setting->example;
        out += std::string(depth * 2, ' ') + (line.active ? "" : "#") +
               std::string(line.key.substr(line.key.rfind('.') + 1)) + ": " + value + " # " +
               (line.note.empty() ? first_sentence(setting->text) : std::string(line.note)) + "\n";
    }
    return out;
}

} // namespace tickgate::config
