// The documents of the driver, which several files of operations share.
#pragma once

#include <map>
#include <memory>

#include "crdt/doc/doc.h"
#include "lib0/reader.h"

namespace canvas::oracle {

// Named by numbers that the caller chooses.
class Docs {
public:
  void create(std::uint64_t name, const crdt::Doc::Options& options) {
    docs_.insert_or_assign(name, std::make_unique<crdt::Doc>(options));
  }
  crdt::Doc& at(std::uint64_t name) { return *docs_.at(name); }
  crdt::Doc& read(lib0::Reader& in) { return at(in.read_var_uint()); }

private:
  std::map<std::uint64_t, std::unique_ptr<crdt::Doc>> docs_;
};

}  // namespace canvas::oracle
