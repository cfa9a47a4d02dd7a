// The sample that is installed must be true: it loads as it stands, and its comments show the defaults.
#include "config_test_support.hpp"
#include "support/test_certs.hpp"

#include <fstream>
#include <sstream>

namespace tickgate::config {
namespace {

using ::testing::IsEmpty;
using ::testing::SizeIs;

class SampleTest : public Fixture {
protected:
    static std::string sample() {
        std::ifstream in(std::string(TICKGATE_SOURCE) + "/config/tickgate.yaml");
        std::stringstream buffer;
        buffer << in.rdbuf();
        return buffer.str();
    }

    // Turns `# key: value` lines (one `#`, then a space and a setting) into settings.
    static std::string uncommented() {
        std::istringstream in(sample());
        std::string out;
        for (std::string line; std::getline(in, line);) {
            const std::size_t mark = line.find_first_not_of(' ');
            if (mark != std::string::npos && line.compare(mark, 2, "#:") == 0)
                line = line.substr(0, mark) + line.substr(mark + 2);
            out += line + "\n";
        }
        return out;
    }
};

TEST_F(SampleTest, LoadsCleanWithoutAnyEnvironment) {
    const Loaded loaded = load(sample());
    EXPECT_THAT(lines(loaded), IsEmpty());
    EXPECT_THAT(loaded.notices, IsEmpty());
    ASSERT_TRUE(loaded.config);
    EXPECT_FALSE(loaded.config->symbols.empty());
}

TEST_F(SampleTest, ShowsTheDefaults) {
    auto shown = effective_settings(good(sample()));
    std::erase_if(shown,
        [](const auto& s) { return s.first.starts_with("symbols.") || s.first.starts_with("providers.binance."); });
    auto plain = effective_settings(good(""));
    std::erase_if(plain, [](const auto& s) { return s.first.starts_with("providers.binance."); });
    EXPECT_EQ(shown, plain);
}

TEST_F(SampleTest, EverySettingItShowsIsValid) {
    environment = {{"OANDA_TOKEN", "oanda-token-3"}, {"MASSIVE_API_KEY", "massive-key-3"},
        {"TRADIER_TOKEN", "tradier-token-3"}, {"REDIS_PASSWORD", "redis-pass-3"}, {"TICKGATE_TOKEN", "door-token-3"},
        {"DESK_TOKEN", "desk-token-3"}, {"PGPASSWORD", "pg-pass-3"}, {"MASSIVE_S3_ACCESS_KEY", "s3-access-3"},
        {"MASSIVE_S3_SECRET_KEY", "s3-secret-3"}};
    const auto& pair = test::test_certs().good;
    files = {{"/etc/tickgate/ca.pem", "pem"}, {"/etc/tickgate/cert.pem", read_file(pair.cert, 1u << 20).text},
        {"/etc/tickgate/key.pem", read_file(pair.key, 1u << 20).text}};
    const Loaded loaded = load(uncommented());
    EXPECT_THAT(lines(loaded), IsEmpty());
    ASSERT_TRUE(loaded.config);
    for (const auto& [name, provider] : loaded.config->providers)
        EXPECT_TRUE(provider.enabled) << name;
}

} // namespace
} // namespace tickgate::config
