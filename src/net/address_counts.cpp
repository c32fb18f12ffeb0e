#include "net/address_counts_internal.h"

namespace canvas::net {

AddressCounts::Place::Place(std::shared_ptr<AddressCounts> counts, std::string address)
    : counts_(std::move(counts)), address_(std::move(address)) {
  ++counts_->counts_[address_];
}

AddressCounts::Place::~Place() {
  const auto found = counts_->counts_.find(address_);
  if (--found->second == 0) counts_->counts_.erase(found);
}

std::unique_ptr<AddressCounts::Place> AddressCounts::take(const std::string& address, std::size_t max) {
  const auto found = counts_.find(address);
  if (found != counts_.end() && found->second >= max) return nullptr;
  return std::make_unique<Place>(shared_from_this(), address);
}

}  // namespace canvas::net
