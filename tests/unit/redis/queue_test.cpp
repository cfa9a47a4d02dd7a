#include "redis/channel.hpp"
#include "redis/command_queue.hpp"

#include <gtest/gtest.h>

#include <cstring>
#include <string>
#include <vector>

namespace tickgate::redis {
namespace {

class Queue : public ::testing::Test {
protected:
    Queue()
        : queue([this](char* text, std::size_t size, Command& c) {
              c.seq = ++numbered;
              text[size - 1] = static_cast<char>('0' + c.seq % 10);
          }) {}

    void add(const std::string& text, Tag tag = Tag::publish, std::uint64_t seq = 0, bool front = false) {
        char* out = front ? queue.reserve_front(text.size()) : queue.reserve(text.size());
        std::memcpy(out, text.data(), text.size());
        Command c;
        c.tag = tag;
        c.seq = seq;
        c.unnumbered = tag == Tag::event;
        queue.commit(text.size(), c);
    }
    std::string send(std::size_t most = SIZE_MAX) {
        std::string out;
        while (most > 0) {
            const auto piece = queue.unsent().substr(0, most);
            if (piece.empty())
                break;
            out += piece;
            most -= piece.size();
            queue.sent(piece.size());
        }
        return out;
    }
    std::size_t answer_all() {
        std::size_t n = 0;
        for (; queue.unanswered(); ++n)
            queue.answered();
        return n;
    }
    static std::string big(char c) { return std::string(20000, c); } // three fit a chunk

    std::uint64_t numbered = 0;
    CommandQueue queue;
};

TEST_F(Queue, SendsInOrderAndForgetsWhatWasAnswered) {
    add("aaa");
    add("bb");
    EXPECT_EQ(queue.unanswered(), nullptr);
    EXPECT_EQ(send(4), "aaab");
    ASSERT_NE(queue.unanswered(), nullptr); // only the first was sent in full
    EXPECT_EQ(queue.unanswered_commands(), 1u);
    queue.answered();
    EXPECT_EQ(queue.unanswered(), nullptr);
    add("c");
    EXPECT_EQ(send(), "bc");
    EXPECT_EQ(answer_all(), 2u);
    EXPECT_EQ(queue.bytes(), 0u);
    EXPECT_EQ(queue.commands(), 0u);
    add("d");
    EXPECT_EQ(send(), "d");
}

TEST_F(Queue, SendsUnansweredCommandsAgainWithoutThoseOfTheOldConnection) {
    add("P1");
    add("R", Tag::renew);
    add("P2");
    add("S", Tag::last_value);
    EXPECT_EQ(send(4), "P1RP");
    queue.answered();
    queue.rewind();
    EXPECT_EQ(queue.bytes(), 2u);
    EXPECT_EQ(send(), "P2");
    EXPECT_EQ(answer_all(), 1u);
    EXPECT_EQ(queue.bytes(), 0u);
}

TEST_F(Queue, GrowsOverChunksAndGivesThemBack) {
    std::string all;
    for (int i = 0; i < 1000; ++i) {
        add(big(static_cast<char>('a' + i % 26)));
        all += big(static_cast<char>('a' + i % 26));
    }
    EXPECT_GT(queue.chunks(), 300u);
    EXPECT_EQ(send(), all);
    EXPECT_EQ(answer_all(), 1000u);
    EXPECT_EQ(queue.chunks(), 1u);
    add(std::string(200000, 'x')); // longer than a chunk
    EXPECT_EQ(send(), std::string(200000, 'x'));
    EXPECT_EQ(answer_all(), 1u);
    EXPECT_EQ(queue.bytes(), 0u);
}

TEST_F(Queue, FrontComesBeforeWhatTheSenderHasNotReached) {
    for (const char c : {'a', 'b', 'c', 'd', 'e', 'f', 'g'})
        add(big(c)); // abc def g
    send(10);
    add("1", Tag::renew, 0, true);
    add("2", Tag::renew, 0, true);
    std::string rest = send();
    EXPECT_EQ(rest.substr(60000 - 10, 3), "12d");
    EXPECT_EQ(answer_all(), 9u);
    add("z", Tag::renew, 0, true); // nothing waits: at the end
    EXPECT_EQ(send(), "z");
}

TEST_F(Queue, EventsAreNumberedInTheOrderOfSending) {
    for (const char c : {'a', 'b', 'c'})
        add(big(c));
    send(10);
    add("first_", Tag::event); // in a chunk that is being sent: the number is final
    add(big('d'));
    add("last__", Tag::event);
    add("front_", Tag::event, 0, true);
    const std::string rest = send();
    const auto front = rest.find("front"), last = rest.find("last_"), first = rest.find("first");
    ASSERT_NE(front, std::string::npos);
    EXPECT_LT(first, last);
    EXPECT_LT(front, last);
    EXPECT_EQ(numbered, 3u);
    EXPECT_LT(rest[first + 5], rest[last + 5]);
    EXPECT_LT(rest[front + 5], rest[last + 5]);
}

TEST_F(Queue, DropsTheOldestMessagesButKeepsEventsAndRemovals) {
    std::vector<std::uint64_t> dropped;
    for (std::uint64_t i = 1; i <= 12; ++i) {
        add(big('m'), Tag::publish, i);
        if (i == 5) {
            add("event_", Tag::event);
            add("DEL", Tag::removal);
        }
    }
    send(10);
    queue.drop_oldest(100000, false, [&](const Command& c) { dropped.push_back(c.seq); });
    ASSERT_GE(dropped.size(), 5u);
    for (std::size_t i = 0; i < dropped.size(); ++i)
        EXPECT_EQ(dropped[i], i + 4); // those of the chunk being sent stay
    const std::string rest = send();
    EXPECT_NE(rest.find("event1"), std::string::npos);
    EXPECT_NE(rest.find("DEL"), std::string::npos);
    EXPECT_EQ(answer_all(), 12 - dropped.size() + 2);
    EXPECT_EQ(queue.bytes(), 0u);
    EXPECT_EQ(queue.commands(), 0u);
}

TEST_F(Queue, SurvivesRandomUse) {
    std::uint64_t state = 1;
    const auto random = [&](std::uint64_t n) {
        state = state * 6364136223846793005ull + 1442695040888963407ull;
        return (state >> 33) % n;
    };
    for (int i = 0; i < 200000; ++i) {
        switch (random(12)) {
        case 0:
            send(random(100000));
            break;
        case 1:
        case 2:
            for (auto n = random(50); n > 0 && queue.unanswered(); --n)
                queue.answered();
            break;
        case 3:
            if (random(50) == 0)
                queue.rewind();
            break;
        case 4:
            if (queue.bytes() > 500000)
                queue.drop_oldest(100000, random(4) == 0, [](const Command&) {});
            break;
        case 5:
            add(std::string(1 + random(3000), 'f'), Tag::event, 0, true);
            break;
        case 6:
            if (random(2000) == 0)
                queue.clear();
            break;
        default:
            add(std::string(1 + random(5000), 'x'), static_cast<Tag>(random(12)), 0);
            break;
        }
        ASSERT_LE(queue.unsent_bytes() + queue.in_flight_bytes(), queue.bytes());
    }
    send();
    answer_all();
    EXPECT_EQ(queue.bytes(), 0u);
    EXPECT_EQ(queue.commands(), 0u);
    EXPECT_EQ(queue.chunks(), 1u);
}

TEST(Hole, SpansWhatWasLost) {
    Hole h;
    h.add(7, from_micros(10), "queue_full");
    h.add(9, from_micros(30), "redis_slow");
    h.add(8, from_micros(20), "queue_full");
    EXPECT_EQ(h.first, 7u);
    EXPECT_EQ(h.last, 9u);
    EXPECT_EQ(h.count, 3u);
    EXPECT_EQ(h.cause, "queue_full");
}

} // namespace
} // namespace tickgate::redis
