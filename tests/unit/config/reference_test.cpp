// What is told about the settings must hold: tables, the editor's schema, the first file and the manual page.
#include "config_test_support.hpp"

#include "config/reference.hpp"

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>

namespace tickgate::config {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

std::string file_text(const std::string& path) {
    std::ifstream in(path);
    std::stringstream buffer;
    buffer << in.rdbuf();
    return buffer.str();
}

std::string page_path() { return std::string(TICKGATE_SOURCE) + "/docs/configuration.md"; }

// The name that stands for `*` in a test's file.
std::string name_for(std::string_view map) {
    return map == "routes.overrides" ? "\"fx:EUR-USD\"" : map == "stale" ? "fx" : "sample";
}

// The file that says nothing but `key: value`.
std::string file_of(const std::string& key, const std::string& value) {
    std::string out, indent;
    std::size_t at = 0;
    for (std::size_t dot = key.find('.'); at < key.size(); dot = key.find('.', at)) {
        const std::string word = key.substr(at, dot == std::string::npos ? dot : dot - at);
        out += indent + (word == "*" ? name_for(key.substr(0, at - 1)) : word) + ":" +
               (dot == std::string::npos ? " " + value + "\n" : "\n");
        indent += "  ";
        at = dot == std::string::npos ? key.size() : dot + 1;
    }
    return out;
}

class ReferenceTest : public Fixture {
protected:
    // What the readers say to a file; rules about several keys together are not asked.
    std::vector<std::string> read(const std::string& text) {
        const EnvironmentLookup lookup = [](std::string_view) { return std::optional<std::string>("a-secret"); };
        const FileReader reader = [](const std::string&, std::size_t) {
            return FileText{{}, "what-the-file-holds", false};
        };
        Context context("/etc/tickgate/t.yaml", lookup, reader);
        const Tree tree = parse_tree(text);
        EXPECT_THAT(tree.problem, IsEmpty()) << text;
        walk(Cursor(context, tree.root, {}), all_fields());
        std::vector<std::string> out;
        for (const Problem& problem : context.take_problems())
            if (!problem.text.starts_with("names no ") && !problem.key.starts_with("http.tls.")) // no PEM in this test
                out.push_back(problem.to_string());
        return out;
    }
};

void collect_unexplained(const Fields& fields, std::vector<std::string>& out) {
    for (const Field& field : fields) {
        if (field.below.empty() && (field.about.text.empty() || field.about.example.empty()))
            out.push_back(field.key);
        collect_unexplained(field.below, out);
    }
}

TEST_F(ReferenceTest, EverySettingIsExplained) {
    std::vector<std::string> unexplained;
    collect_unexplained(all_fields(), unexplained);
    EXPECT_THAT(unexplained, IsEmpty());
    for (const Setting& setting : settings()) {
        EXPECT_FALSE(setting.type.empty()) << setting.key;
        EXPECT_FALSE(setting.schema.empty()) << setting.key;
        EXPECT_TRUE(setting.text.ends_with('.')) << setting.key << ": " << setting.text;
    }
}

TEST_F(ReferenceTest, EveryExampleIsTaken) {
    for (const Setting& setting : settings())
        EXPECT_THAT(read(file_of(setting.key, setting.example)), IsEmpty()) << setting.key << ": " << setting.example;
}

TEST_F(ReferenceTest, DefaultsAreWhatHoldsWithoutTheKey) {
    const std::string plain = good("").digest;
    int checked = 0;
    for (const Setting& setting : settings()) {
        const bool value = setting.fallback.find(' ') == std::string::npos || setting.fallback.starts_with('[');
        // Of providers only what is set is kept, and naming one route drops those of the other classes.
        if (setting.fallback.empty() || !value || setting.key.starts_with("providers.") ||
            (setting.key.starts_with("routes.") && setting.fallback.starts_with('[')) ||
            setting.key.find('*') != std::string::npos)
            continue;
        EXPECT_EQ(good(file_of(setting.key, setting.fallback)).digest, plain) << setting.key;
        ++checked;
    }
    EXPECT_GT(checked, 20);
}

TEST_F(ReferenceTest, FindsTheSettingOfEveryEffectiveKey) {
    const std::string text =
        "symbols: {crypto: [BTC-USDT], future: [BTC-USDT-PERP]}\n"
        "routes: {crypto: [binance], future: [binance], overrides: {\"crypto:ETH-USDT\": [binance]}}\n"
        "stale: {default: 5s, crypto: 6s, \"crypto:BTC-USDT\": 7s}\n"
        "collect: {my.own: {symbols: [crypto:BTC-USDT]}}\n";
    for (const auto& [key, value] : effective_settings(good(text)))
        EXPECT_TRUE(find_setting(key)) << key;
    EXPECT_EQ(find_setting("collect.my.own.every")->key, "collect.*.every");
    EXPECT_EQ(find_setting("symbols.crypto:BTC-USDT")->key, "symbols.crypto");
    EXPECT_EQ(find_setting("stale.crypto:BRK.B")->key, "stale.*");
    EXPECT_FALSE(find_setting("redis.prefx"));
    EXPECT_FALSE(find_setting("collect.majors.evry"));
}

TEST_F(ReferenceTest, SecretsAreMarkedAndShowNoDefault) {
    std::set<std::string> secrets;
    for (const Setting& setting : settings())
        if (setting.secret) {
            secrets.insert(setting.key);
            EXPECT_THAT(setting.fallback, IsEmpty()) << setting.key;
            EXPECT_EQ(setting.type, "secret") << setting.key;
        }
    for (const char* key : {"redis.password", "http.token", "store.password", "providers.oanda.token",
             "providers.massive.api_key", "providers.massive.s3.secret_key", "providers.tradier.token"})
        EXPECT_TRUE(secrets.contains(key)) << key;
    EXPECT_FALSE(secrets.contains("http.token_file"));
}

// `TICKGATE_UPDATE_DOCS=1 ctest -R Reference` writes the page anew.
TEST_F(ReferenceTest, ThePageOfTheConfigurationHasTheTables) {
    const std::string page = file_text(page_path());
    const std::string made = with_reference_tables(page);
    if (std::getenv("TICKGATE_UPDATE_DOCS") && made != page)
        std::ofstream(page_path()) << made;
    else
        EXPECT_EQ(page, made) << "docs/configuration.md is old; TICKGATE_UPDATE_DOCS=1 ctest -R Reference updates it";
}

TEST_F(ReferenceTest, ThePageShowsEverySetting) {
    const std::string page = with_reference_tables(file_text(page_path()));
    for (const Setting& setting : settings()) {
        if (setting.key == "stale")
            continue;
        std::string_view key = setting.key;
        bool found = false;
        for (std::size_t dot = key.find('.'); dot != std::string_view::npos && !found; dot = key.find('.', dot + 1)) {
            const std::string row = "`" + std::string(key.substr(dot + 1)) + "`";
            found = page.find("\n| " + row) != std::string::npos || page.find(", " + row + " |") != std::string::npos;
        }
        EXPECT_TRUE(found) << setting.key;
    }
}

TEST_F(ReferenceTest, TablesRefuseAMarkThatMeansNothing) {
    EXPECT_THROW(with_reference_tables("<!-- settings: nowhere -->\n<!-- end -->\n"), std::invalid_argument);
    EXPECT_THROW(with_reference_tables("<!-- settings: redis -->\n"), std::invalid_argument);
    EXPECT_EQ(with_reference_tables("no marks\n"), "no marks\n");
}

TEST_F(ReferenceTest, TheFirstFileLoadsAndItsExamplesDo) {
    const Loaded loaded = load(sample_text());
    EXPECT_THAT(lines(loaded), IsEmpty());
    EXPECT_THAT(loaded.notices, IsEmpty());
    ASSERT_TRUE(loaded.config);
    EXPECT_FALSE(loaded.config->symbols.empty());

    std::istringstream in(sample_text());
    std::string uncommented;
    for (std::string line; std::getline(in, line);) {
        if (const auto mark = line.find('#');
            mark != std::string::npos && mark > 0 && line.find_first_not_of(' ') == mark)
            line.erase(mark, 1);
        uncommented += line + "\n";
    }
    EXPECT_THAT(uncommented, HasSubstr("  oanda:\n    account: "));
    for (const char* name : {"redis.password", "token", "oanda.token", "massive.key", "tradier.token"})
        files["/etc/tickgate/" + std::string(name)] = "a-long-secret-" + std::string(name);
    EXPECT_THAT(faults(uncommented), IsEmpty()) << uncommented;
}

TEST_F(ReferenceTest, TheManualPageNamesEverySettingAndNoMarkdown) {
    const std::string page = manual_page();
    for (const Setting& setting : settings())
        EXPECT_THAT(page, HasSubstr("\n.B " + setting.key + "\n")) << setting.key;
    EXPECT_THAT(page, Not(HasSubstr("`")));
    EXPECT_THAT(page, Not(HasSubstr("](")));
}

TEST_F(ReferenceTest, EditorsSchemaTakesGoodFilesAndRefusesBadOnes) {
    const auto folder = std::filesystem::path(::testing::TempDir()) / "tickgate_config_schema";
    std::filesystem::create_directories(folder);
    std::ofstream(folder / "schema.json") << json_schema();
    std::ofstream(folder / "first.yaml") << sample_text();
    std::ofstream(folder / "empty.yaml") << "";
    std::string command = "python3 '" + std::string(TICKGATE_SOURCE) + "/tests/unit/config/check_config_schema.py' '" +
                          folder.string() + "/schema.json' '" + folder.string() + "/first.yaml' '" + folder.string() +
                          "/empty.yaml'";
    for (const char* sample : {"tickgate.yaml", "demo.yaml"})
        command += " '" + std::string(TICKGATE_SOURCE) + "/config/" + sample + "'";
    // Each example alone, too.
    int number = 0;
    for (const Setting& setting : settings()) {
        const auto file = folder / ("example" + std::to_string(++number) + ".yaml");
        std::ofstream(file) << file_of(setting.key, setting.example);
        command += " '" + file.string() + "'";
    }
    EXPECT_EQ(std::system(command.c_str()), 0);
    std::filesystem::remove_all(folder);
}

} // namespace
} // namespace tickgate::config
