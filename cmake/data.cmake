find_package(ZLIB REQUIRED)
find_package(FastFloat REQUIRED)
# Debian's libcsv-dev brings no package file.
find_path(LIBCSV_INCLUDE csv.h REQUIRED)
find_library(LIBCSV csv REQUIRED)
target_include_directories(sluice_data SYSTEM PRIVATE ${LIBCSV_INCLUDE})
target_link_libraries(sluice_data PRIVATE ZLIB::ZLIB FastFloat::fast_float ${LIBCSV})
