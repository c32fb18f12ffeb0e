// The statements, as they have to be for the tables that were found.
#pragma once

#include <string>

#include "store/postgres_schema.h"

namespace canvas::store {

// Made once, and at the same address as long as anybody uses it: prepared statements are found by it. Times
// go in and come out as microseconds since 1970 (int8), whatever the columns and the database's zone are.
struct PostgresSql {
  explicit PostgresSql(const PostgresSchema& schema);

  std::string commit_to_disk;  // for this transaction, whatever the default is
  std::string touch;           // writes, and changes nothing
  std::string add_documents;   // $1 ids, $2 checksum of the empty state
  std::string add_rows;        // $1 documents, $2 updates, $3 users, $4 times, $5 checksums
  std::string find_row;        // $1 document, $2 time, $3 checksum
  // The state first, with a null id, and then the rows that are not folded; all of one moment. $1 document.
  // Gives id, bytes, checksum, version of the state.
  std::string read;

  std::string
      read_slice;  // the same, but of the rows only the first: $2 bytes of them, and the one that goes past

  std::string lock_state;   // $1 document; gives version, whether it is sealed by us, data, written when
  std::string put_state;    // $1 document, $2 data, $3 checksum
  std::string delete_rows;  // $1 document, $2 ids; not folded ones
  std::string keep_rows;    // the same: marks them as folded

  std::string read_state;   // $1 document; gives data, checksum, written when, whether by us
  std::string read_base;    // $1 document; gives data, checksum, time
  std::string put_base;     // $1 document, $2 data, $3 checksum, $4 time
  std::string forget_base;  // $1 document
  std::string forget_rows;  // $1 document: all that are folded
  std::string trim_rows;    // $1 document, $2 ids
  std::string read_rows;    // $1 document, $2 time or null, $3 whether with folded ones
  std::string find_old;     // $1 limit, $2 time; gives documents
  std::string find_bases;   // $1 limit
  std::string list;
  std::string exists;           // $1 document
  std::string copy_row;         // into quarantine: $1 document, $2 id, $3 reason
  std::string remove_row;       // $1 document, $2 id
  std::string copy_state;       // into quarantine: $1 document, $2 reason
  std::string remove_orphans;   // $1 document: its log, where nothing cascades
  std::string remove_document;  // $1 document
};

}  // namespace canvas::store
