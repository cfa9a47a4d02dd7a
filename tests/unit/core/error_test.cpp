#include <tickgate/error.hpp>

#include <gtest/gtest.h>

namespace tickgate {
namespace {

TEST(Errors, PrintAsMessageWithCategoryAndValue) {
    EXPECT_EQ(describe(make_error_code(errc::rate_limited)), "rate limited [tickgate:14]");
    EXPECT_EQ(describe(error_code(111, boost::system::system_category())), "Connection refused [system:111]");
    EXPECT_EQ(describe({}), "none");
}

TEST(Errors, PolicyHasOnePlace) {
    EXPECT_EQ(recovery_of(make_error_code(errc::unauthorized)), Recovery::give_up);
    EXPECT_EQ(recovery_of(make_error_code(errc::banned)), Recovery::retry_later);
    EXPECT_EQ(recovery_of(make_error_code(errc::timed_out)), Recovery::retry);
    EXPECT_EQ(recovery_of(make_error_code(errc::stopped)), Recovery::stop);
    EXPECT_EQ(recovery_of(error_code(ECANCELED, boost::system::system_category())), Recovery::stop);
    EXPECT_EQ(recovery_of(error_code(ECONNREFUSED, boost::system::system_category())), Recovery::retry);
}

TEST(Errors, EveryCodeHasWords) {
    for (int i = 1; i <= static_cast<int>(errc::overflow); ++i)
        EXPECT_NE(tickgate_category().message(i), "unknown error") << i;
}

} // namespace
} // namespace tickgate
