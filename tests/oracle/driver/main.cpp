// crdt_driver: see operations.h. Ends with its input; exits with 1 on a request that it does not understand.

#include <cstdio>

#include "driver/docs.h"
#include "driver/operations.h"

namespace {

using namespace canvas;
using namespace canvas::oracle;

Bytes failure(const char* why) {
  lib0::Writer out;
  out.write_u8(1);
  out.write_var_string(why);
  return out.take();
}

Bytes answer(const Operations& operations, lib0::Reader in) {
  const Operation& operation = operations[in.read_u8()];
  if (!operation) throw std::logic_error("an unknown operation");
  try {
    lib0::Writer out;
    out.write_u8(0);
    operation(in, out);
    return out.take();
  } catch (const std::runtime_error& error) {
    return failure(error.what());
  }
}

// One after the other, for a caller that needs none of the replies before it has asked for all.
Bytes answer_all(const Operations& operations, lib0::Reader in) {
  lib0::Writer out;
  while (!in.at_end()) out.write_var_bytes(answer(operations, lib0::Reader(in.read_var_bytes())));
  return out.take();
}

constexpr std::size_t length_bytes = 4;

// False at the end of the input.
bool read_request(Bytes& request) {
  std::uint8_t length[length_bytes];
  if (std::fread(length, 1, length_bytes, stdin) != length_bytes) return false;
  std::size_t size = 0;
  for (std::size_t i = length_bytes; i > 0; --i) size = size << 8 | length[i - 1];
  request.resize(size);
  return std::fread(request.data(), 1, size, stdin) == size;
}

void write_reply(const Bytes& reply) {
  std::uint8_t length[length_bytes];
  for (std::size_t i = 0; i < length_bytes; ++i) {
    length[i] = static_cast<std::uint8_t>(reply.size() >> (8 * i));
  }
  std::fwrite(length, 1, length_bytes, stdout);
  std::fwrite(reply.data(), 1, reply.size(), stdout);
  std::fflush(stdout);
}

}  // namespace

int main() {
  Operations operations;
  add_store_operations(operations);
  add_format_operations(operations);
  const auto docs = std::make_shared<Docs>();
  add_doc_operations(operations, docs);
  add_reading_operations(operations, docs);
  add_edit_operations(operations, docs);
  add_restore_operations(operations, docs);
  Bytes request;
  while (read_request(request)) {
    try {
      write_reply(answer_all(operations, lib0::Reader(request)));
    } catch (const std::logic_error& error) {
      std::fprintf(stderr, "crdt_driver: a request cannot be understood: %s\n", error.what());
      return 1;
    }
  }
  return 0;
}
