#include "store/sqlite.h"

#include <fmt/format.h>
#include <sqlite3.h>

#include <cerrno>
#include <cstring>

namespace penchant {

Statement::~Statement() {
  if (statement_ == nullptr) return;
  sqlite3_reset(statement_);
  sqlite3_clear_bindings(statement_);
}

// Binding fails only for want of memory or for a wrong index, which is a mistake of ours.
Statement& Statement::bind(int64_t number) {
  CHECK(sqlite3_bind_int64(statement_, ++bound_, number) == SQLITE_OK, "bind");
  return *this;
}

Statement& Statement::bind(double number) {
  CHECK(sqlite3_bind_double(statement_, ++bound_, number) == SQLITE_OK, "bind");
  return *this;
}

Statement& Statement::bind(std::string_view text) {
  const char* data = text.data() != nullptr ? text.data() : "";
  CHECK(sqlite3_bind_text64(statement_, ++bound_, data, text.size(), SQLITE_STATIC, SQLITE_UTF8) ==
            SQLITE_OK,
        "bind");
  return *this;
}

Statement& Statement::bind_bytes(std::span<const uint8_t> bytes) {
  if (bytes.empty()) return bind_null();
  CHECK(sqlite3_bind_blob64(statement_, ++bound_, bytes.data(), bytes.size(), SQLITE_STATIC) ==
            SQLITE_OK,
        "bind");
  return *this;
}

Statement& Statement::bind_null() {
  CHECK(sqlite3_bind_null(statement_, ++bound_) == SQLITE_OK, "bind");
  return *this;
}

Result<bool> Statement::step() {
  const int code = sqlite3_step(statement_);
  if (code == SQLITE_ROW) return true;
  if (code == SQLITE_DONE) return false;
  return connection_->error(code);
}

Result<> Statement::run() {
  while (true) {
    TRY(const bool row, step());
    if (!row) return {};
  }
}

void Statement::again() {
  sqlite3_reset(statement_);
  bound_ = 0;
}

bool Statement::is_null(int column) const {
  return sqlite3_column_type(statement_, column) == SQLITE_NULL;
}

int64_t Statement::integer(int column) const { return sqlite3_column_int64(statement_, column); }

double Statement::number(int column) const { return sqlite3_column_double(statement_, column); }

std::string_view Statement::text(int column) const {
  const auto* data = reinterpret_cast<const char*>(sqlite3_column_text(statement_, column));
  if (data == nullptr) return {};
  return {data, static_cast<size_t>(sqlite3_column_bytes(statement_, column))};
}

std::span<const uint8_t> Statement::bytes(int column) const {
  const auto* data = static_cast<const uint8_t*>(sqlite3_column_blob(statement_, column));
  if (data == nullptr) return {};
  return {data, static_cast<size_t>(sqlite3_column_bytes(statement_, column))};
}

std::optional<int64_t> Statement::optional_integer(int column) const {
  return is_null(column) ? std::nullopt : std::optional(integer(column));
}

Result<Connection> Connection::open(const Path& file, Mode mode, std::string_view what) {
  Connection connection;
  connection.what_ = what;
  // Each connection is used by one thread at a time, so SQLite's own lock is not needed.
  const int flags =
      SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | (mode == Mode::create ? SQLITE_OPEN_CREATE : 0);
  const int code = sqlite3_open_v2(file.c_str(), &connection.database_, flags, nullptr);
  if (code != SQLITE_OK) return connection.error(code);
  // SQLite opens a file it may not write for reading instead.
  if (sqlite3_db_readonly(connection.database_, "main") == 1)
    return connection.error(SQLITE_READONLY);
  sqlite3_extended_result_codes(connection.database_, 1);
  sqlite3_busy_timeout(connection.database_, 5000);
  return connection;
}

Connection::Connection(Connection&& other) noexcept
    : what_(std::move(other.what_)),
      database_(std::exchange(other.database_, nullptr)),
      statements_(std::move(other.statements_)) {
  other.statements_.clear();
}

Connection& Connection::operator=(Connection&& other) noexcept {
  std::swap(what_, other.what_);
  std::swap(database_, other.database_);
  std::swap(statements_, other.statements_);
  return *this;
}

Connection::~Connection() {
  for (const auto& [sql, statement] : statements_) sqlite3_finalize(statement);
  sqlite3_close(database_);
}

Result<Statement> Connection::prepare(const char* sql) {
  for (const auto& [known, statement] : statements_)
    if (known == sql) return Statement(*this, statement);
  sqlite3_stmt* statement = nullptr;
  const int code =
      sqlite3_prepare_v3(database_, sql, -1, SQLITE_PREPARE_PERSISTENT, &statement, nullptr);
  if (code != SQLITE_OK) return error(code);
  statements_.emplace_back(sql, statement);
  return Statement(*this, statement);
}

Result<> Connection::execute(const char* sql) {
  const int code = sqlite3_exec(database_, sql, nullptr, nullptr, nullptr);
  if (code != SQLITE_OK) return error(code);
  return {};
}

Result<int64_t> Connection::query_integer(const char* sql) {
  TRY(Statement statement, prepare(sql));
  TRY(const bool row, statement.step());
  return row ? statement.integer(0) : 0;
}

int64_t Connection::changes() const { return sqlite3_changes64(database_); }

int64_t Connection::last_insert_key() const { return sqlite3_last_insert_rowid(database_); }

bool Connection::in_transaction() const {
  return database_ != nullptr && sqlite3_get_autocommit(database_) == 0;
}

Error Connection::error(int code) const {
  // SQLite does not keep the number when it is a commit that fails; ours still has it.
  const int ours = errno;
  const int kept = database_ != nullptr ? sqlite3_system_errno(database_) : 0;
  const int kind = code & 0xff;
  const int number = kept == 0 && kind == SQLITE_IOERR ? ours : kept;
  if (kind == SQLITE_FULL || (kind == SQLITE_IOERR && (number == ENOSPC || number == EDQUOT)))
    return {Code::exhausted, fmt::format("cannot write to {}: the disk is full", what_)};
  if (kind == SQLITE_IOERR && number == EFBIG)
    return {Code::exhausted,
            fmt::format("cannot write to {}: penchant.db may not grow further here", what_)};
  if (kind == SQLITE_READONLY || kind == SQLITE_PERM)
    return {Code::conflict, fmt::format("{} is read-only", what_)};
  if (kind == SQLITE_CORRUPT || kind == SQLITE_NOTADB) return damaged(sqlite3_errstr(code));
  if (kind == SQLITE_CANTOPEN && number != 0)
    return {Code::conflict,
            fmt::format("cannot open penchant.db in {}: {}", what_, std::strerror(number))};
  if (kind == SQLITE_BUSY || kind == SQLITE_LOCKED)
    return {Code::conflict, fmt::format("{} is locked by another program", what_)};
  std::string reason = sqlite3_errstr(code);
  if (database_ != nullptr && kind != SQLITE_IOERR) reason = sqlite3_errmsg(database_);
  if (kind == SQLITE_IOERR && number != 0) reason = std::strerror(number);
  return {Code::internal, fmt::format("cannot use penchant.db in {}: {}", what_, reason)};
}

Error Connection::damaged(std::string_view where) const {
  return {Code::internal, fmt::format("{} is damaged: penchant.db: {}", what_, where)};
}

}  // namespace penchant
