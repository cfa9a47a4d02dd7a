#include "diagnose/probe.hpp"

#include "core/clock.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

namespace tickgate::diagnose {

namespace {

using namespace std::chrono_literals;

constexpr std::size_t most_instruments = 5, bars_wanted = 5;

ReachOptions reach_options(const std::string& settings, std::shared_ptr<net::TlsContext> tls) {
    ReachOptions o;
    o.tls = std::move(tls);
    o.address_setting = settings + ".endpoints";
    o.ca_setting = settings + ".tls.ca_file";
    return o;
}

std::string names_of(const std::vector<InstrumentInfo>& all) {
    std::string out;
    for (const auto& i : all)
        out.append(out.empty() ? "" : ", ").append(i.name.to_string());
    return out;
}

} // namespace

Probe::Probe(asio::any_io_executor executor, DataProvider& provider, Rest& rest, std::shared_ptr<net::TlsContext> tls,
    ProbeOptions options, Tell tell)
    : executor_(std::move(executor)),
      provider_(provider),
      tls_(std::move(tls)),
      options_(std::move(options)),
      report_(std::string(provider.name()), std::move(tell)),
      rest_(rest, reach_options(settings(), tls_), report_) {}

bool Probe::open_now(const InstrumentName& name) const { return hours_.is_open(calendar::market_of(name), wall_now()); }

void Probe::tell_error(const std::string& check, const std::string& what, const error_code& ec, bool mild) {
    if (!rest_.reachable() && ec == make_error_code(errc::unavailable))
        return; // told by the look at the address
    const auto advice = advice_for(ec, settings());
    auto text = what + ": " + advice.meaning;
    if (rest_.last().status >= 400)
        text += fmt::format(
            " (status {}{}{})", rest_.last().status, rest_.last().words.empty() ? "" : ": ", rest_.last().words);
    if (mild)
        report_.warn(check, std::move(text), advice.fix);
    else
        report_.fail(check, std::move(text), advice.fix, advice.exit);
}

void Probe::tell_clock() {
    const auto skew = rest_.skew();
    if (!skew) {
        report_.note("clock", "the venue's answers tell no time");
        return;
    }
    const auto off = std::chrono::abs(*skew);
    const auto text = fmt::format("{} the venue's by {:.1f} s, as far as a header of whole seconds tells",
        skew->count() >= 0 ? "ahead of" : "behind", static_cast<double>(off.count()) / 1000);
    if (off < 2s)
        report_.ok("clock", "agrees with the venue's within a second or two");
    else if (off < 30s)
        report_.warn("clock", text, "synchronise this machine's clock: timedatectl set-ntp true");
    else
        report_.fail("clock", text, "synchronise this machine's clock: timedatectl set-ntp true", unreachable);
}

// Some instruments of what the provider lists, one of each class first.
asio::awaitable<bool> Probe::discover() {
    std::vector<InstrumentInfo> open, others;
    std::set<AssetClass> classes;
    const std::function<void(const InstrumentInfo&)> take = [&](const InstrumentInfo& i) {
        if (i.tradeable && classes.insert(i.name.asset_class).second)
            open.push_back(i);
        else if (others.size() < most_instruments)
            others.push_back(i);
        if (open.size() >= 2 && others.size() >= most_instruments)
            rest_.set_closed(true); // one more page would tell nothing
    };
    auto sink = take;
    auto listing = provider_.list_instruments(std::move(sink), rest_);
    auto ec = co_await std::move(listing);
    rest_.set_closed(false);
    if (ec == make_error_code(errc::not_supported)) { // who cannot list may search
        auto searching = provider_.search_instruments("A", most_instruments, rest_);
        const auto hits = co_await std::move(searching);
        ec = hits ? error_code() : hits.error();
        if (hits)
            for (const auto& hit : *hits)
                take(hit);
        rest_.set_closed(false);
    }
    if (open.empty() && ec) {
        tell_error("rest", "its instruments cannot be listed", ec);
        co_return false;
    }
    found_ = std::move(open);
    co_return true;
}

asio::awaitable<bool> Probe::find_symbols() {
    bool well = true;
    if (options_.instruments.empty()) {
        auto discovering = discover();
        well = co_await std::move(discovering);
    } else {
        auto names = options_.instruments;
        auto asking = provider_.find_instruments(std::move(names), rest_);
        auto found = co_await std::move(asking);
        if (!found) {
            const bool access = found.error() == make_error_code(errc::unauthorized);
            tell_error(access ? "credentials" : "rest", "its symbols cannot be asked", found.error());
            co_return false;
        }
        found_ = std::move(*found);
    }
    if (!well)
        co_return false;
    report_.ok("rest", "answered in " + duration_text(rest_.last().took));
    tell_clock();
    if (options_.has_credentials)
        report_.ok("credentials", "accepted");
    else
        report_.note("credentials", "none are set, none are needed so far");
    for (const auto& name : options_.instruments)
        if (std::none_of(found_.begin(), found_.end(), [&](const auto& i) { return i.name == name; }))
            report_.warn("symbols", "it does not know " + name.to_string(),
                "tickgate symbols TEXT searches for names; take it out of symbols, or its class out of this route");
    if (found_.size() > most_instruments)
        found_.resize(most_instruments);
    if (found_.empty()) {
        report_.fail("symbols", "nothing to try the rest with", "name an instrument with --symbol", misconfigured);
        co_return false;
    }
    report_.ok("symbols", "tried with " + names_of(found_));
    co_return true;
}

asio::awaitable<void> Probe::try_quotes() {
    QuoteRequest request;
    for (const auto& i : found_)
        request.instruments.push_back(i.name);
    const auto asked = request.instruments.size();
    auto asking = provider_.get_quotes(std::move(request), rest_);
    const auto quotes = co_await std::move(asking);
    if (!quotes && quotes.error() == make_error_code(errc::not_supported))
        report_.note("quotes", "not offered by REST");
    else if (!quotes)
        tell_error("quotes", "quotes by REST", quotes.error(), true);
    else if (quotes->empty())
        report_.warn("quotes", "no quote of any symbol", "the market may be closed; else ask about the plan");
    else
        report_.ok("quotes", fmt::format("{} of {} in {}", quotes->size(), asked, duration_text(rest_.last().took)));
}

asio::awaitable<void> Probe::try_history() {
    const auto& timeframes = provider_.capabilities().timeframes;
    if (timeframes.empty()) {
        report_.note("history", "not offered");
        co_return;
    }
    BarRequest request;
    request.instrument = found_.front().name;
    request.timeframe = std::find(timeframes.begin(), timeframes.end(), Timeframe::m1) != timeframes.end()
                            ? Timeframe::m1
                            : timeframes.front();
    const auto what = fmt::format("bars {} of {}", to_string(request.timeframe), request.instrument.to_string());
    if (!provider_.bar_history(request.instrument, request.timeframe)) {
        report_.note("history", what + " are not offered");
        co_return;
    }
    request.to = wall_now();
    // Long enough to reach over a weekend where there is one.
    request.from = request.to - (calendar::market_of(request.instrument) == calendar::Market::always ? 1h : 120h);
    request.limit = bars_wanted;
    auto asking = provider_.get_bars(std::move(request), rest_);
    const auto page = co_await std::move(asking);
    if (!page)
        tell_error("history", what, page.error());
    else if (page->bars.empty())
        report_.warn(
            "history", what + ": none of the last days", "does the plan include history? The market may be quiet");
    else
        report_.ok("history", fmt::format("{} {} in {}", page->bars.size(), what, duration_text(rest_.last().took)));
}

asio::awaitable<void> Probe::run() {
    auto finding = find_symbols();
    if (!co_await std::move(finding))
        co_return;
    auto quotes = try_quotes();
    co_await std::move(quotes);
    auto history = try_history();
    co_await std::move(history);
    auto live = try_live();
    co_await std::move(live);
}

} // namespace tickgate::diagnose
