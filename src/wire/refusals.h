#pragma once

#include "src/model/refusals.h"

namespace gnomon::wire {

// What decoders and guardrails took out of a write before a store saw it, by kind.
struct WriteRefusals {
  // Floats and histograms, those of refused series too. They make the request a bad one (HTTP 400),
  // in Prometheus' words, although the rest is stored.
  model::Refusals samples;
  // Series of Remote Write 1.0 whose labels no store can take: Prometheus skips these without an
  // error.
  model::Refusals series;
  // They never fail a request.
  model::Refusals exemplars;

  bool bad_request() const { return !samples.empty(); }
};

}  // namespace gnomon::wire
