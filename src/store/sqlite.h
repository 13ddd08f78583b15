// The little of SQLite the store needs, with our errors: a connection that keeps its prepared
// statements, and a statement in use. Nothing outside store/ includes this.
// Thread-safety: one thread at a time; a connection may move between threads.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/files.h"
#include "base/result.h"

struct sqlite3;
struct sqlite3_stmt;

namespace penchant {

class Connection;

// One run of a prepared statement; its end resets the statement for the next.
class Statement {
 public:
  Statement(Statement&& other) noexcept
      : connection_(other.connection_), statement_(std::exchange(other.statement_, nullptr)) {}
  Statement& operator=(Statement&&) = delete;
  ~Statement();

  // Parameters in the order of the question marks. Text and bytes must outlive the run.
  Statement& bind(int64_t number);
  Statement& bind(double number);
  Statement& bind(std::string_view text);
  Statement& bind_bytes(std::span<const uint8_t> bytes);
  Statement& bind_null();
  Statement& bind_optional(const std::optional<int64_t>& number) {
    return number ? bind(*number) : bind_null();
  }
  Statement& bind_unless_empty(std::string_view text) {
    return text.empty() ? bind_null() : bind(text);
  }

  Result<bool> step();  // true: a row is there
  Result<> run();       // to the end
  void again();         // ready for other parameters

  // Columns of the row; null reads as 0 or empty. Views live until the next step.
  bool is_null(int column) const;
  int64_t integer(int column) const;
  double number(int column) const;
  std::string_view text(int column) const;
  std::span<const uint8_t> bytes(int column) const;
  std::optional<int64_t> optional_integer(int column) const;

 private:
  friend class Connection;
  Statement(Connection& connection, sqlite3_stmt* statement)
      : connection_(&connection), statement_(statement) {}

  Connection* connection_;
  sqlite3_stmt* statement_;
  int bound_ = 0;
};

class Connection {
 public:
  enum class Mode { create, existing };

  // `what` starts every error message: "data folder shop".
  static Result<Connection> open(const Path& file, Mode mode, std::string_view what);
  Connection(Connection&&) noexcept;
  Connection& operator=(Connection&&) noexcept;
  ~Connection();

  // `sql` must be a literal: prepared once per connection and found again by its address.
  Result<Statement> prepare(const char* sql);
  // Several statements without parameters and results.
  Result<> execute(const char* sql);
  // The first column of the first row.
  Result<int64_t> query_integer(const char* sql);

  int64_t changes() const;  // rows changed by the last statement
  int64_t last_insert_key() const;
  bool in_transaction() const;
  Error error(int code) const;  // of the last call, which returned `code`
  Error damaged(std::string_view where) const;

 private:
  Connection() = default;

  std::string what_;
  sqlite3* database_ = nullptr;
  std::vector<std::pair<const char*, sqlite3_stmt*>> statements_;
};

}  // namespace penchant
