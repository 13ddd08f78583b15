// The normalisation forms NFD, NFKD, NFC and NFKC of Unicode 9.0, as changes to a text: which
// character takes whose place. Thread-safety: functions; safe.
#pragma once

#include "text/aligned_text.h"

namespace penchant {

enum class UnicodeForm { nfd, nfkd, nfc, nfkc };

void to_form(UnicodeForm form, AlignedText& text);

}  // namespace penchant
