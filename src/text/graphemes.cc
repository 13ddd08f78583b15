#include "text/graphemes.h"

namespace penchant {

bool GraphemeBreaker::breaks_before(Cluster next) const {
  using enum Cluster;
  const Cluster before = previous_;
  const auto is_control = [](Cluster c) { return c == control || c == cr || c == lf; };
  if (before == cr && next == lf) return false;             // GB3
  if (is_control(before) || is_control(next)) return true;  // GB4, GB5
  if (before == hangul_l &&
      (next == hangul_l || next == hangul_v || next == hangul_lv || next == hangul_lvt))
    return false;  // GB6
  if ((before == hangul_lv || before == hangul_v) && (next == hangul_v || next == hangul_t))
    return false;                                                                      // GB7
  if ((before == hangul_lvt || before == hangul_t) && next == hangul_t) return false;  // GB8
  if (next == extend || next == zwj || next == spacing_mark) return false;             // GB9, GB9a
  if (before == prepend) return false;                                                 // GB9b
  if (next == conjunct_consonant) return !(after_consonant_ && after_linker_);         // GB9c
  if (before == zwj && next == pictographic) return !after_pictographic_;              // GB11
  if (before == regional_indicator && next == regional_indicator) return !odd_regional_;
  return true;
}

bool GraphemeBreaker::starts_cluster(CodePoint next) {
  const Cluster cluster = next.cluster();
  const bool starts = is_first_ || breaks_before(cluster);
  is_first_ = false;

  if (cluster == Cluster::pictographic) {
    after_pictographic_ = true;
  } else if (cluster != Cluster::extend &&
             !(cluster == Cluster::zwj && previous_ != Cluster::zwj)) {
    after_pictographic_ = false;
  }
  // A joiner may be followed by nothing but a pictograph.
  if (previous_ == Cluster::zwj && cluster != Cluster::pictographic) after_pictographic_ = false;
  odd_regional_ = cluster == Cluster::regional_indicator && !odd_regional_;
  if (cluster == Cluster::conjunct_consonant) {
    after_consonant_ = true;
    after_linker_ = false;
  } else if (next.is(CodePoint::conjunct_linker)) {
    after_linker_ = true;
  } else if (!next.is(CodePoint::conjunct_extend)) {
    after_consonant_ = false;
    after_linker_ = false;
  }
  previous_ = cluster;
  return starts;
}

}  // namespace penchant
