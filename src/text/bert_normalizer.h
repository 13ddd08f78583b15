// BERT's cleaning of a text, and lower case as the package makes it.
// Thread-safety: functions; safe.
#pragma once

#include "text/aligned_text.h"
#include "text/normalizer.h"

namespace penchant {

void normalize_for_bert(const normalizers::Bert& step, AlignedText& text);

// Character by character, without regard to context.
void to_lower(AlignedText& text);

}  // namespace penchant
