#include "backfill/lanes.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include <gtest/gtest.h>

#include <vector>

namespace tickgate::backfill {
namespace {

class LanesTest : public testing::Test {
protected:
    void enter(const std::string& client, std::size_t amount = 1) {
        asio::co_spawn(io, Lane::enter(lane, client, amount), [this, client](const std::exception_ptr&, Lane::Place p) {
            order.push_back(client);
            places.push_back(std::move(p));
        });
        poll();
    }
    void leave(std::size_t i) {
        places[i].leave();
        poll();
    }
    void poll() {
        io.restart();
        io.poll();
    }

    asio::io_context io;
    std::shared_ptr<Lane> lane = std::make_shared<Lane>(io.get_executor(), 2);
    std::vector<std::string> order;
    std::vector<Lane::Place> places;
};

TEST_F(LanesTest, ServesTheOneWhoHoldsLeastFirst) {
    enter("greedy");
    enter("greedy");
    enter("greedy");
    enter("modest");
    EXPECT_EQ(order.size(), 2u);
    leave(0);
    ASSERT_EQ(order.size(), 3u);
    EXPECT_EQ(order[2], "modest");
    leave(1);
    ASSERT_EQ(order.size(), 4u);
    EXPECT_EQ(order[3], "greedy");
}

TEST_F(LanesTest, MoreThanThereIsGoesAlone) {
    enter("a", 5);
    EXPECT_EQ(order.size(), 1u);
    enter("b");
    EXPECT_EQ(order.size(), 1u);
    leave(0);
    EXPECT_EQ(order.size(), 2u);
    EXPECT_EQ(lane->used(), 1u);
    leave(1);
    EXPECT_EQ(lane->used(), 0u);
}

TEST_F(LanesTest, APlaceIsGivenBackOnce) {
    enter("a");
    auto moved = std::move(places[0]);
    moved.leave();
    moved.leave();
    places.clear();
    EXPECT_EQ(lane->used(), 0u);
}

} // namespace
} // namespace tickgate::backfill
