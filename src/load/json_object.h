// One JSON object of numbers and plain words.
#pragma once

#include <iomanip>
#include <sstream>
#include <string>
#include <string_view>

#include "load/quantile_histogram.h"

namespace canvas::load {

class JsonObject {
public:
  JsonObject() { text_ << std::setprecision(10); }

  template <class Number>
  JsonObject& add(const char* name, Number value) {
    text_ << (is_empty_ ? "{" : ",") << '"' << name << "\":" << value;
    is_empty_ = false;
    return *this;
  }
  JsonObject& add(const char* name, const std::string& text) {
    return add<std::string_view>(name, '"' + text + '"');  // nothing in it to escape
  }
  JsonObject& add_latency(const std::string& prefix, const QuantileHistogram& latency) {
    return add((prefix + "_p50_ms").c_str(), latency.quantile_milliseconds(0.5))
        .add((prefix + "_p90_ms").c_str(), latency.quantile_milliseconds(0.9))
        .add((prefix + "_p99_ms").c_str(), latency.quantile_milliseconds(0.99))
        .add((prefix + "_p999_ms").c_str(), latency.quantile_milliseconds(0.999))
        .add((prefix + "_max_ms").c_str(), latency.max_milliseconds());
  }
  std::string finish() { return text_.str() + "}"; }

private:
  std::ostringstream text_;
  bool is_empty_ = true;
};

}  // namespace canvas::load
