# Compiler settings that every target of ours shares, as the interface library tenfold_options.
set(TENFOLD_SANITIZE "" CACHE STRING "Sanitizers to build with, as -fsanitize takes them")
option(TENFOLD_WERROR "Treat warnings as errors" ON)

if(NOT CMAKE_BUILD_TYPE)
  set(CMAKE_BUILD_TYPE Release CACHE STRING "" FORCE)
endif()

find_program(CCACHE ccache)
if(CCACHE)
  set(CMAKE_C_COMPILER_LAUNCHER ${CCACHE})
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CCACHE})
endif()

find_program(MOLD mold)
if(MOLD)
  add_link_options(-fuse-ld=mold)
endif()

add_library(tenfold_options INTERFACE)
target_compile_options(tenfold_options INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wnon-virtual-dtor -Woverloaded-virtual -Wimplicit-fallthrough -Wno-missing-field-initializers
  # GCC 12 sees overlap in "text" + std::string where there is none (bug 105651).
  $<$<CXX_COMPILER_ID:GNU>:-Wno-restrict>
  $<$<BOOL:${TENFOLD_WERROR}>:-Werror>)
# Release builds keep the standard library's checks of indices and empty containers: an end with a message is better than
# a write out of bounds.
target_compile_definitions(tenfold_options INTERFACE _GLIBCXX_ASSERTIONS)
# Asio without its deprecated half, and without a thread of its own: each loop is run by exactly one thread.
target_compile_definitions(tenfold_options INTERFACE BOOST_ASIO_NO_DEPRECATED TENFOLD_VERSION="${PROJECT_VERSION}")

if(TENFOLD_SANITIZE)
  add_compile_options(-fsanitize=${TENFOLD_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all)
  add_link_options(-fsanitize=${TENFOLD_SANITIZE})
  if(TENFOLD_SANITIZE MATCHES thread)
    # GCC 12's thread sanitizer does not know fences; Asio and libstdc++ use them in ways that it accepts anyway.
    add_compile_options(-Wno-tsan)
  endif()
endif()
