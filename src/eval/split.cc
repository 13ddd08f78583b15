#include "eval/split.h"

#include <fmt/format.h>

#include <algorithm>
#include <unordered_set>

namespace penchant {
namespace {

std::vector<UserEvent> first_per_item(std::span<const UserEvent> events) {
  std::unordered_set<uint32_t> met;
  std::vector<UserEvent> out;
  for (const UserEvent& event : events) {
    if (met.insert(event.row).second) out.push_back(event);
  }
  return out;
}

void add_case(Cases& out, uint32_t user, std::span<const UserEvent> events, size_t answer) {
  const auto history = events.first(answer);
  out.cases.push_back(
      {user, {history.begin(), history.end()}, events[answer].row, history.back().time});
}

void train_on(Cases& out, uint32_t user, std::span<const UserEvent> events) {
  out.train_users.insert(out.train_users.end(), events.size(), user);
  out.train.insert(out.train.end(), events.begin(), events.end());
}

void leave_one_out(Cases& out, uint32_t user, std::span<const UserEvent> events, Part part) {
  if (events.size() < 3) return;
  train_on(out, user, events.first(events.size() - 2));
  add_case(out, user, events, part == Part::test ? events.size() - 1 : events.size() - 2);
}

// The time before which all but a share of the events lie.
Seconds moment_before(std::vector<Seconds> times, double share_after) {
  if (times.empty()) return 0;
  const auto at = static_cast<size_t>(static_cast<double>(times.size() - 1) * (1 - share_after));
  std::nth_element(times.begin(), times.begin() + static_cast<ptrdiff_t>(at), times.end());
  return times[at];
}

}  // namespace

Cases split(std::span<const UserHistory> histories, const SplitOptions& options) {
  Cases out;
  std::vector<std::vector<UserEvent>> users;
  std::vector<Seconds> times;
  for (const UserHistory& h : histories) {
    users.push_back(first_per_item(h.events));
    for (const UserEvent& e : users.back()) times.push_back(e.time);
  }
  if (options.kind == SplitKind::leave_one_out) {
    for (uint32_t u = 0; u < users.size(); ++u) leave_one_out(out, u, users[u], options.part);
    return out;
  }
  Seconds moment = moment_before(times, options.held_out);
  if (options.part == Part::valid) {
    std::erase_if(times, [moment](Seconds t) { return t > moment; });
    moment = moment_before(times, options.held_out);
  }
  for (uint32_t u = 0; u < users.size(); ++u) {
    size_t known = 0;
    while (known < users[u].size() && users[u][known].time <= moment) ++known;
    train_on(out, u, std::span(users[u]).first(known));
    if (known > 0 && known < users[u].size()) add_case(out, u, users[u], known);
  }
  return out;
}

Result<SplitKind> split_kind(std::string_view name) {
  if (name == "loo") return SplitKind::leave_one_out;
  if (name == "time") return SplitKind::time;
  return invalid(fmt::format("no split \"{}\": there are loo and time", name));
}

}  // namespace penchant
