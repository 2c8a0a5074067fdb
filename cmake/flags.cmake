# Flags of every target. -ffp-contract=off: a fused multiply-add is written, never guessed, or the
# two compilers would give different bits.
add_library(sluice_flags INTERFACE)
target_compile_options(sluice_flags INTERFACE -Wall -Wextra -Wshadow -Wconversion -Wno-sign-conversion
  -Wno-psabi -ffp-contract=off -fno-math-errno)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
  # g++ 12 sees overlapping copies in "text" + std::string (GCC bug 105651).
  target_compile_options(sluice_flags INTERFACE -Wno-restrict)
endif()
if(SLUICE_WERROR)
  target_compile_options(sluice_flags INTERFACE -Werror)
endif()
target_include_directories(sluice_flags INTERFACE ${PROJECT_SOURCE_DIR} ${PROJECT_BINARY_DIR}/generated)
target_compile_definitions(sluice_flags INTERFACE SLUICE_VERSION="${SLUICE_VERSION}")

# Run-time dispatch starts from x86-64-v2 with AES: that gives Highway exactly SSE4, AVX2 and AVX-512
# on both compilers. A static target is one set for the whole program.
set(march_sse4 -march=x86-64-v2 -maes -mpclmul)
set(march_avx2 -march=x86-64-v3 -maes -mpclmul)
set(march_avx512 -march=x86-64-v4 -maes -mpclmul)
# Highway compiles NEON with AES; the rest of the program must allow it too, or nothing is inlined.
set(march_neon -march=armv8-a+crypto)
if(SLUICE_STATIC_TARGET)
  if(NOT DEFINED march_${SLUICE_STATIC_TARGET})
    message(FATAL_ERROR "SLUICE_STATIC_TARGET is \"${SLUICE_STATIC_TARGET}\"; choose sse4, avx2, avx512 or neon")
  endif()
  target_compile_options(sluice_flags INTERFACE ${march_${SLUICE_STATIC_TARGET}})
  target_compile_definitions(sluice_flags INTERFACE HWY_COMPILE_ONLY_STATIC)
elseif(CMAKE_SYSTEM_PROCESSOR MATCHES "x86_64|AMD64")
  target_compile_options(sluice_flags INTERFACE ${march_sse4})
endif()

if(SLUICE_SANITIZE)
  target_compile_options(sluice_flags INTERFACE -fsanitize=${SLUICE_SANITIZE}
    -fno-sanitize-recover=all -fno-omit-frame-pointer)
  target_link_options(sluice_flags INTERFACE -fsanitize=${SLUICE_SANITIZE})
endif()
