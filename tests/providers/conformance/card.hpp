// What the conformance suite needs to know of a provider. A further provider adds a card, not a test.
#pragma once

#include <tickgate/provider.hpp>

#include <chrono>
#include <functional>
#include <iosfwd>
#include <string>
#include <vector>

namespace tickgate::test {

struct Card {
    std::string provider; // also the name of its simulated venue
    std::string part;     // the feed under test
    void (*add)(ProviderRegistry&) = nullptr;
    std::vector<std::string> venue; // arguments after `tickgate venue NAME --port N`
    // Settings that lead to a venue on that port; with credentials that the venue takes, or does not take.
    std::function<ProviderSettings(const std::string&port)> settings, wrong_settings;
    bool has_credentials = true;
    std::vector<std::string> instruments; // three that the venue has
    std::string unknown;                  // a well-formed one that it has not
    std::vector<Kind> kinds;              // of the instruments' channels
    bool quote_times = true;              // quotes carry the venue's time
    // A capture: every price and size that is published must stand in it as text.
    std::string capture;
    std::vector<std::string> captured;          // its instruments
    std::vector<std::string> capture_arguments; // of the venue
    // History by REST.
    // How exact the times are that stream and past have in common; 0: they are the same.
    std::chrono::milliseconds trade_times{0};
    bool trade_ids = true;                // past trades bear the ids of the stream
    bool made_up_trades = false;          // there are trades of the time before the venue was started
    bool bars_of_all_trades = true;       // a bar is made of all trades of its span
    std::vector<std::string> more_prices; // `bid`, `ask` on request; beside the usual price of bars
    std::string history_path; // of bars by REST, where the plan or account may not include it; empty: public
};

std::ostream& operator<<(std::ostream& out, const Card& card); // for the names of tests
const std::vector<Card>& all_cards();

} // namespace tickgate::test
