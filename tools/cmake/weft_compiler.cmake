# Compiler settings shared by every target.
set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)

set(WEFT_SANITIZE "" CACHE STRING "Sanitizers, as -fsanitize= takes them; empty for none")
option(WEFT_BUILD_TESTS "Build the test binaries" ON)
option(WEFT_PRECOMPILED_HEADERS "Precompile the standard library's and the test framework's headers" ON)
option(WEFT_FUZZ "Build the libFuzzer targets (clang only)" OFF)

find_program(WEFT_CCACHE ccache)
if(WEFT_CCACHE)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${WEFT_CCACHE})
  set(CMAKE_C_COMPILER_LAUNCHER ${WEFT_CCACHE})
endif()

add_compile_options(-pthread -Wall -Wextra -Wpedantic -Wno-missing-field-initializers -fno-omit-frame-pointer)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  # GCC 12 reports impossible overflows inside inlined library code at -O2 and in coroutine frames.
  add_compile_options(-Wno-maybe-uninitialized -Wno-restrict -fcoroutines)
  if(WEFT_SANITIZE MATCHES "thread")
    # Asio's fences: the sanitizer does not see them, and they only order what mutexes order as well.
    add_compile_options(-Wno-tsan)
  endif()
endif()

if(CMAKE_BUILD_TYPE STREQUAL "Debug" AND WEFT_SANITIZE)
  # -O1 -g1: sanitized tests run several times faster and link in half the time; stacks keep their line numbers.
  set(CMAKE_CXX_FLAGS_DEBUG "-O1 -g1")
elseif(CMAKE_BUILD_TYPE STREQUAL "Release")
  set(CMAKE_CXX_FLAGS_RELEASE "-O2 -DNDEBUG")
  set(CMAKE_INTERPROCEDURAL_OPTIMIZATION OFF)
endif()

if(WEFT_SANITIZE MATCHES "thread")
  # Protobuf lays maps out differently in code that knows of the sanitizer; the distribution's library was built without.
  add_compile_options(-U__SANITIZE_THREAD__)
endif()
if(WEFT_SANITIZE)
  add_compile_options(-fsanitize=${WEFT_SANITIZE} -fno-sanitize-recover=all)
  add_link_options(-fsanitize=${WEFT_SANITIZE})
endif()

if(WEFT_FUZZ)
  # What the fuzzer steers by; the engine itself is linked into each target (weft_fuzz).
  add_compile_options(-fsanitize=fuzzer-no-link)
endif()

find_program(WEFT_MOLD mold)
if(WEFT_MOLD)
  add_link_options(-fuse-ld=mold)
endif()
