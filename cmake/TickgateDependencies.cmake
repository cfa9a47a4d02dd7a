# Distribution packages only; nothing is downloaded.
find_package(PkgConfig REQUIRED)
find_package(Threads REQUIRED)
find_package(Boost 1.81 REQUIRED COMPONENTS system url json)
find_package(OpenSSL 3.0 REQUIRED)
find_package(simdjson REQUIRED)
find_package(fmt REQUIRED)
find_package(spdlog REQUIRED)
find_package(yaml-cpp REQUIRED)
find_package(ZLIB REQUIRED)
find_package(CLI11 REQUIRED)
find_package(date REQUIRED)
pkg_check_modules(hiredis REQUIRED IMPORTED_TARGET hiredis)
pkg_check_modules(prometheus REQUIRED IMPORTED_TARGET prometheus-cpp-core)
pkg_check_modules(systemd REQUIRED IMPORTED_TARGET libsystemd)
pkg_check_modules(sqlite3 REQUIRED IMPORTED_TARGET sqlite3>=3.37)
pkg_check_modules(libpq REQUIRED libpq)

# The header alone: the library is loaded when a store needs it.
add_library(tickgate_libpq_header INTERFACE)
target_include_directories(tickgate_libpq_header SYSTEM INTERFACE ${libpq_INCLUDE_DIRS})

# yaml-cpp's target has a namespace only from 0.8 on.
add_library(tickgate_yaml INTERFACE)
if(TARGET yaml-cpp::yaml-cpp)
  target_link_libraries(tickgate_yaml INTERFACE yaml-cpp::yaml-cpp)
else()
  target_link_libraries(tickgate_yaml INTERFACE yaml-cpp)
endif()

# Asio and Beast are compiled once, here, instead of in each file that uses them.
add_library(tickgate_boost STATIC "${PROJECT_SOURCE_DIR}/cmake/boost_asio.cpp" "${PROJECT_SOURCE_DIR}/cmake/boost_beast.cpp")
target_link_libraries(tickgate_boost PUBLIC Boost::system Boost::headers OpenSSL::SSL OpenSSL::Crypto Threads::Threads
                                     PRIVATE tickgate_options)

if(TICKGATE_TESTS)
  find_package(GTest REQUIRED)
  include(GoogleTest)
endif()
if(TICKGATE_BENCH)
  find_package(benchmark REQUIRED)
endif()
