// Errors as values. Whatever can go wrong in the world returns Result<T>; whatever can only go
// wrong in the program is a CHECK. A message is one lower-case sentence with the value and the
// place, e.g.
//   vocab.txt:31: duplicate token "##ing"
// Thread-safety: values, no shared state.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "base/check.h"

namespace penchant {

// What kind of thing went wrong; faces map it to an exit code or an HTTP status.
enum class Code {
  invalid,      // the caller's input is wrong: HTTP 400, CLI exit 2 for flags and 1 for data
  not_found,    // the named thing does not exist: 404
  conflict,     // the state forbids it (folder in use, newer format): 409
  too_large,    // beyond a limit of base/limits.h: 413
  exhausted,    // disk full, memory budget spent, queue full: 507 or 429
  unavailable,  // needs something that is not there now (no model installed, shutting down): 503
  internal,     // a library or the disk failed in a way the caller cannot mend: 500
};

struct Error {
  Code code = Code::internal;
  std::string message;
};

inline Error invalid(std::string message) { return {Code::invalid, std::move(message)}; }
inline Error not_found(std::string message) { return {Code::not_found, std::move(message)}; }
inline Error too_large(std::string message) { return {Code::too_large, std::move(message)}; }

template <class T = void>
class [[nodiscard]] Result {
 public:
  Result(T value) : value_(std::move(value)) {}  // NOLINT: implicit on purpose, `return value;`
  Result(Error error)
      : error_(std::move(error)) {}  // NOLINT: implicit on purpose, `return invalid(...);`

  bool ok() const { return value_.has_value(); }
  explicit operator bool() const { return ok(); }

  T& value() & { return CHECK(ok(), error_.message), *value_; }
  const T& value() const& { return CHECK(ok(), error_.message), *value_; }
  T&& value() && { return CHECK(ok(), error_.message), std::move(*value_); }
  T& operator*() & { return value(); }
  const T& operator*() const& { return value(); }
  T&& operator*() && { return std::move(*this).value(); }
  T* operator->() { return &value(); }
  const T* operator->() const { return &value(); }

  const Error& error() const& { return error_; }
  Error&& error() && { return std::move(error_); }

 private:
  std::optional<T> value_;
  Error error_;
};

template <>
class [[nodiscard]] Result<void> {
 public:
  Result() = default;
  Result(Error error) : error_(std::move(error)) {}  // NOLINT: implicit on purpose

  bool ok() const { return !error_.has_value(); }
  explicit operator bool() const { return ok(); }
  const Error& error() const& { return CHECK(!ok(), "no error"), *error_; }
  Error&& error() && { return CHECK(!ok(), "no error"), std::move(*error_); }

 private:
  std::optional<Error> error_;
};

// TRY(expression);            returns the error to the caller, or goes on
// TRY(auto x, expression);    the same, and names the value
#define PENCHANT_CONCAT_(a, b) a##b
#define PENCHANT_CONCAT(a, b) PENCHANT_CONCAT_(a, b)
#define PENCHANT_TRY_1(expression)                              \
  do {                                                          \
    auto try_result = (expression);                             \
    if (!try_result.ok()) return std::move(try_result).error(); \
  } while (0)
#define PENCHANT_TRY_2_(name, declaration, expression) \
  auto name = (expression);                            \
  if (!name.ok()) return std::move(name).error();      \
  declaration = *std::move(name)
#define PENCHANT_TRY_2(declaration, expression) \
  PENCHANT_TRY_2_(PENCHANT_CONCAT(try_result_, __LINE__), declaration, expression)
#define PENCHANT_TRY_PICK(_1, _2, name, ...) name
#define TRY(...) PENCHANT_TRY_PICK(__VA_ARGS__, PENCHANT_TRY_2, PENCHANT_TRY_1, )(__VA_ARGS__)

}  // namespace penchant
