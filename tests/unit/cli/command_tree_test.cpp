// Suggestions, completions and manual pages of a small tree.
#include "cli/command_tree.hpp"
#include "cli/completions.hpp"
#include "cli/manual.hpp"

#include <gmock/gmock.h>

namespace tickgate::cli {

namespace {

using testing::HasSubstr;

OptionInfo option(std::vector<std::string> names, std::string value, std::vector<std::string> choices = {}) {
    OptionInfo o;
    o.names = std::move(names);
    o.value = std::move(value);
    o.choices = std::move(choices);
    o.help = "It's [help]: a\\b";
    return o;
}

CommandInfo tree() {
    CommandInfo root, show, group, init;
    root.name = "tickgate";
    root.text = "Gateway\nSecond line.";
    show.name = "status";
    show.text = "One glance\n.starts with a dot";
    show.examples = "Examples:\n  tickgate status -o json\nor\n  tickgate status";
    show.options = {
        option({"-o", "--output"}, "TEXT", {"table", "json"}), option({"--config"}, "FILE"), option({"--all"}, "")};
    show.options[0].fallback = "table";
    init.name = "init";
    init.text = "Write one";
    init.positionals = {option({}, "WHAT", {"alpha", "beta"})};
    group.name = "config";
    group.text = "Files";
    group.commands = {init};
    root.commands = {show, group};
    root.options = {option({"--version"}, "")};
    return root;
}

} // namespace

TEST(Suggestion, NamesTheNearestWord) {
    const auto root = tree();
    EXPECT_EQ(suggestion(root, {"statsu"}), "no command `statsu`; did you mean `status`?");
    EXPECT_EQ(suggestion(root, {"config", "inti"}), "no command `inti`; did you mean `init`?");
    EXPECT_EQ(suggestion(root, {"status", "--outptu=json"}), "no option `--outptu`; did you mean `--output`?");
    EXPECT_EQ(suggestion(root, {"status", "--out"}), "no option `--out`; did you mean `--output`?");
    EXPECT_EQ(suggestion(root, {"status", "-o", "--confg"}), "") << "a value is no option";
    EXPECT_EQ(suggestion(root, {"status", "--all", "--al"}), "no option `--al`; did you mean `--all`?");
    EXPECT_EQ(suggestion(root, {"nothinglikeit"}), "");
    EXPECT_EQ(suggestion(root, {"status", "--", "--outptu"}), "");
    EXPECT_EQ(suggestion(root, {}), "");
}

TEST(Completions, NameEveryCommandOptionAndChoice) {
    const auto root = tree();
    for (const auto* shell : {"bash", "zsh", "fish"}) {
        const auto script = completions_for(shell, root);
        ASSERT_TRUE(script) << shell;
        for (const auto* word : {"status", "config", "init", "output", "alpha", "json", "version"})
            EXPECT_THAT(*script, HasSubstr(word)) << shell;
    }
    EXPECT_FALSE(completions_for("tcsh", root));
}

TEST(Manual, IsRoffWithoutSurprises) {
    const auto pages = manual_pages(tree(), "1.2-3", "2026-11-21");
    ASSERT_EQ(pages.size(), 3u);
    EXPECT_EQ(pages[0].file, "tickgate.1");
    EXPECT_EQ(pages[1].file, "tickgate-status.1");
    EXPECT_THAT(pages[1].text, HasSubstr(".TH TICKGATE\\-STATUS 1 2026-11-21 \"tickgate 1.2\\-3\""));
    EXPECT_THAT(pages[1].text, HasSubstr("tickgate\\-status \\- One glance\n"));
    EXPECT_THAT(pages[1].text, HasSubstr("\n\\&.starts with a dot\n")) << "no request";
    EXPECT_THAT(
        pages[1].text, HasSubstr("\\fB\\-o\\fR, \\fB\\-\\-output\\fR \\fBtable\\fR|\\fBjson\\fR\nIt's [help]: a\\eb "
                                 "(default: table)\n"));
    EXPECT_THAT(pages[1].text, HasSubstr(".nf\n.RS\ntickgate status \\-o json\n.RE\n.fi\n.PP\nor\n"));
    EXPECT_THAT(pages[2].text, HasSubstr(".SS init\n"));
    EXPECT_THAT(pages[0].text, HasSubstr(".BR tickgate\\-status (1) ,\n"));
}

} // namespace tickgate::cli
