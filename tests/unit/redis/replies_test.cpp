#include "redis/handshake_fsm.hpp"
#include "redis/reply_scanner.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>

namespace tickgate::redis {
namespace {

std::vector<Reply> scan(std::string_view bytes, std::size_t step_size, bool* failed = nullptr) {
    ReplyScanner scanner(4096);
    std::vector<Reply> out;
    for (std::size_t at = 0; at < bytes.size();) {
        auto room = scanner.prepare();
        const std::size_t n = std::min({step_size, room.size(), bytes.size() - at});
        std::memcpy(room.data(), bytes.data() + at, n);
        scanner.commit(n);
        at += n;
        while (true) {
            const auto step = scanner.next();
            if (step == ReplyScanner::Step::need_more)
                break;
            if (step == ReplyScanner::Step::failed) {
                if (failed)
                    *failed = true;
                return out;
            }
            out.push_back(scanner.as_reply(step));
        }
    }
    return out;
}

TEST(ReplyScanner, ReadsEveryTypeCutAnywhere) {
    const std::string bytes =
        ":0\r\n:12\r\n+OK\r\n-ERR no\r\n$5\r\nab\r\nc\r\n$-1\r\n*2\r\n:1\r\n*1\r\n$0\r\n\r\n:-7\r\n*0\r\n*-1\r\n";
    for (std::size_t step = 1; step < bytes.size(); ++step) {
        const auto r = scan(bytes, step);
        ASSERT_EQ(r.size(), 10u) << step;
        EXPECT_EQ(r[0].integer, 0);
        EXPECT_EQ(r[1].integer, 12);
        EXPECT_EQ(r[2].text, "OK");
        EXPECT_TRUE(r[3].is_error());
        EXPECT_EQ(r[3].text, "ERR no");
        EXPECT_EQ(r[4].text, "ab\r\nc");
        EXPECT_TRUE(r[5].is_nil());
        ASSERT_EQ(r[6].elements.size(), 2u);
        EXPECT_EQ(r[6].elements[1].elements[0].text, "");
        EXPECT_EQ(r[7].integer, -7);
        EXPECT_EQ(r[8].elements.size(), 0u);
        EXPECT_TRUE(r[9].is_nil());
    }
}

TEST(ReplyScanner, RefusesWhatIsNoReplyOrTooLarge) {
    for (const std::string_view bytes : {":x\r\n", ":1\rX", "?\r\n", "$99999999999\r\n", "*2147483647\r\n", "$-2\r\n",
             "$1\r\nabc", "*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n:1\r\n", ":99999999999999999999\r\n"}) {
        bool failed = false;
        scan(bytes, 3, &failed);
        EXPECT_TRUE(failed) << bytes;
    }
    bool failed = false;
    scan("+" + std::string(3 << 20, 'x'), 65536, &failed);
    EXPECT_TRUE(failed);
}

TEST(ReplyScanner, ReadsLongArraysWhereItMay) {
    std::string bytes = "*20000\r\n";
    for (int i = 0; i < 20000; ++i)
        bytes += "$24\r\nmd:quote:crypto:BTC-USDT\r\n";
    bytes += ":5\r\n";
    bool failed = false;
    scan(bytes, 4096, &failed);
    EXPECT_TRUE(failed);
    for (const std::size_t piece : {std::size_t{1000}, std::size_t{65536}, bytes.size()}) {
        ReplyScanner scanner(4096, ReplyLimits{4u << 20, 100000});
        std::size_t elements = 0;
        bool end = false;
        for (std::size_t at = 0; at < bytes.size();) {
            const auto room = scanner.prepare();
            const auto n = std::min({room.size(), piece, bytes.size() - at});
            std::memcpy(room.data(), bytes.data() + at, n);
            scanner.commit(n);
            at += n;
            for (auto step = scanner.next(); step != ReplyScanner::Step::need_more; step = scanner.next()) {
                ASSERT_NE(step, ReplyScanner::Step::failed);
                if (step == ReplyScanner::Step::object)
                    elements = scanner.object().elements.size();
                else
                    end = scanner.integer() == 5;
            }
        }
        EXPECT_EQ(elements, 20000u);
        EXPECT_TRUE(end);
    }
    // Not more than it may.
    ReplyScanner small(4096, ReplyLimits{1000, 100000});
    const auto room = small.prepare();
    std::memcpy(room.data(), bytes.data(), 2000);
    small.commit(2000);
    EXPECT_EQ(small.next(), ReplyScanner::Step::failed);
}

Reply status(const char* text = "OK") { return {Reply::Type::status, 0, text, {}}; }
Reply error(const char* text) { return {Reply::Type::error, 0, text, {}}; }
Reply integer(std::int64_t v) { return {Reply::Type::integer, v, {}, {}}; }
Reply text(const char* t) { return {Reply::Type::text, 0, t, {}}; }
Reply role(const char* r) { return {Reply::Type::array, 0, {}, {text(r), integer(0)}}; }

class Handshake : public ::testing::Test {
protected:
    Handshake() {
        options.owner_key = "md:owner";
        options.info_key = "md:info";
        options.instance = "me";
        options.client_name = "c";
    }
    // Sends the next command, which must start so, and answers it.
    void step(const std::string& expected, const Reply& reply) {
        ASSERT_EQ(fsm().status(), HandshakeFsm::Status::send);
        std::string line;
        for (const auto& word : fsm().command())
            line += (line.empty() ? "" : " ") + word;
        EXPECT_EQ(line.substr(0, expected.size()), expected);
        fsm().on_reply(reply);
    }
    HandshakeFsm& fsm() {
        if (!fsm_)
            fsm_ = std::make_unique<HandshakeFsm>(options);
        return *fsm_;
    }
    HandshakeOptions options;
    std::unique_ptr<HandshakeFsm> fsm_;
};

TEST_F(Handshake, TakesAFreePrefix) {
    options.username = "u";
    options.password = "p";
    options.database = 3;
    step("AUTH u p", status());
    step("SELECT 3", status());
    step("CLIENT SETNAME c", status());
    step("ROLE", role("master"));
    EXPECT_TRUE(fsm().starts_lease());
    step("SET md:owner me NX PX 5000", status());
    EXPECT_FALSE(fsm().starts_lease());
    step("HGET md:info session", text("OLD"));
    step("HINCRBY md:info epoch 1", integer(7));
    EXPECT_EQ(fsm().status(), HandshakeFsm::Status::owner);
    EXPECT_EQ(fsm().epoch(), 7u);
    EXPECT_EQ(fsm().found_session(), "OLD");
}

TEST_F(Handshake, KeepsItsOwnKeyAndEpoch) {
    options.has_epoch = true;
    step("CLIENT", error("ERR unknown subcommand"));
    step("ROLE", role("master"));
    step("SET", Reply{});
    EXPECT_TRUE(fsm().starts_lease());
    step("EVAL", integer(1));
    step("HGET", Reply{});
    EXPECT_EQ(fsm().status(), HandshakeFsm::Status::owner);
    EXPECT_EQ(fsm().epoch(), 0u);
    EXPECT_TRUE(fsm().found_empty());
}

TEST_F(Handshake, WaitsWhileAnotherHoldsThePrefix) {
    step("CLIENT", status());
    step("ROLE", role("master"));
    step("SET", Reply{});
    step("EVAL", integer(0));
    step("GET md:owner", text("other"));
    EXPECT_EQ(fsm().status(), HandshakeFsm::Status::held);
    EXPECT_EQ(fsm().holder(), "other");
    fsm().again();
    step("ROLE", role("master"));
    step("SET", Reply{});
    step("EVAL", integer(0));
    step("GET md:owner", Reply{}); // it expired in between
    step("SET", status());
}

TEST_F(Handshake, SaysWhyAServerIsOfNoUse) {
    step("CLIENT", error("NOAUTH Authentication required."));
    EXPECT_EQ(fsm().status(), HandshakeFsm::Status::failed);
    EXPECT_EQ(fsm().error_class(), ErrorClass::access);
    fsm_.reset();
    step("CLIENT", status());
    step("ROLE", role("slave"));
    EXPECT_EQ(fsm().error_class(), ErrorClass::not_master);
    fsm_.reset();
    step("CLIENT", error("ERR max number of clients reached"));
    EXPECT_EQ(fsm().error_class(), ErrorClass::max_clients);
    fsm_.reset();
    step("CLIENT", error("LOADING Redis is loading the dataset in memory"));
    EXPECT_EQ(fsm().error_class(), ErrorClass::loading);
}

TEST_F(Handshake, WaitsForAServerThatTakesNoWrites) {
    step("CLIENT", status());
    step("ROLE", role("master"));
    step("SET", error("OOM command not allowed when used memory > 'maxmemory'."));
    step("EVAL", integer(0));
    step("GET", Reply{});
    EXPECT_EQ(fsm().status(), HandshakeFsm::Status::unwritable);
    EXPECT_NE(fsm().error_text().find("OOM"), std::string::npos);
}

TEST(OwnerLease, RunsOutByTheMonotonicClockUnlessRenewed) {
    using std::chrono::milliseconds;
    const MonoTime start{std::chrono::hours(1)};
    OwnerLease lease;
    EXPECT_FALSE(lease.valid(start));
    lease.taken(start);
    EXPECT_TRUE(lease.valid(start + milliseconds(4499)));
    EXPECT_FALSE(lease.valid(start + milliseconds(4500)));
    EXPECT_FALSE(lease.renewal_due(start + milliseconds(999)));
    EXPECT_TRUE(lease.renewal_due(start + milliseconds(1000)));
    lease.renewal_sent(start + milliseconds(1000));
    EXPECT_FALSE(lease.renewal_due(start + milliseconds(3000))); // one at a time
    EXPECT_TRUE(lease.renewal_answered(true));
    EXPECT_TRUE(lease.valid(start + milliseconds(5499))); // from when it was sent, not when it was answered
    EXPECT_FALSE(lease.valid(start + milliseconds(5500)));
    lease.renewal_sent(start + milliseconds(2000));
    EXPECT_FALSE(lease.renewal_answered(false));
    EXPECT_FALSE(lease.valid(start + milliseconds(2001)));
}

} // namespace
} // namespace tickgate::redis
