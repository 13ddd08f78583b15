# One file per instruction set, each with its own flags; the rest of the program runs on any x86-64
# (or any other) machine. Choice at run time: math/kernels.h.
file(GLOB KERNEL_SOURCES CONFIGURE_DEPENDS src/math/*_avx2.cc src/math/*_avxvnni.cc
     src/math/*_avx512.cc src/math/*_avx512bf16.cc src/math/*_amx.cc)
if(CMAKE_SYSTEM_PROCESSOR MATCHES "x86_64|AMD64")
  set(FLAGS_avx2 -mavx2 -mfma -mf16c)
  set(FLAGS_avxvnni ${FLAGS_avx2} -mavxvnni)
  set(FLAGS_avx512 -mavx512f -mavx512bw -mavx512dq -mavx512vl -mavx512vnni ${FLAGS_avx2}
      -mprefer-vector-width=512)
  if(CMAKE_CXX_COMPILER_ID STREQUAL GNU)
    # GCC bug 105593: its own AVX-512 header warns when inlined.
    list(APPEND FLAGS_avx512 -Wno-uninitialized -Wno-maybe-uninitialized)
  endif()
  set(FLAGS_avx512bf16 ${FLAGS_avx512} -mavx512bf16)
  set(FLAGS_amx ${FLAGS_avx512bf16} -mavx512fp16 -mamx-tile -mamx-int8 -mamx-bf16)
  foreach(source ${KERNEL_SOURCES})
    string(REGEX MATCH "[^_]+$" isa ${source})
    string(REPLACE ".cc" "" isa ${isa})
    set_source_files_properties(${source} PROPERTIES COMPILE_OPTIONS "${FLAGS_${isa}}")
  endforeach()
endif()
