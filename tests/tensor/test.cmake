target_sources(test_tensor PRIVATE ${CMAKE_CURRENT_SOURCE_DIR}/support/allocation_counter.cpp)
target_include_directories(test_tensor PRIVATE ${CMAKE_CURRENT_SOURCE_DIR})
