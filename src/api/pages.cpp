#include "api/pages.hpp"

#include "api/content.hpp"
#include "api/embedded.hpp"
#include "api/openapi.hpp"

#include <string>

namespace tickgate::api {

namespace {

constexpr std::string_view policy =
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

struct Page {
    std::string_view path, type, body;
    std::string etag; // of the body, worked out once
};

const Page* find(std::string_view path) {
    static const Page pages[] = {
        {"/docs", "text/html; charset=utf-8", embedded::index_html, etag_of(embedded::index_html)},
        {"/docs/page.css", "text/css; charset=utf-8", embedded::page_css, etag_of(embedded::page_css)},
        {"/docs/page.js", "text/javascript; charset=utf-8", embedded::page_js, etag_of(embedded::page_js)},
        {"/openapi.json", "application/json", openapi_json(), etag_of(openapi_json())},
    };
    for (const auto& page : pages)
        if (page.path == path)
            return &page;
    return nullptr;
}

} // namespace

std::optional<net::HttpResponse> page_of(std::string_view path) {
    net::HttpResponse response;
    if (path == "/docs/") { // what the page refers to begins at its own folder
        response.status = 308;
        response.content_type = "text/plain; charset=utf-8";
        response.body = "the page is at /docs\n";
        response.headers.emplace_back("Location", "/docs");
        return response;
    }
    const auto* page = find(path);
    if (page == nullptr)
        return std::nullopt;
    response.content_type = page->type;
    response.body = page->body;
    response.headers.emplace_back("ETag", page->etag);
    response.headers.emplace_back("Content-Security-Policy", policy);
    response.headers.emplace_back("X-Content-Type-Options", "nosniff");
    response.headers.emplace_back("Referrer-Policy", "no-referrer");
    return response;
}

} // namespace tickgate::api
