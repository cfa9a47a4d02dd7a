// Loading configurations from text, with an environment and files that exist only in the test.
#pragma once

#include "config/config.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <string>
#include <vector>

namespace tickgate::config {

class Fixture : public ::testing::Test {
protected:
    using Texts = std::map<std::string, std::string, std::less<>>;

    Texts environment;
    Texts files; // by absolute path
    std::string world_readable;

    Loaded load(std::string_view text) {
        return load_text(
            text, "/etc/tickgate/t.yaml",
            [this](std::string_view name) -> std::optional<std::string> {
                const auto found = environment.find(name);
                return found == environment.end() ? std::nullopt : std::optional(found->second);
            },
            [this](const std::string& path, std::size_t limit) -> FileText {
                const auto found = files.find(path);
                if (found == files.end())
                    return {"No such file or directory", {}, false};
                if (found->second.size() > limit)
                    return {"larger than the limit", {}, false};
                return {{}, found->second, path == world_readable};
            });
    }

    // The configuration of a text without faults.
    Config good(std::string_view text) {
        Loaded loaded = load(text);
        EXPECT_THAT(lines(loaded), ::testing::IsEmpty()) << text;
        return loaded.config ? std::move(*loaded.config) : Config{};
    }

    static std::vector<std::string> lines(const Loaded& loaded) {
        EXPECT_EQ(loaded.config.has_value(), loaded.problems.empty());
        std::vector<std::string> out;
        for (const Problem& problem : loaded.problems)
            out.push_back(problem.to_string());
        return out;
    }
    std::vector<std::string> faults(std::string_view text) { return lines(load(text)); }

    // The only fault of a text.
    std::string fault(std::string_view text) {
        const std::vector<std::string> all = faults(text);
        EXPECT_EQ(all.size(), 1u) << text << '\n' << ::testing::PrintToString(all);
        return all.empty() ? "" : all.front();
    }
};

} // namespace tickgate::config
