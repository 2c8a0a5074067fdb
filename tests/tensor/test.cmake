target_sources(test_tensor PRIVATE ${CMAKE_CURRENT_SOURCE_DIR}/support/allocation_counter.cpp)
target_include_directories(test_tensor PRIVATE ${CMAKE_CURRENT_SOURCE_DIR})

include(${CMAKE_CURRENT_SOURCE_DIR}/support/instruction_sets.cmake)
test_on_instruction_sets(tensor "Gemm*:Panel*:RandomMask*:Rows*:VectorMath*")
