#include "recommend/filter.h"

#include <fmt/format.h>

#include <charconv>
#include <cmath>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "base/limits.h"
#include "base/time.h"
#include "base/utf8.h"
#include "recommend/catalogue.h"

namespace penchant {

// One comparison or one joint of the expression tree.
struct Filter::Node {
  enum class Kind { all, any, none, exists, equal, different, less, at_most, more, at_least, in };
  using Value = std::variant<double, std::string, bool>;

  Kind kind = Kind::all;
  std::vector<Node> parts;    // of all, any (two or more) and none (one)
  std::string name;           // of comparisons and exists
  std::vector<Value> values;  // one, or those of `in`
};

namespace {

using Node = Filter::Node;
using Value = Node::Value;

enum class TokenKind { end, name, value, symbol };

struct Token {
  TokenKind kind = TokenKind::end;
  std::string text;  // of a name or symbol
  Value value;
  size_t at = 0;
};

bool is_name_start(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' ||
         static_cast<uint8_t>(c) >= 0x80;
}
bool is_digit(char c) { return c >= '0' && c <= '9'; }

Error wrong(size_t at, std::string_view what) {
  return invalid(fmt::format("filter: {} at byte {}", what, at));
}

class Lexer {
 public:
  explicit Lexer(std::string_view text) : text_(text) {}

  Result<Token> next() {
    while (at_ < text_.size() && std::string_view(" \t\r\n").find(text_[at_]) != text_.npos) ++at_;
    Token token;
    token.at = at_;
    if (at_ == text_.size()) return token;
    const char c = text_[at_];
    if (c == '"' || c == '\'') return string(token);
    if (is_digit(c) || c == '-' || c == '.') return number(token);
    if (is_name_start(c)) return name(token);
    for (const std::string_view symbol : {"<=", ">=", "!=", "<", ">", "=", "(", ")", ","}) {
      if (text_.substr(at_, symbol.size()) != symbol) continue;
      at_ += symbol.size();
      token.kind = TokenKind::symbol;
      token.text = symbol;
      return token;
    }
    return wrong(at_, "a character that means nothing here");
  }

 private:
  Result<Token> string(Token token) {
    const char quote = text_[at_++];
    std::string out;
    for (; at_ < text_.size() && text_[at_] != quote; ++at_) {
      if (text_[at_] == '\\' && ++at_ == text_.size()) break;
      out += text_[at_];
    }
    if (at_ == text_.size()) return wrong(token.at, "a string that does not end");
    ++at_;
    token.kind = TokenKind::value;
    token.value = std::move(out);
    return token;
  }

  Result<Token> number(Token token) {
    double value = 0;
    const auto [end, error] =
        std::from_chars(text_.data() + at_, text_.data() + text_.size(), value);
    if (error != std::errc() || !std::isfinite(value)) return wrong(at_, "a number out of shape");
    at_ = static_cast<size_t>(end - text_.data());
    if (at_ < text_.size() && (is_name_start(text_[at_]) || text_[at_] == '.')) {
      return wrong(at_, "a number out of shape");
    }
    token.kind = TokenKind::value;
    token.value = value;
    return token;
  }

  Result<Token> name(Token token) {
    const size_t begin = at_;
    while (at_ < text_.size() &&
           (is_name_start(text_[at_]) || is_digit(text_[at_]) || text_[at_] == '.')) {
      ++at_;
    }
    token.text = text_.substr(begin, at_ - begin);
    token.kind = TokenKind::name;
    if (token.text == "true" || token.text == "false") {
      token.kind = TokenKind::value;
      token.value = token.text == "true";
    }
    return token;
  }

  std::string_view text_;
  size_t at_ = 0;
};

bool is_time_field(std::string_view name) { return name == "time" || name == "expires"; }

class Parser {
 public:
  explicit Parser(std::string_view text) : lexer_(text) {}

  Result<Node> parse() {
    TRY(advance());
    TRY(Node node, any(0));
    if (token_.kind != TokenKind::end) {
      return wrong(token_.at, "expected \"and\", \"or\" or the end");
    }
    return node;
  }

 private:
  Result<> advance() {
    TRY(token_, lexer_.next());
    return {};
  }
  bool is_word(std::string_view word) const {
    return token_.kind == TokenKind::name && token_.text == word;
  }
  bool is_symbol(std::string_view symbol) const {
    return token_.kind == TokenKind::symbol && token_.text == symbol;
  }
  Result<> expect(std::string_view symbol) {
    if (!is_symbol(symbol)) return wrong(token_.at, fmt::format("expected \"{}\"", symbol));
    return advance();
  }

  Result<Node> any(size_t depth) {
    if (depth > limits::filter_depth) {
      return wrong(token_.at, fmt::format("more than {} levels", limits::filter_depth));
    }
    Node out{Node::Kind::any, {}, {}, {}};
    for (;;) {
      TRY(Node part, all(depth));
      out.parts.push_back(std::move(part));
      if (!is_word("or")) break;
      TRY(advance());
    }
    return out.parts.size() == 1 ? std::move(out.parts[0]) : std::move(out);
  }

  Result<Node> all(size_t depth) {
    Node out{Node::Kind::all, {}, {}, {}};
    for (;;) {
      TRY(Node part, primary(depth));
      out.parts.push_back(std::move(part));
      if (!is_word("and")) break;
      TRY(advance());
    }
    return out.parts.size() == 1 ? std::move(out.parts[0]) : std::move(out);
  }

  Result<Node> primary(size_t depth) {
    bool negated = false;
    while (is_word("not")) {
      negated = !negated;
      TRY(advance());
    }
    Node node;
    if (is_symbol("(")) {
      TRY(advance());
      TRY(node, any(depth + 1));
      TRY(expect(")"));
    } else if (is_word("exists")) {
      TRY(advance());
      TRY(expect("("));
      node.kind = Node::Kind::exists;
      TRY(node.name, name());
      TRY(expect(")"));
    } else {
      TRY(node, comparison());
    }
    if (!negated) return node;
    Node out{Node::Kind::none, {}, {}, {}};
    out.parts.push_back(std::move(node));
    return out;
  }

  Result<std::string> name() {
    if (token_.kind != TokenKind::name) return wrong(token_.at, "expected the name of a field");
    if (token_.text == "and" || token_.text == "or" || token_.text == "in") {
      return wrong(token_.at, "expected the name of a field");
    }
    std::string out = token_.text;
    TRY(advance());
    return out;
  }

  Result<Node> comparison() {
    Node node;
    TRY(node.name, name());
    bool negated = false;
    if (is_word("not")) {
      negated = true;
      TRY(advance());
      if (!is_word("in")) return wrong(token_.at, "expected \"in\"");
    }
    if (is_word("in")) {
      TRY(advance());
      TRY(list(node));
      if (!negated) return node;
      Node out{Node::Kind::none, {}, {}, {}};
      out.parts.push_back(std::move(node));
      return out;
    }
    static constexpr std::pair<std::string_view, Node::Kind> operators[] = {
        {"=", Node::Kind::equal},    {"!=", Node::Kind::different}, {"<", Node::Kind::less},
        {"<=", Node::Kind::at_most}, {">", Node::Kind::more},       {">=", Node::Kind::at_least}};
    for (const auto& [symbol, kind] : operators) {
      if (!is_symbol(symbol)) continue;
      node.kind = kind;
      TRY(advance());
      TRY(value(node));
      return node;
    }
    return wrong(token_.at, "expected = != < <= > >= or \"in\"");
  }

  Result<> list(Node& node) {
    node.kind = Node::Kind::in;
    TRY(expect("("));
    for (;;) {
      TRY(value(node));
      if (!is_symbol(",")) break;
      TRY(advance());
    }
    return expect(")");
  }

  Result<> value(Node& node) {
    if (token_.kind != TokenKind::value) return wrong(token_.at, "expected a value");
    if (++values_ > limits::list_values) {
      return wrong(token_.at, fmt::format("more than {} values", limits::list_values));
    }
    if (is_time_field(node.name)) {
      if (const std::string* text = std::get_if<std::string>(&token_.value)) {
        const Result<Seconds> time = parse_rfc3339(*text);
        if (!time.ok()) return wrong(token_.at, "expected a time such as \"2026-01-31\"");
        token_.value = *time;
      }
      if (!std::holds_alternative<double>(token_.value)) {
        return wrong(token_.at, "expected a time such as \"2026-01-31\"");
      }
    }
    node.values.push_back(std::move(token_.value));
    return advance();
  }

  Lexer lexer_;
  Token token_;
  size_t values_ = 0;
};

std::optional<double> number_in(std::string_view text) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

// -1, 0, 1, or nothing when the two cannot be compared. Text that is a number compares with
// numbers, since files often bring numbers as text.
template <class T>
std::optional<int> order(const T& a, const T& b) {
  if (a < b) return -1;
  if (b < a) return 1;
  return a == b ? std::optional<int>(0) : std::nullopt;
}
std::optional<int> compare(std::string_view text, const Value& value) {
  if (const auto* s = std::get_if<std::string>(&value)) return order<std::string_view>(text, *s);
  if (const auto* n = std::get_if<double>(&value)) {
    const std::optional<double> mine = number_in(text);
    return mine ? order(*mine, *n) : std::nullopt;
  }
  return order<std::string_view>(text, std::get<bool>(value) ? "true" : "false");
}
std::optional<int> compare(double number, const Value& value) {
  if (const auto* n = std::get_if<double>(&value)) return order(number, *n);
  if (const auto* s = std::get_if<std::string>(&value)) {
    const std::optional<double> other = number_in(*s);
    return other ? order(number, *other) : std::nullopt;
  }
  return std::nullopt;
}
std::optional<int> compare(const json::value& label, const Value& value) {
  if (label.is_string()) return compare(std::string_view(label.get_string()), value);
  if (label.is_number()) return compare(label.to_number<double>(), value);
  if (label.is_bool()) {
    if (const bool* b = std::get_if<bool>(&value)) return order<int>(label.get_bool(), *b);
    return compare(std::string_view(label.get_bool() ? "true" : "false"), value);
  }
  return std::nullopt;
}

// Calls visit(x) for every value the item has under the name, x being text, number or JSON, until
// one says true.
template <class Visit>
bool any_value(const CatalogueItem& item, std::string_view name, Visit visit) {
  if (name == "id") return visit(std::string_view(item.id));
  if (name == "title") return visit(std::string_view(item.title));
  if (name == "time") return item.time && visit(*item.time);
  if (name == "expires") return item.expires && visit(*item.expires);
  if (name == "category") {
    for (const std::string& category : item.categories) {
      if (visit(std::string_view(category))) return true;
    }
    return false;
  }
  if (name == "keyword") {
    for (const auto& [keyword, weight] : item.keywords) {
      if (visit(std::string_view(keyword))) return true;
    }
    return false;
  }
  if (name.starts_with("label.")) name.remove_prefix(6);
  const json::value* label = item.labels.if_contains(name);
  if (label == nullptr || label->is_null()) return false;
  if (!label->is_array()) return visit(*label);
  for (const json::value& one : label->get_array()) {
    if (visit(one)) return true;
  }
  return false;
}

bool holds(Node::Kind kind, std::optional<int> order) {
  if (!order) return false;
  switch (kind) {
    case Node::Kind::less:
      return *order < 0;
    case Node::Kind::at_most:
      return *order <= 0;
    case Node::Kind::more:
      return *order > 0;
    case Node::Kind::at_least:
      return *order >= 0;
    default:
      return *order == 0;
  }
}

bool compares(const Node& node, const CatalogueItem& item, Node::Kind kind) {
  return any_value(item, node.name, [&](const auto& mine) {
    for (const Value& value : node.values) {
      if (holds(kind, compare(mine, value))) return true;
    }
    return false;
  });
}

bool has_value(const Node& node, const CatalogueItem& item) {
  return any_value(item, node.name, [](const auto&) { return true; });
}

bool node_matches(const Node& node, const CatalogueItem& item) {
  switch (node.kind) {
    case Node::Kind::all:
      for (const Node& part : node.parts) {
        if (!node_matches(part, item)) return false;
      }
      return true;
    case Node::Kind::any:
      for (const Node& part : node.parts) {
        if (node_matches(part, item)) return true;
      }
      return false;
    case Node::Kind::none:
      return !node_matches(node.parts[0], item);
    case Node::Kind::exists:
      return has_value(node, item);
    case Node::Kind::different:  // there is a value, and none is equal
      return has_value(node, item) && !compares(node, item, Node::Kind::equal);
    default:
      return compares(node, item, node.kind);
  }
}

}  // namespace

Result<Filter> Filter::parse(std::string_view text) {
  if (text.size() > limits::filter_bytes) {
    return too_large(
        fmt::format("filter: {} bytes, more than {}", text.size(), limits::filter_bytes));
  }
  TRY(check_utf8(text, "filter"));
  Filter filter;
  if (text.find_first_not_of(" \t\r\n") == text.npos) return filter;
  TRY(Node root, Parser(text).parse());
  filter.root_ = std::make_shared<const Node>(std::move(root));
  return filter;
}

bool Filter::matches(const CatalogueItem& item) const {
  return root_ == nullptr || node_matches(*root_, item);
}

}  // namespace penchant
