find_package(Eigen3 3.4 REQUIRED NO_MODULE)
find_package(yaml-cpp REQUIRED)
find_package(fmt REQUIRED)
find_package(nlohmann_json REQUIRED)
# Third-party headers are ours to use, not to warn about.
get_target_property(eigen_headers Eigen3::Eigen INTERFACE_INCLUDE_DIRECTORIES)
target_include_directories(sluice_forecast SYSTEM PRIVATE ${eigen_headers})
target_compile_definitions(sluice_forecast PRIVATE EIGEN_MPL2_ONLY)
target_link_libraries(sluice_forecast PRIVATE yaml-cpp fmt::fmt nlohmann_json::nlohmann_json)
