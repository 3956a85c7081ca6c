#include "src/functions/wide_histogram.h"

#include <algorithm>
#include <cmath>
#include <iterator>

namespace gnomon::functions {
namespace {

using model::BucketSpan;
using model::CounterResetHint;
using model::exponential_bound;
using model::Histogram;
using Mode = WideHistogram::Mode;

GNOMON_INLINE void merge_into(KahanSum& total, const KahanSum& x, Mode mode) {
  switch (mode) {
    case Mode::Add:
      total.sum += x.sum;
      break;
    case Mode::Subtract:
      total.sum -= x.sum;
      break;
    case Mode::KahanAdd:
      total.add(x.sum);
      total.add(x.c);
      break;
  }
}

KahanSum first_of(const KahanSum& x, Mode mode) {
  return mode == Mode::Subtract ? KahanSum{-x.sum, 0} : x;
}

// Adds sorted terms to sorted terms.
Terms merged(const Terms& a, std::span<const Term> b, Mode mode) {
  Terms out;
  out.reserve(a.size() + b.size());
  size_t i = 0;
  for (const Term& term : b) {
    while (i < a.size() && a[i].index < term.index) out.push_back(a[i++]);
    if (i < a.size() && a[i].index == term.index) {
      out.push_back(a[i++]);
      merge_into(out.back().count, term.count, mode);
    } else {
      out.push_back({term.index, first_of(term.count, mode)});
    }
  }
  out.insert(out.end(), a.begin() + static_cast<std::ptrdiff_t>(i), a.end());
  return out;
}

std::vector<double> intersection(const std::vector<double>& a, const std::vector<double>& b) {
  std::vector<double> out;
  std::set_intersection(a.begin(), a.end(), b.begin(), b.end(), std::back_inserter(out));
  return out;
}

// Adds terms of custom `bounds` to the buckets of a subset of these bounds.
void map_to_bounds(const Terms& terms, const std::vector<double>& bounds,
                   const std::vector<double>& subset, Mode mode, std::vector<KahanSum>& buckets) {
  for (const Term& term : terms) {
    size_t target = subset.size();
    if (term.index >= 0 && static_cast<size_t>(term.index) < bounds.size()) {
      const double bound = bounds[static_cast<size_t>(term.index)];
      target = static_cast<size_t>(std::lower_bound(subset.begin(), subset.end(), bound) -
                                   subset.begin());
    }
    if (mode == Mode::Subtract) {
      buckets[target].add(-term.count.sum);
    } else {
      buckets[target].add(term.count.sum);
      if (mode == Mode::KahanAdd) buckets[target].add(term.count.c);
    }
  }
}

template <typename Value>
void to_spans(const Terms& terms, Value value, std::vector<BucketSpan>& spans,
              std::vector<double>& buckets) {
  int32_t next = 0;
  buckets.reserve(terms.size());
  for (const Term& term : terms) {
    if (spans.empty() || term.index != next) {
      spans.push_back({spans.empty() ? term.index : term.index - next, 0});
    }
    ++spans.back().length;
    next = term.index + 1;
    buckets.push_back(value(term.count));
  }
}

template <typename Value>
Histogram narrowed(const WideHistogram& wide, Value value) {
  Histogram h;
  h.hint = wide.hint;
  h.schema = wide.schema;
  h.zero_threshold = wide.zero_threshold;
  h.zero_count = value(wide.zero);
  h.count = value(wide.count);
  h.sum = value(wide.sum);
  to_spans(wide.positive, value, h.positive_spans, h.positive_buckets);
  to_spans(wide.negative, value, h.negative_spans, h.negative_buckets);
  h.custom_values = wide.bounds;
  return h;
}

template <typename Change>
void for_each_number(WideHistogram& h, Change change) {
  change(h.zero);
  change(h.count);
  change(h.sum);
  for (Term& term : h.positive) change(term.count);
  for (Term& term : h.negative) change(term.count);
}

// Calls visit(term, count) for each of the buckets; false when `terms` lack one of them. Both
// ascend.
template <typename Visit>
GNOMON_INLINE bool for_each_pair(Terms& terms, const std::vector<BucketSpan>& spans,
                                 const std::vector<double>& buckets, Visit visit) {
  auto term = terms.begin();
  int32_t index = 0;
  size_t next = 0;
  for (const BucketSpan& span : spans) {
    index += span.offset;
    for (uint32_t i = 0; i < span.length && next < buckets.size(); ++i, ++index, ++next) {
      while (term != terms.end() && term->index < index) ++term;
      if (term == terms.end() || term->index != index) return false;
      visit(*term++, buckets[next]);
    }
  }
  return true;
}

bool has_buckets(Terms& terms, const std::vector<BucketSpan>& spans,
                 const std::vector<double>& buckets) {
  return for_each_pair(terms, spans, buckets, [](Term&, double) {});
}

// As merge_into does with KahanAdd of {x, 0}: to add that 0, too, only takes the sign off zeros.
GNOMON_INLINE void add_count(KahanSum& total, double x) {
  total.add(x);
  total.sum += 0.0;
  total.c += 0.0;
}

void add_buckets(Terms& terms, const std::vector<BucketSpan>& spans,
                 const std::vector<double>& buckets) {
  for_each_pair(terms, spans, buckets, [](Term& term, double x) { add_count(term.count, x); });
}

void drop_empty(Terms& terms) {
  std::erase_if(terms, [](const Term& t) { return t.count.sum == 0 && t.count.c == 0; });
}

}  // namespace

Terms to_terms(const std::vector<BucketSpan>& spans, const std::vector<double>& buckets) {
  Terms terms;
  terms.reserve(buckets.size());
  int32_t index = 0;
  size_t next = 0;
  for (const BucketSpan& span : spans) {
    index += span.offset;
    for (uint32_t i = 0; i < span.length && next < buckets.size(); ++i) {
      terms.push_back({index++, {buckets[next++], 0}});
    }
  }
  return terms;
}

void reduce_resolution(Terms& terms, int32_t from_schema, int32_t to_schema, bool kahan) {
  if (from_schema == to_schema || terms.empty()) return;
  const Mode mode = kahan ? Mode::KahanAdd : Mode::Add;
  size_t last = 0;
  for (size_t i = 0; i < terms.size(); ++i) {
    Term term = terms[i];
    term.index = ((term.index - 1) >> (from_schema - to_schema)) + 1;
    if (i == 0) {
      terms[0] = term;
    } else if (terms[last].index == term.index) {
      merge_into(terms[last].count, term.count, mode);
    } else {
      terms[++last] = term;
    }
  }
  terms.resize(last + 1);
}

std::span<const Term> terms_beyond(const Terms& terms, int32_t schema, double threshold) {
  size_t i = 0;
  while (threshold != 0 && i < terms.size() &&
         exponential_bound(schema, terms[i].index) <= threshold) {
    ++i;
  }
  return std::span<const Term>(terms).subspan(i);
}

bool clear_of_zero_bucket(const Histogram& h) {
  if (h.custom() || h.zero_threshold == 0) return true;
  auto clear = [&h](const std::vector<BucketSpan>& spans) {
    return spans.empty() || exponential_bound(h.schema, spans[0].offset) > h.zero_threshold;
  };
  return clear(h.positive_spans) && clear(h.negative_spans);
}

WideHistogram::WideHistogram(const Histogram& h)
    : hint(h.hint),
      schema(h.schema),
      zero_threshold(h.zero_threshold),
      zero{h.zero_count, 0},
      count{h.count, 0},
      sum{h.sum, 0},
      positive(to_terms(h.positive_spans, h.positive_buckets)),
      negative(to_terms(h.negative_spans, h.negative_buckets)),
      bounds(h.custom_values) {}

Histogram WideHistogram::plain() const {
  return narrowed(*this, [](const KahanSum& x) { return x.sum; });
}

Histogram WideHistogram::compensated() const {
  return narrowed(*this, [](const KahanSum& x) { return x.sum + x.c; });
}

// True when one says "reset" and the other "no reset".
bool WideHistogram::combine_hints(CounterResetHint other) {
  if (other == hint || hint == CounterResetHint::Gauge) return false;
  if (other == CounterResetHint::Gauge) {
    hint = other;
    return false;
  }
  const bool conflict = hint != CounterResetHint::Unknown && other != CounterResetHint::Unknown;
  hint = CounterResetHint::Unknown;
  return conflict;
}

KahanSum WideHistogram::zero_up_to(double& threshold, bool kahan) const {
  KahanSum total{zero.sum, kahan ? zero.c : 0};
  if (threshold == zero_threshold) return total;
  while (true) {
    total.sum = zero.sum;
    for (const Term& term : positive) {
      if (exponential_bound(schema, term.index - 1) >= threshold) break;
      merge_into(total, term.count, Mode::KahanAdd);
      const double upper = exponential_bound(schema, term.index);
      if (upper <= threshold) continue;
      if (term.count.sum != 0) threshold = upper;
      break;
    }
    bool again = false;
    for (const Term& term : negative) {
      if (exponential_bound(schema, term.index - 1) >= threshold) break;
      merge_into(total, term.count, Mode::KahanAdd);
      const double upper = exponential_bound(schema, term.index);
      if (upper <= threshold) continue;
      again = term.count.sum != 0;
      if (again) threshold = upper;
      break;
    }
    // A larger threshold may reach into further positive buckets.
    if (!again) return total;
  }
}

void WideHistogram::trim_zero_bucket() {
  for (Terms* terms : {&positive, &negative}) {
    auto inside = [this](const Term& t) {
      return exponential_bound(schema, t.index - 1) < zero_threshold;
    };
    auto end = std::find_if_not(terms->begin(), terms->end(), inside);
    terms->erase(terms->begin(), end);
    drop_empty(*terms);
  }
}

void WideHistogram::add_custom(const WideHistogram& other, Mode mode, Outcome& outcome) {
  if (bounds == other.bounds) {
    positive = merged(positive, other.positive, mode);
    return;
  }
  outcome.reconciled_bounds = true;
  std::vector<double> common = intersection(bounds, other.bounds);
  std::vector<KahanSum> buckets(common.size() + 1);
  map_to_bounds(positive, bounds, common, mode == Mode::KahanAdd ? mode : Mode::Add, buckets);
  map_to_bounds(other.positive, other.bounds, common, mode == Mode::Subtract ? mode : Mode::Add,
                buckets);
  positive.clear();
  for (size_t i = 0; i < buckets.size(); ++i) {
    if (buckets[i].sum == 0 && buckets[i].c == 0) continue;
    if (mode != Mode::KahanAdd) buckets[i].c = 0;
    positive.push_back({static_cast<int32_t>(i), buckets[i]});
  }
  bounds = std::move(common);
}

void WideHistogram::add_exponential(WideHistogram& other, Mode mode) {
  const bool kahan = mode == Mode::KahanAdd;
  KahanSum other_zero{other.zero.sum, kahan ? other.zero.c : 0};
  double other_threshold = other.zero_threshold;
  while (other_threshold != zero_threshold) {
    if (zero_threshold > other_threshold) {
      other_threshold = zero_threshold;
      other_zero = other.zero_up_to(other_threshold, kahan);
    }
    if (other_threshold > zero_threshold) {
      double threshold = other_threshold;
      const KahanSum own = zero_up_to(threshold, kahan);
      zero = {own.sum, kahan ? own.c : zero.c};
      zero_threshold = threshold;
      trim_zero_bucket();
    }
  }
  merge_into(zero, other_zero, mode);
  const int32_t target = std::min(schema, other.schema);
  for (WideHistogram* h : {this, &other}) {
    reduce_resolution(h->positive, h->schema, target, kahan);
    reduce_resolution(h->negative, h->schema, target, kahan);
  }
  schema = target;
  positive = merged(positive, terms_beyond(other.positive, schema, zero_threshold), mode);
  negative = merged(negative, terms_beyond(other.negative, schema, zero_threshold), mode);
}

WideHistogram::Outcome WideHistogram::add(WideHistogram other, Mode mode) {
  Outcome outcome;
  outcome.compatible = custom() == other.custom();
  if (!outcome.compatible) return outcome;
  outcome.conflicting_resets = combine_hints(other.hint);
  merge_into(count, other.count, mode);
  merge_into(sum, other.sum, mode);
  if (custom()) {
    add_custom(other, mode, outcome);
  } else {
    add_exponential(other, mode);
  }
  return outcome;
}

bool WideHistogram::add_in_place(const Histogram& other) {
  const bool fits = !custom() && schema == other.schema && zero_threshold == other.zero_threshold &&
                    clear_of_zero_bucket(other) &&
                    has_buckets(positive, other.positive_spans, other.positive_buckets) &&
                    has_buckets(negative, other.negative_spans, other.negative_buckets);
  if (!fits) return false;
  combine_hints(other.hint);
  add_count(count, other.count);
  add_count(sum, other.sum);
  add_count(zero, other.zero_count);
  add_buckets(positive, other.positive_spans, other.positive_buckets);
  add_buckets(negative, other.negative_spans, other.negative_buckets);
  return true;
}

void WideHistogram::multiply(double factor) {
  for_each_number(*this, [factor](KahanSum& x) {
    x.sum *= factor;
    x.c *= factor;
  });
  if (factor < 0) hint = CounterResetHint::Gauge;
}

void WideHistogram::divide(double divisor) {
  if (divisor == 0) {
    positive.clear();
    negative.clear();
  }
  for_each_number(*this, [divisor](KahanSum& x) {
    x.sum /= divisor;
    x.c = x.c == 0 ? 0 : x.c / divisor;
  });
  if (divisor < 0) hint = CounterResetHint::Gauge;
}

void WideHistogram::copy_to_schema(int32_t target) {
  if (target == schema) return;
  reduce_resolution(positive, schema, target, false);
  reduce_resolution(negative, schema, target, false);
  schema = target;
  hint = CounterResetHint::Unknown;
}

void WideHistogram::compact() {
  drop_empty(positive);
  drop_empty(negative);
}

bool WideHistogram::has_overflow() const {
  auto infinite = [](const Term& term) { return std::isinf(term.count.sum); };
  return std::isinf(zero.sum) || std::isinf(count.sum) || std::isinf(sum.sum) ||
         std::any_of(positive.begin(), positive.end(), infinite) ||
         std::any_of(negative.begin(), negative.end(), infinite) ||
         std::any_of(bounds.begin(), bounds.end(), [](double b) { return std::isinf(b); });
}

}  // namespace gnomon::functions
