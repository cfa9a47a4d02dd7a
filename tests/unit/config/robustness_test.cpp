// Input that nobody means: broken, hostile, binary.
#include "config_test_support.hpp"

#include <fstream>
#include <random>
#include <sstream>

namespace tickgate::config {
namespace {

using ::testing::HasSubstr;
using ::testing::SizeIs;

class RobustnessTest : public Fixture {
protected:
    std::string repeated(std::string_view text, std::size_t times) {
        std::string out;
        for (std::size_t i = 0; i < times; ++i)
            out += text;
        return out;
    }
};

TEST_F(RobustnessTest, BrokenYamlHasAPlace) {
    EXPECT_THAT(fault("redis: {url: x\nhttp: [\n"), HasSubstr("not valid YAML"));
    EXPECT_THAT(fault("a: b: c\n"), HasSubstr(":1:5: not valid YAML: "));
    EXPECT_THAT(fault("redis:\n\tprefix: x\n"), HasSubstr("/etc/tickgate/t.yaml:2:"));
    EXPECT_THAT(faults("hot: \"open\n"), SizeIs(1)); // the parser ends the text at the end of the file
    EXPECT_THAT(fault("hot: *nobody\n"), HasSubstr("not valid YAML"));
    EXPECT_THAT(fault("hot: {spin: true}\n---\nlog: {}\n"), HasSubstr("more than one YAML document"));
    EXPECT_THAT(fault("hot: !thing {}\n"), HasSubstr(":1:6: YAML tags are not used here"));
}

TEST_F(RobustnessTest, DeepNestingIsRefused) {
    for (const std::size_t depth : {40u, 1000u, 200000u}) {
        EXPECT_THAT(fault(repeated("[", depth)), HasSubstr("nested too deeply")) << depth;
        EXPECT_THAT(faults(repeated("{a: ", depth)), SizeIs(1)) << depth;
        EXPECT_THAT(faults(repeated("- ", depth)), SizeIs(1)) << depth;
        EXPECT_THAT(faults(repeated("? ", depth)), SizeIs(1)) << depth;
    }
}

TEST_F(RobustnessTest, AliasesWorkAndBombsDoNot) {
    const Config c = good("publish: {kinds: &k [quote], linger: &t 5s}\nstale: {default: *t}\n");
    EXPECT_EQ(c.stale.fallback, milliseconds(5000));

    std::string bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n";
    for (int i = 1; i < 20; ++i) {
        const std::string inner = "*a" + std::to_string(i - 1);
        bomb += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [" + inner;
        for (int j = 0; j < 9; ++j)
            bomb += ", " + inner;
        bomb += "]\n";
    }
    EXPECT_THAT(fault(bomb), HasSubstr("too many values"));

    std::string text_bomb = "a: &a " + std::string(500000, 'x') + "\nb: [*a";
    for (int i = 0; i < 10000; ++i)
        text_bomb += ", *a";
    EXPECT_THAT(fault(text_bomb + "]\n"), HasSubstr("too many values"));
    EXPECT_THAT(fault("a: &a [*a]\n"), HasSubstr("an alias refers to the value that contains it"));
}

TEST_F(RobustnessTest, BinaryIsRefusedWithItsPlace) {
    EXPECT_THAT(fault(std::string_view("hot:\n  \0", 8)), HasSubstr(":2:3: the file is not text"));
    EXPECT_THAT(fault("hot: \x7f"), HasSubstr(":1:6: the file is not text"));
    EXPECT_THAT(fault("\xff\xfe"
                      "h"),
        HasSubstr(":1:1: the file is not text"));
    for (const char* broken : {"\xc0\xaf", "\xed\xa0\x80", "\xf4\x90\x80\x80", "\xe2\x82", "\x80"})
        EXPECT_THAT(fault(broken), HasSubstr("broken UTF-8"));
    good("\xef\xbb\xbf# a byte order mark\nhot: {spin: true} # \xe2\x82\xac \xf0\x9f\x98\x80\n");
}

TEST_F(RobustnessTest, SizeAndNumberOfProblemsAreBounded) {
    EXPECT_THAT(fault(std::string(max_file_size + 1, ' ')), HasSubstr("larger than"));
    std::string many = "symbols:\n  crypto:\n";
    for (int i = 0; i < 20000; ++i)
        many += "  - \"?" + std::to_string(i) + "\"\n";
    const auto all = faults(many);
    EXPECT_EQ(all.size(), 501u);
    EXPECT_THAT(all.back(), HasSubstr("19500 more problems are not shown"));

    std::string keys;
    for (int i = 0; i < 60000; ++i)
        keys += "k" + std::to_string(i) + ": 1\n";
    EXPECT_EQ(faults(keys).size(), 501u);

    std::string symbols = "symbols:\n  crypto:\n";
    for (int i = 0; i < 60000; ++i)
        symbols += "  - S" + std::to_string(i) + "\n";
    EXPECT_EQ(good(symbols).symbols.size(), 60000u);
}

// Each of these sends the parser down another of its slow paths; a hang shows as the test's time limit.
TEST_F(RobustnessTest, LongHostileTextsEnd) {
    for (const char* piece : {" ", "\n", "#", "\"", "'", "a: ", "a:\n ", "- a\n", ",", "]", "}", "|", ">\n", "&a ",
             "*a ", "!", "%", "---\n", "...\n", "?", ":", "[a, ", "{a: [", "\"\\x", "a\n b\n", "@", "`", "\t", "''''",
             "- - - \n", "!!str ", "<<: ", "a: &a\n", "[]", "{}"}) {
        const std::string text = repeated(piece, 50000 / std::string_view(piece).size());
        const Loaded loaded = load(text);
        EXPECT_EQ(loaded.config.has_value(), loaded.problems.empty()) << piece;
    }
}

TEST_F(RobustnessTest, MutatedSampleNeverThrows) {
    std::ifstream in(std::string(TICKGATE_SOURCE) + "/config/tickgate.yaml");
    std::stringstream buffer;
    buffer << in.rdbuf();
    const std::string sample = buffer.str();
    ASSERT_FALSE(sample.empty());
    std::mt19937 random(20240601); // NOLINT: the same sequence in every run
    const std::string alphabet = "{}[]:,-#&*!|>'\"%@`$?\n\t ax09~<.";
    for (int round = 0; round < 400; ++round) {
        std::string text = sample;
        for (unsigned edits = 1 + random() % 8; edits > 0; --edits) {
            const std::size_t at = random() % text.size();
            switch (random() % 3) {
            case 0:
                text[at] = alphabet[random() % alphabet.size()];
                break;
            case 1:
                text.erase(at, random() % 40);
                break;
            default:
                text.insert(at, 1 + random() % 3, alphabet[random() % alphabet.size()]);
            }
            if (text.empty())
                text = "a";
        }
        const Loaded loaded = load(text);
        EXPECT_EQ(loaded.config.has_value(), loaded.problems.empty());
    }
}

} // namespace
} // namespace tickgate::config
