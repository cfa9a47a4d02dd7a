// Text of answers.
#include "core/clock.hpp"
#include "net/http_server_impl.hpp"
#include "net/ws_handshake.hpp"

#include <array>
#include <ctime>

namespace tickgate::net {

namespace {

std::string_view reason_of(int status) noexcept {
    struct Reason {
        int status;
        std::string_view text;
    };
    static constexpr std::array<Reason, 35> reasons{{{100, "Continue"}, {101, "Switching Protocols"}, {200, "OK"},
        {201, "Created"}, {202, "Accepted"}, {204, "No Content"}, {206, "Partial Content"}, {301, "Moved Permanently"},
        {302, "Found"}, {304, "Not Modified"}, {307, "Temporary Redirect"}, {308, "Permanent Redirect"},
        {400, "Bad Request"}, {401, "Unauthorized"}, {403, "Forbidden"}, {404, "Not Found"},
        {405, "Method Not Allowed"}, {406, "Not Acceptable"}, {408, "Request Timeout"}, {409, "Conflict"},
        {413, "Content Too Large"}, {414, "URI Too Long"}, {415, "Unsupported Media Type"}, {418, "I'm a teapot"},
        {422, "Unprocessable Content"}, {426, "Upgrade Required"}, {429, "Too Many Requests"},
        {431, "Request Header Fields Too Large"}, {451, "Unavailable For Legal Reasons"},
        {500, "Internal Server Error"}, {501, "Not Implemented"}, {502, "Bad Gateway"}, {503, "Service Unavailable"},
        {504, "Gateway Timeout"}, {505, "HTTP Version Not Supported"}}};
    for (const auto& r : reasons)
        if (r.status == status)
            return r.text;
    return "Unknown";
}

std::string date_header() {
    const std::time_t seconds = std::chrono::duration_cast<std::chrono::seconds>(wall_now().time_since_epoch()).count();
    std::tm utc{};
    ::gmtime_r(&seconds, &utc);
    std::array<char, 64> text{};
    const std::size_t n = std::strftime(text.data(), text.size(), "Date: %a, %d %b %Y %H:%M:%S GMT\r\n", &utc);
    return {text.data(), n};
}

void append_headers(std::string& out, const HttpResponse& response) {
    for (const auto& [name, value] : response.headers) {
        if (!name.empty() && header_safe(name) && header_safe(value))
            out += name + ": " + value + "\r\n";
        else
            log::error("net", "header_dropped", {{"reason", "control characters"}, {"name", name}});
    }
}

std::string status_line(int status) {
    return "HTTP/1.1 " + std::to_string(status) + " " + std::string(reason_of(status)) + "\r\n";
}

} // namespace

std::string render_response(const HttpResponse& response, bool keep, bool with_body) {
    std::string out = status_line(response.status) + date_header();
    const bool bodiless = response.status / 100 == 1 || response.status == 204 || response.status == 304;
    if (!bodiless) {
        if (!response.content_type.empty())
            out += "Content-Type: " + response.content_type + "\r\n";
        out += "Content-Length: " + std::to_string(response.body.size()) + "\r\n";
    }
    append_headers(out, response);
    out += keep ? "Connection: keep-alive\r\n\r\n" : "Connection: close\r\n\r\n";
    if (with_body && !bodiless)
        out += response.body;
    return out;
}

std::string render_stream_head(const HttpResponse& head) {
    std::string out = status_line(head.status) + date_header();
    if (!head.content_type.empty())
        out += "Content-Type: " + head.content_type + "\r\n";
    out += "Transfer-Encoding: chunked\r\n";
    append_headers(out, head);
    return out + "Connection: close\r\n\r\n";
}

std::string render_upgrade(const HttpResponse& response, std::string_view key) {
    std::string out = status_line(101) + date_header() +
                      "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: " + websocket_accept(key) +
                      "\r\n";
    append_headers(out, response);
    return out + "\r\n";
}

} // namespace tickgate::net
