// The live matrix of `tickgate top`: feeds above, instruments below. No I/O, no clock.
#pragma once

#include "cli/json.hpp"
#include "cli/table_model.hpp"

#include <tickgate/time.hpp>

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace tickgate::cli {

class TopModel {
public:
    explicit TopModel(std::string title) : title_(std::move(title)) {}

    // What the API told, each whenever it was asked.
    void set_gateway(const Json& gateway);
    void set_feeds(std::vector<Json> feeds, MonoTime now);
    void set_subscriptions(std::vector<Json> subscriptions, MonoTime now);
    void set_latest(const std::string& symbol, const Json& latest, MonoTime now);
    void set_problem(std::string problem) { problem_ = std::move(problem); } // empty: the daemon answers

    // Instruments whose rows are seen, in their order: only these need a set_latest().
    std::vector<std::string> visible(TerminalSize size) const;
    std::size_t instruments() const noexcept { return rows_.size(); }
    void scroll(long rows);      // down, or up if negative; kept within the list
    void scroll_to(bool bottom); // the other end

    std::vector<Line> render(TerminalSize size, Moment now) const;
    // The same as `feed NAME key=value …` and `symbol NAME key=value …`, for pipes.
    std::vector<std::string> plain(Moment now) const;

private:
    // Messages a second between two looks that are a while apart.
    struct Pace {
        void look(std::uint64_t count, MonoTime now);
        std::uint64_t count = 0;
        std::optional<MonoTime> at;
        std::optional<double> rate;
    };
    struct Feed {
        Json told;
        Pace pace;
    };
    struct Row {
        Json subscription, latest;
        Pace pace;
    };
    using Cells = std::vector<std::string>;
    Cells feed_cells(const Feed& feed, Moment now) const;
    Cells row_cells(const std::string& symbol, const Row& row, Moment now) const;
    std::size_t room(TerminalSize size) const noexcept; // rows for instruments

    std::string title_, gateway_, problem_;
    bool gateway_well_ = true;
    std::map<std::string, Feed> feeds_;
    std::map<std::string, Row> rows_;
    std::size_t top_ = 0; // the first row that is seen
};

} // namespace tickgate::cli
