// The table keeps the conventions of Prometheus, so that every family does.
#include "metrics/table.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cctype>
#include <set>
#include <string>

namespace tickgate::metrics {

namespace {

bool is_word(std::string_view text) {
    return !text.empty() && text.front() != '_' && text.back() != '_' &&
           std::all_of(text.begin(), text.end(), [](char c) { return (c >= 'a' && c <= 'z') || c == '_'; });
}

template <class Check>
void each_row(Check&& check) {
    for (const auto& section : sections())
        for (const auto& row : section.rows) {
            SCOPED_TRACE(row.name);
            check(row);
        }
}

// What the end of the name says of the unit.
Unit unit_told(const Row& row) {
    auto name = row.name;
    if (name == "process_start_time_seconds" || name == "tickgate_http_certificate_expiry_seconds")
        return Unit::timestamp; // the name that every program has; the name of a point in time
    if (row.type == Type::counter)
        name.remove_suffix(std::string_view("_total").size());
    if (name.ends_with("_timestamp_seconds"))
        return Unit::timestamp;
    return name.ends_with("_seconds") ? Unit::seconds : name.ends_with("_bytes") ? Unit::bytes : Unit::none;
}

} // namespace

TEST(Table, NamesAreUniqueAndFound) {
    std::set<std::string_view> names;
    each_row([&](const Row& row) {
        EXPECT_TRUE(names.insert(row.name).second) << "twice";
        EXPECT_EQ(find(row.name), &row);
        EXPECT_TRUE(is_word(row.name));
        EXPECT_TRUE(row.name.starts_with("tickgate_") || row.name.starts_with("process_"));
    });
    EXPECT_GT(names.size(), 150u);
    EXPECT_EQ(find("tickgate_nothing"), nullptr);
}

TEST(Table, EndsOfNamesTellTypeAndUnit) {
    each_row([](const Row& row) {
        EXPECT_EQ(row.name.ends_with("_total"), row.type == Type::counter);
        EXPECT_EQ(unit_told(row), row.unit);
        for (const auto* reserved : {"_bucket", "_sum", "_count", "_info_total"})
            EXPECT_FALSE(row.name.ends_with(reserved));
        EXPECT_TRUE(row.type != Type::histogram || row.unit == Unit::seconds || row.unit == Unit::bytes);
    });
}

TEST(Table, EveryRowHasHelpAndMeaning) {
    each_row([](const Row& row) {
        EXPECT_FALSE(row.help.empty());
        EXPECT_FALSE(row.meaning.empty());
        EXPECT_EQ(row.help.find('\n'), std::string_view::npos);
        EXPECT_EQ(row.meaning.find('\n'), std::string_view::npos);
        EXPECT_NE(row.help.back(), '.');
        EXPECT_NE(row.meaning.back(), '.');
    });
}

TEST(Table, LabelsAreWordsWithTheirValues) {
    each_row([](const Row& row) {
        std::set<std::string_view> names;
        for (const auto& label : labels_of(row)) {
            EXPECT_TRUE(is_word(label.name)) << label.name;
            EXPECT_TRUE(names.insert(label.name).second) << label.name;
            EXPECT_NE(label.name, "le");
            EXPECT_NE(label.name, "instance") << "Prometheus names the target so";
            EXPECT_NE(label.name, "job");
        }
    });
    const auto labels = labels_of(*find("tickgate_feed_messages_total"));
    ASSERT_EQ(labels.size(), 2u);
    EXPECT_EQ(labels[0].name, "feed");
    EXPECT_TRUE(labels[0].values.empty());
    EXPECT_EQ(labels[1].name, "kind");
    EXPECT_EQ(labels[1].values, (std::vector<std::string_view>{"quote", "trade", "bar"}));
    EXPECT_TRUE(labels_of(*find("tickgate_owner")).empty());
}

} // namespace tickgate::metrics
