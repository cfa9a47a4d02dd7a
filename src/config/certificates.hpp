// Whether PEM texts are what TLS needs.
#pragma once

#include <string>
#include <string_view>

namespace tickgate::config {

// What is wrong with a certificate (the first of the text) or with a private key; empty: nothing. Holds none of the
// text.
std::string certificate_problem(std::string_view pem);
std::string key_problem(std::string_view pem);

// Both without a problem: whether they belong together.
bool is_pair(std::string_view certificate, std::string_view key);

} // namespace tickgate::config
