// What an answer needs to know about one user: interests, history, seen items, declared interests.
// The engine makes it from the user's stored events, adds every new event before acknowledging it,
// and publishes copies (`shared_ptr<const UserState>`).
// Thread-safety: one thread at a time while adding; reads concurrent.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "base/time.h"
#include "model/interest.h"
#include "model/item_knn.h"
#include "recommend/catalogue.h"

namespace penchant {

// An event with its rule applied (store/policy.h): the item's row, the signed strength before
// decay, and whether the item counts as seen.
struct UserEvent {
  uint32_t row = 0;
  double strength = 0;
  Seconds time = 0;
  Seconds half_life = 90 * day_seconds;
  bool seen = true;
};

struct QueryWord {
  std::string text;    // as the user wrote it
  std::string folded;  // as items' words are folded and stemmed
};

// An interest a user told in words.
struct Declared {
  std::string phrase;
  std::vector<float> vector;  // of the phrase, L2-normalised; empty without an encoder
  std::vector<QueryWord> words;
};

class UserState {
 public:
  UserState() = default;
  // From the events in order of time; the same as adding them one by one.
  UserState(const Catalogue& catalogue, std::span<const UserEvent> events);

  void add(const Catalogue& catalogue, const UserEvent& event);
  // Items of events too old to shape the interests still count as seen.
  void mark_seen(std::span<const uint32_t> rows);
  void declare(std::vector<Declared> declared) { declared_ = std::move(declared); }

  // False when the catalogue's centre has moved on since: make the state again from history().
  bool fits(const Catalogue& catalogue) const {
    return events_.empty() || centre_version_ == catalogue.centre_version();
  }

  const InterestModel& interests() const { return interests_; }
  std::span<const Declared> declared() const { return declared_; }
  std::span<const UserEvent> history() const { return events_; }  // in order of time
  std::span<const uint32_t> seen() const { return seen_; }        // sorted, no repeats
  bool has_seen(uint32_t row) const;

  // The items liked and how much each counts at `now`: strengths summed per item, decayed by time,
  // and times (`floor` + 2^(-n / 4)), n being the number of liked events after it. Scaled to sum to
  // 1, strongest first, at most `limit`.
  std::vector<Preference> liked(Seconds now, double floor, size_t limit) const;

  // The short-term interest: what was liked last, by the same weight without a floor, whatever its
  // place among the long-term ones.
  Interest recent(const Catalogue& catalogue) const;

 private:
  std::vector<UserEvent> events_;
  std::vector<uint32_t> seen_;
  std::vector<Declared> declared_;
  InterestModel interests_;
  uint32_t centre_version_ = 0;
};

}  // namespace penchant
