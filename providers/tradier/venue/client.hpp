// One stream of a client, over WebSocket or HTTP.
#pragma once

#include "tradier/venue/book.hpp"
#include "tradier/venue/desk.hpp"

#include "venue_kit/client.hpp"

#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace tickgate::tradier_venue {

class StreamClient;

// What all clients share.
struct Hub {
    Hub(const TradierOptions& o, const kit::FaultBoard& f, std::uint64_t seed)
        : options(o), faults(f), desk(options, seed) {}

    TradierOptions options;
    const kit::FaultBoard& faults;
    Desk desk;
    std::vector<Book> books;
    std::unordered_map<std::string, std::size_t> names;
    std::vector<StreamClient*> clients;
    Moment now{};
    bool closed = false; // the market
    bool replay = false; // what is sent stands in last_lines
    std::vector<std::string_view> last_lines;
    std::uint64_t lists = 0, events = 0, repeats = 0, left_out = 0, too_many = 0, refused = 0;

    Book* find(std::string_view native);
    std::chrono::milliseconds skew() const;
    std::size_t alive(const StreamClient* except) const; // streams that count
};

// The event types of a filter.
struct Filter {
    bool quote = true, trade = true, summary = true, timesale = true, tradex = true;
};

// What a message or a form asks for.
struct ListRequest {
    std::vector<std::string> symbols;
    Filter filter;
    std::string session_id;
    bool line_break = false;
};
// False if the text is no such message.
bool parse_message(std::string_view text, ListRequest& into);
bool parse_form(std::string_view form, ListRequest& into);
// `name`'s decoded value in a form; empty if absent.
std::string form_value(std::string_view form, std::string_view name);

class StreamClient final : public kit::VenueClient {
public:
    StreamClient(Hub& hub, kit::ClientPort& port, bool http, Moment now);
    ~StreamClient() override;
    StreamClient(const StreamClient&) = delete;
    StreamClient& operator=(const StreamClient&) = delete;

    void on_text(std::string_view text, Moment now) override;
    void tick(Moment now) override;

    // Replaces the list. Refusals are said in the stream; false if the stream ends with it.
    bool take(const ListRequest& request, Moment now);

    void on_quote(std::size_t book);
    void on_trade(std::size_t book, std::span<const kit::Fill> fills);
    void send_line(std::size_t book, std::string_view line); // as it is, of a replay
    void leave_out(std::int64_t count, std::string_view native);
    void refuse(std::string_view words, bool end);
    void end();

    bool listens() const noexcept { return listed_ > 0; }
    std::size_t size() const noexcept { return listed_; }
    // A client that is half open is not asked any more.
    bool half_open(MonoTime now) const noexcept { return now - last_tick_ > std::chrono::seconds(1); }
    void send_any(std::string_view line); // of a replay that all get

private:
    struct Listing {
        bool on = false;
        std::int64_t left_out = 0;
        MonoTime sent{};
    };
    void repeat(std::size_t book, Moment now, bool stale);
    void add(std::string_view object) { frame_.append(object).append(line_break_ ? "\n" : ""); }
    void flush(std::size_t book);
    bool mute(std::size_t book, Moment now) const;

    Hub& hub_;
    kit::ClientPort& port_;
    bool http_;
    Moment opened_;
    MonoTime last_tick_, last_data_;
    std::vector<Listing> listings_;
    std::size_t listed_ = 0;
    std::size_t next_repeat_ = 0; // of listings_
    Filter filter_;
    bool line_break_ = false;
    bool counted_ = false; // among the streams of the user
    bool ended_ = false;   // by the venue
    std::string frame_, object_;
};

} // namespace tickgate::tradier_venue
