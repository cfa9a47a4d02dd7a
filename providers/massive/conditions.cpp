#include "massive/conditions.hpp"

#include <array>

namespace tickgate::massive {

namespace {

constexpr std::size_t known = 64;

// Index is the id. What is not named updates all: regular sales (0), sweeps (14), openings and closings (17 to 19).
constexpr std::array<UpdateRule, known> stock_rules = [] {
    std::array<UpdateRule, known> rules{};
    rules.fill(UpdateRule{true, true, true}); // g++ 12 forgets the members' own initialisers here, from -O1 on
    constexpr UpdateRule volume_only{false, false, true};
    constexpr UpdateRule no_close{true, false, true};
    constexpr UpdateRule nothing{false, false, false};
    constexpr UpdateRule no_volume{true, true, false};
    for (const std::size_t id : {2u, 7u, 12u, 13u, 20u, 21u, 29u, 37u, 52u, 53u})
        rules[id] =
            volume_only; // average price, cash, extended hours, next day, variation, seller, odd lot, contingent
    for (const std::size_t id : {5u, 10u, 22u, 33u})
        rules[id] = no_close; // bunched sold, derivatively priced, prior reference price, sold out of sequence
    for (const std::size_t id : {15u, 16u})
        rules[id] = nothing; // a market centre's official close and open: no prints of their own
    rules[38] = no_volume;   // corrected consolidated close
    return rules;
}();

} // namespace

UpdateRule rule_of(Cluster cluster, std::int64_t condition) noexcept {
    if (condition < 0)
        return {};
    if (cluster == Cluster::stocks)
        return static_cast<std::size_t>(condition) < known ? stock_rules[static_cast<std::size_t>(condition)]
                                                           : UpdateRule{};
    // 201 to 208: canceled, late and out-of-sequence reports in all combinations (OPRA's A to H).
    if (cluster == Cluster::options && condition >= 201 && condition <= 208) {
        const bool canceled = condition % 2 == 1;
        return {false, false, !canceled};
    }
    return {};
}

} // namespace tickgate::massive
