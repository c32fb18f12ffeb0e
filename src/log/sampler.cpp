#include "log/sampler.h"

#include <utility>

namespace canvas::log {
namespace {

TokenBucket bucket_for(Rate rate) {
  return {rate.lines_a_second, rate.lines_at_once};
}

template <class Samples, class IsDue>
std::vector<Sampler::LeftOut> take(Samples& samples, IsDue&& is_due) {
  std::vector<Sampler::LeftOut> all;
  for (auto& [event, sample] : samples) {
    if (sample.left_out == 0 || !is_due(sample)) continue;
    all.push_back({event, sample.level, sample.kind, std::exchange(sample.left_out, 0)});
  }
  return all;
}

}  // namespace

void Sampler::set_rate(std::string_view event, Rate rate) {
  const auto [at, is_new] = samples_.try_emplace(std::string(event), Sample{bucket_for(rate)});
  if (!is_new) at->second.bucket = bucket_for(rate);
}

std::optional<std::uint64_t> Sampler::admit(std::string_view event, Level level, std::string_view kind,
                                            Time now) {
  auto at = samples_.find(event);
  if (at == samples_.end()) at = samples_.emplace(std::string(event), Sample{bucket_for(default_rate)}).first;
  Sample& sample = at->second;
  sample.level = level;
  sample.kind = kind;
  if (sample.bucket.try_take(now)) return std::exchange(sample.left_out, 0);
  ++sample.left_out;
  return std::nullopt;
}

std::vector<Sampler::LeftOut> Sampler::take_due(Time now) {
  return take(samples_, [now](Sample& sample) { return sample.bucket.try_take(now); });
}

std::vector<Sampler::LeftOut> Sampler::take_all() {
  return take(samples_, [](Sample&) { return true; });
}

}  // namespace canvas::log
