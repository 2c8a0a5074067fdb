target_link_libraries(sluice_base PRIVATE OpenMP::OpenMP_CXX)
