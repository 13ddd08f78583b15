#include "store/schema.h"

#include <fmt/format.h>

namespace penchant {

namespace {

// Texts from outside become integer keys once, in tenants, types, users and items. Rows of `items`
// with present = 0 are only named by events. Counts lie in `tenants`, so that asking is free;
// `arrivals` numbers its events. Events are clustered by their identity: one tree serves "is it
// there already?" and "all events of a user", and a row takes some 30 bytes.
constexpr const char* tables = R"(
  CREATE TABLE tenants(
    key INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    items INTEGER NOT NULL,
    users INTEGER NOT NULL,
    events INTEGER NOT NULL,
    arrivals INTEGER NOT NULL
  ) STRICT;
  CREATE TABLE types(key INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE) STRICT;
  CREATE TABLE users(
    key INTEGER PRIMARY KEY,
    tenant INTEGER NOT NULL REFERENCES tenants,
    id TEXT NOT NULL,
    rest TEXT,
    UNIQUE(tenant, id)
  ) STRICT;
  CREATE INDEX users_of_tenant ON users(tenant);
  CREATE TABLE items(
    key INTEGER PRIMARY KEY,
    tenant INTEGER NOT NULL REFERENCES tenants,
    id TEXT NOT NULL,
    present INTEGER NOT NULL,
    hidden INTEGER NOT NULL,
    time INTEGER,
    expires INTEGER,
    title TEXT,
    text TEXT,
    rest TEXT,
    vector BLOB,
    UNIQUE(tenant, id)
  ) STRICT;
  CREATE INDEX items_of_tenant ON items(tenant);
  CREATE TABLE features(
    item INTEGER PRIMARY KEY REFERENCES items,
    source TEXT NOT NULL,
    vector BLOB,
    keywords TEXT
  ) STRICT;
  CREATE TABLE events(
    user INTEGER NOT NULL REFERENCES users,
    item INTEGER NOT NULL REFERENCES items,
    type INTEGER NOT NULL REFERENCES types,
    time INTEGER NOT NULL,
    value REAL NOT NULL,
    place INTEGER,
    arrival INTEGER NOT NULL,
    recommendation TEXT,
    labels TEXT,
    PRIMARY KEY(user, item, type, time)
  ) WITHOUT ROWID, STRICT;
  CREATE TABLE settings(name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID, STRICT;
)";

Result<> create_tables(Connection& connection) {
  TRY(connection.execute("BEGIN IMMEDIATE"));
  Result<> made = connection.execute(tables);
  if (made.ok())
    made = connection.execute(fmt::format("PRAGMA application_id = {}; PRAGMA user_version = {}",
                                          schema_application, schema_version)
                                  .c_str());
  if (made.ok()) made = connection.execute("COMMIT");
  if (!made.ok() && connection.in_transaction()) (void)connection.execute("ROLLBACK");
  return made;
}

}  // namespace

Result<> prepare_schema(Connection& connection, std::string_view what) {
  TRY(const int64_t application, connection.query_integer("PRAGMA application_id"));
  TRY(const int64_t version, connection.query_integer("PRAGMA user_version"));
  TRY(const int64_t objects, connection.query_integer("SELECT count(*) FROM sqlite_schema"));
  const bool is_new = application == 0 && version == 0 && objects == 0;
  if (!is_new && application != schema_application)
    return Error{Code::conflict,
                 fmt::format("penchant.db in {} is a database of another program", what)};
  if (version > schema_version)
    return Error{Code::conflict,
                 fmt::format("{} has format {}, written by a newer version of Penchant; this "
                             "program reads formats up to {}",
                             what, version, schema_version)};
  // Readers see the last commit while the writer goes on; a commit is on the disk when it returns.
  TRY(connection.execute("PRAGMA journal_mode = WAL"));
  TRY(connection.execute("PRAGMA synchronous = FULL"));
  return is_new ? create_tables(connection) : Result<>();
}

}  // namespace penchant
