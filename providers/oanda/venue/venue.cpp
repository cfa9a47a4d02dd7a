#include "oanda/venue/venue.hpp"

#include "venue_kit/text.hpp"

#include <algorithm>

namespace tickgate::oanda_venue {

using namespace std::chrono_literals;

namespace {

std::chrono::seconds history_of(const kit::VenueSettings& settings) {
    return std::chrono::ceil<std::chrono::seconds>(settings.history);
}

kit::TapeLimits limits_for(std::size_t books, const kit::VenueSettings& settings) {
    const auto share = [books](std::size_t total, std::size_t least) {
        return std::clamp<std::size_t>(total / std::max<std::size_t>(books, 1), least, 10'000);
    };
    // All that was asked for, and an hour on top.
    const auto asked = settings.history.count() == 0 ? std::chrono::seconds(0) : history_of(settings) + 1h;
    const auto prices = settings.rate * static_cast<std::uint64_t>(asked.count()) / std::max<std::size_t>(books, 1);
    return {std::max<std::size_t>(share(600'000, 500), prices),
        std::max<std::size_t>(share(600'000, 500), static_cast<std::size_t>(asked / 1min) + 1440)};
}

kit::MarketOptions market_options(const kit::VenueSettings& settings, const std::vector<std::unique_ptr<Book>>& books) {
    kit::MarketOptions options;
    options.seed = settings.seed;
    options.rate = settings.rate;
    options.history = history_of(settings);
    for (const auto& book : books)
        options.symbols.push_back(book->instrument().symbol);
    return options;
}

std::vector<std::unique_ptr<Book>> make_books(
    std::vector<Instrument> instruments, const kit::VenueSettings& settings, UnixNanos start) {
    std::vector<std::unique_ptr<Book>> books;
    const auto limits = limits_for(instruments.size(), settings);
    for (auto& instrument : instruments)
        books.push_back(
            std::make_unique<Book>(std::move(instrument), settings.seed, start - history_of(settings), limits));
    return books;
}

// The instrument of a captured line, which may have spaces in it; empty of a heartbeat.
std::string instrument_in(std::string_view line) {
    auto value = kit::json_field(line, "instrument");
    const auto first = value.find_first_not_of(" \"");
    if (first == std::string_view::npos)
        return {};
    value.remove_prefix(first);
    return std::string(value.substr(0, value.find('"')));
}

} // namespace

std::unique_ptr<OandaVenue> OandaVenue::make(const kit::VenueSettings& settings, const OandaOptions& options,
    const kit::FaultBoard& faults, std::optional<kit::Replay> replay, Moment start, std::string& problem) {
    std::vector<std::string> names = settings.symbols;
    if (replay)
        for (const auto& frame : replay->frames())
            if (auto native = instrument_in(frame.text); !native.empty())
                names.push_back(std::move(native));
    std::sort(names.begin(), names.end());
    names.erase(std::unique(names.begin(), names.end()), names.end());
    std::vector<Instrument> instruments;
    for (const auto& name : names) {
        auto instrument = instrument_of(name);
        if (!instrument) {
            problem = "`" + name + "` is no instrument: write EUR_USD";
            return nullptr;
        }
        instruments.push_back(std::move(*instrument));
    }
    if (replay && instruments.empty()) {
        problem = "the capture names no instrument";
        return nullptr;
    }
    if (instruments.empty())
        instruments = usual_instruments(settings.symbol_count);
    if (options.accounts.empty()) {
        problem = "at least one account is needed";
        return nullptr;
    }
    return std::unique_ptr<OandaVenue>(
        new OandaVenue(settings, options, faults, std::move(instruments), std::move(replay), start));
}

OandaVenue::OandaVenue(const kit::VenueSettings& settings, const OandaOptions& options, const kit::FaultBoard& faults,
    std::vector<Instrument> instruments, std::optional<kit::Replay> replay, Moment start)
    : options_(options),
      key_(settings.key),
      flat_out_(settings.flat_out),
      replay_all_(settings.replay_all),
      faults_(faults),
      books_(make_books(std::move(instruments), settings, start.wall)),
      market_(market_options(settings, books_), start.wall),
      streams_(options_, faults_, books_),
      requests_(options_.requests_per_second, 1s),
      // A little less than a second: two arrivals half a second apart may be measured closer.
      connections_(options_.connections_per_second, 900ms),
      now_(start) {
    for (std::size_t i = 0; i < books_.size(); ++i) {
        books_[i]->begin(market_.quote(i));
        books_[i]->leave_out(market_.holes());
        names_.emplace(books_[i]->instrument().native, i);
    }
    if (!replay) {
        market_.prefill(*this);
        return;
    }
    for (const auto& frame : replay->frames()) {
        const auto it = names_.find(instrument_in(frame.text));
        frame_books_.push_back(it == names_.end() ? -1 : static_cast<std::ptrdiff_t>(it->second));
    }
    streams_.replay = true;
    streams_.last_lines.resize(books_.size());
    player_.emplace(
        std::move(*replay), kit::ReplayOptions{settings.replay_speed, settings.replay_loop, settings.replay_hold});
}

Book* OandaVenue::find(std::string_view native) noexcept {
    const auto it = names_.find(std::string(native));
    return it == names_.end() ? nullptr : books_[it->second].get();
}

void OandaVenue::advance(Moment now) {
    now_ = now;
    if (closed_ && !faults_.has(kit::FaultKind::market_closed))
        set_closed(false, now);
    if (shutdown_at_ && now.mono >= *shutdown_at_) {
        shutdown_at_.reset();
        const auto open = streams_.open;
        for (auto* stream : open)
            stream->end();
    }
    if (player_)
        play(now);
    else
        market_.advance(now.wall, *this);
}

void OandaVenue::play(Moment now) {
    std::size_t subscribed = 0;
    for (const auto* stream : streams_.open)
        subscribed += stream->size();
    const bool stalled = closed_ || faults_.has(kit::FaultKind::stall);
    player_->advance(now.mono, subscribed, stalled, 10'000, [&](const kit::ReplayFrame& frame, std::size_t index) {
        const auto book = frame_books_[index];
        if (book >= 0)
            streams_.last_lines[static_cast<std::size_t>(book)] = frame.text;
        for (auto* stream : streams_.open) {
            if (book < 0 || replay_all_)
                stream->say(frame.text);
            else
                stream->send_line(static_cast<std::size_t>(book), frame.text);
        }
    });
}

void OandaVenue::on_quote(std::size_t symbol, const kit::MarketQuote& quote) {
    books_[symbol]->update(quote);
    for (auto* stream : streams_.open)
        stream->on_price(symbol, now_);
}

MonoTime OandaVenue::next_due(Moment now) const {
    if (player_)
        return player_->next_due();
    if (closed_ || market_.size() == 0)
        return now.mono + 20ms;
    return now.mono + std::max<std::chrono::nanoseconds>(market_.next_due() - now.wall, 0ns);
}

bool OandaVenue::flat_out() const { return flat_out_ && !player_ && !closed_; }

bool OandaVenue::burst(std::size_t count, Moment now) {
    if (player_ || closed_)
        return false;
    now_ = now;
    market_.burst(count, now.wall, *this);
    return true;
}

void OandaVenue::set_closed(bool on, Moment now) {
    closed_ = on;
    market_.close(on);
    if (!on || player_)
        return;
    for (std::size_t i = 0; i < books_.size(); ++i) {
        books_[i]->close(now.wall);
        for (auto* stream : streams_.open)
            stream->on_price(i, now);
    }
}

void OandaVenue::carry_out(const kit::Fault& fault, Moment now) {
    const auto open = streams_.open; // ending may change the list
    switch (fault.kind) {
    case kit::FaultKind::gap:
        for (auto* stream : open)
            stream->leave_out(std::max<std::int64_t>(fault.value, 1), fault.symbol);
        break;
    case kit::FaultKind::server_shutdown: // not announced: there are no words for it
        shutdown_at_ = now.mono + std::chrono::milliseconds(fault.value > 0 ? fault.value : 10'000);
        break;
    case kit::FaultKind::error_text:
        for (auto* stream : open)
            stream->say(refusal_body(400));
        break;
    case kit::FaultKind::auth_expired:
        for (auto* stream : open)
            stream->end();
        break;
    case kit::FaultKind::market_closed:
        if (!closed_)
            set_closed(true, now);
        break;
    case kit::FaultKind::hole: {
        std::string problem;
        if (const auto hole = kit::parse_hole(fault.text, problem))
            market_.add_hole(*hole);
        break;
    }
    default:
        break;
    }
}

std::string OandaVenue::garbage(std::string_view kind) const {
    if (kind == "types")
        return "{\"type\":\"PRICE\",\"time\":17,\"bids\":{},\"asks\":\"none\",\"prices\":7,\"candles\":{},"
               "\"instrument\":[]}\n";
    if (kind == "truncated")
        return "{\"type\":\"PRICE\",\"time\":\"2020-10-23T21:02:02.692522548Z\",\"bids\":[{\"price\":\"1.18\n";
    if (kind == "huge")
        return std::string(3u << 20, 'x') + "\n";
    return "this is no JSON\n";
}

std::string OandaVenue::refusal_body(int status) const {
    switch (status) {
    case 401:
        return R"({"errorMessage":"Insufficient authorization to perform request."})";
    case 403:
        return R"({"errorMessage":"The provided request was forbidden."})";
    case 404:
        return R"({"errorMessage":"The requested resource was not found."})";
    case 405:
        return R"({"errorMessage":"The request method is not allowed."})";
    case 429:
        return R"({"errorMessage":"Too many requests."})";
    case 400:
        return R"({"errorMessage":"The request was missing required data"})";
    default:
        return "<html><body><h1>" + std::to_string(status) + "</h1>maintenance</body></html>";
    }
}

std::string OandaVenue::state_json(Moment) const {
    std::size_t subscribed = 0;
    for (const auto* stream : streams_.open)
        subscribed += stream->size();
    const std::pair<const char*, std::uint64_t> numbers[] = {{"instruments", books_.size()},
        {"streams", streams_.open.size()}, {"subscribed", subscribed}, {"lines", streams_.lines},
        {"conflated", streams_.conflated}, {"heartbeats", streams_.heartbeats}, {"left_out", streams_.left_out},
        {"refused", refused_}, {"events", market_.events()}, {"replayed", player_ ? player_->played() : 0}};
    std::string out = closed_ ? R"({"closed":true)" : R"({"closed":false)";
    for (const auto& [name, value] : numbers)
        out += std::string(",\"") + name + "\":" + std::to_string(value);
    return out + "}";
}

} // namespace tickgate::oanda_venue
