// The inner loops: one text (kernels_text.h) compiled per instruction set, chosen on first use by
// what the processor can do, overridable by name. Sums run in an order that depends on the table,
// so results of two tables may differ in the last bits; within one table they never change.
// Thread-safety: safe; call set_kernels before other threads compute.
#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "math/kernel_table.h"

namespace penchant {

const Kernels& kernels();  // the table in use

// Names the processor can run, best first; the last is always "portable".
std::vector<std::string_view> kernel_names();

// Switches to a table by name ("portable", "avx2", "avx512"); false for an unknown name or one the
// processor cannot run.
bool set_kernels(std::string_view name);

inline float dot(std::span<const float> a, std::span<const float> b) {
  return kernels().dot(a.data(), b.data(), a.size());
}

// y += a x
inline void axpy(float a, std::span<const float> x, std::span<float> y) {
  kernels().axpy(a, x.data(), y.data(), x.size());
}

inline void scale(float a, std::span<float> x) { kernels().scale(a, x.data(), x.size()); }

// To length 1; a row of zeros (or one too small to tell) stays zero. Returns the former length.
float normalise(std::span<float> x);

}  // namespace penchant
