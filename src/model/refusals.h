#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace gnomon::model {

// Why a part of a write is not stored.
enum class RefusalReason : uint8_t {
  Malformed,         // it cannot be read: a bad line, a reference to nothing
  InvalidLabels,     // no metric name, a repeated name, not UTF-8
  InvalidHistogram,  // its buckets contradict each other
  LimitExceeded,     // of src/base/limits.h; the text names it
  TooOld,
  TooFarInFuture,
  DuplicateValue,  // another value is stored for that time
  Count_
};
// "duplicate sample for timestamp": Prometheus' words.
std::string_view reason_text(RefusalReason reason);

struct Refusal {
  RefusalReason reason = RefusalReason::Malformed;
  std::string why;   // in the words of the API that it came by
  std::string what;  // `up{job="a"} at 1700000000000`; "" where `why` says it

  friend bool operator==(const Refusal&, const Refusal&) = default;
};
// "why: what", a line for the sender.
std::string to_string(const Refusal& refusal);

// The parts of a write that are not stored although the rest is, all of one kind (samples, series,
// spans, ...): how many for which reason, and the first kRefusalsNamedMax by name. An error of the
// whole write is an Error instead. Not thread-safe.
class Refusals {
 public:
  void add(RefusalReason reason, uint64_t count);
  // The same, and names them in one line unless enough are named. count: 0 for what is a fault of
  // the write but none of these parts, such as a missing end.
  void add(RefusalReason reason, uint64_t count, std::string why, std::string what = {});
  void add(const Refusals& others);

  uint64_t count(RefusalReason reason) const { return counts_[static_cast<size_t>(reason)]; }
  uint64_t total() const;
  const std::vector<Refusal>& named() const { return named_; }
  // Whether a further one would be named: its text is not worth making otherwise.
  bool names_more() const;
  bool empty() const { return named_.empty() && total() == 0; }

 private:
  std::array<uint64_t, static_cast<size_t>(RefusalReason::Count_)> counts_ = {};
  std::vector<Refusal> named_;
};

}  // namespace gnomon::model
