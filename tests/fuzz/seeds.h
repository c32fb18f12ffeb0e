// Where the inputs go that a fuzz target begins with.
#pragma once

#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string>

#include "base/bytes.h"

namespace canvas::fuzz {

class Folder {
public:
  explicit Folder(std::filesystem::path path) : path_(std::move(path)) {
    std::filesystem::create_directories(path_);
  }

  void add(const std::string& name, BytesView bytes) const {
    std::ofstream out(path_ / name, std::ios::binary);
    out.write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
    if (!out) throw std::runtime_error("cannot write " + (path_ / name).string());
  }

private:
  std::filesystem::path path_;
};

// Each writes the inputs of one target.
void write_v2_updates(const Folder& folder);  // fuzz_update_v2
void write_formats(const Folder& folder);     // fuzz_formats

}  // namespace canvas::fuzz
