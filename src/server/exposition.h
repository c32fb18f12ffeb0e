// Numbers, in the shape in which prometheus-cpp writes them.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <prometheus/metric_family.h>

#include "base/histogram.h"

namespace canvas::server {

// A list of families that grows. What is counted elsewhere in plain numbers is put in when somebody asks, so
// counting needs no lock and no look-up.
class Exposition {
public:
  // One number for each value of a label.
  using Labelled = std::vector<std::pair<std::string, double>>;

  // `families` come first.
  explicit Exposition(std::vector<prometheus::MetricFamily> families) : families_(std::move(families)) {}

  void gauge(const char* name, const char* help, double value);
  void gauge(const char* name, const char* help, const char* label, const Labelled& values);
  // By the rules of Prometheus the name ends in _total.
  void counter(const char* name, const char* help, double value);
  void counter(const char* name, const char* help, const char* label, const Labelled& values);
  void histogram(const char* name, const char* help, const Histogram& values);

  // In the text format, version 0.0.4.
  std::string text() const;

private:
  prometheus::MetricFamily& add(const char* name, const char* help, prometheus::MetricType type);

  std::vector<prometheus::MetricFamily> families_;
};

}  // namespace canvas::server
