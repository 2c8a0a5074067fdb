target_sources(test_layers PRIVATE ${CMAKE_CURRENT_SOURCE_DIR}/support/allocation_counter.cpp)
target_include_directories(test_layers PRIVATE ${CMAKE_CURRENT_SOURCE_DIR})
target_link_libraries(test_layers PRIVATE sluice_io)
