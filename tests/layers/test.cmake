target_sources(test_layers PRIVATE ${CMAKE_CURRENT_SOURCE_DIR}/support/allocation_counter.cpp)
target_include_directories(test_layers PRIVATE
  ${CMAKE_CURRENT_SOURCE_DIR} ${CMAKE_CURRENT_SOURCE_DIR}/layers)

# A build of the engine alone has neither files nor training: tests that include them stay out.
if(TARGET sluice_train)
  target_link_libraries(test_layers PRIVATE sluice_train)
else()
  get_target_property(layers_sources test_layers SOURCES)
  foreach(source IN LISTS layers_sources)
    file(STRINGS ${source} beyond REGEX "^#include \"(sluice/(io|train)/|golden_file)")
    if(beyond)
      list(REMOVE_ITEM layers_sources ${source})
    endif()
  endforeach()
  set_target_properties(test_layers PROPERTIES SOURCES "${layers_sources}")
endif()

# Every row of every cell runs in the release builds; slow builds look at the engine's code, not the cells'.
if(SLUICE_SANITIZE OR CMAKE_CROSSCOMPILING)
  target_compile_definitions(test_layers PRIVATE SLUICE_FEW_CELLS)
endif()
