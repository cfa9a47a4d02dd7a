// A store in a file of its own folder.
#pragma once

#include "store_suite.hpp"
#include "support/process.hpp"

namespace tickgate::store {

class SqliteBackend final : public Backend {
public:
    StoreOptions options() const override;
    Table sql(const std::string& statement) const override;
    std::string version(std::size_t n) const override;
    void expect_whole() const override;

    std::string path() const { return folder.path() + "/bars.db"; }

    test::TemporaryDirectory folder;
};

} // namespace tickgate::store
