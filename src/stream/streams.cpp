#include "stream/streams.hpp"

#include "api/exposition.hpp"
#include "core/clock.hpp"
#include "net/deadline.hpp"
#include "ops/json_text.hpp"

#include <boost/asio/this_coro.hpp>

#include <algorithm>
#include <cerrno>
#include <iterator>
#include <system_error>

#include <unistd.h>

namespace tickgate::stream {

using net::use_result;
using namespace std::chrono_literals;

namespace {

constexpr std::size_t choices_shown = 10;
constexpr std::size_t symbols_a_lookup = 200;

int second_handle(int fd) {
    const int copy = ::dup(fd);
    if (copy < 0)
        throw std::system_error(errno, std::system_category(), "dup");
    return copy;
}

// What the providers have of a symbol without a class: the one instrument, or why it is not taken.
void take_found(const std::string& symbol, const Streams::Found& found, std::vector<InstrumentName>& names,
    std::vector<SymbolFault>& faults) {
    if (found.names.size() == 1) {
        names.push_back(found.names.front());
    } else if (found.names.size() > 1) {
        std::string choices;
        for (std::size_t i = 0; i < std::min(found.names.size(), choices_shown); ++i)
            choices.append(i == 0 ? "" : ", ").append(found.names[i].to_string());
        faults.push_back({symbol, {"ambiguous_symbol", "it is in several classes, write one of: " + choices}});
    } else if (found.fault) {
        faults.push_back({symbol, {found.fault->code, found.fault->message}});
    } else {
        faults.push_back({symbol, {"unknown_symbol", "no provider of any class has it"}});
    }
}

} // namespace

Streams::Streams(asio::any_io_executor control, redis::Tap& tap, Host& host, StreamsOptions options)
    : tap_(tap),
      host_(host),
      options_(options),
      hub_(options_.hub, host, [this] { kick(); }),
      bell_(control, second_handle(tap.wake_handle())),
      timer_(control) {}

void Streams::kick() { timer_.cancel(); }

// While messages come this loop looks by itself: the hot loop does not wake it for each read.
asio::awaitable<void> Streams::run() {
    while (!stopping_) {
        const bool more = drain();
        MonoTime now = mono_now();
        hub_.deliver(now);
        if (now >= next_sweep_) {
            next_sweep_ = now + 1s;
            hub_.sweep(now);
        }
        std::chrono::milliseconds wait{0};
        if (!more && drained_any_) {
            wait = options_.round;
        } else if (!more) {
            if (!tap_.sleep())
                continue;
            listen();
            wait = hub_.waiting() ? 2 * options_.round : 1000ms;
        }
        timer_.expires_after(wait);
        co_await timer_.async_wait(use_result);
    }
}

bool Streams::drain() {
    redis::TapRecord record;
    std::size_t taken = 0;
    while (taken < options_.records_a_round && tap_.next(record)) {
        hub_.take(record);
        ++taken;
    }
    hub_.overflows(tap_.overflows());
    drained_any_ = taken > 0;
    return taken == options_.records_a_round;
}

void Streams::listen() {
    if (std::exchange(listening_, true))
        return;
    bell_.async_wait(asio::posix::stream_descriptor::wait_read, [this](const error_code& ec) {
        if (ec)
            return; // perhaps this is no more
        listening_ = false;
        tap_.awake();
        kick();
    });
}

void Streams::stop() {
    if (std::exchange(stopping_, true))
        return;
    hub_.close_all(1001, "the gateway is stopping", "stopping");
    error_code ignored;
    bell_.close(ignored);
    kick();
}

std::string Streams::refusal() { return stopping_ ? std::string("the gateway is stopping") : hub_.full(); }

asio::awaitable<void> Streams::find_names(
    const std::vector<std::string>& symbols, std::vector<InstrumentName>& names, std::vector<SymbolFault>& faults) {
    const auto is_bare = [](const std::string& s) { return s.find(':') == std::string::npos && is_symbol(s); };
    std::vector<std::string> bare;
    std::copy_if(symbols.begin(), symbols.end(), std::back_inserter(bare), is_bare);
    std::sort(bare.begin(), bare.end());
    bare.erase(std::unique(bare.begin(), bare.end()), bare.end());
    std::map<std::string, Found> found;
    auto looking = look_up(std::move(bare), found);
    co_await std::move(looking);
    for (const auto& symbol : symbols) {
        if (is_bare(symbol)) {
            take_found(symbol, found[symbol], names, faults);
            continue;
        }
        const auto name = InstrumentName::parse(symbol);
        if (name)
            names.push_back(*name);
        else
            faults.push_back({symbol, {"malformed_symbol", "class:symbol is needed, as crypto:BTC-USDT"}});
    }
}

// Many together. What is not found among others is asked once more without them: a provider that fails is told only if
// nothing is found.
asio::awaitable<void> Streams::look_up(std::vector<std::string> symbols, std::map<std::string, Found>& found) {
    while (!symbols.empty()) {
        const auto end = symbols.end();
        const auto begin = end - static_cast<std::ptrdiff_t>(std::min(symbols.size(), symbols_a_lookup));
        std::vector<std::string> asked(begin, end);
        symbols.erase(begin, end);
        for (int times = 0; times < 2 && !asked.empty(); ++times) {
            auto resolving = host_.resolve(asked);
            const auto answer = co_await std::move(resolving);
            for (const auto& name : answer.value)
                found[name.symbol].names.push_back(name);
            if (answer.error)
                for (const auto& symbol : asked)
                    found[symbol].fault = ops::error_from(answer.error, answer.detail);
            const bool some = std::erase_if(asked, [&](const auto& s) { return !found[s].names.empty(); }) > 0;
            if (!some)
                break;
        }
    }
}

std::vector<api::Family> Streams::families() const {
    const auto& s = hub_.stats();
    std::vector<api::Family> out;
    const auto put = [&](std::string_view name, double value) {
        auto& family = out.emplace_back(api::family_of(name));
        family.samples.emplace_back().value = value;
    };
    const auto by_carrier = [&](std::string_view name, const auto(&values)[2]) {
        auto& family = out.emplace_back(api::family_of(name));
        for (const auto carrier : {Carrier::websocket, Carrier::sse}) {
            auto& sample = family.samples.emplace_back();
            sample.labels.emplace_back("carrier", to_string(carrier));
            sample.value = static_cast<double>(values[static_cast<std::size_t>(carrier)]);
        }
    };
    by_carrier("tickgate_stream_clients", s.clients);
    put("tickgate_stream_channels", static_cast<double>(s.channels));
    put("tickgate_stream_subscriptions", static_cast<double>(s.subscriptions));
    put("tickgate_stream_accepted_total", static_cast<double>(s.accepted));
    put("tickgate_stream_refused_total", static_cast<double>(s.refused));
    put("tickgate_stream_received_total", static_cast<double>(s.received));
    by_carrier("tickgate_stream_messages_total", s.messages);
    by_carrier("tickgate_stream_bytes_total", s.bytes);
    put("tickgate_stream_conflated_total", static_cast<double>(s.conflated));
    put("tickgate_stream_overflowed_total", static_cast<double>(s.overflowed));
    put("tickgate_stream_tap_bytes", static_cast<double>(tap_.waiting()));
    auto& ends = out.emplace_back(api::family_of("tickgate_stream_ends_total"));
    for (const auto& [reason, count] : s.ends) {
        auto& sample = ends.samples.emplace_back();
        sample.labels.emplace_back("reason", reason);
        sample.value = static_cast<double>(count);
    }
    return out;
}

} // namespace tickgate::stream
