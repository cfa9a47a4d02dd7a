#include "oanda/lines.hpp"

#include "recorder.hpp"

#include <gtest/gtest.h>

namespace tickgate::oanda {
namespace {

struct Cut {
    LineCutter cutter;
    std::vector<std::string> lines;
    int overlong = 0;
    void operator()(std::string_view chunk) {
        const test::Padded bytes(chunk);
        cutter.feed(
            bytes.view(),
            [&](std::string_view line) {
                lines.emplace_back(line);
                behind += line.data()[line.size()];
                for (std::size_t i = 0; i < LineCutter::padding; ++i) // it is there
                    padding_sum = static_cast<char>(padding_sum ^ line.data()[line.size() + i]);
            },
            [&] { ++overlong; });
    }
    char padding_sum = 0;
    std::string behind; // the byte that follows each line
};

TEST(OandaLines, LinesAreCutWhereverTheChunksAre) {
    const std::string text = "first\nsecond line\r\n\n\r\n  \nthird\n";
    for (std::size_t step = 1; step <= text.size(); ++step) {
        Cut cut;
        for (std::size_t i = 0; i < text.size(); i += step)
            cut(std::string_view(text).substr(i, step));
        EXPECT_EQ(cut.lines, (std::vector<std::string>{"first", "second line", "third"})) << step;
        EXPECT_EQ(cut.cutter.unfinished(), 0u);
        EXPECT_EQ(cut.behind, "\n\r\n") << "the same wherever the cuts are: a parser may look at it";
    }
}

TEST(OandaLines, AnUnfinishedLineWaits) {
    Cut cut;
    cut("abc");
    EXPECT_TRUE(cut.lines.empty());
    EXPECT_EQ(cut.cutter.unfinished(), 3u);
    cut("");
    cut("def\nx");
    EXPECT_EQ(cut.lines, std::vector<std::string>{"abcdef"});
    EXPECT_EQ(cut.cutter.unfinished(), 1u);
}

TEST(OandaLines, AnEndlessLineIsGivenUpAndTheNextOneRead) {
    Cut cut;
    const std::string much(100000, 'x');
    for (int i = 0; i < 50; ++i)
        cut(much);
    EXPECT_EQ(cut.overlong, 1);
    EXPECT_EQ(cut.cutter.unfinished(), 0u);
    cut("tail\nnext\n");
    EXPECT_EQ(cut.lines, std::vector<std::string>{"next"});
    EXPECT_EQ(cut.overlong, 1);
}

} // namespace
} // namespace tickgate::oanda
