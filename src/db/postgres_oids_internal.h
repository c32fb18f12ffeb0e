// What PostgreSQL calls the types that we send and take (its catalog/pg_type.dat).
#pragma once

#include <cstdint>

namespace canvas::db {

inline constexpr std::uint32_t text_oid = 25;
inline constexpr std::uint32_t bytea_oid = 17;
inline constexpr std::uint32_t int8_oid = 20;
inline constexpr std::uint32_t bool_oid = 16;

}  // namespace canvas::db
