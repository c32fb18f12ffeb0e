// The engine as a program, for tests in other languages: batches of requests on standard input, and to each
// batch one of replies on standard output.
//
// A batch is a length (four bytes, little-endian) and that many bytes: requests or replies, each a varUint
// length and that many bytes, in the lib0 encodings. A request is an operation (u8) and its arguments; a
// reply is 0 and the result, or 1 and why it failed (string). Which
// operations there are, with what arguments, stands at the head of the file that has them.
#pragma once

#include <array>
#include <functional>
#include <memory>
#include <stdexcept>

#include "base/bytes.h"
#include "base/result.h"
#include "lib0/reader.h"
#include "lib0/writer.h"

namespace canvas::oracle {

// Reads its arguments and writes its result. Throws std::runtime_error when it fails, std::logic_error when
// it cannot be understood.
using Operation = std::function<void(lib0::Reader& in, lib0::Writer& out)>;
using Operations = std::array<Operation, 256>;

class Docs;  // docs.h

// Each adds the operations of its file.
void add_store_operations(Operations& operations);                                       // 0 to 31
void add_format_operations(Operations& operations);                                      // 32 to 63
void add_doc_operations(Operations& operations, const std::shared_ptr<Docs>& docs);      // 64 to 79
void add_reading_operations(Operations& operations, const std::shared_ptr<Docs>& docs);  // 80 to 95
void add_edit_operations(Operations& operations, const std::shared_ptr<Docs>& docs);     // 96 to 111
void add_restore_operations(Operations& operations, const std::shared_ptr<Docs>& docs);  // 112 to 127

template <class T>
T take(Result<T> result) {
  if (!result) throw std::runtime_error(result.error().message);
  return std::move(*result);
}

inline void take(Result<void> result) {
  if (!result) throw std::runtime_error(result.error().message);
}

inline std::vector<BytesView> read_updates(lib0::Reader& in) {
  std::vector<BytesView> updates;
  for (std::uint64_t left = in.read_var_uint(); left > 0 && !in.failed(); --left) {
    updates.push_back(in.read_var_bytes());
  }
  return updates;
}

}  // namespace canvas::oracle
