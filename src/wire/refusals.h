#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace gnomon::wire {

// What was taken out of a request before the store saw it; the rest of the request stands. (Errors
// that concern a whole request, as a body that is no protobuf, are Results instead.)
struct Refusals {
  // Series whose labels no store can take: no metric name, a repeated name, invalid UTF-8.
  // Prometheus skips these without an error.
  uint64_t series_skipped = 0;
  uint64_t samples_skipped = 0;            // floats and histograms of those series
  std::vector<std::string> skipped_named;  // the first few: what is wrong, with the labels

  // Samples and series that make the sender's request a bad one (HTTP 400).
  uint64_t samples_refused = 0;     // floats and histograms, those of refused series too
  uint64_t exemplars_refused = 0;   // not errors: exemplars never fail a request
  std::vector<std::string> errors;  // the first few, one line each, in Prometheus' words

  bool bad_request() const { return !errors.empty(); }
  void clear() { *this = {}; }

  // Remembers `what` unless enough are remembered.
  void name_skipped(std::string what);
  void name_error(std::string what);
};

}  // namespace gnomon::wire
