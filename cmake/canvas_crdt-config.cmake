# What find_package(canvas_crdt) reads. Of Boost only headers are used (Result, hash tables).
include(CMakeFindDependencyMacro)
find_dependency(Boost 1.81)
include(${CMAKE_CURRENT_LIST_DIR}/canvas_crdt-targets.cmake)
