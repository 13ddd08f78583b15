# One test program. Suites whose name ends in Slow carry the label slow; all run in CI.
find_package(GTest REQUIRED)
include(GoogleTest)
file(GLOB_RECURSE TEST_SOURCES CONFIGURE_DEPENDS src/*_test.cc tests/*_test.cc)
add_executable(penchant_tests ${TEST_SOURCES})
target_link_libraries(penchant_tests PRIVATE penchant GTest::gtest GTest::gtest_main ZLIB::ZLIB
                                             SQLite::SQLite3)
target_precompile_headers(penchant_tests PRIVATE <gtest/gtest.h>)
target_compile_definitions(penchant_tests PRIVATE PENCHANT_SOURCE="${CMAKE_SOURCE_DIR}")
gtest_discover_tests(penchant_tests TEST_FILTER "-*Slow.*" DISCOVERY_TIMEOUT 60
                     PROPERTIES TIMEOUT 300)
gtest_discover_tests(penchant_tests TEST_FILTER "*Slow.*" DISCOVERY_TIMEOUT 60
                     PROPERTIES LABELS slow TIMEOUT 900)

# Scripts of tests/: each is one test, gets the program's path, and exits 77 to say "skipped".
find_package(Python3 REQUIRED COMPONENTS Interpreter)
file(GLOB TEST_SCRIPTS CONFIGURE_DEPENDS tests/*_test.py)
foreach(script ${TEST_SCRIPTS})
  get_filename_component(name ${script} NAME_WE)
  add_test(NAME ${name} COMMAND ${CMAKE_SOURCE_DIR}/dev python ${script}
                                $<TARGET_FILE:penchant_program>)
  set_tests_properties(${name} PROPERTIES SKIP_RETURN_CODE 77 TIMEOUT 900
                       WORKING_DIRECTORY ${CMAKE_SOURCE_DIR})
  if(name MATCHES "_slow_test$")
    set_tests_properties(${name} PROPERTIES LABELS slow)
  endif()
  if(PENCHANT_SANITIZE)
    set_tests_properties(${name} PROPERTIES ENVIRONMENT PENCHANT_SANITIZED=1)
  endif()
endforeach()
