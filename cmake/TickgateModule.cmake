# tickgate_module(<name> SOURCES … [PUBLIC deps…] [PRIVATE deps…])
# One static library a module: target tickgate_<name>, alias tickgate::<name>. Headers are "<name>/file.hpp" below src/.
function(tickgate_module name)
  cmake_parse_arguments(arg "" "" "SOURCES;PUBLIC;PRIVATE" ${ARGN})
  add_library(tickgate_${name} STATIC ${arg_SOURCES})
  add_library(tickgate::${name} ALIAS tickgate_${name})
  target_include_directories(tickgate_${name} PUBLIC "${PROJECT_SOURCE_DIR}/include" "${PROJECT_SOURCE_DIR}/src")
  target_link_libraries(tickgate_${name} PUBLIC ${arg_PUBLIC} PRIVATE tickgate_options ${arg_PRIVATE})
endfunction()

# tickgate_test(<name> SOURCES … LINK … [LABELS …])
# A GoogleTest program; each of its tests is a CTest test. The label `default` is the run of scripts/test.
function(tickgate_test name)
  cmake_parse_arguments(arg "" "TIMEOUT" "SOURCES;LINK;LABELS" ${ARGN})
  if(NOT arg_LABELS)
    set(arg_LABELS default asan)
  endif()
  if(NOT arg_TIMEOUT)
    set(arg_TIMEOUT 120)
  endif()
  add_executable(${name} ${arg_SOURCES})
  target_link_libraries(${name} PRIVATE tickgate_options GTest::gmock GTest::gtest_main ${arg_LINK})
  target_include_directories(${name} PRIVATE "${PROJECT_SOURCE_DIR}/tests")
  target_compile_definitions(
    ${name} PRIVATE TICKGATE_FIXTURES="${PROJECT_SOURCE_DIR}/tests/fixtures" TICKGATE_SOURCE="${PROJECT_SOURCE_DIR}"
                    TICKGATE_BINARY="${PROJECT_BINARY_DIR}/bin/tickgate")
  if("asan" IN_LIST arg_LABELS)
    add_dependencies(sanitized_tests ${name})
  endif()
  # One word, as discovery keeps only the first of a list; `ctest -L` takes a pattern and finds each part.
  string(JOIN "+" labels ${arg_LABELS})
  gtest_discover_tests(${name} DISCOVERY_TIMEOUT 60 PROPERTIES LABELS "${labels}" TIMEOUT ${arg_TIMEOUT})
endfunction()
