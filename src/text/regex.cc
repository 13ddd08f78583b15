#include "text/regex.h"

#include <algorithm>

#include "base/utf8.h"
#include "text/unicode_tables.h"

namespace penchant {

bool Regex::Class::holds_by_rules(char32_t c) const {
  const UnicodeTables& tables = UnicodeTables::get();
  bool found = categories != 0 && (categories >> tables.category_of(c) & 1) != 0;
  if (found) return !is_negated;
  const CodePoint properties = tables[c];
  found = properties.is(flags);
  for (size_t i = 0; i < ranges.size() && !found; ++i)
    found = ranges[i].first <= c && c <= ranges[i].second;
  for (size_t i = 0; i < flags_not_held.size() && !found; ++i)
    found = !properties.is(flags_not_held[i]);
  return found != is_negated;
}

bool Regex::Class::may_hold_beyond_ascii() const {
  return is_negated || categories != 0 || flags != 0 || !flags_not_held.empty() ||
         std::any_of(ranges.begin(), ranges.end(), [](const auto& r) { return r.second >= 128; });
}

// Nodes come after all that follow them, so what those start with is known.
uint32_t Regex::add(Node node) {
  switch (node.kind) {
    case Node::Kind::run:
      node.starts = classes_[node.of_class].ascii;
      node.starts_beyond = classes_[node.of_class].may_hold_beyond_ascii();
      if (node.least == 0) {
        node.starts |= nodes_[node.next].starts;
        node.starts_beyond |= nodes_[node.next].starts_beyond;
      }
      break;
    case Node::Kind::choice:
      for (const uint32_t branch : node.branches) {
        node.starts |= nodes_[branch].starts;
        node.starts_beyond |= nodes_[branch].starts_beyond;
      }
      break;
    case Node::Kind::ahead:
    case Node::Kind::not_ahead:
      node.starts = nodes_[node.next].starts;
      node.starts_beyond = nodes_[node.next].starts_beyond;
      break;
    case Node::Kind::end:
      node.starts.set();
      node.starts_beyond = true;
      break;
  }
  nodes_.push_back(std::move(node));
  return static_cast<uint32_t>(nodes_.size() - 1);
}

namespace {

bool spend(size_t& steps, size_t count) {
  steps -= std::min(steps, count);
  return steps > 0;
}

}  // namespace

bool Regex::match(uint32_t number, std::string_view text, size_t at, size_t& end,
                  size_t& steps) const {
  while (true) {
    const Node& node = nodes_[number];
    if (at < text.size() && !node.may_start(text[at])) return false;
    switch (node.kind) {
      case Node::Kind::end:
        end = at;
        return true;
      case Node::Kind::ahead:
      case Node::Kind::not_ahead: {
        size_t ignored = 0;
        const bool is_there = match(node.branches[0], text, at, ignored, steps);
        if (steps == 0 || is_there != (node.kind == Node::Kind::ahead)) return false;
        break;
      }
      case Node::Kind::choice:
        for (size_t i = 0; i + 1 < node.branches.size(); ++i) {
          if (!spend(steps, 1)) return false;
          if (match(node.branches[i], text, at, end, steps)) return true;
        }
        number = node.branches.back();
        continue;
      case Node::Kind::run: {
        const Class& of = classes_[node.of_class];
        const size_t begin = at;
        size_t count = 0;
        for (size_t next = at; count < node.most && next < text.size(); at = next, ++count)
          if (!of.holds(utf8_next(text, next))) break;
        if (!spend(steps, count + 1) || count < node.least) return false;
        const bool may_give_back =
            !node.keeps_all && at > begin && nodes_[node.next].kind != Node::Kind::end;
        if (!may_give_back) break;
        for (; count > node.least; --count) {
          if (match(node.next, text, at, end, steps)) return true;
          if (!spend(steps, 1)) return false;
          do --at;
          while ((text[at] & 0xC0) == 0x80);
        }
        break;
      }
    }
    number = node.next;
  }
}

bool Regex::find(std::string_view text, size_t from, Match& found, size_t& steps) const {
  const Node& start = nodes_[start_];
  for (size_t at = from; steps > 0; utf8_next(text, at)) {
    // Either all bytes beyond ASCII are passed over or none, so this ends at a whole character.
    while (at < text.size() && !start.may_start(text[at])) ++at;
    if (at == text.size()) break;
    if (!match(start_, text, at, found.end, steps)) {
      spend(steps, 1);
      continue;
    }
    found.begin = at;
    return true;
  }
  return false;
}

}  // namespace penchant
