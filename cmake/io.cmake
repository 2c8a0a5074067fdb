find_package(nlohmann_json 3.10 REQUIRED)
target_link_libraries(sluice_io PRIVATE nlohmann_json::nlohmann_json)
