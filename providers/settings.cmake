# What the providers of the list `providers` can be told: plain tables, which the configuration reads without the
# adapters. Target tickgate_provider_settings.
set(declarations "")
set(rows "")
set(tables "")
foreach(provider IN LISTS providers)
  string(APPEND declarations "namespace ${provider} {\nconst ProviderSpec& provider_spec() noexcept;\n}\n")
  string(APPEND rows "        &${provider}::provider_spec(),\n")
  list(APPEND tables "${CMAKE_CURRENT_LIST_DIR}/${provider}/settings.cpp")
endforeach()
file(CONFIGURE OUTPUT "${CMAKE_CURRENT_BINARY_DIR}/generated/provider_spec_table.cpp" CONTENT
"#include <tickgate/provider_settings.hpp>

namespace tickgate {

@declarations@
std::span<const ProviderSpec* const> provider_spec_table() noexcept {
    static const ProviderSpec* const table[] = {
@rows@    };
    return table;
}

} // namespace tickgate
" @ONLY)
add_library(tickgate_provider_settings STATIC ${tables}
  "${CMAKE_CURRENT_BINARY_DIR}/generated/provider_spec_table.cpp")
target_include_directories(tickgate_provider_settings PUBLIC "${CMAKE_CURRENT_LIST_DIR}/../include")
target_link_libraries(tickgate_provider_settings PUBLIC Boost::system Boost::headers
                      PRIVATE $<TARGET_NAME_IF_EXISTS:tickgate_options>)
