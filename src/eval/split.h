// What is known and what is asked: events cut into training data, histories and right answers.
// A user's events are in order of time, ties in order of arrival; of several events with one item
// the first counts (met again, it is no new choice). Thread-safety: functions.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "recommend/user_state.h"

namespace penchant {

struct UserHistory {
  std::string user;
  std::vector<UserEvent> events;
};

enum class SplitKind {
  leave_one_out,  // last = test, last but one = valid, rest = train; users of fewer are out
  time,           // before a moment = train; the first event after it = the answer
};
enum class Part { valid, test };

struct SplitOptions {
  SplitKind kind = SplitKind::leave_one_out;
  Part part = Part::test;
  // Of a time split: the share of all events, by time, after the moment. Valid asks about the same
  // share of what is left before it.
  double held_out = 0.1;
};

struct Case {
  uint32_t user = 0;               // index into the histories
  std::vector<UserEvent> history;  // all before the answer, valid included when testing
  uint32_t answer = 0;             // row
  Seconds time = 0;                // of the last event of the history: nothing later is known
};

struct Cases {
  std::vector<uint32_t> train_users;  // parallel to train
  std::vector<UserEvent> train;       // what models are fitted on
  std::vector<Case> cases;
};

Cases split(std::span<const UserHistory> histories, const SplitOptions& options);

// "loo" or "time".
Result<SplitKind> split_kind(std::string_view name);

}  // namespace penchant
