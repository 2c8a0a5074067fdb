find_package(ZLIB REQUIRED)
target_link_libraries(test_data PRIVATE ZLIB::ZLIB)
