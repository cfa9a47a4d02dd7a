#include "tradier/venue/venue.hpp"

#include "venue_kit/text.hpp"

#include <algorithm>

namespace tickgate::tradier_venue {

using namespace std::chrono_literals;

namespace {

constexpr std::string_view stream_path = "/v1/markets/events";

kit::MarketOptions market_options(const kit::VenueSettings& settings, const std::vector<Book>& books) {
    kit::MarketOptions options;
    options.seed = settings.seed;
    options.rate = settings.rate;
    options.trade_permille = settings.trade_permille;
    options.history = std::chrono::ceil<std::chrono::seconds>(settings.history);
    for (const auto& book : books)
        options.symbols.push_back(book.symbol);
    return options;
}

} // namespace

std::unique_ptr<TradierVenue> TradierVenue::make(const kit::VenueSettings& settings, const TradierOptions& options,
    const kit::FaultBoard& faults, std::optional<kit::Replay> replay, Moment start, std::string& problem) {
    std::vector<std::string> names = settings.symbols;
    if (replay)
        for (const auto& frame : replay->frames())
            if (const auto symbol = kit::json_field(frame.text, "symbol"); !symbol.empty())
                names.emplace_back(symbol);
    std::sort(names.begin(), names.end());
    names.erase(std::unique(names.begin(), names.end()), names.end());
    std::vector<Book> books;
    for (const auto& name : names)
        books.push_back(make_book(name, start.wall));
    if (replay && books.empty()) {
        problem = "the capture names no symbol";
        return nullptr;
    }
    if (books.empty())
        books = usual_books(settings.symbol_count, start.wall);
    return std::unique_ptr<TradierVenue>(
        new TradierVenue(settings, options, faults, std::move(books), std::move(replay), start));
}

TradierVenue::TradierVenue(const kit::VenueSettings& settings, const TradierOptions& options,
    const kit::FaultBoard& faults, std::vector<Book> books, std::optional<kit::Replay> replay, Moment start)
    : key_(settings.key),
      flat_out_(settings.flat_out),
      replay_all_(settings.replay_all),
      hub_(options, faults, settings.seed ^ static_cast<std::uint64_t>(start.wall.time_since_epoch().count())),
      market_(market_options(settings, books), start.wall),
      quota_(options.sandbox ? options.requests_per_minute / 2 : options.requests_per_minute) {
    hub_.books = std::move(books);
    hub_.now = start;
    for (std::size_t i = 0; i < hub_.books.size(); ++i) {
        hub_.books[i].quote = market_.quote(i);
        hub_.names.emplace(hub_.books[i].native, i);
        const bool stock = !hub_.books[i].is_option() && !hub_.books[i].is_index();
        market_.tape(i).keep_hours([stock](UnixNanos t) { return is_session(t, stock); });
    }
    if (!replay) {
        market_.prefill(*this);
        return;
    }
    for (const auto& frame : replay->frames()) {
        const auto it = hub_.names.find(std::string(kit::json_field(frame.text, "symbol")));
        frame_books_.push_back(it == hub_.names.end() ? -1 : static_cast<std::ptrdiff_t>(it->second));
    }
    hub_.replay = true;
    hub_.last_lines.resize(hub_.books.size());
    player_.emplace(
        std::move(*replay), kit::ReplayOptions{settings.replay_speed, settings.replay_loop, settings.replay_hold});
}

kit::Admission TradierVenue::admit_stream(const net::HttpRequest& request, bool upgrade, Moment) {
    if (hub_.options.sandbox)
        return kit::Admission::answer(text(403, "Streaming is not available in the sandbox"));
    if (upgrade)
        return kit::Admission::websocket();
    ListRequest list;
    if (!parse_form(request.method == "POST" ? request.body : request.query, list))
        return kit::Admission::answer(text(400, "Invalid Parameter, symbols: may not be empty"));
    return kit::Admission::stream(net::HttpResponse());
}

kit::Admission TradierVenue::request(const net::HttpRequest& request, bool upgrade, Moment now) {
    hub_.now = now;
    if (request.path == stream_path && (upgrade || request.method == "GET" || request.method == "POST"))
        return admit_stream(request, upgrade, now);
    if (upgrade)
        return kit::Admission::answer(text(404, "Not Found"));
    const bool expired = hub_.faults.has(kit::FaultKind::auth_expired);
    if (expired || (!key_.empty() && request.header("authorization") != "Bearer " + key_)) {
        ++refused_;
        return kit::Admission::answer(token_fault(expired));
    }
    net::HttpResponse answer;
    if (quota_.admit(now)) {
        answer = answer_rest({request, hub_, market_, now});
    } else {
        ++refused_;
        answer = text(429, "Quota Violation. The window ends at " + std::to_string(quota_.expiry_ms()));
    }
    quota_.add_headers(answer);
    return kit::Admission::answer(std::move(answer));
}

std::unique_ptr<kit::VenueClient> TradierVenue::open(
    const net::HttpRequest& request, kit::ClientPort& port, Moment now) {
    hub_.now = now;
    const bool upgrade = !request.header("sec-websocket-key").empty();
    auto client = std::make_unique<StreamClient>(hub_, port, !upgrade, now);
    if (!upgrade) {
        ListRequest list;
        parse_form(request.method == "POST" ? request.body : request.query, list);
        client->take(list, now);
    }
    return client;
}

void TradierVenue::advance(Moment now) {
    hub_.now = now;
    if (hub_.closed && !hub_.faults.has(kit::FaultKind::market_closed)) {
        hub_.closed = false;
        market_.close(false);
    }
    if (shutdown_at_ && now.mono >= *shutdown_at_) {
        shutdown_at_.reset();
        for (auto* client : hub_.clients)
            client->end();
    }
    if (player_)
        play(now);
    else
        market_.advance(now.wall, *this);
}

void TradierVenue::play(Moment now) {
    std::size_t subscribed = 0;
    for (const auto* client : hub_.clients)
        subscribed += client->size();
    const bool stalled = hub_.closed || hub_.faults.has(kit::FaultKind::stall);
    player_->advance(now.mono, subscribed, stalled, 10'000, [&](const kit::ReplayFrame& frame, std::size_t index) {
        const auto book = frame_books_[index];
        if (book >= 0)
            hub_.last_lines[static_cast<std::size_t>(book)] = frame.text;
        for (auto* client : hub_.clients) {
            if (book < 0 || replay_all_)
                client->send_any(frame.text);
            else
                client->send_line(static_cast<std::size_t>(book), frame.text);
        }
    });
}

void TradierVenue::on_quote(std::size_t symbol, const kit::MarketQuote& quote) {
    hub_.books[symbol].quote = quote;
    for (auto* client : hub_.clients)
        client->on_quote(symbol);
}

void TradierVenue::on_trade(std::size_t symbol, std::span<const kit::Fill> fills) {
    for (const auto& fill : fills)
        hub_.books[symbol].trade(fill);
    for (auto* client : hub_.clients)
        client->on_trade(symbol, fills);
}

MonoTime TradierVenue::next_due(Moment now) const {
    if (player_)
        return player_->next_due();
    if (hub_.closed || market_.size() == 0)
        return now.mono + 20ms;
    return now.mono + std::max<std::chrono::nanoseconds>(market_.next_due() - now.wall, 0ns);
}

bool TradierVenue::flat_out() const { return flat_out_ && !player_ && !hub_.closed; }

bool TradierVenue::burst(std::size_t count, Moment now) {
    if (player_ || hub_.closed)
        return false;
    hub_.now = now;
    market_.burst(count, now.wall, *this);
    return true;
}

void TradierVenue::carry_out(const kit::Fault& fault, Moment now) {
    switch (fault.kind) {
    case kit::FaultKind::gap:
        for (auto* client : hub_.clients)
            client->leave_out(std::max<std::int64_t>(fault.value, 1), fault.symbol);
        break;
    case kit::FaultKind::server_shutdown: // not announced: there are no words for it
        shutdown_at_ = now.mono + std::chrono::milliseconds(fault.value > 0 ? fault.value : 10'000);
        break;
    case kit::FaultKind::error_text: {
        // `too_many_sessions` and `session` end the stream; other words are said as they are.
        const bool many = fault.text.empty() || fault.text == "too_many_sessions", session = fault.text == "session";
        const auto words = many ? "too many sessions requested" : session ? "session expired" : fault.text;
        for (auto* client : hub_.clients)
            client->refuse(words, many || session);
        break;
    }
    case kit::FaultKind::auth_expired:
        for (auto* client : hub_.clients)
            client->end();
        break;
    case kit::FaultKind::market_closed:
        hub_.closed = true;
        market_.close(true);
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

std::string TradierVenue::garbage(std::string_view kind) const {
    if (kind == "types")
        return R"({"type":"quote","symbol":[],"bid":{},"ask":"none","biddate":true,"date":{}})"
               "\n";
    if (kind == "truncated")
        return R"({"type":"quote","symbol":"SPY","bid":281.8)"
               "\n";
    if (kind == "huge")
        return std::string(3u << 20, 'x') + "\n";
    return "this is no JSON\n";
}

std::string TradierVenue::refusal_body(int status) const {
    switch (status) {
    case 400:
        return "Invalid Parameter, symbols: may not be empty";
    case 401:
        return token_fault(false).body;
    case 403:
        return "Forbidden";
    case 404:
        return "Not Found";
    case 429:
        return "Quota Violation. The window ends at " + std::to_string(quota_.expiry_ms());
    case 500:
        return R"({"fault":{"faultstring":"Datastore Error",)"
               R"("detail":{"errorcode":"datastore.ErrorWhileAccessingDataStore"}}})";
    default:
        return "<html><body><h1>" + std::to_string(status) + "</h1></body></html>";
    }
}

std::string TradierVenue::state_json(Moment) const {
    std::size_t subscribed = 0;
    for (const auto* client : hub_.clients)
        subscribed += client->size();
    const std::pair<const char*, std::uint64_t> numbers[] = {{"symbols", hub_.books.size()},
        {"streams", hub_.clients.size()}, {"subscribed", subscribed}, {"sessions", hub_.desk.made()},
        {"lists", hub_.lists}, {"sent", hub_.events}, {"repeats", hub_.repeats}, {"left_out", hub_.left_out},
        {"too_many", hub_.too_many}, {"refused", refused_ + hub_.refused}, {"events", market_.events()},
        {"replayed", player_ ? player_->played() : 0}};
    std::string out = hub_.closed ? R"({"closed":true)" : R"({"closed":false)";
    for (const auto& [name, value] : numbers)
        out += std::string(",\"") + name + "\":" + std::to_string(value);
    return out + "}";
}

} // namespace tickgate::tradier_venue
