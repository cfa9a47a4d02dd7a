// One message on its way to many clients: serialized at most once for each way it is sent.
#pragma once

#include <tickgate/market_data.hpp>

#include <boost/smart_ptr/intrusive_ptr.hpp>
#include <boost/smart_ptr/intrusive_ref_counter.hpp>

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace tickgate::stream {

enum class Format : std::uint8_t { native, market_data };
enum class Carrier : std::uint8_t { websocket, sse };
std::string_view to_string(Format f) noexcept;
std::string_view to_string(Carrier c) noexcept;
std::optional<Format> format_from(std::string_view text) noexcept;

// `text` as one piece for the carrier: a WebSocket frame, or an event of server-sent events. Appends.
void append_framed(std::string& out, Carrier carrier, std::string_view text);

// Lives on one loop; counted by its holders.
class Message : public boost::intrusive_ref_counter<Message, boost::thread_unsafe_counter> {
public:
    // Market data of that kind; without one a state or an event, which look the same in both formats.
    Message(std::optional<Kind> kind, std::uint64_t seq, std::string_view payload)
        : kind_(kind), seq_(seq), payload_(payload) {}

    std::uint64_t seq() const noexcept { return seq_; }
    const std::string& payload() const noexcept { return payload_; }
    // Ready to be sent. Valid as long as the message.
    std::string_view frame(Carrier carrier, Format format);

private:
    std::optional<Kind> kind_;
    std::uint64_t seq_;
    std::string payload_;
    std::array<std::string, 4> frames_; // made when first needed
};
using MessageRef = boost::intrusive_ptr<Message>;

} // namespace tickgate::stream
