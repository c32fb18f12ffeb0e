#include "crdt/update_reader.h"

namespace canvas::crdt {

SectionReader::SectionReader(lib0::Reader in, std::uint64_t block_count)
    : in_(in), left_(block_count), client_(read_client(in_)), clock_(in_.read_var_uint()) {}

WireBlock SectionReader::next() {
  WireBlock block = read_block(in_, client_, clock_);
  --left_;
  if (!in_.failed()) clock_ = block.end();
  return block;
}

void SectionReader::fail() {
  next();  // says why
  if (!in_.failed()) in_.fail("a block is not readable");
}

UpdateReader::UpdateReader(BytesView update) : in_(update), sections_left_(in_.read_var_uint()) {}

std::optional<SectionReader> UpdateReader::next_section() {
  if (sections_left_ == 0 || in_.failed()) return std::nullopt;
  --sections_left_;
  const std::uint64_t blocks = in_.read_var_uint();
  if (in_.failed()) return std::nullopt;
  return SectionReader(in_, blocks);
}

Result<UpdateSize> measure_update(BytesView update) {
  UpdateReader reader(update);
  UpdateSize size{0, 0};
  while (std::optional<SectionReader> section = reader.next_section()) {
    for (; !section->at_end(); ++size.blocks) section->scan();
    reader.skip_to(*section);
  }
  reader.read_delete_set([&](ClientId, ClockRange) { ++size.deleted_ranges; });
  if (reader.reader().failed()) return reader.reader().error();
  if (!reader.reader().at_end()) return malformed("bytes are left over behind an update");
  return size;
}

Result<void> check_update(BytesView update) {
  if (const auto measured = measure_update(update); !measured) return measured.error();
  return {};
}

}  // namespace canvas::crdt
