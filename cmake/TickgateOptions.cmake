# Language, warnings and sanitizers, for every target of this project.
option(TICKGATE_TESTS "Build the tests" ON)
option(TICKGATE_BENCH "Build the benchmarks" OFF)
option(TICKGATE_WERROR "Treat warnings as errors" ON)
set(TICKGATE_SANITIZE "" CACHE STRING "'address' (with undefined) or 'thread'; empty for none")

set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
if(NOT CMAKE_BUILD_TYPE)
  set(CMAKE_BUILD_TYPE Release)
endif()

find_program(TICKGATE_CCACHE ccache)
if(TICKGATE_CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  set(CMAKE_CXX_COMPILER_LAUNCHER "${TICKGATE_CCACHE}")
endif()

add_library(tickgate_options INTERFACE)
target_compile_options(tickgate_options INTERFACE -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion
                                                  -Wold-style-cast $<$<BOOL:${TICKGATE_WERROR}>:-Werror>)
target_compile_definitions(
  tickgate_options INTERFACE BOOST_ASIO_SEPARATE_COMPILATION BOOST_BEAST_SEPARATE_COMPILATION BOOST_ASIO_NO_DEPRECATED
                             BOOST_ASIO_DISABLE_BOOST_COROUTINE)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  # False alarms of g++ 12 at -O1 and above: coroutine frames, literals assigned to strings.
  target_compile_options(tickgate_options INTERFACE -Wno-mismatched-new-delete -Wno-restrict)
endif()

if(TICKGATE_SANITIZE STREQUAL "address")
  # The checks left out cost more compile time than all others together.
  set(flags -fsanitize=address,undefined
            -fno-sanitize=null,alignment,vptr,object-size,nonnull-attribute,returns-nonnull-attribute
            -fno-sanitize-recover=all -fno-omit-frame-pointer)
  target_compile_options(tickgate_options INTERFACE ${flags})
  target_link_options(tickgate_options INTERFACE ${flags})
  target_compile_definitions(tickgate_options INTERFACE BOOST_ASIO_DISABLE_AWAITABLE_FRAME_RECYCLING)
elseif(TICKGATE_SANITIZE STREQUAL "thread")
  target_compile_options(tickgate_options INTERFACE -fsanitize=thread -Wno-tsan)
  target_link_options(tickgate_options INTERFACE -fsanitize=thread)
endif()
