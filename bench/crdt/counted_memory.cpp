#include "crdt/counted_memory.h"

#include <malloc.h>

#include <cstdlib>
#include <new>

// The linker calls these instead of malloc and its kin (-Wl,--wrap, in CMakeLists.txt), and theirs __real_.
extern "C" {
void* __real_malloc(std::size_t size);
void* __real_calloc(std::size_t count, std::size_t size);
void* __real_realloc(void* block, std::size_t size);
void __real_free(void* block);
void* __wrap_malloc(std::size_t size);
void* __wrap_calloc(std::size_t count, std::size_t size);
void* __wrap_realloc(void* block, std::size_t size);
void __wrap_free(void* block);
}

namespace {

constexpr std::size_t header_bytes = 8;
std::size_t held = 0;  // one thread only

std::size_t cost(void* block) {
  return block == nullptr ? 0 : malloc_usable_size(block) + header_bytes;
}

void* counted(void* block) {
  held += cost(block);
  return block;
}

void* allocate(std::size_t size) {
  void* const block = __wrap_malloc(size);
  if (block == nullptr) throw std::bad_alloc();
  return block;
}

void* allocate(std::size_t size, std::align_val_t alignment) {
  const auto step = static_cast<std::size_t>(alignment);
  void* const block = std::aligned_alloc(step, (size + step - 1) / step * step);
  if (block == nullptr) throw std::bad_alloc();
  return counted(block);
}

}  // namespace

void* __wrap_malloc(std::size_t size) {
  return counted(__real_malloc(size));
}

void* __wrap_calloc(std::size_t count, std::size_t size) {
  return counted(__real_calloc(count, size));
}

void* __wrap_realloc(void* block, std::size_t size) {
  const std::size_t before = cost(block);
  void* const moved = __real_realloc(block, size);
  if (moved != nullptr || size == 0) held = held - before + cost(moved);
  return moved;
}

void __wrap_free(void* block) {
  held -= cost(block);
  __real_free(block);
}

void* operator new(std::size_t size) {
  return allocate(size);
}
void* operator new[](std::size_t size) {
  return allocate(size);
}
void* operator new(std::size_t size, std::align_val_t alignment) {
  return allocate(size, alignment);
}
void* operator new[](std::size_t size, std::align_val_t alignment) {
  return allocate(size, alignment);
}
void operator delete(void* block) noexcept {
  __wrap_free(block);
}
void operator delete[](void* block) noexcept {
  __wrap_free(block);
}
void operator delete(void* block, std::size_t) noexcept {
  __wrap_free(block);
}
void operator delete[](void* block, std::size_t) noexcept {
  __wrap_free(block);
}
void operator delete(void* block, std::align_val_t) noexcept {
  __wrap_free(block);
}
void operator delete[](void* block, std::align_val_t) noexcept {
  __wrap_free(block);
}
void operator delete(void* block, std::size_t, std::align_val_t) noexcept {
  __wrap_free(block);
}
void operator delete[](void* block, std::size_t, std::align_val_t) noexcept {
  __wrap_free(block);
}

namespace canvas::bench {

std::size_t held_bytes() {
  return held;
}

}  // namespace canvas::bench
