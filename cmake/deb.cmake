# The Debian package of the server: cmake --build BUILD --target deb leaves canvas-ws_VERSION_ARCHITECTURE.deb in BUILD.
# Only the component `server` is in it; the engine as a library (package.cmake) is not.
include(GNUInstallDirs)

set(CANVAS_MAINTAINER "canvas-ws maintainers <maintainers@canvas-ws.invalid>" CACHE STRING "Who answers for the package")
set(canvas_deploy ${CMAKE_SOURCE_DIR}/deploy)
set(canvas_debian ${CMAKE_BINARY_DIR}/debian)
set(canvas_documents ${CMAKE_INSTALL_DATAROOTDIR}/doc/canvas-ws)
file(MAKE_DIRECTORY ${canvas_debian})

# canvas_compressed(FILE COMMAND...): FILE.gz of what the command prints, the same bytes every time.
function(canvas_compressed file)
  cmake_parse_arguments(made "" "" "COMMAND;DEPENDS" ${ARGN})
  list(JOIN made_COMMAND " " command)
  add_custom_command(OUTPUT ${file}.gz COMMAND bash -c "set -o pipefail; ${command} | gzip -9n >'${file}.gz.new'"
                     COMMAND ${CMAKE_COMMAND} -E rename ${file}.gz.new ${file}.gz DEPENDS ${made_DEPENDS} VERBATIM)
endfunction()
canvas_compressed(${canvas_debian}/canvas-ws.1 COMMAND "'$<TARGET_FILE:canvas-ws>'" manual --format man DEPENDS canvas-ws)
canvas_compressed(${canvas_debian}/changelog.Debian COMMAND cat "'${canvas_deploy}/debian/changelog'"
                  DEPENDS ${canvas_deploy}/debian/changelog)

install(TARGETS canvas-ws RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR} COMPONENT server)
install(FILES ${canvas_debian}/canvas-ws.1.gz DESTINATION ${CMAKE_INSTALL_MANDIR}/man1 COMPONENT server)
install(FILES ${canvas_debian}/changelog.Debian.gz ${canvas_deploy}/debian/copyright DESTINATION ${canvas_documents} COMPONENT server)
install(FILES ${canvas_deploy}/debian/canvas-ws.toml DESTINATION /etc/canvas-ws COMPONENT server)
install(DIRECTORY ${canvas_deploy}/systemd/ DESTINATION /lib/systemd/system COMPONENT server
        FILES_MATCHING PATTERN "*.service" PATTERN "*.socket")
foreach(examples IN ITEMS nginx pm2 grafana prometheus)
  install(DIRECTORY ${canvas_deploy}/${examples} DESTINATION ${canvas_documents}/examples COMPONENT server)
endforeach()
install(PROGRAMS ${canvas_deploy}/smoke-test.sh DESTINATION ${canvas_documents} COMPONENT server)

set(CPACK_GENERATOR DEB)
set(CPACK_SET_DESTDIR ON)
set(CPACK_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
set(CPACK_INSTALL_DEFAULT_DIRECTORY_PERMISSIONS OWNER_READ OWNER_WRITE OWNER_EXECUTE GROUP_READ GROUP_EXECUTE WORLD_READ WORLD_EXECUTE)
set(CPACK_PACKAGE_NAME canvas-ws)
set(CPACK_PACKAGE_VERSION ${PROJECT_VERSION})
set(CPACK_COMPONENTS_ALL server)
set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_DEBIAN_SERVER_PACKAGE_NAME canvas-ws)
set(CPACK_DEBIAN_SERVER_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_RELEASE 1)
set(CPACK_DEBIAN_SERVER_PACKAGE_SECTION net)
set(CPACK_DEBIAN_PACKAGE_PRIORITY optional)
set(CPACK_DEBIAN_PACKAGE_MAINTAINER ${CANVAS_MAINTAINER})
set(CPACK_DEBIAN_SERVER_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_SERVER_PACKAGE_DEPENDS "adduser, init-system-helpers (>= 1.54), procps")
set(CPACK_DEBIAN_SERVER_PACKAGE_SUGGESTS "nginx, postgresql")
set(CPACK_COMPONENT_SERVER_DESCRIPTION "real-time collaboration server for Yjs documents
Serves Hocuspocus and y-websocket clients on one port, lets in who has a
Better Auth session, and acknowledges an edit when it is committed to
PostgreSQL or to an SQLite file.")
set(CPACK_DEBIAN_SERVER_PACKAGE_CONTROL_EXTRA ${canvas_deploy}/debian/conffiles ${canvas_deploy}/debian/postinst
    ${canvas_deploy}/debian/prerm ${canvas_deploy}/debian/postrm)
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
include(CPack)

add_custom_target(deb COMMAND ${CMAKE_CPACK_COMMAND} -G DEB -B ${CMAKE_BINARY_DIR}
                  DEPENDS canvas-ws ${canvas_debian}/canvas-ws.1.gz ${canvas_debian}/changelog.Debian.gz
                  WORKING_DIRECTORY ${CMAKE_BINARY_DIR} VERBATIM)
