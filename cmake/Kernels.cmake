# One file per instruction set, each with its own flags; the rest of the program runs on any x86-64
# (or any other) machine. Choice at run time: math/kernels.h.
file(GLOB KERNEL_SOURCES CONFIGURE_DEPENDS src/math/*_avx2.cc src/math/*_avx512.cc)
foreach(source ${KERNEL_SOURCES})
  if(source MATCHES "_avx2\\.cc$")
    set_source_files_properties(${source} PROPERTIES COMPILE_OPTIONS "-mavx2;-mfma;-mf16c")
  else()
    set_source_files_properties(${source} PROPERTIES COMPILE_OPTIONS
      "-mavx512f;-mavx512bw;-mavx512dq;-mavx512vl;-mavx512vnni;-mavx2;-mfma;-mf16c;-mprefer-vector-width=512")
  endif()
endforeach()
