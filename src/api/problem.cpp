#include "api/problem.hpp"

#include "net/utf8.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <random>

namespace tickgate::api {

namespace {

std::string_view title_of(int status) noexcept {
    switch (status) {
    case 400:
        return "Bad Request";
    case 401:
        return "Unauthorized";
    case 403:
        return "Forbidden";
    case 404:
        return "Not Found";
    case 405:
        return "Method Not Allowed";
    case 406:
        return "Not Acceptable";
    case 408:
        return "Request Timeout";
    case 409:
        return "Conflict";
    case 413:
        return "Content Too Large";
    case 415:
        return "Unsupported Media Type";
    case 422:
        return "Unprocessable Content";
    case 426:
        return "Upgrade Required";
    case 431:
        return "Request Header Fields Too Large";
    case 429:
        return "Too Many Requests";
    case 451:
        return "Unavailable For Legal Reasons";
    case 502:
        return "Bad Gateway";
    case 503:
        return "Service Unavailable";
    case 504:
        return "Gateway Timeout";
    default:
        return "Internal Server Error";
    }
}

// Bytes of the UTF-8 sequence at the start of `text`; 0 if there is none.
std::size_t sequence_length(std::string_view text) noexcept {
    const auto first = static_cast<unsigned char>(text.front());
    const std::size_t n = first < 0x80 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
    return n <= text.size() && net::valid_utf8(text.substr(0, n)) ? n : 0;
}

bool fit_for_id(std::string_view text) noexcept {
    return !text.empty() && text.size() <= 64 && std::all_of(text.begin(), text.end(), [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '_' ||
               c == '-';
    });
}

} // namespace

void append_json_string(std::string& out, std::string_view text) {
    out += '"';
    while (!text.empty()) {
        const auto c = static_cast<unsigned char>(text.front());
        const auto n = sequence_length(text);
        if (n == 0)
            out += "\\ufffd";
        else if (c < 0x20 || c == 0x7f)
            out += fmt::format("\\u{:04x}", c);
        else {
            if (c == '"' || c == '\\')
                out += '\\';
            out += text.substr(0, n);
        }
        text.remove_prefix(std::max<std::size_t>(n, 1));
    }
    out += '"';
}

net::HttpResponse problem_response(const Problem& problem, std::string_view request_id, std::string_view members) {
    net::HttpResponse response;
    response.status = problem.status;
    response.content_type = "application/problem+json";
    auto& body = response.body;
    body = R"({"type":"about:blank","title":)";
    append_json_string(body, title_of(problem.status));
    body += fmt::format(R"(,"status":{},"detail":)", problem.status);
    append_json_string(body, problem.detail);
    body += R"(,"code":)";
    append_json_string(body, problem.code);
    body += R"(,"request_id":)";
    append_json_string(body, request_id);
    body += members;
    body += "}\n";
    return response;
}

std::string request_id_of(const net::HttpRequest& request) {
    const auto given = request.header("x-request-id");
    if (fit_for_id(given))
        return std::string(given);
    static thread_local std::mt19937_64 random{std::random_device{}()};
    return fmt::format("{:016x}", random());
}

} // namespace tickgate::api
