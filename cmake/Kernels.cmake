# One file per instruction set, each with its own flags; the rest of the program runs on any x86-64
# (or any other) machine. Choice at run time: math/kernels.h.
file(GLOB KERNEL_SOURCES CONFIGURE_DEPENDS src/math/*_avx2.cc src/math/*_avx512.cc
     src/math/*_amx.cc)
if(CMAKE_SYSTEM_PROCESSOR MATCHES "x86_64|AMD64")
  set(AVX2_FLAGS -mavx2 -mfma -mf16c)
  set(AVX512_FLAGS -mavx512f -mavx512bw -mavx512dq -mavx512vl -mavx512vnni ${AVX2_FLAGS}
      -mprefer-vector-width=512)
  if(CMAKE_CXX_COMPILER_ID STREQUAL GNU)
    # GCC bug 105593: its own AVX-512 header warns when inlined.
    list(APPEND AVX512_FLAGS -Wno-uninitialized -Wno-maybe-uninitialized)
  endif()
  foreach(source ${KERNEL_SOURCES})
    if(source MATCHES "_avx2\\.cc$")
      set_source_files_properties(${source} PROPERTIES COMPILE_OPTIONS "${AVX2_FLAGS}")
    elseif(source MATCHES "_amx\\.cc$")
      set_source_files_properties(${source} PROPERTIES COMPILE_OPTIONS
        "${AVX512_FLAGS};-mavx512bf16;-mamx-tile;-mamx-int8;-mamx-bf16")
    else()
      set_source_files_properties(${source} PROPERTIES COMPILE_OPTIONS "${AVX512_FLAGS}")
    endif()
  endforeach()
endif()
