# How a folder of src/ becomes a library and a test, and the flags that all of our code is compiled with.

find_package(Threads REQUIRED)

add_library(canvas_flags INTERFACE)
target_include_directories(canvas_flags INTERFACE ${CMAKE_SOURCE_DIR}/src)
target_compile_options(canvas_flags INTERFACE -Wall -Wextra -Wpedantic -Wconversion -Wnon-virtual-dtor)
# The tests of a folder are one file in a unity build, whose locals may have the name of what another test has outside.
target_compile_options(canvas_flags INTERFACE $<$<NOT:$<BOOL:$<TARGET_PROPERTY:CANVAS_IS_TEST>>>:-Wshadow>)
target_compile_definitions(canvas_flags INTERFACE CANVAS_VERSION="${PROJECT_VERSION}")
target_link_libraries(canvas_flags INTERFACE Threads::Threads)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  # GCC 12 is wrong about std::optional and about small vectors once it inlines them.
  target_compile_options(canvas_flags INTERFACE -Wno-maybe-uninitialized -Wno-array-bounds -Wno-stringop-overflow
                         -Wno-stringop-overread)
endif()
if(CANVAS_WERROR)
  target_compile_options(canvas_flags INTERFACE -Werror)
endif()
if(CANVAS_SANITIZE)
  add_compile_options(-fsanitize=${CANVAS_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer -O1 -g1)
  add_link_options(-fsanitize=${CANVAS_SANITIZE})
  if(CANVAS_SANITIZE STREQUAL "thread" AND CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    # It cannot model the fences of Asio, which order nothing that the locks beside them do not.
    add_compile_options(-Wno-tsan)
  endif()
else()
  # Every byte from a socket is hostile: the checks of the standard library stay on in what is shipped.
  add_compile_definitions($<$<CONFIG:Release>:_GLIBCXX_ASSERTIONS> $<$<CONFIG:Release>:_FORTIFY_SOURCE=2>)
  add_compile_options($<$<CONFIG:Release>:-O2> $<$<CONFIG:Release>:-fstack-protector-strong>)
endif()
if(CANVAS_FUZZ)
  add_compile_options(-fsanitize=fuzzer-no-link)
endif()

# canvas_folder(NAME): src/NAME/*.cpp and what is in its folders becomes the static library canvas_NAME, the *_test.cpp among it the
# program and the CTest entry NAME_test. src/NAME/CMakeLists.txt, where there is one, adds what the library links.
function(canvas_folder name)
  set(folder ${CMAKE_SOURCE_DIR}/src/${name})
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS ${folder}/*.cpp)
  set(tests ${sources})
  list(FILTER sources EXCLUDE REGEX "_test\\.cpp$")
  list(FILTER tests INCLUDE REGEX "_test\\.cpp$")
  add_library(canvas_${name} STATIC ${sources})
  # In this build only: who links an installed library has flags of their own.
  target_link_libraries(canvas_${name} PUBLIC $<BUILD_INTERFACE:canvas_flags>)
  if(EXISTS ${folder}/CMakeLists.txt)
    add_subdirectory(${folder})
  endif()
  if(tests AND CANVAS_TESTS AND NOT CANVAS_FUZZ)
    canvas_test(${name} ${tests})
  endif()
endfunction()

# Builds all that CTest calls unit.
add_custom_target(unit_tests)

# canvas_test(NAME SOURCES...): a GoogleTest program NAME_test that links canvas_NAME, and its CTest entry.
function(canvas_test name)
  find_package(GTest REQUIRED)
  add_executable(${name}_test ${ARGN})
  target_include_directories(${name}_test PRIVATE ${CMAKE_SOURCE_DIR}/tests)
  target_compile_definitions(${name}_test PRIVATE CANVAS_SOURCE_DIR="${CMAKE_SOURCE_DIR}")
  target_link_libraries(${name}_test PRIVATE canvas_${name} GTest::gmock GTest::gtest_main)
  # What is tested is compiled as it is shipped; the tests themselves need not be, which saves a third of their compile time.
  target_compile_options(${name}_test PRIVATE -O0 -U_FORTIFY_SOURCE)
  set_target_properties(${name}_test PROPERTIES CANVAS_IS_TEST ON)
  add_dependencies(unit_tests ${name}_test)
  add_test(NAME ${name}_test COMMAND ${name}_test --gtest_brief=1)
  set_tests_properties(${name}_test PROPERTIES LABELS unit TIMEOUT 300)
endfunction()
