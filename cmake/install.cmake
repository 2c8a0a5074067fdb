# cmake --install: the command, the headers, the libraries, and what find_package(sluice) needs.
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

# The packages that the static libraries were linked with, from their own link lists.
function(sluice_dependencies target result)
  set(found ${${result}})
  get_target_property(libraries ${target} LINK_LIBRARIES)
  foreach(library IN LISTS libraries)
    if(library MATCHES "^([A-Za-z0-9_-]+)::")
      list(APPEND found ${CMAKE_MATCH_1})
    elseif(TARGET ${library})
      get_target_property(imported ${library} IMPORTED)
      if(imported)
        list(APPEND found ${library})
      endif()
    endif()
  endforeach()
  list(REMOVE_DUPLICATES found)
  set(${result} ${found} PARENT_SCOPE)
endfunction()

foreach(folder IN LISTS SLUICE_FOLDERS)
  sluice_dependencies(sluice_${folder} SLUICE_DEPENDENCIES)
  set_target_properties(sluice_${folder} PROPERTIES EXPORT_NAME ${folder})
  target_include_directories(sluice_${folder} INTERFACE $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>)
  target_compile_features(sluice_${folder} INTERFACE cxx_std_20)
  install(TARGETS sluice_${folder} EXPORT sluice)
endforeach()
install(DIRECTORY sluice DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}
  FILES_MATCHING PATTERN "*.h" PATTERN "*.def")
if(TARGET sluice)
  install(TARGETS sluice)
endif()

install(EXPORT sluice FILE sluice-targets.cmake NAMESPACE sluice::
  DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/sluice)
list(JOIN SLUICE_DEPENDENCIES " " SLUICE_DEPENDENCIES)
configure_file(cmake/sluice-config.cmake.in ${PROJECT_BINARY_DIR}/sluice-config.cmake @ONLY)
write_basic_package_version_file(${PROJECT_BINARY_DIR}/sluice-config-version.cmake
  COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/sluice-config.cmake ${PROJECT_BINARY_DIR}/sluice-config-version.cmake
  DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/sluice)
