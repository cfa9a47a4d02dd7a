// Completions in real shells, and manual pages as troff and mandoc see them.
#include "integration/gateway_system.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <set>

namespace tickgate::test {

namespace {

std::set<std::string> words_of(const std::string& text) {
    std::set<std::string> out;
    std::string word;
    for (const char c : text + "\n") {
        if (c != '\n') {
            word += c;
        } else if (!word.empty()) {
            out.insert(word);
            word.clear();
        }
    }
    return out;
}

bool installed(const char* program) { return run({"/bin/sh", "-c", std::string("command -v ") + program}).code == 0; }

class Completions : public testing::Test {
protected:
    // What bash offers for the last of the words.
    std::set<std::string> offered(std::vector<std::string> words) const {
        std::vector<std::string> command{
            "/bin/bash", std::string(TICKGATE_SOURCE) + "/tests/integration/complete.bash", script("bash")};
        command.insert(command.end(), words.begin(), words.end());
        const auto done = run(std::move(command));
        EXPECT_EQ(done.code, 0) << done.err;
        EXPECT_EQ(done.err, "");
        return words_of(done.out);
    }
    std::string script(const std::string& shell) const {
        const auto done = run({binary, "completions", shell});
        EXPECT_EQ(done.code, 0) << done.err;
        return directory.write("tickgate." + shell, done.out);
    }
    TemporaryDirectory directory;
};

} // namespace

TEST_F(Completions, BashOffersCommandsOptionsAndChoices) {
    using Words = std::set<std::string>;
    const auto commands = offered({"tickgate", ""});
    for (const auto* command :
        {"run", "status", "top", "probe", "doctor", "check-config", "config", "completions", "venue"})
        EXPECT_TRUE(commands.contains(command)) << command;
    EXPECT_FALSE(commands.contains("manual")) << "hidden";
    EXPECT_EQ(offered({"tickgate", "sta"}), Words{"status"});
    EXPECT_EQ(offered({"tickgate", "config", ""}), (Words{"init", "show", "schema"}));
    EXPECT_EQ(offered({"tickgate", "config", "show", "--ru"}), Words{"--running"});
    EXPECT_EQ(offered({"tickgate", "feeds", "-o", ""}), (Words{"table", "json", "ndjson", "csv"}));
    EXPECT_EQ(offered({"tickgate", "feeds", "--output", "=", "nd"}), Words{"ndjson"});
    EXPECT_EQ(offered({"tickgate", "feeds", "--output", "="}), (Words{"table", "json", "ndjson", "csv"}));
    EXPECT_EQ(offered({"tickgate", "check", "q"}), Words{"quota"});
    EXPECT_EQ(offered({"tickgate", "completions", ""}), (Words{"bash", "zsh", "fish"}));
    EXPECT_TRUE(offered({"tickgate", "venue", ""}).contains("binance"));
    EXPECT_TRUE(offered({"tickgate", "quote", "--url", ""}).empty()) << "nothing is known of it";
    EXPECT_TRUE(offered({"tickgate", "run", "--config", directory.path() + "/tick"})
                    .contains(directory.path() + "/tickgate.bash"));
}

TEST_F(Completions, EveryOptionOfEveryCommandIsThere) {
    const auto commands = offered({"tickgate", ""});
    for (const auto& command : commands) {
        if (command == "venue")
            continue;
        const auto help = run({binary, command, "--help"});
        EXPECT_EQ(help.code, 0) << command;
        const auto options = offered({"tickgate", command, "--"});
        for (auto at = help.out.find("  --"); at != std::string::npos; at = help.out.find("  --", at + 4)) {
            const auto name = help.out.substr(at + 2, help.out.find_first_of(" ,\n", at + 2) - at - 2);
            if (name.size() > 2 && help.out.find("Examples:") > at) {
                EXPECT_TRUE(options.contains(name)) << command << ' ' << name;
            }
        }
    }
}

TEST_F(Completions, ZshAndFishTakeTheirScripts) {
    if (!installed("zsh") && !installed("fish"))
        GTEST_SKIP() << "neither zsh nor fish is installed";
    if (installed("zsh")) {
        const auto file = script("zsh");
        const auto done = run({"zsh", "-f", "-c",
            "autoload -U compinit && compinit -D -u && source " + file + " && print $_comps[tickgate]"});
        EXPECT_EQ(done.code, 0) << done.err;
        EXPECT_EQ(done.out, "_tickgate\n") << done.err;
        EXPECT_EQ(run({"zsh", "-n", file}).code, 0);
    }
    if (installed("fish")) {
        const auto file = script("fish");
        const auto done =
            run({"fish", "--no-config", "-c",
                    "source " + file + "; complete -C 'tickgate feeds -o nds'; complete -C 'tickgate stat'"},
                {{"HOME", directory.path()}});
        EXPECT_EQ(done.code, 0) << done.err;
        EXPECT_NE(done.out.find("status"), std::string::npos) << done.out;
        const auto choices =
            run({"fish", "--no-config", "-c", "source " + file + "; complete -C 'tickgate feeds -o nd'"},
                {{"HOME", directory.path()}});
        EXPECT_NE(choices.out.find("ndjson"), std::string::npos) << choices.out << choices.err;
    }
}

TEST(ManualPages, AreThereForEveryCommandAndClean) {
    const TemporaryDirectory directory;
    ASSERT_EQ(run({binary, "manual", "--directory", directory.path(), "--date", "2026-11-21"}).code, 0);
    std::size_t pages = 0;
    for (const auto& entry : std::filesystem::directory_iterator(directory.path())) {
        ++pages;
        const auto file = entry.path().string();
        if (installed("man")) {
            const auto page = run({"man", "--warnings", "-E", "UTF-8", "-l", "-Tutf8", "-Z", file},
                {{"MANROFFSEQ", ""}, {"LC_ALL", "C.UTF-8"}});
            EXPECT_EQ(page.code, 0) << file;
            EXPECT_EQ(page.err, "") << file;
        }
        if (installed("mandoc")) {
            const auto lint = run({"mandoc", "-T", "lint", "-W", "warning", file});
            EXPECT_EQ(lint.code, 0) << file << "\n" << lint.out;
        }
    }
    const auto help = run({binary, "--help"}).out;
    for (const auto* command : {"status", "config", "probe", "check", "top", "subscriptions"}) {
        EXPECT_NE(help.find(command), std::string::npos);
        EXPECT_TRUE(std::filesystem::exists(directory.path() + "/tickgate-" + command + ".1")) << command;
    }
    EXPECT_TRUE(std::filesystem::exists(directory.path() + "/tickgate.1"));
    EXPECT_TRUE(std::filesystem::exists(directory.path() + "/tickgate.yaml.5"));
    EXPECT_GT(pages, 20u);
}

TEST(FirstConfiguration, IsValidAndNeverOverwritten) {
    const TemporaryDirectory directory;
    const auto file = directory.path() + "/tickgate.yaml";
    ASSERT_EQ(run({binary, "config", "init", "--output", file}).code, 0);
    const auto check = run({binary, "check-config", file});
    EXPECT_EQ(check.code, 0) << check.err;
    const auto again = run({binary, "config", "init", "--output", file});
    EXPECT_EQ(again.code, 1);
    EXPECT_NE(again.err.find("--force"), std::string::npos) << again.err;
    EXPECT_EQ(run({binary, "config", "init", "--output", file, "--force"}).code, 0);
    std::ifstream in(file);
    const std::string text((std::istreambuf_iterator<char>(in)), {});
    EXPECT_EQ(run({binary, "config", "init"}).out, text);
    EXPECT_EQ(run({binary, "config", "schema"}).out.find('{'), 0u);
}

} // namespace tickgate::test
