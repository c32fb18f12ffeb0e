#include "store/postgres_sql.h"

#include <initializer_list>
#include <string_view>

namespace canvas::store {
namespace {

// Replaces every {name} by its value.
std::string fill(std::string_view text,
                 std::initializer_list<std::pair<std::string_view, std::string_view>> values) {
  std::string filled(text);
  for (const auto& [name, value] : values) {
    const std::string mark = "{" + std::string(name) + "}";
    for (std::size_t at = 0; (at = filled.find(mark, at)) != std::string::npos; at += value.size())
      filled.replace(at, mark.size(), value);
  }
  return filled;
}

// A column without a zone holds UTC. Rounded as the column rounds (timestamp(3)).
std::string time_from(std::string_view microseconds, std::string_view column_type) {
  const bool has_zone = column_type.ends_with("with time zone");
  return fill(
      "('epoch'::{type} + {value} * interval '1 microsecond')::{column}",
      {{"type", has_zone ? "timestamptz" : "timestamp"}, {"value", microseconds}, {"column", column_type}});
}

std::string time_to(std::string_view column) {
  return fill("(extract(epoch FROM {column}) * 1000000)::int8", {{"column", column}});
}

std::string present_time(bool has_zone) {
  return has_zone ? "now()" : "(now() AT TIME ZONE 'UTC')";
}

// A user id as the column holds it: null where it is none, or nobody's (any more).
std::string user_from(std::string_view parameter, const PostgresSchema& schema) {
  std::string id(parameter);
  if (schema.user_id_type == "uuid") {
    id = fill("(CASE WHEN {id} ~* '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' THEN {id}::uuid END)",
              {{"id", parameter}});
  } else if (schema.user_id_type == "integer" || schema.user_id_type == "bigint") {
    id = fill("(CASE WHEN {id} ~ '^[0-9]{1,9}$' THEN {id}::int8 END)", {{"id", parameter}});
  }
  if (schema.users_table.empty()) return id;
  return fill("(SELECT u.{key} FROM {table} u WHERE u.{key} = {id})",
              {{"table", schema.users_table}, {"key", schema.users_key}, {"id", id}});
}

}  // namespace

PostgresSql::PostgresSql(const PostgresSchema& schema) {
  const std::string update = schema.update_column == "update" ? "\"update\"" : schema.update_column;
  const std::string updated = present_time(schema.updated_at_has_zone);
  const std::string created_to = time_to("created_at");
  const auto made = [&](std::string_view text) {
    return fill(text, {{"update", update},
                       {"updated", updated},
                       {"created_to", created_to},
                       {"updated_to", time_to("updated_at")},
                       {"base_to", time_to("base_time")},
                       {"user", user_from("t.author", schema)},
                       {"created", time_from("t.time", schema.created_at_type)},
                       {"time2", time_from("$2::int8", schema.created_at_type)},
                       {"base_time", time_from("$4::int8", "timestamp with time zone")}});
  };
  commit_to_disk =
      "SELECT set_config('synchronous_commit', 'on', true) WHERE current_setting('synchronous_commit') = "
      "'off'";
  touch = "UPDATE canvas_ws_schema SET migrated_at = migrated_at";
  add_documents = made(R"(INSERT INTO yjs_document (id, data, updated_at, checksum, sealed_at)
    SELECT d, '\x0000'::bytea, {updated}, $2::int8, {updated} FROM unnest($1::text[]) AS d ON CONFLICT DO NOTHING)");
  add_rows = made(R"(INSERT INTO yjs_update_log (document_id, {update}, user_id, created_at, checksum)
    SELECT t.document, t.bytes, {user}, {created}, t.sum
    FROM unnest($1::text[], $2::bytea[], $3::text[], $4::int8[], $5::int8[])
      WITH ORDINALITY AS t(document, bytes, author, time, sum, number) ORDER BY t.number)");
  find_row = made(R"(SELECT FROM yjs_update_log
    WHERE document_id = $1::text AND created_at = {time2} AND checksum = $3::int8 LIMIT 1)");
  read = made(
      R"(SELECT NULL::int8 AS id, coalesce(data, ''), CASE WHEN sealed_at = updated_at THEN checksum END, xmin::text
      FROM yjs_document WHERE id = $1::text
    UNION ALL SELECT id::int8, coalesce({update}, ''), checksum, NULL
      FROM yjs_update_log WHERE document_id = $1::text AND folded_at IS NULL ORDER BY id NULLS FIRST)");

  read_slice = made(
      R"(SELECT NULL::int8 AS id, coalesce(data, ''), CASE WHEN sealed_at = updated_at THEN checksum END, xmin::text
      FROM yjs_document WHERE id = $1::text
    UNION ALL SELECT id::int8, bytes, checksum, NULL FROM (
      SELECT id, coalesce({update}, '') AS bytes, checksum,
        sum(length({update})) OVER (ORDER BY id ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS before
      FROM yjs_update_log WHERE document_id = $1::text AND folded_at IS NULL) l
      WHERE coalesce(before, 0) < $2::int8 ORDER BY id NULLS FIRST)");

  lock_state =
      made(R"(SELECT xmin::text, coalesce(sealed_at = updated_at, false), coalesce(data, ''), {updated_to}
    FROM yjs_document WHERE id = $1::text FOR NO KEY UPDATE)");
  put_state = made(R"(INSERT INTO yjs_document (id, data, updated_at, checksum, sealed_at)
    VALUES ($1::text, $2::bytea, {updated}, $3::int8, {updated})
    ON CONFLICT (id) DO UPDATE SET data = excluded.data, updated_at = excluded.updated_at,
      checksum = excluded.checksum, sealed_at = excluded.sealed_at)");
  delete_rows = made(R"(DELETE FROM yjs_update_log l USING unnest($2::int8[]) AS r(id)
    WHERE l.id = r.id AND l.document_id = $1::text AND l.folded_at IS NULL)");
  keep_rows = made(R"(UPDATE yjs_update_log l SET folded_at = now() FROM unnest($2::int8[]) AS r(id)
    WHERE l.id = r.id AND l.document_id = $1::text AND l.folded_at IS NULL)");

  read_state =
      made(R"(SELECT coalesce(data, ''), CASE WHEN sealed_at = updated_at THEN checksum END, {updated_to},
        coalesce(sealed_at = updated_at, false)
    FROM yjs_document WHERE id = $1::text)");
  read_base = made("SELECT data, checksum, {base_to} FROM yjs_document_base WHERE document_id = $1::text");
  put_base = made(R"(INSERT INTO yjs_document_base (document_id, data, checksum, base_time)
    VALUES ($1::text, $2::bytea, $3::int8, {base_time})
    ON CONFLICT (document_id) DO UPDATE SET data = excluded.data, checksum = excluded.checksum,
      base_time = excluded.base_time)");
  forget_base = "DELETE FROM yjs_document_base WHERE document_id = $1::text";
  forget_rows = "DELETE FROM yjs_update_log WHERE document_id = $1::text AND folded_at IS NOT NULL";
  trim_rows = made(R"(DELETE FROM yjs_update_log l USING unnest($2::int8[]) AS r(id)
    WHERE l.id = r.id AND l.document_id = $1::text AND l.folded_at IS NOT NULL)");
  read_rows = made(R"(SELECT id::int8, {created_to}, user_id::text, {update}, checksum, folded_at IS NOT NULL
    FROM yjs_update_log WHERE document_id = $1::text AND ($2::int8 IS NULL OR created_at <= {time2})
      AND ($3::int8 <> 0 OR folded_at IS NULL) ORDER BY created_at, id)");
  find_old = made(R"(SELECT DISTINCT document_id::text FROM yjs_update_log
    WHERE folded_at IS NOT NULL AND created_at < {time2} LIMIT $1::int8)");
  find_bases = "SELECT document_id::text FROM yjs_document_base LIMIT $1::int8";

  list = made(R"(SELECT d.id::text, length(d.data)::int8, {updated_to}, coalesce(l.rows, 0)::int8,
      coalesce(l.bytes, 0)::int8, coalesce(l.kept, 0)::int8, coalesce(l.authors, 0)::int8, l.last
    FROM yjs_document d LEFT JOIN (
      SELECT document_id, count(*) FILTER (WHERE folded_at IS NULL) AS rows,
        sum(length({update})) FILTER (WHERE folded_at IS NULL) AS bytes, count(folded_at) AS kept,
        count(DISTINCT user_id) AS authors, max({created_to}) AS last
      FROM yjs_update_log GROUP BY document_id) l ON l.document_id = d.id ORDER BY d.id COLLATE "C")");
  exists = "SELECT FROM yjs_document WHERE id = $1::text";

  copy_row =
      made(R"(INSERT INTO yjs_quarantine (document_id, row_id, data, checksum, user_id, created_at, reason)
    SELECT document_id, id, coalesce({update}, ''), checksum, user_id::text, coalesce(created_at, now()), $3::text
    FROM yjs_update_log WHERE document_id = $1::text AND id = $2::int8)");
  remove_row = "DELETE FROM yjs_update_log WHERE document_id = $1::text AND id = $2::int8";
  copy_state = made(R"(INSERT INTO yjs_quarantine (document_id, data, checksum, created_at, reason)
    SELECT id, coalesce(data, ''), checksum, coalesce(updated_at, now()), $2::text FROM yjs_document WHERE id = $1::text)");
  remove_orphans = "DELETE FROM yjs_update_log WHERE document_id = $1::text";
  remove_document = "DELETE FROM yjs_document WHERE id = $1::text";
}

}  // namespace canvas::store
