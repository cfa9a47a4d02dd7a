#include "config/expand.hpp"

#include <gtest/gtest.h>

namespace tickgate::config {
namespace {

Expansion expanded(std::string_view raw) {
    return expand(raw, [](std::string_view name) -> std::optional<std::string> {
        if (name == "HOST")
            return "db1";
        if (name == "EMPTY")
            return "";
        if (name == "MONEY")
            return "${HOST}$$";
        return std::nullopt;
    });
}

struct Card {
    std::string_view raw, text, problem;
};
class Expand : public ::testing::TestWithParam<Card> {};

TEST_P(Expand, GivesTextOrProblem) {
    const Expansion e = expanded(GetParam().raw);
    if (GetParam().problem.empty()) {
        EXPECT_EQ(e.problem, "");
        EXPECT_EQ(e.text, GetParam().text);
    } else {
        EXPECT_NE(e.problem.find(GetParam().problem), std::string::npos) << e.problem;
        EXPECT_EQ(e.text, "");
    }
}

INSTANTIATE_TEST_SUITE_P(Forms, Expand,
    ::testing::Values(Card{"plain", "plain", {}}, Card{"", "", {}}, Card{"a ${HOST} b", "a db1 b", {}},
        Card{"${HOST}${HOST}", "db1db1", {}}, Card{"${EMPTY}", "", {}}, Card{"${NONE:-x y}", "x y", {}},
        Card{"${NONE:-}", "", {}}, Card{"${EMPTY:-d}", "d", {}}, Card{"${HOST:-d}", "db1", {}},
        Card{"${HOST:?needed}", "db1", {}}, Card{"${NONE:-a:b-c?d}", "a:b-c?d", {}}, Card{"$$", "$", {}},
        Card{"$${HOST}", "${HOST}", {}}, Card{"a$b$", "a$b$", {}}, Card{"$HOST", "$HOST", {}},
        Card{"${MONEY}", "${HOST}$$", {}}, // a value is not expanded again
        Card{"${NONE}", {}, "NONE is not set"}, Card{"${NONE:?set it in /etc/default}", {}, "set it in /etc/default"},
        Card{"${EMPTY:?needed}", {}, "EMPTY is not set"}, Card{"${NONE:?}", {}, "it is needed"},
        Card{"${HOST", {}, "without `}`"}, Card{"${}", {}, "${VAR:-default}"}, Card{"${1A}", {}, "${VAR:-default}"},
        Card{"${HOST-x}", {}, "${VAR:-default}"}, Card{"${HOST:x}", {}, "${VAR:-default}"},
        Card{"ok ${HOST} ${NONE}", {}, "NONE"}));

} // namespace
} // namespace tickgate::config
