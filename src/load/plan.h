// What a run is to do.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "crdt/id.h"
#include "load/clock.h"
#include "protocol/message.h"

namespace canvas::load {

enum class Pattern {
  typing,
  drag,
  replace,     // the way of a draw.io app: the whole text anew
  cursors,     // presence alone
  diagram,     // a team on a diagram: replacements and cursors
  join_storm,  // all come at once, again and again
  churn,       // people come to a room of their own, write once, and go
  mixed,
};

enum class Protocol { hocuspocus, y_websocket, mixed };

// When a fresh client loads each document and looks what is in it.
enum class Inspection {
  after_all_left,  // so that it comes from where the server keeps it
  while_open,      // for a server that keeps nothing
};

struct Credentials {
  std::string cookie;  // what stands in the header; none when empty, as the next
  std::string token;
};

struct Plan {
  Protocol protocol = Protocol::hocuspocus;
  Pattern pattern = Pattern::typing;
  std::uint32_t documents = 20;
  std::uint32_t clients_per_document = 5;
  double rate = 200;  // updates a second of all; of `churn` visits; `join_storm` has none
  double warm_up_seconds = 2;
  double seconds = 10;
  double drain_seconds = 15;
  double drops_per_second = 0;  // clients that lose their connection
  std::uint64_t seed = 1;
  std::uint32_t diagram_bytes = 20u << 10;
  Inspection inspection = Inspection::after_all_left;
  std::vector<Credentials> credentials{{}};  // clients take turns; never empty
  std::string origin;

  std::string name;                  // begins the names of the documents
  std::uint64_t client_id_base = 0;  // Yjs ids are this plus the number of the client; its low bits are 0

  std::uint32_t clients() const { return documents * clients_per_document; }
  protocol::Dialect dialect_of(std::uint32_t client) const {
    const bool is_hocuspocus =
        protocol == Protocol::hocuspocus || (protocol == Protocol::mixed && client / documents % 2 == 0);
    return is_hocuspocus ? protocol::Dialect::hocuspocus : protocol::Dialect::y_websocket;
  }
  crdt::ClientId id_of(std::uint32_t client) const { return crdt::ClientId{client_id_base + client}; }
};

// How many low bits of a Yjs client id are the number of the client: those of a run and all its visitors.
inline constexpr unsigned client_number_bits = 24;

// Gives the run documents and Yjs clients of its own, at random: a server may be used for several.
void choose_names(Plan& plan);

// A hash for choices that are the same in every run with the same seed.
constexpr std::uint64_t mix(std::uint64_t seed, std::uint64_t number) {
  std::uint64_t value = seed * 0x9e3779b97f4a7c15 + number + 0x632be59bd9b4e019;
  value = (value ^ value >> 30) * 0xbf58476d1ce4e5b9;
  value = (value ^ value >> 27) * 0x94d049bb133111eb;
  return value ^ value >> 31;
}

}  // namespace canvas::load
