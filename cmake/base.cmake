target_link_libraries(sluice_base PRIVATE Threads::Threads)
