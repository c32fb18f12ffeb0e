#include "crdt/update_writer.h"

namespace canvas::crdt {

void UpdateWriter::write(const WireBlock& block) {
  if (block_count_ > 0 && block.id != next_) end_section();
  if (block_count_ == 0) {
    blocks_.write_var_uint(value_of(block.id.client));
    blocks_.write_var_uint(block.id.clock);
  }
  write_block(blocks_, block);
  ++block_count_;
  next_ = {block.id.client, block.end()};
}

Bytes UpdateWriter::finish(const WireDeleteSet& deleted) {
  end_section();
  lib0::Writer out(size() + 64);
  out.write_var_uint(section_count_);
  out.write_bytes(sections_.bytes());
  deleted.write_v1(out);
  return out.take();
}

void UpdateWriter::end_section() {
  if (block_count_ == 0) return;
  sections_.write_var_uint(block_count_);
  sections_.write_bytes(blocks_.bytes());
  ++section_count_;
  blocks_.clear();
  block_count_ = 0;
}

}  // namespace canvas::crdt
