# Flags of every target. -ffp-contract=off: a fused multiply-add is written, never guessed, or the
# two compilers would give different bits.
add_library(sluice_flags INTERFACE)
target_compile_options(sluice_flags INTERFACE -Wall -Wextra -Wshadow -Wconversion -Wno-sign-conversion
  -Wno-psabi -ffp-contract=off -fno-math-errno)
if(SLUICE_WERROR)
  target_compile_options(sluice_flags INTERFACE -Werror)
endif()
if(CMAKE_SYSTEM_PROCESSOR MATCHES "x86_64|AMD64")
  # Exactly SSE4, AVX2 and AVX-512 from one source on both compilers.
  target_compile_options(sluice_flags INTERFACE -march=x86-64-v2 -maes -mpclmul)
endif()
target_include_directories(sluice_flags INTERFACE ${PROJECT_SOURCE_DIR} ${PROJECT_BINARY_DIR}/generated)
target_compile_definitions(sluice_flags INTERFACE SLUICE_VERSION="${SLUICE_VERSION}")
