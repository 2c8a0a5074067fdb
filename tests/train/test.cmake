target_sources(test_train PRIVATE ${CMAKE_CURRENT_SOURCE_DIR}/support/allocation_counter.cpp)
target_include_directories(test_train PRIVATE ${CMAKE_CURRENT_SOURCE_DIR})
find_package(nlohmann_json REQUIRED)
target_link_libraries(test_train PRIVATE sluice_io nlohmann_json::nlohmann_json)
