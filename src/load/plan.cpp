#include "load/plan.h"

#include <openssl/rand.h>

namespace canvas::load {

void choose_names(Plan& plan) {
  std::uint64_t number = 0;
  RAND_bytes(reinterpret_cast<unsigned char*>(&number), sizeof number);
  const std::uint64_t random_bits = number >> (64 - 53 + client_number_bits);
  plan.client_id_base = random_bits << client_number_bits;
  plan.name = "bench-" + std::to_string(random_bits);
}

}  // namespace canvas::load
