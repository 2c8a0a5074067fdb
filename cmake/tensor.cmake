# Google Highway: SIMD with run-time choice of the instruction set.
find_library(SLUICE_HWY_LIBRARY hwy REQUIRED)
target_link_libraries(sluice_tensor PUBLIC ${SLUICE_HWY_LIBRARY})
