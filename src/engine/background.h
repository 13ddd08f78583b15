// Phrases on everyday things, in both languages: what unrelated texts look like to an encoder. Some
// give cosines near 0, others (E5) never less than 0.7, so "close", "far" and "ordinary" are told
// against these.
// Thread-safety: function.
#pragma once

#include "base/result.h"
#include "encoder/encoder.h"
#include "math/matrix.h"

namespace penchant {

// One L2-normalised row a phrase.
Result<Matrix> encode_background(Encoder& encoder, Purpose purpose);

}  // namespace penchant
