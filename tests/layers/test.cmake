target_sources(test_layers PRIVATE ${CMAKE_CURRENT_SOURCE_DIR}/support/allocation_counter.cpp)
target_include_directories(test_layers PRIVATE
  ${CMAKE_CURRENT_SOURCE_DIR} ${CMAKE_CURRENT_SOURCE_DIR}/layers)
if(TARGET sluice_train)
  target_link_libraries(test_layers PRIVATE sluice_train)
endif()
