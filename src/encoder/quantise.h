// A transformer's folder with its matrices in bytes, a scale for each row (docs/FORMATS.md): a
// quarter as large, and opened without reading the table of words. Norms, biases, positions and
// whatever the encoder does not multiply by stay as they are.
// Thread-safety: functions on their arguments.
#pragma once

#include "base/files.h"
#include "base/result.h"
#include "base/threads.h"

namespace penchant {

struct QuantiseOptions {
  // The table of words too, each row with the scale at which it errs least. Without it,
  // Precision::int8 gives the vectors of the folder's original bit for bit on every processor that
  // multiplies 8 bits (all but those of AVX2 alone): columns are smoothed and matrices rounded as
  // Transformer and PackedLinear do it, with the floats of the processor that quantises.
  bool words = true;
};

// Copies the folder to `out`, which must not exist. Refuses what is no transformer's folder and
// what has bytes already.
Result<> quantise(const Path& model, const QuantiseOptions& options, ThreadPool& pool,
                  const Path& out);

}  // namespace penchant
