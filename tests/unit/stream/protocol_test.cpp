// What clients may say.
#include "stream/protocol.hpp"

#include <gmock/gmock.h>

namespace tickgate::stream {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

TEST(StreamProtocol, ReadsTheActionOfTheContract) {
    Action action;
    EXPECT_FALSE(parse_action(
        R"({"action":"subscribe","symbols":["crypto:BTC-USDT","fx:EUR-USD","crypto:BTC-USDT"],"channels":["T","Q","A"],"format":"market_data"})",
        action));
    EXPECT_EQ(action.what, Action::What::subscribe);
    EXPECT_THAT(action.symbols, ElementsAre("crypto:BTC-USDT", "fx:EUR-USD"));
    ASSERT_EQ(action.channels.size(), 3u);
    EXPECT_EQ(action.channels[0].kind, Kind::trade);
    EXPECT_EQ(action.channels[1].kind, Kind::quote);
    EXPECT_EQ(action.channels[2].kind, Kind::bar);
    EXPECT_FALSE(action.channels[2].timeframe);
    EXPECT_EQ(action.format, Format::market_data);
    EXPECT_EQ(action.id, "");
}

TEST(StreamProtocol, ReadsLongFormsAndRepeatsTheId) {
    Action action;
    EXPECT_FALSE(parse_action(
        R"({"action":"unsubscribe","id":"a\"b","symbols":["BTC-USDT"],"channels":["trade","quote","bar","bar:5min","bar:1M"],"more":1})",
        action));
    ASSERT_EQ(action.channels.size(), 5u);
    EXPECT_EQ(action.channels[3].timeframe, Timeframe::m5);
    EXPECT_EQ(action.channels[4].timeframe, Timeframe::mo1);
    EXPECT_EQ(action.id, R"("a\"b")");
    EXPECT_EQ(pong_text(action, 5), R"({"type":"pong","id":"a\"b","ts_us":5})");
    Action all;
    EXPECT_FALSE(parse_action(R"({"action":"unsubscribe","id":17})", all));
    EXPECT_THAT(all.symbols, IsEmpty());
    EXPECT_EQ(all.id, "17");
}

TEST(StreamProtocol, SaysWhatIsWrong) {
    struct Case {
        std::string_view text, code, detail;
    };
    const Case cases[] = {
        {"", "malformed_json", "one JSON object"},
        {"[1]", "malformed_json", "one JSON object"},
        {R"({"action":"subscribe")", "malformed_json", "one JSON object"},
        {"{}", "bad_request", "action: subscribe, unsubscribe or ping"},
        {R"({"action":"SUBSCRIBE"})", "bad_request", "action:"},
        {R"({"action":7})", "bad_request", "action:"},
        {R"({"action":"subscribe"})", "bad_request", "symbols: a list is needed"},
        {R"({"action":"subscribe","symbols":"crypto:BTC-USDT"})", "bad_request", "symbols: a list of strings"},
        {R"({"action":"subscribe","symbols":[]})", "bad_request", "empty"},
        {R"({"action":"subscribe","symbols":[1]})", "bad_request", "strings"},
        {R"({"action":"subscribe","symbols":["a:B"],"channels":["X"]})", "bad_request", "\"X\" is none of T, Q, A"},
        {R"({"action":"subscribe","symbols":["a:B"],"channels":["bar:7m"]})", "bad_request", "bar:7m"},
        {R"({"action":"subscribe","symbols":["a:B"],"channels":[]})", "bad_request", "channels:"},
        {R"({"action":"subscribe","symbols":["a:B"],"format":"fix"})", "bad_request", "format: native or market_data"},
        {R"({"action":"ping","id":{}})", "bad_request", "id:"},
        {R"({"action":"ping","id":1.5})", "bad_request", "id:"},
    };
    for (const auto& c : cases) {
        Action action;
        const auto fault = parse_action(c.text, action);
        ASSERT_TRUE(fault) << c.text;
        EXPECT_EQ(fault->code, c.code) << c.text;
        EXPECT_THAT(fault->detail, HasSubstr(c.detail)) << c.text;
    }
    std::string many = R"({"action":"subscribe","symbols":[)";
    for (int i = 0; i <= 1000; ++i)
        many += (i == 0 ? "\"crypto:S" : ",\"crypto:S") + std::to_string(i) + "\"";
    Action action;
    EXPECT_THAT(parse_action(many + "]}", action)->detail, HasSubstr("at most 1000"));
    Action nested;
    EXPECT_TRUE(parse_action(std::string(60000, '['), nested));
}

TEST(StreamProtocol, AnswersAreJson) {
    Action action;
    action.id = "3";
    Acknowledgement answer;
    answer.symbols = {"crypto:BTC-USDT"};
    answer.channels = {"quote", "bar:1m"};
    answer.faults.push_back({"x\"\x01", {"malformed_symbol", "no"}});
    EXPECT_EQ(subscribed_text(action, answer),
        R"({"type":"subscribed","id":3,"symbols":["crypto:BTC-USDT"],"channels":["quote","bar:1m"],"format":"native","publishing":true,)"
        R"("errors":[{"symbol":"x\"?","code":"malformed_symbol","detail":"no"}]})");
    EXPECT_EQ(error_text(Action(), {"bad_request", "no"}), R"({"type":"error","code":"bad_request","detail":"no"})");
    EXPECT_EQ(conflated_text(3, {}), R"({"type":"conflated","skipped":3})");
}

TEST(StreamProtocol, ClientIds) {
    for (const auto* good : {"a", "desk-1", "A.b_C-9"})
        EXPECT_TRUE(is_client_id(good)) << good;
    EXPECT_TRUE(is_client_id(std::string(64, 'x')));
    for (const auto* bad : {"", "a b", "a/b", "ä", "a:b"})
        EXPECT_FALSE(is_client_id(bad)) << bad;
    EXPECT_FALSE(is_client_id(std::string(65, 'x')));
}

} // namespace
} // namespace tickgate::stream
