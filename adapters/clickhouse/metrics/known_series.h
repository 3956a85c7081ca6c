#pragma once

#include <array>
#include <cstdint>
#include <unordered_map>

#include "adapters/clickhouse/metrics/series_id.h"

namespace gnomon::clickhouse {

// What this server remembers of the series it wrote last, so that it need not ask: on which days
// their row is in the series table, and their newest samples. Bounded; what is forgotten costs a
// row that is there already, and leaves it to the reader to find the first of two samples. One
// thread at a time.
class KnownSeries {
 public:
  class Entry {
   public:
    bool has_day(int32_t day) const { return days_[0] == day || days_[1] == day; }
    void add_day(int32_t day) {
      days_[1] = days_[0];
      days_[0] = day;
    }
    // The bits of the sample at this time; null: not remembered.
    const uint64_t* find(int64_t time_ms) const {
      for (const Sample& sample : samples_) {
        if (sample.time_ms == time_ms && sample.used) return &sample.bits;
      }
      return nullptr;
    }
    void add_sample(int64_t time_ms, uint64_t bits) {
      samples_[1] = samples_[0];
      samples_[0] = {time_ms, bits, true};
    }

   private:
    struct Sample {
      int64_t time_ms = 0;
      uint64_t bits = 0;
      bool used = false;
    };
    std::array<int32_t, 2> days_ = {INT32_MIN, INT32_MIN};
    std::array<Sample, 2> samples_;
  };

  // Valid until the next call.
  Entry& entry(const SeriesId& id);
  void erase(const SeriesId& id);

 private:
  struct Hash {
    size_t operator()(const SeriesId& id) const { return id.low; }
  };
  using Entries = std::unordered_map<SeriesId, Entry, Hash>;

  // Those used since the last turn, and those before.
  Entries young_;
  Entries old_;
};

}  // namespace gnomon::clickhouse
