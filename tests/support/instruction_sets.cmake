# Runs part of a test program once on each instruction set, whichever is the best here; skipped
# where this processor lacks it. A static build has one set, which its ordinary tests run on.
function(test_on_instruction_sets folder filter)
  if(SLUICE_STATIC_TARGET OR NOT CMAKE_SYSTEM_PROCESSOR MATCHES "x86_64|AMD64")
    return()
  endif()
  foreach(set IN ITEMS sse4 avx2 avx512)
    add_test(NAME ${folder}_on_${set} COMMAND test_${folder} --gtest_brief=1 --gtest_filter=${filter})
    set_tests_properties(${folder}_on_${set} PROPERTIES
      ENVIRONMENT "SLUICE_TARGET=${set}" SKIP_REGULAR_EXPRESSION "this processor has no"
      LABELS instruction_sets TIMEOUT 600)
  endforeach()
endfunction()
