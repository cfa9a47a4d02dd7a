// What a request must look like to be served, beyond what the parser demands. No I/O.
#pragma once

#include "net/http_parser.hpp"
#include "net/http_server.hpp"

#include <cstdint>
#include <string>

namespace tickgate::net {

struct RequestFault {
    int status = 0; // 0: none
    std::string text;
};

// How the body of a request comes.
struct RequestBody {
    std::uint64_t announced = 0; // Content-Length; 0 if there is none
    bool chunked = false;

    bool any() const noexcept { return chunked || announced > 0; }
};

// Checks the head and moves it into `request`: method, path, query and headers. A target in absolute form takes the
// place of Host. Refused is what programs between the client and us could read otherwise than we do: two lengths, any
// transfer coding but `chunked`, two Hosts, a target with %00 or a fragment.
RequestFault take_head(HttpHead head, std::size_t max_target, HttpRequest& request, RequestBody& body);

// `+` and %XX decoded; a faulty escape stays as it is.
std::string decode_query(std::string_view text);

// The address of `1.2.3.4:55123` or `[2001:db8::1]:55123` as limits count it: without the port, IPv6 by its first 64
// bits (one household, one network), IPv4 in IPv6 as IPv4.
std::string peer_network(std::string_view peer);

} // namespace tickgate::net
