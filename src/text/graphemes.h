// Extended grapheme clusters (UAX #29, Unicode 17.0), one code point at a time: what the package's
// `Precompiled` normaliser applies its rules to. Thread-safety: one thread at a time.
#pragma once

#include "text/unicode_tables.h"

namespace penchant {

class GraphemeBreaker {
 public:
  // Whether a cluster starts at this code point; the first one always starts one.
  bool starts_cluster(CodePoint next);

 private:
  bool breaks_before(Cluster next) const;

  bool is_first_ = true;
  Cluster previous_ = Cluster::none;
  bool after_pictographic_ = false;  // pictographic extend* (GB11), and the joiner if previous_ is
  bool odd_regional_ = false;        // an odd number of regional indicators lies before (GB12, 13)
  bool after_consonant_ = false;     // consonant (extend | linker)* lies before (GB9c)
  bool after_linker_ = false;        // and one of them was a linker
};

}  // namespace penchant
