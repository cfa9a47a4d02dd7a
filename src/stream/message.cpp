#include "stream/message.hpp"

#include "net/ws_codec.hpp"
#include "stream/market_data.hpp"

namespace tickgate::stream {

std::string_view to_string(Format f) noexcept { return f == Format::native ? "native" : "market_data"; }
std::string_view to_string(Carrier c) noexcept { return c == Carrier::websocket ? "websocket" : "sse"; }

std::optional<Format> format_from(std::string_view text) noexcept {
    if (text == "native")
        return Format::native;
    if (text == "market_data")
        return Format::market_data;
    return std::nullopt;
}

void append_framed(std::string& out, Carrier carrier, std::string_view text) {
    if (carrier == Carrier::websocket)
        return net::ws_encode(out, net::WsEvent::Type::text, text, net::WsRole::server, 0);
    out.append("data: ").append(text).append("\n\n"); // our JSON is one line
}

std::string_view Message::frame(Carrier carrier, Format format) {
    if (!kind_)
        format = Format::native;
    auto& frame = frames_[static_cast<std::size_t>(carrier) * 2 + static_cast<std::size_t>(format)];
    if (frame.empty()) {
        const auto text = format == Format::native ? std::string() : market_data_envelope(*kind_, payload_);
        append_framed(frame, carrier, text.empty() ? std::string_view(payload_) : std::string_view(text));
    }
    return frame;
}

} // namespace tickgate::stream
