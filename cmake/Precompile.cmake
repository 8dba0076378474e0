# tenfold_precompile(TARGET SET) lets TARGET read the headers of SET, SOURCE, CLI or TEST, which are read once for all
# targets. Those of CLI and TEST are not optimised: what runs there takes no time, and making it would take most of all.
#
# Only in sanitized builds: they are for their tests alone, mostly made from nothing, and much of their time would go to
# reading the same headers again. All other builds read what each file includes, and so find what one forgets.
set(TENFOLD_PRECOMPILED_SOURCE
  <algorithm> <array> <charconv> <chrono> <deque> <expected> <filesystem> <functional> <map> <memory> <optional> <span>
  <string> <string_view> <unordered_map> <utility> <variant> <vector> <fmt/format.h> <boost/asio/io_context.hpp>
  <boost/asio/posix/basic_stream_descriptor.hpp> <boost/asio/steady_timer.hpp> <boost/json.hpp>)
set(TENFOLD_PRECOMPILED_CLI ${TENFOLD_PRECOMPILED_SOURCE} <CLI/CLI.hpp>)
set(TENFOLD_PRECOMPILED_TEST ${TENFOLD_PRECOMPILED_SOURCE} <gmock/gmock.h> <gtest/gtest.h>)

function(tenfold_precompile target set)
  if(NOT TENFOLD_SANITIZE)
    return()
  endif()
  set(holder tenfold_precompiled_${set})
  if(NOT TARGET ${holder})
    file(CONFIGURE OUTPUT ${PROJECT_BINARY_DIR}/${holder}.cpp CONTENT "")
    add_library(${holder} STATIC ${PROJECT_BINARY_DIR}/${holder}.cpp)
    target_link_libraries(${holder} PRIVATE tenfold_options fmt::fmt Boost::json Boost::url)
    if(set STREQUAL CLI)
      target_link_libraries(${holder} PRIVATE CLI11::CLI11)
    elseif(set STREQUAL TEST)
      target_link_libraries(${holder} PRIVATE GTest::gmock_main)
    endif()
    if(NOT set STREQUAL SOURCE)
      target_compile_options(${holder} PRIVATE -O0)
    endif()
    target_precompile_headers(${holder} PRIVATE ${TENFOLD_PRECOMPILED_${set}})
  endif()
  if(NOT set STREQUAL SOURCE)
    target_compile_options(${target} PRIVATE -O0)
  endif()
  # What was read under one set of macros is not taken under another.
  foreach(package fmt::fmt Boost::json Boost::url)
    target_compile_definitions(${target} PRIVATE $<TARGET_PROPERTY:${package},INTERFACE_COMPILE_DEFINITIONS>)
  endforeach()
  target_precompile_headers(${target} REUSE_FROM ${holder})
endfunction()
