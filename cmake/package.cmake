# The engine as a package: find_package(canvas_crdt) gives canvas::crdt and what it needs, canvas::lib0 and canvas::base (src/crdt/README.md).
# cmake --install BUILD --component crdt --prefix PREFIX
include(CMakePackageConfigHelpers)
include(GNUInstallDirs)

set(canvas_crdt_folder ${CMAKE_INSTALL_LIBDIR}/cmake/canvas_crdt)
foreach(folder IN ITEMS base lib0 crdt)
  set_target_properties(canvas_${folder} PROPERTIES EXPORT_NAME ${folder})
  target_include_directories(canvas_${folder} INTERFACE $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}/canvas>)
  target_compile_features(canvas_${folder} PUBLIC cxx_std_20)
  install(TARGETS canvas_${folder} EXPORT canvas_crdt ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR} COMPONENT crdt)
  install(DIRECTORY ${CMAKE_SOURCE_DIR}/src/${folder} DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/canvas COMPONENT crdt
          FILES_MATCHING PATTERN "*.h" PATTERN "*_internal.h" EXCLUDE)
endforeach()

install(EXPORT canvas_crdt NAMESPACE canvas:: FILE canvas_crdt-targets.cmake DESTINATION ${canvas_crdt_folder} COMPONENT crdt)
write_basic_package_version_file(${CMAKE_BINARY_DIR}/canvas_crdt-config-version.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${CMAKE_SOURCE_DIR}/cmake/canvas_crdt-config.cmake ${CMAKE_BINARY_DIR}/canvas_crdt-config-version.cmake
        DESTINATION ${canvas_crdt_folder} COMPONENT crdt)
