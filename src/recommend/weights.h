// How much each source counts in the blend. The scale is the sources' common one (sources.h), so a
// weight says what the source's usual best item is worth. Chosen on validation parts only
// (docs/EVALUATION.md). Thread-safety: plain values.
#pragma once

namespace penchant {

struct Weights {
  // A user with history.
  double interest = 0.5;  // shared by the interests
  double recent = 0.4;
  double declared = 1.0;  // shared by the declared phrases
  double item = 1.0;      // times the confidence in the history
  double words = 0.3;     // of declared phrases
  double popular = 0.2;
  double trending = 0.1;
  double latest = 0.1;
  double dislike = 0.4;
  // Nothing known of the user.
  double cold_popular = 0.6;
  double cold_trending = 0.3;
  double cold_latest = 0.3;
  // The like of an item.
  double similar_meaning = 0.6;
  double similar_behaviour = 0.5;
  // A query.
  double query_meaning = 0.6;
  double query_words = 0.6;

  double interest_power = 0.7;  // an interest's weight grows with its share to this power
  double item_floor = 0.02;     // what the history of long ago still counts against the last item
  double evidence = 2;  // history items after which behaviour counts half of what it ever will
  size_t history_items = 200;  // the strongest are asked for their neighbours
};

}  // namespace penchant
