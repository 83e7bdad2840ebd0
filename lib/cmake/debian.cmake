# Debian packages, by `cpack -G DEB` in the build folder: liblottery0, liblottery-dev and python3-lottery. They lie where
# Debian's own would, whatever prefix the build has, so their components have install rules of their own, which
# `cmake --install` leaves out.
if(NOT CMAKE_LIBRARY_ARCHITECTURE) # only Debian and its kin have a folder for each architecture
  return()
endif()
find_program(GZIP gzip)
mark_as_advanced(GZIP)
if(NOT GZIP)
  return()
endif()
set(LOTTERY_DEBIAN_MAINTAINER "The liblottery developers <liblottery@example.org>" CACHE STRING
    "Name and address in the Debian packages")

set(runtime "liblottery${LOTTERY_SOVERSION}")
set(packages ${runtime} liblottery-dev python3-lottery)
set(revision 0.1) # Debian's own packages would begin with 1
set(generated "${PROJECT_BINARY_DIR}/debian")

# --- Files -------------------------------------------------------------------------------------------------------

lottery_install("lib/${CMAKE_LIBRARY_ARCHITECTURE}" /usr ${runtime} liblottery-dev EXCLUDE_FROM_ALL)
install(FILES "${PROJECT_SOURCE_DIR}/examples/python/lottery.py" "${PROJECT_SOURCE_DIR}/examples/python/lottery_torch.py"
        DESTINATION lib/python3/dist-packages COMPONENT python3-lottery EXCLUDE_FROM_ALL)

# The licences and the changelogs, ours and the packages', compressed without the time.
set(documents "${PROJECT_SOURCE_DIR}/LICENSE" "${PROJECT_SOURCE_DIR}/docs/third-party.md" "${PROJECT_SOURCE_DIR}/CHANGELOG.md")
set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${documents})
file(READ "${PROJECT_SOURCE_DIR}/LICENSE" licence)
file(READ "${PROJECT_SOURCE_DIR}/docs/third-party.md" third_party)
file(WRITE "${generated}/copyright" "${licence}\n${third_party}")
string(TIMESTAMP now "%a, %d %b %Y %H:%M:%S +0000" UTC) # or SOURCE_DATE_EPOCH
file(WRITE "${generated}/changelog" "lottery (${PROJECT_VERSION}-${revision}) unstable; urgency=medium\n\n"
                                    "  * Release ${PROJECT_VERSION}: changelog.gz says what is new.\n\n"
                                    " -- ${LOTTERY_DEBIAN_MAINTAINER}  ${now}\n")
execute_process(COMMAND "${GZIP}" -9nc "${PROJECT_SOURCE_DIR}/CHANGELOG.md" OUTPUT_FILE "${generated}/changelog.gz"
                COMMAND_ERROR_IS_FATAL ANY)
execute_process(COMMAND "${GZIP}" -9nc "${generated}/changelog" OUTPUT_FILE "${generated}/changelog.Debian.gz"
                COMMAND_ERROR_IS_FATAL ANY)
foreach(package IN LISTS packages)
  install(FILES "${generated}/copyright" "${generated}/changelog.gz" "${generated}/changelog.Debian.gz"
          DESTINATION "share/doc/${package}" COMPONENT ${package} EXCLUDE_FROM_ALL)
endforeach()

# --- What dpkg does with the library: who needs which version of it, and the loader's cache -------------------------

# A function is in the library since the release that its node in the version script names.
set(symbols "liblottery.so.${LOTTERY_SOVERSION} ${runtime} #MINVER#\n* Build-Depends-Package: liblottery-dev\n")
file(STRINGS "${PROJECT_SOURCE_DIR}/lib/lottery.map" lines)
foreach(line IN LISTS lines)
  if(line MATCHES "^LOTTERY_([0-9.]+)")
    set(since "${CMAKE_MATCH_1}")
    string(APPEND symbols " LOTTERY_${since}@LOTTERY_${since} ${since}.0\n")
  elseif(line MATCHES "^ +(lottery_[a-z0-9_]+)")
    string(APPEND symbols " ${CMAKE_MATCH_1}@LOTTERY_${since} ${since}.0\n")
  endif()
endforeach()
file(WRITE "${generated}/symbols" "${symbols}")
file(WRITE "${generated}/shlibs" "liblottery ${LOTTERY_SOVERSION} ${runtime} (>= ${PROJECT_VERSION})\n")
file(WRITE "${generated}/triggers" "activate-noawait ldconfig\n")

# CPack reads this first. Its own call of dpkg-shlibdeps would come with scripts that call ldconfig, as the trigger does.
string(TOUPPER "${runtime}" key)
file(WRITE "${generated}/debian/control" "") # dpkg-shlibdeps wants one
file(WRITE "${generated}/dependencies.cmake" "
set(library \"${PROJECT_BINARY_DIR}/liblottery.so.${PROJECT_VERSION}\")
if(NOT EXISTS \"\${library}\")
  message(FATAL_ERROR \"Build liblottery before its packages: \${library} is not there\")
endif()
execute_process(COMMAND dpkg-shlibdeps -O \"\${library}\" WORKING_DIRECTORY \"${generated}\" OUTPUT_VARIABLE needed
                OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_VARIABLE said RESULT_VARIABLE failed)
if(failed)
  message(FATAL_ERROR \"dpkg-shlibdeps (Debian: dpkg-dev) failed: \${failed} \${said}\")
endif()
string(REGEX REPLACE \"^.*Depends=\" \"\" CPACK_DEBIAN_${key}_PACKAGE_DEPENDS \"\${needed}\")
")

# --- What is done for Python: its byte code, which dpkg does not know, comes and goes --------------------------------

file(WRITE "${generated}/python/postinst"
     "#!/bin/sh\nset -e\nif [ \"$1\" = configure ] && command -v py3compile >/dev/null; then\n"
     "  py3compile -p python3-lottery\nfi\n")
file(WRITE "${generated}/python/prerm"
     "#!/bin/sh\nset -e\nif command -v py3clean >/dev/null; then\n  py3clean -p python3-lottery\nfi\n")

# --- Packages ----------------------------------------------------------------------------------------------------

# debian_package(NAME SECTION DEPENDENCIES SUMMARY LINE...)
function(debian_package name section dependencies summary)
  string(TOUPPER "${name}" key)
  list(JOIN ARGN "\n" text)
  set(CPACK_DEBIAN_${key}_PACKAGE_NAME "${name}" PARENT_SCOPE)
  set(CPACK_DEBIAN_${key}_PACKAGE_SECTION "${section}" PARENT_SCOPE)
  set(CPACK_DEBIAN_${key}_PACKAGE_DEPENDS "${dependencies}" PARENT_SCOPE)
  set(CPACK_DEBIAN_${key}_DESCRIPTION "${summary}\n${text}" PARENT_SCOPE)
endfunction()

set(about "liblottery trains, prunes, rewinds and evaluates neural networks, to find"
          "sparse ones that learn as well as the whole from the same initial weights:"
          "winning lottery tickets." ".")
debian_package(${runtime} libs "found by dependencies.cmake" "search for winning lottery tickets - shared library" ${about}
               "This package has the shared library.")
debian_package(liblottery-dev libdevel "${runtime} (= ${PROJECT_VERSION}-${revision}), zlib1g-dev"
               "search for winning lottery tickets - development files" ${about}
               "This package has the header, the static library, and the files for" "pkg-config and CMake.")
debian_package(python3-lottery python "python3 (>= 3.9), python3-numpy, ${runtime} (>= ${PROJECT_VERSION})"
               "search for winning lottery tickets - Python module" ${about}
               "This package has the module for Python 3, and a second one that carries" "networks to PyTorch and back.")
set(CPACK_DEBIAN_PYTHON3-LOTTERY_PACKAGE_ARCHITECTURE all)
set(CPACK_DEBIAN_PYTHON3-LOTTERY_PACKAGE_SUGGESTS python3-torch)
set(CPACK_PROJECT_CONFIG_FILE "${generated}/dependencies.cmake")
set(CPACK_DEBIAN_${key}_PACKAGE_CONTROL_EXTRA "${generated}/symbols" "${generated}/shlibs" "${generated}/triggers")
set(CPACK_DEBIAN_PYTHON3-LOTTERY_PACKAGE_CONTROL_EXTRA "${generated}/python/postinst" "${generated}/python/prerm")

set(CPACK_GENERATOR DEB)
set(CPACK_VERBATIM_VARIABLES ON)
set(CPACK_COMPONENTS_ALL ${packages})
set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_INSTALL_DEFAULT_DIRECTORY_PERMISSIONS OWNER_READ OWNER_WRITE OWNER_EXECUTE GROUP_READ GROUP_EXECUTE
                                                WORLD_READ WORLD_EXECUTE)
set(CPACK_STRIP_FILES ON)
set(CPACK_PACKAGE_CONTACT "${LOTTERY_DEBIAN_MAINTAINER}")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "") # would come before each package's own
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SOURCE lottery)
set(CPACK_DEBIAN_PACKAGE_RELEASE ${revision})
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
set(CPACK_DEBIAN_COMPRESSION_TYPE xz)
include(CPack)
