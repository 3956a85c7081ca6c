#include "adapters/clickhouse/metrics/pages.h"

#include <algorithm>
#include <future>
#include <thread>
#include <utility>

#include "adapters/clickhouse/metrics/rollups.h"
#include "src/storage/metrics/chunk_list.h"
#include "src/storage/metrics/reduction.h"
#include "src/storage/metrics/roll_up.h"
#include "src/storage/window.h"

namespace gnomon::clickhouse {
namespace {

constexpr int64_t kUnitMs = 60'000;  // units are this, doubled some times
constexpr int64_t kFewUnitMs = 480'000;
constexpr double kFewSamples = 300'000;
// Where ClickHouse could send far fewer: what is read besides has to be bearable.
constexpr double kReducedSamples = 600'000;

using storage::Rollup;

// Where a Rollup's points lie; else where the samples do.
std::pair<int64_t, int64_t> times_of(const storage::Fragment& fragment) {
  const auto* rollup = std::get_if<Rollup>(&fragment.reduction);
  if (rollup == nullptr) return {fragment.min_time_ms, fragment.max_time_ms};
  return {rollup->grid.start_ms, rollup->grid.last()};
}

// So long before a page lie samples that its points depend on.
int64_t look_back(const storage::Fragment& fragment) {
  const auto* rollup = std::get_if<Rollup>(&fragment.reduction);
  return rollup == nullptr ? 0 : rollup->window_ms - 1;
}

// A page is of use for all fragments of which this says the same.
std::string what(const storage::Fragment& fragment, const PageSource& source) {
  std::string text(source.histograms ? "h" : "");
  if (source.starts) text += "s";
  if (const auto* rollup = std::get_if<Rollup>(&fragment.reduction)) {
    const model::TimeGrid& grid = rollup->grid;
    const int64_t phase =
        grid.start_ms - storage::window_of(grid.start_ms, grid.step_ms) * grid.step_ms;
    text += " " + rollup->function + " " + std::to_string(rollup->window_ms) + " " +
            std::to_string(grid.step_ms) + " " + std::to_string(phase);
  }
  return text;
}

// Everything the batch has of a series.
Result<void> read_all(const Batch& batch, size_t place, const storage::Fragment& fetched,
                      const PageSource& source, const std::stop_token& stop,
                      model::SampleBlock& block) {
  const auto exactly = [&] {
    return source.read_exactly(place, fetched.min_time_ms, fetched.max_time_ms, block, stop);
  };
  if (const auto* rollup = std::get_if<Rollup>(&fetched.reduction)) {
    if (batch.read_points(place, rollup->grid, block)) return {};
    TRY_VOID(exactly());
    storage::roll_up(*rollup, block);
    return {};
  }
  if (!batch.read(place, fetched.min_time_ms, fetched.max_time_ms, block)) TRY_VOID(exactly());
  return batch.read_histograms(place, fetched.min_time_ms, fetched.max_time_ms, block);
}

// Moves the samples before a time from a block, beginning at two places in it, which advance.
struct Splitter {
  model::SampleBlock& from;
  size_t sample = 0;
  size_t histogram = 0;
  model::SampleBlock part = {};

  void cut(int64_t end_ms) {
    part.clear();
    const auto begin = from.times.begin() + static_cast<std::ptrdiff_t>(sample);
    const auto end = std::lower_bound(begin, from.times.end(), end_ms);
    const auto size = end - begin;
    const auto values = from.values.begin() + static_cast<std::ptrdiff_t>(sample);
    part.times.assign(begin, end);
    part.values.assign(values, values + size);
    if (!from.starts.empty()) {
      const auto starts = from.starts.begin() + static_cast<std::ptrdiff_t>(sample);
      part.starts.assign(starts, starts + size);
    }
    sample += static_cast<size_t>(size);
    for (; histogram < from.histograms.size() && from.histograms[histogram].time_ms < end_ms;
         ++histogram) {
      part.histograms.push_back(std::move(from.histograms[histogram]));
    }
  }
};

using NewPages = std::vector<std::shared_ptr<blocks::ChunkPage>>;

NewPages no_pages(const PageSpan& span) {
  NewPages pages;
  for (int64_t number = span.first; number <= span.last; ++number) {
    pages.push_back(std::make_shared<blocks::ChunkPage>(0));
  }
  return pages;
}

Error too_large() { return {ErrorKind::Execution, "a page of samples would be larger than 4 GiB"}; }

// The series at places [begin, end) of a batch, in the pages of a span.
Result<NewPages> divide(const Batch& batch, size_t begin, size_t end, const PageSpan& span,
                        const storage::Fragment& fetched, const PageSource& source,
                        const std::stop_token& stop) {
  NewPages pages = no_pages(span);
  model::SampleBlock block;
  std::string chunks;
  for (size_t place = begin; place < end; ++place) {
    if (stop.stop_requested()) return base::canceled();
    TRY_VOID(read_all(batch, place, fetched, source, stop, block));
    Splitter splitter{block};
    for (size_t i = 0; i < pages.size(); ++i) {
      splitter.cut((span.first + static_cast<int64_t>(i) + 1) * span.unit_ms);
      if (splitter.part.empty()) continue;
      chunks.clear();
      storage::encode_chunks(splitter.part, chunks);
      if (!pages[i]->append(static_cast<uint32_t>(place), chunks)) return too_large();
    }
  }
  return pages;
}

// Adds the series at places [begin, end).
Result<void> join(const NewPages& pages, const NewPages& more, size_t begin, size_t end) {
  for (size_t i = 0; i < pages.size(); ++i) {
    for (size_t place = begin; place < end; ++place) {
      const std::string_view chunks = more[i]->chunks(static_cast<uint32_t>(place));
      if (chunks.empty()) continue;
      if (!pages[i]->append(static_cast<uint32_t>(place), chunks)) return too_large();
    }
  }
  return {};
}

// Divides a batch into the pages of a span. Compressing is most of the work, and the query waits
// for all of it: every processor takes some of the series.
Result<NewPages> divide(const Batch& batch, const PageSpan& span, const storage::Fragment& fetched,
                        const PageSource& source, const std::stop_token& stop) {
  constexpr size_t kBytesPerThread = 2u << 20;
  const size_t series = source.series->ids.size();
  const size_t threads = std::clamp<size_t>(
      batch.bytes() / kBytesPerThread, 1,
      std::min<size_t>(series, std::max(1u, std::thread::hardware_concurrency())));
  const auto from = [&](size_t thread) { return series * thread / threads; };
  std::vector<std::future<Result<NewPages>>> others;
  for (size_t thread = 1; thread < threads; ++thread) {
    others.push_back(std::async(std::launch::async, [&, thread] {
      return divide(batch, from(thread), from(thread + 1), span, fetched, source, stop);
    }));
  }
  auto all = divide(batch, 0, from(1), span, fetched, source, stop);
  for (size_t thread = 1; thread < threads; ++thread) {
    const auto more = others[thread - 1].get();
    if (!all.ok()) continue;  // the others are waited for
    const auto joined =
        more.ok() ? join(*all, *more, from(thread), from(thread + 1)) : Result<void>(more.error());
    if (!joined.ok()) all = joined.error();
  }
  return all;
}

}  // namespace

std::optional<PageSpan> page_span(const storage::Fragment& fragment, size_t series) {
  const auto [min_ms, max_ms] = times_of(fragment);
  // An instant rollup has a step of no meaning.
  const auto* rollup = std::get_if<Rollup>(&fragment.reduction);
  if (rollup != nullptr && rollup->grid.steps() == 1) return {};
  if (series == 0 || min_ms > max_ms) return {};
  if (min_ms < storage::kStoreTimeMin || max_ms > storage::kStoreTimeMax) return {};
  const int64_t span_ms = std::max(max_ms - min_ms, kScrapeMs);
  const auto samples = [&](int64_t time_ms) {
    return static_cast<double>(series) * static_cast<double>(time_ms) /
           static_cast<double>(kScrapeMs);
  };
  if (samples(span_ms) > (reduces_much(fragment) ? kReducedSamples : kPagedSamples)) return {};
  int64_t wanted_ms = span_ms / 8;
  if (samples(kFewUnitMs) < kFewSamples) wanted_ms = std::max(wanted_ms, kFewUnitMs);
  if (rollup != nullptr) wanted_ms = std::max(wanted_ms, rollup->grid.step_ms);
  int64_t unit_ms = kUnitMs;
  while (unit_ms < wanted_ms) unit_ms *= 2;
  return PageSpan{unit_ms, storage::window_of(min_ms, unit_ms),
                  storage::window_of(max_ms, unit_ms)};
}

storage::Fragment fragment_of(const PageSpan& pages, const storage::Fragment& wanted) {
  storage::Fragment out{wanted.matchers, pages.min_time_ms(), pages.max_time_ms(), {}};
  if (const auto* rollup = std::get_if<Rollup>(&wanted.reduction)) {
    const int64_t step_ms = rollup->grid.step_ms;
    // The first and the last point of that grid in the pages.
    const int64_t before =
        storage::window_of(pages.min_time_ms() - 1 - rollup->grid.start_ms, step_ms);
    const int64_t last = storage::window_of(pages.max_time_ms() - rollup->grid.start_ms, step_ms);
    const model::TimeGrid grid{rollup->grid.start_ms + (before + 1) * step_ms,
                               rollup->grid.start_ms + last * step_ms, step_ms};
    out.min_time_ms = grid.start_ms - look_back(wanted);
    out.max_time_ms = grid.last();
    out.reduction = Rollup{rollup->function, grid, rollup->window_ms};
  }
  return out;
}

Result<std::vector<blocks::ChunkPagePtr>> read_pages(HttpClient& client, PageCache& cache,
                                                     const Changes& changes,
                                                     const PageSource& source,
                                                     const storage::Fragment& wanted,
                                                     const PageSpan& span, std::stop_token stop) {
  PageKey key{source.series->number, what(wanted, source), span.unit_ms, 0};
  std::vector<blocks::ChunkPagePtr> pages;
  std::vector<uint64_t> versions;  // taken before anything is read
  for (int64_t number = span.first; number <= span.last; ++number) {
    const int64_t begin_ms = number * span.unit_ms;
    versions.push_back(changes.version(begin_ms - look_back(wanted), begin_ms + span.unit_ms - 1));
    key.number = number;
    pages.push_back(cache.find(key, versions.back()));
  }
  for (size_t begin = 0; begin < pages.size();) {
    if (pages[begin] != nullptr) {
      ++begin;
      continue;
    }
    size_t end = begin + 1;
    while (end < pages.size() && pages[end] == nullptr) ++end;
    const PageSpan missing{span.unit_ms, span.first + static_cast<int64_t>(begin),
                           span.first + static_cast<int64_t>(end) - 1};
    const storage::Fragment fetched = fragment_of(missing, wanted);
    TRY(const BatchPtr batch, Batch::fetch(client, source.series->ids, fetched, source.starts,
                                           source.whole_metric, source.histograms, stop));
    if (batch == nullptr) return std::vector<blocks::ChunkPagePtr>();
    TRY(const NewPages made, divide(*batch, missing, fetched, source, stop));
    for (size_t i = begin; i < end; ++i) {
      key.number = span.first + static_cast<int64_t>(i);
      pages[i] = made[i - begin];
      cache.store(key, versions[i], pages[i]);
    }
    begin = end;
  }
  return pages;
}

}  // namespace gnomon::clickhouse
