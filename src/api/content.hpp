// What happens to an answer before it is sent: a validator for caches, 304, compression.
#pragma once

#include "net/http_server.hpp"

#include <boost/asio/awaitable.hpp>

#include <string>
#include <string_view>

namespace tickgate::api {

namespace asio = boost::asio;

inline constexpr std::size_t least_compressed = 1024;   // shorter bodies go as they are
inline constexpr std::size_t most_validated = 4u << 20; // longer ones get no ETag: it would hold up the loop

// `W/"…"` of the body's SHA-256: the same for both codings.
std::string etag_of(std::string_view body);
// Whether If-None-Match (a list, or `*`) names the tag; weak comparison.
bool names_etag(std::string_view if_none_match, std::string_view etag) noexcept;
// Whether Accept-Encoding takes gzip with a weight above 0.
bool takes_gzip(std::string_view accept_encoding) noexcept;

// Of a 200 to GET or HEAD with `validate`: adds ETag (unless the answer has one), and makes it a 304 where the client
// has that. Bodies of text are compressed for whoever takes gzip; long ones piece by piece, with the loop in between.
// `Cache-Control` is `no-store`, with an ETag `no-cache`, unless the answer has its own.
asio::awaitable<void> finish_answer(const net::HttpRequest& request, net::HttpResponse& response, bool validate);

} // namespace tickgate::api
