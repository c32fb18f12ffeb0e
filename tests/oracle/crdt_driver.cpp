// The block store as a program, for tests in other languages: requests on standard input, one reply to each
// on standard output.
//
// Both are a length (four bytes, little-endian) and that many bytes, in the lib0 encodings. A request is an
// operation (u8) and its arguments; a reply is 0 and the result, or 1 and why it failed (string). Stores are
// named by numbers that the caller chooses.
//
//   0 create STORE                       that store, new and empty
//   1 apply STORE UPDATE                 effect (u8: 0 nothing, 1 whole, 2 part), news, state vector, whether
//   something waits (u8) 2 apply_all STORE COUNT UPDATE...    nothing 3 state_vector STORE bytes 4 difference
//   STORE STATE_VECTOR      update 5 state STORE                        update 6 merge COUNT UPDATE... update
//   7 numbers STORE                      live bytes, pending bytes, blocks, memory bytes
//   8 apply_followed STORE STORE UPDATE  as apply; and the same of the second store, which is told only what
//   is new to the first
//
// Ends with its input. Exits with 1 on a request that it does not understand.

#include <cstdio>
#include <map>
#include <memory>
#include <stdexcept>

#include "crdt/block_store.h"
#include "crdt/merge.h"
#include "lib0/writer.h"

namespace {

using namespace canvas;
using crdt::BlockStore;

enum class Operation : std::uint8_t {
  create,
  apply,
  apply_all,
  state_vector,
  difference,
  state,
  merge,
  numbers,
  apply_followed,
};

template <class T>
T take(Result<T> result) {
  if (!result) throw std::runtime_error(result.error().message);
  return std::move(*result);
}

class Driver {
public:
  // Throws std::runtime_error when the operation fails.
  Bytes answer(lib0::Reader& in) {
    lib0::Writer out;
    out.write_u8(0);
    const auto operation = static_cast<Operation>(in.read_u8());
    if (operation == Operation::merge) {
      out.write_var_bytes(take(crdt::merge_updates(read_updates(in))));
      return out.take();
    }
    const std::uint64_t name = in.read_var_uint();
    if (operation == Operation::create) stores_.insert_or_assign(name, std::make_unique<BlockStore>());
    BlockStore& store = *stores_.at(name);
    switch (operation) {
      case Operation::create: break;
      case Operation::apply: write_applied(out, store, take(store.apply(in.read_var_bytes()))); break;
      case Operation::apply_all:
        for (const BytesView update : read_updates(in)) take(store.apply(update));
        break;
      case Operation::state_vector: out.write_var_bytes(*store.encoded_state_vector()); break;
      case Operation::difference:
        out.write_var_bytes(store.encode_difference(take(crdt::StateVector::decode(in.read_var_bytes()))));
        break;
      case Operation::state: out.write_var_bytes(*store.encode_state()); break;
      case Operation::numbers:
        for (const std::size_t number :
             {store.live_bytes(), store.pending_bytes(), store.block_count(), store.memory_bytes()}) {
          out.write_var_uint(number);
        }
        break;
      case Operation::apply_followed: {
        BlockStore& follower = *stores_.at(in.read_var_uint());
        const BytesView update = in.read_var_bytes();
        const BlockStore::Applied applied = take(store.apply(update));
        write_applied(out, store, applied);
        write_applied(out, follower, take(tell(follower, update, applied)));
        break;
      }
      default: throw std::logic_error("an unknown operation");
    }
    return out.take();
  }

private:
  static std::vector<BytesView> read_updates(lib0::Reader& in) {
    std::vector<BytesView> updates;
    for (std::uint64_t left = in.read_var_uint(); left > 0 && !in.failed(); --left) {
      updates.push_back(in.read_var_bytes());
    }
    return updates;
  }

  static Result<BlockStore::Applied> tell(BlockStore& follower, BytesView update,
                                          const BlockStore::Applied& applied) {
    switch (applied.effect) {
      case BlockStore::Applied::Effect::nothing: break;
      case BlockStore::Applied::Effect::whole: return follower.apply(update);
      case BlockStore::Applied::Effect::part: return follower.apply(applied.news);
    }
    return BlockStore::Applied{};
  }

  static void write_applied(lib0::Writer& out, const BlockStore& store, const BlockStore::Applied& applied) {
    out.write_u8(static_cast<std::uint8_t>(applied.effect));
    out.write_var_bytes(applied.news);
    out.write_var_bytes(*store.encoded_state_vector());
    out.write_u8(store.has_pending() ? 1 : 0);
  }

  std::map<std::uint64_t, std::unique_ptr<BlockStore>> stores_;
};

Bytes failure(const char* why) {
  lib0::Writer out;
  out.write_u8(1);
  out.write_var_string(why);
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
  for (std::size_t i = 0; i < length_bytes; ++i)
    length[i] = static_cast<std::uint8_t>(reply.size() >> (8 * i));
  std::fwrite(length, 1, length_bytes, stdout);
  std::fwrite(reply.data(), 1, reply.size(), stdout);
  std::fflush(stdout);
}

}  // namespace

int main() {
  Driver driver;
  Bytes request;
  while (read_request(request)) {
    try {
      lib0::Reader in(request);
      write_reply(driver.answer(in));
    } catch (const std::runtime_error& error) {
      write_reply(failure(error.what()));
    } catch (const std::logic_error& error) {
      std::fprintf(stderr, "crdt_driver: a request cannot be understood: %s\n", error.what());
      return 1;
    }
  }
  return 0;
}
