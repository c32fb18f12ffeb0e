// What goes to PostgreSQL and comes from it: parameters and rows, in binary.
#include <libpq-fe.h>

#include <cstdlib>

#include "db/postgres.h"
#include "db/postgres_oids_internal.h"

namespace canvas::db {
namespace {

void append_big_endian(std::string& out, std::uint64_t value, int bytes) {
  for (int shift = 8 * (bytes - 1); shift >= 0; shift -= 8) out += static_cast<char>(value >> shift & 0xff);
}

// The binary form of an array of one dimension (PostgreSQL's array_recv): dimensions, whether there are
// NULLs, the type's oid, the size, the lower bound, then each element with its length.
std::string begin_array(std::uint32_t type, std::size_t size) {
  std::string out;
  append_big_endian(out, size == 0 ? 0 : 1, 4);
  append_big_endian(out, 1, 4);
  append_big_endian(out, type, 4);
  if (size == 0) return out;
  append_big_endian(out, size, 4);
  append_big_endian(out, 1, 4);
  return out;
}

void append_element(std::string& out, std::string_view bytes) {
  append_big_endian(out, bytes.size(), 4);
  out += bytes;
}

}  // namespace

PostgresParameters& PostgresParameters::text(std::string_view value) {
  values_.emplace_back(value);
  return *this;
}

PostgresParameters& PostgresParameters::bytes(BytesView value) {
  values_.emplace_back(as_text(value));
  return *this;
}

PostgresParameters& PostgresParameters::integer(std::int64_t value) {
  std::string bytes;
  append_big_endian(bytes, static_cast<std::uint64_t>(value), 8);
  values_.emplace_back(std::move(bytes));
  return *this;
}

PostgresParameters& PostgresParameters::integer(std::optional<std::int64_t> value) {
  if (value) return integer(*value);
  values_.emplace_back();
  return *this;
}

PostgresParameters& PostgresParameters::text_array(std::span<const std::optional<std::string_view>> values) {
  std::string out = begin_array(text_oid, values.size());
  for (const auto& value : values) {
    if (value) {
      append_element(out, *value);
    } else {
      append_big_endian(out, 0xffff'ffff, 4);
    }
  }
  values_.emplace_back(std::move(out));
  return *this;
}

PostgresParameters& PostgresParameters::bytes_array(std::span<const BytesView> values) {
  std::string out = begin_array(bytea_oid, values.size());
  for (const BytesView value : values) append_element(out, as_text(value));
  values_.emplace_back(std::move(out));
  return *this;
}

PostgresParameters& PostgresParameters::integer_array(std::span<const std::int64_t> values) {
  std::string out = begin_array(int8_oid, values.size());
  for (const std::int64_t value : values) {
    append_big_endian(out, 8, 4);
    append_big_endian(out, static_cast<std::uint64_t>(value), 8);
  }
  values_.emplace_back(std::move(out));
  return *this;
}

void PostgresRows::Clear::operator()(pg_result* result) const {
  PQclear(result);
}

int PostgresRows::size() const {
  return PQntuples(result_.get());
}

std::int64_t PostgresRows::affected() const {
  return std::strtoll(PQcmdTuples(result_.get()), nullptr, 10);
}

std::string_view PostgresRows::text(int row, int column) const {
  return as_text(bytes(row, column));
}

BytesView PostgresRows::bytes(int row, int column) const {
  return {reinterpret_cast<const std::uint8_t*>(PQgetvalue(result_.get(), row, column)),
          static_cast<std::size_t>(PQgetlength(result_.get(), row, column))};
}

std::int64_t PostgresRows::integer(int row, int column) const {
  std::uint64_t value = 0;
  for (const std::uint8_t byte : bytes(row, column)) value = value << 8 | byte;
  return static_cast<std::int64_t>(value);
}

std::optional<std::int64_t> PostgresRows::integer_or_null(int row, int column) const {
  if (is_null(row, column)) return std::nullopt;
  return integer(row, column);
}

bool PostgresRows::boolean(int row, int column) const {
  return integer(row, column) != 0;
}

bool PostgresRows::is_null(int row, int column) const {
  return PQgetisnull(result_.get(), row, column) != 0;
}

int PostgresRows::columns() const {
  return PQnfields(result_.get());
}

std::string_view PostgresRows::name(int column) const {
  return PQfname(result_.get(), column);
}

bool PostgresRows::is_boolean(int column) const {
  return PQftype(result_.get(), column) == bool_oid;
}

}  // namespace canvas::db
