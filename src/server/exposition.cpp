#include "server/exposition.h"

#include <prometheus/text_serializer.h>

#include <limits>

namespace canvas::server {

using prometheus::ClientMetric;
using prometheus::MetricType;

void Exposition::gauge(const char* name, const char* help, double value) {
  add(name, help, MetricType::Gauge).metric.emplace_back().gauge.value = value;
}

void Exposition::gauge(const char* name, const char* help, const char* label, const Labelled& values) {
  auto& metrics = add(name, help, MetricType::Gauge).metric;
  for (const auto& [key, value] : values) {
    ClientMetric& metric = metrics.emplace_back();
    metric.label.push_back({label, key});
    metric.gauge.value = value;
  }
}

void Exposition::counter(const char* name, const char* help, double value) {
  add(name, help, MetricType::Counter).metric.emplace_back().counter.value = value;
}

void Exposition::counter(const char* name, const char* help, const char* label, const Labelled& values) {
  auto& metrics = add(name, help, MetricType::Counter).metric;
  for (const auto& [key, value] : values) {
    ClientMetric& metric = metrics.emplace_back();
    metric.label.push_back({label, key});
    metric.counter.value = value;
  }
}

void Exposition::histogram(const char* name, const char* help, const Histogram& values) {
  ClientMetric::Histogram& metric = add(name, help, MetricType::Histogram).metric.emplace_back().histogram;
  metric.bucket.reserve(values.counts().size());
  for (std::size_t i = 0; i < values.counts().size(); ++i) {
    metric.sample_count += values.counts()[i];
    const bool is_last = i == values.bounds().size();
    metric.bucket.push_back(
        {metric.sample_count, is_last ? std::numeric_limits<double>::infinity() : values.bounds()[i]});
  }
  metric.sample_sum = values.sum();
}

std::string Exposition::text() const {
  return prometheus::TextSerializer().Serialize(families_);
}

prometheus::MetricFamily& Exposition::add(const char* name, const char* help, MetricType type) {
  prometheus::MetricFamily& family = families_.emplace_back();
  family.name = name;
  family.help = help;
  family.type = type;
  return family;
}

}  // namespace canvas::server
