# Finds HiGHS 1.10 or newer and its C interface: the system's where it has one, else the wheel that ./bootstrap unpacked.
# Makes HiGHS::HiGHS. We use the C interface (interfaces/highs_c_api.h) alone: the wheel's C++ one is built with
# libstdc++'s old string ABI and would not link.
set(highs_bundled ${PROJECT_SOURCE_DIR}/.deps/highs)

find_path(HiGHS_INCLUDE_DIR interfaces/highs_c_api.h PATH_SUFFIXES highs HINTS ${highs_bundled}/include)
find_library(HiGHS_LIBRARY highs HINTS ${highs_bundled}/lib)

if(HiGHS_INCLUDE_DIR AND EXISTS ${HiGHS_INCLUDE_DIR}/HConfig.h)
  foreach(part MAJOR MINOR PATCH)
    file(STRINGS ${HiGHS_INCLUDE_DIR}/HConfig.h line REGEX "#define HIGHS_VERSION_${part}")
    string(REGEX MATCH "[0-9]+" HiGHS_${part} "${line}")
  endforeach()
  set(HiGHS_VERSION ${HiGHS_MAJOR}.${HiGHS_MINOR}.${HiGHS_PATCH})
endif()

include(FindPackageHandleStandardArgs)
set(HiGHS_FIND_VERSION 1.10)
find_package_handle_standard_args(HiGHS
  REQUIRED_VARS HiGHS_LIBRARY HiGHS_INCLUDE_DIR
  VERSION_VAR HiGHS_VERSION
  REASON_FAILURE_MESSAGE "run ./bootstrap first: it installs libhighs-dev or unpacks the wheel")

if(HiGHS_FOUND AND NOT TARGET HiGHS::HiGHS)
  add_library(HiGHS::HiGHS SHARED IMPORTED)
  set_target_properties(HiGHS::HiGHS PROPERTIES
    IMPORTED_LOCATION ${HiGHS_LIBRARY}
    INTERFACE_INCLUDE_DIRECTORIES ${HiGHS_INCLUDE_DIR})
endif()
