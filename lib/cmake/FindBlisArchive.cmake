# Finds BLIS's header and static archive (Debian's libblis-serial-dev) and asks the archive for its version.
# Only the static archive will do: the shared library would bring cblas_sgemm and a pool that aborts into the host.
# Sets BlisArchive_FOUND, BlisArchive_INCLUDE_DIR, BlisArchive_LIBRARY and BlisArchive_VERSION ("unknown" when cross compiling).
find_path(BlisArchive_INCLUDE_DIR blis.h PATH_SUFFIXES blis-serial blis)
find_library(BlisArchive_LIBRARY NAMES libblis.a PATH_SUFFIXES blis-serial blis)
mark_as_advanced(BlisArchive_INCLUDE_DIR BlisArchive_LIBRARY)

if(BlisArchive_INCLUDE_DIR AND BlisArchive_LIBRARY AND NOT DEFINED CACHE{BlisArchive_VERSION})
  set(_blis_version "unknown")
  if(NOT CMAKE_CROSSCOMPILING)
    set(_blis_source "${CMAKE_BINARY_DIR}/CMakeFiles/blis_version.c")
    file(WRITE "${_blis_source}" "#include <stdio.h>\nchar *bli_info_get_version_str(void);\n"
                                 "int main(void) { return puts(bli_info_get_version_str()) < 0; }\n")
    try_run(_blis_exit _blis_compiles "${CMAKE_BINARY_DIR}/CMakeFiles/blis_version" "${_blis_source}"
            LINK_LIBRARIES "${BlisArchive_LIBRARY}" m pthread
            RUN_OUTPUT_VARIABLE _blis_output)
    if(_blis_compiles AND _blis_exit EQUAL 0)
      string(STRIP "${_blis_output}" _blis_version)
    endif()
    unset(_blis_exit CACHE)
    unset(_blis_compiles CACHE)
  endif()
  set(BlisArchive_VERSION "${_blis_version}" CACHE INTERNAL "BLIS's version string")
endif()

include(FindPackageHandleStandardArgs)
string(CONCAT _blis_reason "liblottery needs blis.h and libblis.a: install libblis-serial-dev (Debian) "
                           "or set BlisArchive_INCLUDE_DIR and BlisArchive_LIBRARY")
find_package_handle_standard_args(BlisArchive REQUIRED_VARS BlisArchive_LIBRARY BlisArchive_INCLUDE_DIR
                                  REASON_FAILURE_MESSAGE "${_blis_reason}")
