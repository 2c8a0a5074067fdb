find_package(nlohmann_json REQUIRED)
add_dependencies(test_cli sluice)
target_link_libraries(test_cli PRIVATE nlohmann_json::nlohmann_json)
target_compile_definitions(test_cli PRIVATE SLUICE_BINARY="$<TARGET_FILE:sluice>")
