// Reads a regular expression from left to right into a tree, refuses what is not known, and links
// the tree from its end to its start into the graph that Regex walks.
#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "base/utf8.h"
#include "text/regex.h"
#include "text/unicode_tables.h"

namespace penchant {

namespace {

constexpr size_t unlimited = std::numeric_limits<size_t>::max();
constexpr size_t repetitions_max = 1'000;
constexpr size_t regex_bytes_max = 2'048;
constexpr size_t depth_max = 8;

}  // namespace

class RegexParser {
 public:
  explicit RegexParser(std::string_view text) : text_(text) {}

  Result<Regex> parse() {
    if (text_.size() > regex_bytes_max)
      return too_large(fmt::format("regular expression of {} bytes, more than {}", text_.size(),
                                   regex_bytes_max));
    if (text_.empty()) return invalid("regular expression is empty");
    std::vector<Sequence> branches;
    TRY(parse_branches(0, branches));
    if (at_ < text_.size()) return unknown("a \")\" too many");
    if (least_length(branches) == 0) return unknown("what can match nothing");
    for (Regex::Class& of : regex_.classes_)
      for (char32_t c = 0; c < 128; ++c) of.ascii[c] = of.holds_by_rules(c);
    regex_.start_ = link(branches, regex_.add({}));
    return std::move(regex_);
  }

 private:
  using Class = Regex::Class;
  using Kind = Regex::Node::Kind;

  struct Item;
  using Sequence = std::vector<Item>;
  struct Item {
    Kind kind = Kind::run;
    uint32_t of_class = 0;
    size_t least = 1, most = 1;
    bool keeps_all = false;
    std::vector<Sequence> branches;  // of choice, ahead and not_ahead
  };

  Error unknown(std::string_view what) const {
    return invalid(fmt::format(
        "regular expression \"{}\" has {} at byte {}, which is not supported", text_, what, at_));
  }

  bool take(std::string_view expected) {
    if (!text_.substr(at_).starts_with(expected)) return false;
    at_ += expected.size();
    return true;
  }

  // --- Text to tree.

  // a|b|c, up to the end or the ")" that ends the group.
  Result<> parse_branches(size_t depth, std::vector<Sequence>& branches) {
    if (depth > depth_max) return unknown("groups too deep in one another");
    do {
      Sequence& branch = branches.emplace_back();
      while (at_ < text_.size() && text_[at_] != '|' && text_[at_] != ')') {
        Item& item = branch.emplace_back();
        if (text_[at_] == '(') {
          TRY(parse_group(depth, item));
        } else {
          Class of;
          TRY(parse_class(of));
          item.of_class = static_cast<uint32_t>(regex_.classes_.size());
          regex_.classes_.push_back(std::move(of));
          TRY(parse_quantifier(item));
        }
      }
    } while (take("|"));
    return {};
  }

  Result<> parse_group(size_t depth, Item& item) {
    const bool folded_outside = is_folded_;
    item.kind = Kind::choice;
    if (take("(?=")) {
      item.kind = Kind::ahead;
    } else if (take("(?!")) {
      item.kind = Kind::not_ahead;
    } else if (take("(?i:")) {
      is_folded_ = true;
    } else if (!take("(?:")) {
      if (text_.substr(at_, 2) == "(?") return unknown(fmt::format("\"{}\"", text_.substr(at_, 3)));
      take("(");
    }
    TRY(parse_branches(depth + 1, item.branches));
    if (!take(")")) return unknown("a group without its end");
    is_folded_ = folded_outside;
    if (std::string_view("*+{").find(next()) != std::string_view::npos)
      return unknown("a repeated group");
    if (next() == '?' && item.kind != Kind::choice) return unknown("an optional lookahead");
    if (take("?")) item.least = 0;
    if (item.least == 0 && (next() == '?' || next() == '+')) return unknown("two repetitions");
    return {};
  }

  char next() const { return at_ < text_.size() ? text_[at_] : '\1'; }

  Result<> parse_class(Class& out) {
    const char c = text_[at_];
    if (c == '[') return parse_set(out);
    if (c == '\\') return parse_escape(out);
    if (c == '.') {
      ++at_;
      out.is_negated = true;
      out.ranges.push_back({'\n', '\n'});
      return {};
    }
    if (std::string_view("^$*+?{}]").find(c) != std::string_view::npos)
      return unknown(fmt::format("\"{}\"", c));
    const char32_t literal = utf8_next(text_, at_);
    return add_literal(out, literal);
  }

  // A character, in (?i: ) in all its cases: the two beyond ASCII that are an "s" and a "k" too.
  Result<> add_literal(Class& out, char32_t literal) {
    out.ranges.push_back({literal, literal});
    if (!is_folded_) return {};
    if (literal >= 128) return unknown("a letter beyond ASCII without its case");
    const char32_t lower = literal | 0x20, upper = literal & ~char32_t{0x20};
    if (lower < 'a' || lower > 'z') return {};
    out.ranges.insert(out.ranges.end(), {{lower, lower}, {upper, upper}});
    if (lower == 's') out.ranges.push_back({0x17F, 0x17F});
    if (lower == 'k') out.ranges.push_back({0x212A, 0x212A});
    return {};
  }

  // \s and its kind, or one character.
  Result<> parse_escape(Class& out) {
    ++at_;
    if (at_ == text_.size()) return unknown("nothing behind its last \"\\\"");
    const char c = text_[at_];
    if (c == 'p' || c == 'P') return parse_property(out);
    static constexpr std::pair<char, uint32_t> flags[] = {
        {'s', CodePoint::space}, {'d', CodePoint::regex_digit}, {'w', CodePoint::regex_word}};
    for (const auto& [name, flag] : flags) {
      if (c != name && c != name - 0x20) continue;
      ++at_;
      if (c == name) {
        out.flags |= flag;
      } else {
        out.flags_not_held.push_back(flag);
      }
      return {};
    }
    char32_t literal = 0;
    TRY(parse_escaped_character(literal));
    return add_literal(out, literal);
  }

  // \p{Lu}, \P{Lu} and \p{^Lu}.
  Result<> parse_property(Class& out) {
    const size_t begin = at_ - 1;
    bool is_negated = text_[at_++] == 'P';
    const size_t end = text_.find('}', at_);
    if (!take("{") || end == std::string_view::npos) return unknown("\\p without its {name}");
    if (take("^")) is_negated = !is_negated;
    const uint32_t mask = category::mask(text_.substr(at_, end - at_));
    at_ = end + 1;
    if (mask == 0 || is_folded_)
      return unknown(fmt::format("\"{}\"", text_.substr(begin, at_ - begin)));
    out.categories |= is_negated ? category::all & ~mask : mask;
    return {};
  }

  Result<> parse_escaped_character(char32_t& out) {
    const char c = text_[at_];
    const bool is_letter_or_digit =
        (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    if (c == 'n') {
      out = '\n';
    } else if (c == 'r') {
      out = '\r';
    } else if (c == 't') {
      out = '\t';
    } else if (is_letter_or_digit) {
      return unknown(fmt::format("\"\\{}\"", c));
    } else {
      out = utf8_next(text_, at_);
      return {};
    }
    ++at_;
    return {};
  }

  Result<> parse_set(Class& out) {
    ++at_;
    out.is_negated = take("^");
    if (next() == ']') return unknown("a class that starts with \"]\"");
    while (!take("]")) {
      if (at_ == text_.size()) return unknown("a class without its end");
      if (text_[at_] == '[' || text_.substr(at_, 2) == "&&") return unknown("a class in a class");
      const size_t known = out.ranges.size();
      if (text_[at_] == '\\') {
        TRY(parse_escape(out));
      } else {
        const char32_t c = utf8_next(text_, at_);
        TRY(add_literal(out, c));
      }
      const bool is_range = at_ + 1 < text_.size() && text_[at_] == '-' && text_[at_ + 1] != ']';
      if (is_range) TRY(parse_range_end(out, known));
    }
    return {};
  }

  Result<> parse_range_end(Class& out, size_t known) {
    if (is_folded_) return unknown("a range without its case");
    if (out.ranges.size() != known + 1) return unknown("a range that starts with a class");
    ++at_;
    char32_t last = 0;
    if (text_[at_] == '\\') {
      ++at_;
      if (at_ == text_.size()) return unknown("nothing behind its last \"\\\"");
      TRY(parse_escaped_character(last));
    } else if (text_[at_] == '[') {
      return unknown("a class in a class");
    } else {
      last = utf8_next(text_, at_);
    }
    if (last < out.ranges.back().first) return unknown("a range that goes back");
    out.ranges.back().second = last;
    return {};
  }

  // + * ? {n} {n,} {n,m}, greedy, or the first three followed by a possessive +.
  Result<> parse_quantifier(Item& item) {
    if (take("{")) {
      TRY(parse_number(item.least));
      item.most = item.least;
      if (take(",")) {
        item.most = unlimited;
        if (next() != '}') TRY(parse_number(item.most));
      }
      if (!take("}")) return unknown("a repetition without its end");
      if (item.most < item.least || item.most == 0) return unknown("a repetition that cannot be");
    } else if (take("+")) {
      item.most = unlimited;
      item.keeps_all = take("+");
    } else if (take("*")) {
      item.least = 0, item.most = unlimited;
      item.keeps_all = take("+");
    } else if (take("?")) {
      item.least = 0;
      item.keeps_all = take("+");
    } else {
      return {};
    }
    if (std::string_view("?+*{").find(next()) != std::string_view::npos)
      return unknown("a lazy or a second repetition");
    return {};
  }

  Result<> parse_number(size_t& out) {
    const size_t begin = at_;
    for (out = 0; at_ < text_.size() && text_[at_] >= '0' && text_[at_] <= '9'; ++at_) {
      out = out * 10 + static_cast<size_t>(text_[at_] - '0');
      if (out > repetitions_max) return unknown("too large a number of repetitions");
    }
    if (at_ == begin) return unknown("a repetition without its number");
    return {};
  }

  // --- Tree to graph.

  // 0 or 1: whether something must come.
  static size_t least_length(const std::vector<Sequence>& branches) {
    return std::all_of(branches.begin(), branches.end(), [](const Sequence& branch) {
      return std::any_of(branch.begin(), branch.end(), [](const Item& item) {
        if (item.kind == Kind::run) return item.least > 0;
        return item.kind == Kind::choice && item.least > 0 && least_length(item.branches) > 0;
      });
    });
  }

  uint32_t link(const std::vector<Sequence>& branches, uint32_t next, bool is_optional = false) {
    if (branches.size() == 1 && !is_optional) return link(branches[0], next);
    Regex::Node choice;
    choice.kind = Kind::choice;
    for (const Sequence& branch : branches) choice.branches.push_back(link(branch, next));
    if (is_optional) choice.branches.push_back(next);
    return regex_.add(std::move(choice));
  }

  uint32_t link(const Sequence& sequence, uint32_t next) {
    for (auto item = sequence.rbegin(); item != sequence.rend(); ++item) {
      if (item->kind == Kind::choice) {
        next = link(item->branches, next, item->least == 0);
        continue;
      }
      Regex::Node node;
      node.kind = item->kind;
      node.of_class = item->of_class;
      node.least = item->least, node.most = item->most;
      node.keeps_all = item->keeps_all;
      if (item->kind != Kind::run) node.branches = {link(item->branches, regex_.add({}))};
      node.next = next;
      next = regex_.add(std::move(node));
    }
    return next;
  }

  std::string_view text_;
  size_t at_ = 0;
  bool is_folded_ = false;  // inside of (?i: )
  Regex regex_;
};

Result<Regex> Regex::parse(std::string_view text) { return RegexParser(text).parse(); }

}  // namespace penchant
