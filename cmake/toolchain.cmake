# Compiler and flags. One compiler on purpose: docs/adr/0001-clang-19.md.
if(NOT CMAKE_CXX_COMPILER_ID STREQUAL "Clang" OR CMAKE_CXX_COMPILER_VERSION VERSION_LESS 19)
  message(FATAL_ERROR
    "Colony is built with Clang 19 (found ${CMAKE_CXX_COMPILER_ID} ${CMAKE_CXX_COMPILER_VERSION}): "
    "g++ 12 destroys temporaries of co_await expressions twice. "
    "Install it with scripts/install-packages build, then: cmake --preset dev")
endif()

set(CMAKE_CXX_STANDARD 23)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
# Everything ends in a position-independent executable; one flag for all, so that all share one
# precompiled header.
add_compile_options(-fPIE)
add_link_options(-pie)

option(COLONY_LTO "Link-time optimisation" OFF)
option(COLONY_FUZZ "Build the libFuzzer targets" OFF)
set(COLONY_SANITIZE "" CACHE STRING "Sanitizers, comma-separated")
set(COLONY_OPTIMISE "1" CACHE STRING "Optimisation level")

# Assertions state our own invariants; they stay on in release, so no preset defines NDEBUG.
set(CMAKE_CXX_FLAGS_RELEASE "-g1")
set(CMAKE_CXX_FLAGS_DEBUG "-g1")

add_compile_options(-O${COLONY_OPTIMISE}
  -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Wthread-safety -Werror
  -fno-delete-null-pointer-checks -fstack-protector-strong -fstack-clash-protection
  -fcf-protection=full -ftrivial-auto-var-init=zero -fstrict-flex-arrays=3
  -ffile-prefix-map=${CMAKE_SOURCE_DIR}/=)
add_compile_definitions(_GLIBCXX_ASSERTIONS BOOST_ASIO_SEPARATE_COMPILATION BOOST_BEAST_SEPARATE_COMPILATION
  BOOST_ASIO_NO_DEPRECATED BOOST_ASIO_DISABLE_BOOST_COROUTINE)
add_link_options(-fuse-ld=lld -Wl,-z,relro,-z,now,-z,noexecstack -Wl,--as-needed)

if(COLONY_SANITIZE)
  add_compile_options(-fsanitize=${COLONY_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer)
  add_link_options(-fsanitize=${COLONY_SANITIZE})
elseif(COLONY_OPTIMISE GREATER 0)
  # _FORTIFY_SOURCE and the sanitizers' interceptors do not go together.
  add_compile_options(-U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=3)
endif()
if(COLONY_FUZZ)
  add_compile_options(-fsanitize=fuzzer-no-link -fprofile-instr-generate -fcoverage-mapping)
  add_link_options(-fprofile-instr-generate)
endif()
if(COLONY_LTO)
  add_compile_options(-flto=thin)
  add_link_options(-flto=thin -Wl,--thinlto-cache-dir=${CMAKE_BINARY_DIR}/lto-cache)
endif()

find_program(COLONY_CCACHE ccache)
if(COLONY_CCACHE)
  # Sloppiness and -fno-pch-timestamp: what ccache needs to reuse objects built with a precompiled header.
  set(CMAKE_CXX_COMPILER_LAUNCHER
    ${CMAKE_COMMAND} -E env CCACHE_SLOPPINESS=pch_defines,time_macros CCACHE_BASEDIR=${CMAKE_SOURCE_DIR}
    CCACHE_NOHASHDIR=1 ${COLONY_CCACHE})
  add_compile_options("SHELL:-Xclang -fno-pch-timestamp")
endif()
