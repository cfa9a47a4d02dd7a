// The simulated venues this binary carries; the table is generated from the list of providers.
#pragma once

#include <span>
#include <string_view>

namespace tickgate::app {

struct VenueCommand {
    std::string_view name;
    int (*run)(int argc, const char* const* argv); // argv starts with the venue's name
};
std::span<const VenueCommand> venues() noexcept;

} // namespace tickgate::app
