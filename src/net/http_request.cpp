#include "net/http_request.hpp"

#include "core/text.hpp"

#include <boost/asio/ip/address.hpp>

#include <algorithm>
#include <charconv>
#include <utility>

namespace tickgate::net {

namespace {

int hex_digit(char c) noexcept {
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

bool plain_number(std::string_view text, std::uint64_t& value) noexcept {
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    return error == std::errc() && end == text.data() + text.size() && !text.empty() && text.front() != '-';
}

std::ptrdiff_t count_of(const HttpHead& head, std::string_view name) {
    return std::count_if(head.headers.begin(), head.headers.end(), [name](const auto& h) { return h.first == name; });
}

// RFC 9112 §6: a length that two readers could understand differently lets one request hide in another.
RequestFault check_framing(const HttpHead& head, RequestBody& body) {
    const auto lengths = count_of(head, "content-length"), codings = count_of(head, "transfer-encoding");
    if (lengths > 1 || codings > 1 || (lengths > 0 && codings > 0))
        return {400, "more than one length of the body"};
    if (lengths == 1 && !plain_number(head.header("content-length"), body.announced))
        return {400, "Content-Length is no number"};
    if (codings == 0)
        return {};
    if (head.version < 11 || !equals_ignoring_case(head.header("transfer-encoding"), "chunked"))
        return {400, "Transfer-Encoding other than chunked"};
    body.chunked = true;
    return {};
}

// Every escape of a path must be one, and none may hide a NUL.
bool sound_path(std::string_view path) noexcept {
    for (std::size_t i = 0; i < path.size(); ++i) {
        if (path[i] != '%')
            continue;
        if (i + 2 >= path.size() || hex_digit(path[i + 1]) < 0 || hex_digit(path[i + 2]) < 0)
            return false;
        if (path[i + 1] == '0' && path[i + 2] == '0')
            return false;
    }
    return true;
}

// Splits the target; false if it is none of the forms taken.
bool split_target(const HttpHead& head, HttpRequest& request, std::string& authority) {
    std::string_view target = head.target;
    if (target.starts_with("http://") || target.starts_with("https://")) { // absolute form, RFC 9112 §3.2.2
        target.remove_prefix(target.find("//") + 2);
        const auto end = std::min(target.find_first_of("/?"), target.size());
        authority = target.substr(0, end);
        target.remove_prefix(end);
        if (authority.empty() || authority.find('@') != std::string::npos)
            return false;
        if (!target.starts_with('/')) { // `http://host?query`
            request.path = "/";
            request.query = target.empty() ? std::string() : std::string(target.substr(1));
            return target.find('#') == std::string_view::npos;
        }
    }
    const bool asterisk = target == "*" && head.method == "OPTIONS";
    if ((!target.starts_with('/') && !asterisk) || target.find('#') != std::string_view::npos)
        return false;
    const auto question = target.find('?');
    request.path = target.substr(0, question);
    request.query = question == std::string_view::npos ? std::string() : std::string(target.substr(question + 1));
    return sound_path(request.path);
}

} // namespace

RequestFault take_head(HttpHead head, std::size_t max_target, HttpRequest& request, RequestBody& body) {
    if (auto fault = check_framing(head, body); fault.status != 0)
        return fault;
    const auto hosts = count_of(head, "host");
    if (hosts > 1 || (hosts == 0 && head.version >= 11)) // RFC 9112 §3.2
        return {400, hosts > 1 ? "more than one Host" : "Host is missing"};
    if (head.target.size() > max_target)
        return {414, "the target is longer than " + std::to_string(max_target) + " bytes"};
    std::string authority;
    if (head.method == "CONNECT" || !split_target(head, request, authority))
        return {400, "request target not understood"};
    request.method = std::move(head.method);
    request.headers = std::move(head.headers);
    if (!authority.empty())
        for (auto& [name, value] : request.headers)
            if (name == "host")
                value = authority;
    return {};
}

std::string decode_query(std::string_view text) {
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const int high = text[i] == '%' && i + 2 < text.size() ? hex_digit(text[i + 1]) : -1;
        const int low = high >= 0 ? hex_digit(text[i + 2]) : -1;
        if (low >= 0) {
            out.push_back(static_cast<char>(high * 16 + low));
            i += 2;
        } else {
            out.push_back(text[i] == '+' ? ' ' : text[i]);
        }
    }
    return out;
}

std::string peer_network(std::string_view peer) {
    const auto colon = peer.rfind(':');
    auto host = peer.substr(0, colon);
    if (host.starts_with('[') && host.ends_with(']'))
        host = host.substr(1, host.size() - 2);
    error_code ec;
    const auto address = asio::ip::make_address(std::string(host), ec);
    if (ec)
        return std::string(host);
    if (address.is_v4())
        return address.to_string();
    auto bytes = address.to_v6().to_bytes();
    if (address.to_v6().is_v4_mapped())
        return asio::ip::make_address_v4(asio::ip::v4_mapped, address.to_v6()).to_string();
    if (!address.is_loopback())
        std::fill(bytes.begin() + 8, bytes.end(), static_cast<unsigned char>(0));
    return asio::ip::make_address_v6(bytes).to_string();
}

} // namespace tickgate::net
