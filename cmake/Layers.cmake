# tenfold_layer(NAME [PACKAGES target...]) makes the static library tenfold_NAME from src/NAME/**.cpp and links it to
# the layers that cmake/layers.txt allows it, to nothing else of ours.
set(TENFOLD_LAYERS_FILE ${CMAKE_CURRENT_LIST_DIR}/layers.txt)
set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${TENFOLD_LAYERS_FILE})

function(tenfold_allowed_layers name out)
  file(STRINGS ${TENFOLD_LAYERS_FILE} lines REGEX "^${name}:")
  if(NOT lines)
    message(FATAL_ERROR "layer '${name}' is not in ${TENFOLD_LAYERS_FILE}")
  endif()
  string(REGEX REPLACE "^${name}:[ ]*" "" allowed "${lines}")
  string(REPLACE " " ";" allowed "${allowed}")
  set(${out} ${allowed} PARENT_SCOPE)
endfunction()

function(tenfold_layer name)
  cmake_parse_arguments(arg "" "" "PACKAGES" ${ARGN})
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/src/${name}/*.cpp)
  list(FILTER sources EXCLUDE REGEX "/main\\.cpp$")
  add_library(tenfold_${name} STATIC ${sources})
  target_include_directories(tenfold_${name} PUBLIC ${PROJECT_SOURCE_DIR}/src)
  tenfold_allowed_layers(${name} allowed)
  list(TRANSFORM allowed PREPEND tenfold_)
  target_link_libraries(tenfold_${name} PUBLIC tenfold_options ${allowed} PRIVATE ${arg_PACKAGES})
  if(name STREQUAL cli)
    tenfold_precompile(tenfold_${name} CLI)
  else()
    tenfold_precompile(tenfold_${name} SOURCE)
  endif()
endfunction()

# tenfold_test(NAME LAYERS layer... [PACKAGES target...] [LABELS label...]) makes one GoogleTest program from the
# sources of the calling folder and registers each of its tests with ctest.
function(tenfold_test name)
  cmake_parse_arguments(arg "" "" "LAYERS;PACKAGES;LABELS" ${ARGN})
  file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/*.cpp)
  add_executable(${name} ${sources})
  set(layers ${arg_LAYERS})
  list(TRANSFORM layers PREPEND tenfold_)
  target_include_directories(${name} PRIVATE ${PROJECT_SOURCE_DIR}/tests)
  target_link_libraries(${name} PRIVATE ${layers} ${arg_PACKAGES} GTest::gmock_main)
  tenfold_precompile(${name} TEST)
  # A test's own code is compiled more often than it is run.
  if(NOT TENFOLD_SANITIZE)
    target_compile_options(${name} PRIVATE -O1)
  endif()
  set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/tests)
  target_compile_definitions(${name} PRIVATE
    TENFOLD_SOURCE_DIR="${PROJECT_SOURCE_DIR}" TENFOLD_BINARY_DIR="${PROJECT_BINARY_DIR}")
  gtest_discover_tests(${name} DISCOVERY_MODE PRE_TEST TEST_PREFIX "${name}." PROPERTIES
    TIMEOUT 300 LABELS "${arg_LABELS}")
endfunction()

# tenfold_mutants(NAME) registers a test: the test program NAME, which runs seeds, must find every fault that a patch in
# the calling folder's mutants/ plants.
function(tenfold_mutants name)
  if(TENFOLD_SANITIZE OR NOT CMAKE_GENERATOR STREQUAL Ninja)
    return()  # once is enough, and ninja tells how the program is built
  endif()
  find_package(Python3 REQUIRED COMPONENTS Interpreter)
  add_test(NAME ${name}.FindsTheMutants COMMAND Python3::Interpreter ${PROJECT_SOURCE_DIR}/tests/support/find_mutants.py
    ${PROJECT_BINARY_DIR} ${name} ${CMAKE_CURRENT_SOURCE_DIR}/mutants)
  set_tests_properties(${name}.FindsTheMutants PROPERTIES TIMEOUT 600)
endfunction()
