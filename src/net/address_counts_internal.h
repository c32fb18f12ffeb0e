// How many connections each peer address has.
#pragma once

#include <memory>
#include <string>

#include <boost/unordered/unordered_map.hpp>

#include "base/seeded_hash.h"

namespace canvas::net {

// An address is forgotten with its last connection. Always held by a shared_ptr; on the shard's thread.
class AddressCounts : public std::enable_shared_from_this<AddressCounts> {
public:
  // One of the connections that are counted, until it goes. It keeps the counts alive.
  class Place {
  public:
    Place(std::shared_ptr<AddressCounts> counts, std::string address);
    ~Place();
    Place(const Place&) = delete;
    Place& operator=(const Place&) = delete;

  private:
    const std::shared_ptr<AddressCounts> counts_;
    const std::string address_;
  };

  // Null when `max` places of the address are taken.
  std::unique_ptr<Place> take(const std::string& address, std::size_t max);

private:
  boost::unordered_map<std::string, std::size_t, SeededHash, std::equal_to<>> counts_;
};

}  // namespace canvas::net
