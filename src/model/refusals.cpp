#include "src/model/refusals.h"

#include <numeric>
#include <utility>

#include "src/base/limits.h"

namespace gnomon::model {

std::string_view reason_text(RefusalReason reason) {
  switch (reason) {
    case RefusalReason::Malformed:
      return "malformed";
    case RefusalReason::InvalidLabels:
      return "invalid labels";
    case RefusalReason::InvalidHistogram:
      return "invalid histogram";
    case RefusalReason::LimitExceeded:
      return "limit exceeded";
    case RefusalReason::TooOld:
      return "too old sample";
    case RefusalReason::TooFarInFuture:
      return "timestamp is too far in the future";
    case RefusalReason::DuplicateValue:
      return "duplicate sample for timestamp";
    case RefusalReason::Count_:
      break;
  }
  return "";
}

std::string to_string(const Refusal& refusal) {
  return refusal.what.empty() ? refusal.why : refusal.why + ": " + refusal.what;
}

void Refusals::add(RefusalReason reason, uint64_t count) {
  counts_[static_cast<size_t>(reason)] += count;
}

void Refusals::add(RefusalReason reason, uint64_t count, std::string why, std::string what) {
  add(reason, count);
  if (names_more()) named_.push_back({reason, std::move(why), std::move(what)});
}

void Refusals::add(const Refusals& others) {
  for (size_t i = 0; i < counts_.size(); ++i) counts_[i] += others.counts_[i];
  for (const Refusal& refusal : others.named_) {
    if (!names_more()) break;
    named_.push_back(refusal);
  }
}

uint64_t Refusals::total() const {
  return std::accumulate(counts_.begin(), counts_.end(), uint64_t{0});
}

bool Refusals::names_more() const { return named_.size() < base::kRefusalsNamedMax; }

}  // namespace gnomon::model
