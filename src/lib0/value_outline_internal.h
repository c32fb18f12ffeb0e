// Where the containers of a value lie, and the keys of its objects in the order that JavaScript gives them.
#pragma once

#include <algorithm>
#include <cstdint>
#include <string_view>
#include <vector>

#include "lib0/value_source_internal.h"

namespace canvas::lib0 {

// One child of an object. Places are 32 bits wide: a value has less than 4 GiB.
struct Member {
  std::string_view key;
  std::uint32_t value;  // its place
};

struct Container {
  std::uint32_t begin;
  std::uint32_t end;    // the place behind it
  std::uint32_t first;  // of an object: its first member in Outline::members
  std::uint32_t count;  // of its children
};

struct Outline {
  std::vector<Container> containers;  // by where they begin
  std::vector<Member> members;
};

// Puts the members of one object, from `first` to the end of the list, into the order of JavaScript and
// leaves out all of a key but the last, which takes the place of the first. n log n.
void order_members(std::vector<Member>& members, std::size_t first);

// Reads all of `source`. Linear, but for objects that are not in order.
template <class Source>
class Outliner {
public:
  explicit Outliner(Source& source) : source_(source) {}

  Outline run() {
    std::size_t at = source_.begin();
    do {
      const Token token = source_.token(at);
      if (is_container(token.kind)) open(at, token);
      at = close_ended(token.end);
    } while (!open_.empty());
    return std::move(outline_);
  }

private:
  // A container whose children are being read.
  struct Open {
    Token head;
    std::uint32_t container;
    std::uint32_t seen;
    std::size_t first_member;  // in members_
  };

  void open(std::size_t at, const Token& head) {
    const auto index = static_cast<std::uint32_t>(outline_.containers.size());
    outline_.containers.push_back({static_cast<std::uint32_t>(at), 0, 0, 0});
    open_.push_back({head, index, 0, members_.size()});
  }

  // Closes what ends at `at`, and gives the place of the next value.
  std::size_t close_ended(std::size_t at) {
    while (!open_.empty()) {
      Open& innermost = open_.back();
      const auto step = source_.step(at, innermost.seen, innermost.head);
      at = step.at;
      if (!step.is_end) {
        ++innermost.seen;
        return innermost.head.kind == Token::Kind::object ? add_member(at) : at;
      }
      close(innermost, at);
      open_.pop_back();
    }
    return at;
  }

  std::size_t add_member(std::size_t at) {
    const Key key = source_.key(at);
    if (Source::keeps(key.text)) members_.push_back({key.text, static_cast<std::uint32_t>(key.end)});
    return key.end;
  }

  void close(const Open& closed, std::size_t end) {
    Container& container = outline_.containers[closed.container];
    container.end = static_cast<std::uint32_t>(end);
    container.count = closed.seen;
    if (closed.head.kind != Token::Kind::object) return;
    order_members(members_, closed.first_member);
    const auto first = members_.begin() + static_cast<std::ptrdiff_t>(closed.first_member);
    container.first = static_cast<std::uint32_t>(outline_.members.size());
    container.count = static_cast<std::uint32_t>(members_.end() - first);
    outline_.members.insert(outline_.members.end(), first, members_.end());
    members_.erase(first, members_.end());
  }

  Source& source_;
  Outline outline_;
  std::vector<Open> open_;
  std::vector<Member> members_;  // of the objects that are open, the innermost last
};

// Finds containers by their places: at once if they are asked for in their order, else in log n.
class ContainerFinder {
public:
  explicit ContainerFinder(const Outline& outline) : containers_(outline.containers) {}

  const Container& at(std::size_t begin) {
    if (next_ == containers_.size() || containers_[next_].begin != begin) {
      const auto found = std::lower_bound(
          containers_.begin(), containers_.end(), begin,
          [](const Container& container, std::size_t place) { return container.begin < place; });
      next_ = static_cast<std::size_t>(found - containers_.begin());
    }
    return containers_[next_++];
  }

private:
  const std::vector<Container>& containers_;
  std::size_t next_ = 0;
};

}  // namespace canvas::lib0
