// Compressed answers of REST doors.
#pragma once

#include "net/http_server.hpp"

namespace tickgate::venue_kit {

// Compresses the body if it is worth it (over 1 KiB) and the request accepts gzip; adds Content-Encoding.
void gzip_answer(const net::HttpRequest& request, net::HttpResponse& response);

} // namespace tickgate::venue_kit
