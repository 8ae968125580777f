# weft_sources(OUT PATTERN): the files below the current folder, without those of subfolders that have a CMakeLists.txt of
# their own (those are libraries of their own).
function(weft_sources out pattern)
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/${pattern})
  file(GLOB_RECURSE nested ${CMAKE_CURRENT_SOURCE_DIR}/CMakeLists.txt)
  foreach(file ${nested})
    get_filename_component(folder ${file} DIRECTORY)
    if(NOT folder STREQUAL CMAKE_CURRENT_SOURCE_DIR)
      list(FILTER sources EXCLUDE REGEX "^${folder}/")
    endif()
  endforeach()
  set(${out} ${sources} PARENT_SCOPE)
endfunction()

# What sanitized builds compile without optimisation: the files of tests, a third quicker that way. What is tested keeps its -O1.
set(weft_unoptimised "")
if(CMAKE_BUILD_TYPE STREQUAL "Debug" AND WEFT_SANITIZE)
  set(weft_unoptimised -O0)
endif()

# weft_beast_source(FILE): nearly all of it is templates of Asio and Beast. Optimised and with checks of undefined behaviour they
# take a minute to compile; a third of that without. AddressSanitizer and ThreadSanitizer stay.
function(weft_beast_source file)
  if(weft_unoptimised)
    set_source_files_properties(${file} PROPERTIES COMPILE_OPTIONS "${weft_unoptimised};-fno-sanitize=undefined")
  endif()
endfunction()

# The headers that nearly every file reads anyway, precompiled once for the libraries and once, with the test framework, for the
# tests. No file may rely on them: the quick preset builds without.
if(WEFT_PRECOMPILED_HEADERS)
  file(WRITE ${PROJECT_BINARY_DIR}/precompiled/empty.cc "")
  set(standard_headers <algorithm> <chrono> <cstdint> <functional> <map> <memory> <optional> <set> <span> <string>
      <string_view> <utility> <variant> <vector>)
  add_library(weft_precompiled STATIC ${PROJECT_BINARY_DIR}/precompiled/empty.cc)
  target_precompile_headers(weft_precompiled PRIVATE ${standard_headers})
  if(WEFT_BUILD_TESTS)
    add_library(weft_precompiled_tests STATIC ${PROJECT_BINARY_DIR}/precompiled/empty.cc)
    target_precompile_headers(weft_precompiled_tests PRIVATE ${standard_headers} <gmock/gmock.h> <gtest/gtest.h>)
    target_link_libraries(weft_precompiled_tests PRIVATE GTest::gmock)
    target_compile_options(weft_precompiled_tests PRIVATE ${weft_unoptimised})
  endif()
endif()

# weft_library(NAME DEPENDS...): a static library of the folder it is called in. Every *.cc below the folder belongs to it,
# except *_test.cc (which join the folder's test binary) and main.cc (which is a program).
function(weft_library name)
  weft_sources(sources *.cc)
  list(FILTER sources EXCLUDE REGEX "(_test|_fuzz|/main|/testdata/.*)\\.cc$")
  if(sources)
    add_library(${name} STATIC ${sources})
    target_include_directories(${name} PUBLIC ${PROJECT_SOURCE_DIR})
    target_link_libraries(${name} PUBLIC ${ARGN})
    if(WEFT_PRECOMPILED_HEADERS)
      target_precompile_headers(${name} REUSE_FROM weft_precompiled)
    endif()
  else()
    add_library(${name} INTERFACE)
    target_include_directories(${name} INTERFACE ${PROJECT_SOURCE_DIR})
    target_link_libraries(${name} INTERFACE ${ARGN})
  endif()
endfunction()

# Every test binary that runs threads: what the tsan preset builds.
add_custom_target(threaded_tests)

# weft_test(NAME DEPENDS...): one test binary made of every *_test.cc below the folder, registered with ctest under NAME.
# THREADED marks it for the tsan preset.
function(weft_test name)
  cmake_parse_arguments(ARG "THREADED" "" "" ${ARGN})
  if(NOT WEFT_BUILD_TESTS)
    return()
  endif()
  weft_sources(sources *_test.cc)
  if(NOT sources)
    return()
  endif()
  add_executable(${name} ${sources})
  target_link_libraries(${name} PRIVATE ${ARG_UNPARSED_ARGUMENTS} GTest::gmock GTest::gtest_main)
  target_compile_options(${name} PRIVATE ${weft_unoptimised})
  if(WEFT_PRECOMPILED_HEADERS)
    target_precompile_headers(${name} REUSE_FROM weft_precompiled_tests)
  endif()
  add_test(NAME ${name} COMMAND ${name} --gtest_brief=1 WORKING_DIRECTORY ${PROJECT_SOURCE_DIR})
  set_tests_properties(${name} PROPERTIES TIMEOUT 900
    ENVIRONMENT "TSAN_OPTIONS=suppressions=${PROJECT_SOURCE_DIR}/tests/tsan.supp")
  if(ARG_THREADED)
    set_tests_properties(${name} PROPERTIES LABELS threaded)
    add_dependencies(threaded_tests ${name})
  endif()
endfunction()

# Every fuzz target: what `tools/dev fuzz` builds.
add_custom_target(fuzzers)

# weft_fuzz(NAME DEPENDS...): NAME_fuzz.cc beside the caller, which defines LLVMFuzzerTestOneInput. With the fuzz preset it is a
# libFuzzer program; elsewhere a test that runs every file of corpus/NAME once.
function(weft_fuzz name)
  add_executable(${name}_fuzz ${name}_fuzz.cc)
  target_link_libraries(${name}_fuzz PRIVATE ${ARGN})
  if(WEFT_FUZZ)
    target_link_options(${name}_fuzz PRIVATE -fsanitize=fuzzer)
    add_dependencies(fuzzers ${name}_fuzz)
  else()
    target_sources(${name}_fuzz PRIVATE ${PROJECT_SOURCE_DIR}/tests/fuzz/replay.cc)
    target_compile_options(${name}_fuzz PRIVATE ${weft_unoptimised})
    add_test(NAME ${name}_fuzz COMMAND ${name}_fuzz ${CMAKE_CURRENT_SOURCE_DIR}/corpus/${name})
  endif()
endfunction()
