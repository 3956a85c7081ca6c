#include "adapters/clickhouse/metrics/selection.h"

#include <algorithm>

#include "adapters/clickhouse/metrics/rollups.h"
#include "adapters/clickhouse/metrics/statements.h"
#include "src/storage/metrics/chunk_list.h"
#include "src/storage/metrics/reduction.h"
#include "src/storage/metrics/roll_up.h"

namespace gnomon::clickhouse {
namespace {

constexpr double kBatchSamples = 4'000'000;  // aimed at
constexpr size_t kBatchSeriesMin = 64;

size_t series_per_batch(const storage::Fragment& fragment, size_t series) {
  const double span_ms = std::max(
      static_cast<double>(fragment.max_time_ms) - static_cast<double>(fragment.min_time_ms),
      static_cast<double>(kScrapeMs));
  const double fit = kBatchSamples / (span_ms / static_cast<double>(kScrapeMs));
  if (fit >= static_cast<double>(series)) return series;
  return std::max(static_cast<size_t>(fit), kBatchSeriesMin);
}

}  // namespace

class ClickHouseCursor : public storage::SeriesCursor {
 public:
  ClickHouseCursor(const ClickHouseSelection& selection, size_t begin, size_t end,
                   std::stop_token stop)
      : selection_(selection), at_(begin), end_(end), stop_(std::move(stop)) {}

  Result<bool> next(model::SampleBlock& block) override {
    if (at_ == end_) return false;
    if (stop_.stop_requested()) return base::canceled();
    if (!asked_) {
      TRY(pages_, selection_.pages(stop_));
      asked_ = true;
    }
    if (pages_ != nullptr) {
      TRY_VOID(read_pages(block));
    } else {
      if (at_ < batch_begin_ || at_ >= batch_end_) {
        TRY(const auto found, selection_.batch_of(at_, stop_));
        batch_ = found.batch;
        batch_begin_ = found.begin;
        batch_end_ = found.end;
      }
      TRY_VOID(read_batch(at_ - batch_begin_, block));
    }
    ++at_;
    return true;
  }

 private:
  Result<void> read_pages(model::SampleBlock& block) {
    const storage::Fragment& fragment = selection_.plan_.fragment;
    const auto* rollup = std::get_if<storage::Rollup>(&fragment.reduction);
    const int64_t min_ms = rollup == nullptr ? fragment.min_time_ms : rollup->grid.start_ms;
    block.clear();
    for (const auto& page : *pages_) {
      const std::string_view chunks = page->chunks(static_cast<uint32_t>(at_));
      TRY_VOID(storage::decode_chunks(chunks, min_ms, fragment.max_time_ms, block));
    }
    if (rollup == nullptr) storage::reduce(fragment.reduction, block);
    return {};
  }

  Result<void> read_batch(size_t place, model::SampleBlock& block) {
    const auto& [matchers, min_ms, max_ms, reduction] = selection_.plan_.fragment;
    if (const auto* rollup = std::get_if<storage::Rollup>(&reduction)) {
      if (batch_->read_points(place, rollup->grid, block)) return {};
      TRY_VOID(selection_.read_exactly(at_, min_ms, max_ms, block, stop_));
      storage::roll_up(*rollup, block);
      return {};
    }
    if (!batch_->read(place, min_ms, max_ms, block)) {
      TRY_VOID(selection_.read_exactly(at_, min_ms, max_ms, block, stop_));
    }
    TRY_VOID(batch_->read_histograms(place, min_ms, max_ms, block));
    storage::reduce(reduction, block);
    return {};
  }

  const ClickHouseSelection& selection_;
  size_t at_;
  const size_t end_;
  const std::stop_token stop_;
  bool asked_ = false;
  const ClickHouseSelection::Pages* pages_ = nullptr;
  BatchPtr batch_;
  size_t batch_begin_ = 0;
  size_t batch_end_ = 0;
};

ClickHouseSelection::ClickHouseSelection(HttpClient& client, PageCache& cache,
                                         const Changes& changes, Plan plan)
    : client_(client),
      cache_(cache),
      changes_(changes),
      plan_(std::move(plan)),
      span_(page_span(plan_.fragment, plan_.series->ids.size())),
      batch_series_(series_per_batch(plan_.fragment, plan_.series->ids.size())) {}

bool ClickHouseSelection::rolled_up() const {
  return std::holds_alternative<storage::Rollup>(plan_.fragment.reduction);
}

Result<std::unique_ptr<storage::SeriesCursor>> ClickHouseSelection::open(
    size_t begin, size_t end, std::stop_token stop) const {
  return std::unique_ptr<storage::SeriesCursor>(
      std::make_unique<ClickHouseCursor>(*this, begin, end, std::move(stop)));
}

Result<const ClickHouseSelection::Pages*> ClickHouseSelection::pages(std::stop_token stop) const {
  TRY(const auto hold, mutex_.acquire(stop));
  if (!span_.has_value()) return nullptr;
  if (!pages_.empty()) return &pages_;
  const PageSource source{plan_.series, whole_metric(), plan_.histograms, plan_.starts,
                          [this](auto&&... what) { return read_exactly(what...); }};
  TRY(pages_,
      read_pages(client_, cache_, changes_, source, plan_.fragment, *span_, std::move(stop)));
  if (!pages_.empty()) return &pages_;
  span_.reset();
  return nullptr;
}

Result<ClickHouseSelection::Found> ClickHouseSelection::batch_of(size_t series,
                                                                 std::stop_token stop) const {
  TRY(const auto hold, mutex_.acquire(stop));
  while (parts_.empty() || parts_.back().end <= series) {
    const size_t begin = parts_.empty() ? 0 : parts_.back().end;
    Part part{begin, std::min(begin + batch_series_, plan_.series->ids.size()), {}};
    TRY(const BatchPtr batch, fetch(part, stop));
    if (part.end > series) return Found{batch, part.begin, part.end};
  }
  const auto at =
      std::upper_bound(parts_.begin(), parts_.end(), series,
                       [](size_t wanted, const Part& part) { return wanted < part.end; });
  if (auto batch = at->batch.lock()) return Found{std::move(batch), at->begin, at->end};
  TRY(const BatchPtr batch, fetch(*at, stop));
  return Found{batch, at->begin, at->end};
}

// Adds the part to parts_ when it is a new one, perhaps with fewer series.
Result<BatchPtr> ClickHouseSelection::fetch(Part& part, std::stop_token stop) const {
  const bool known = !parts_.empty() && part.begin < parts_.back().end;
  while (true) {
    const auto ids = std::span(plan_.series->ids).subspan(part.begin, part.end - part.begin);
    TRY(BatchPtr batch, Batch::fetch(client_, ids, plan_.fragment, plan_.starts,
                                     whole_metric() && ids.size() == plan_.series->ids.size(),
                                     plan_.histograms, stop));
    if (batch != nullptr || known) {
      if (batch == nullptr) {
        return Error{ErrorKind::Execution, "the samples of the selection grew while it was read"};
      }
      kept_[1] = std::exchange(kept_[0], batch);
      part.batch = batch;
      if (!known) parts_.push_back(part);
      return batch;
    }
    batch_series_ = std::max<size_t>(1, (part.end - part.begin) / 4);
    part.end = part.begin + batch_series_;
  }
}

// Every series of one metric is wanted: a range of ids says so.
bool ClickHouseSelection::whole_metric() const {
  const model::Matchers& matchers = plan_.fragment.matchers;
  return matchers.size() == 1 && metric_of(matchers) != nullptr;
}

Result<void> ClickHouseSelection::read_exactly(size_t series, int64_t min_time_ms,
                                               int64_t max_time_ms, model::SampleBlock& block,
                                               std::stop_token stop) const {
  block.clear();
  const Request request{
      .sql = select_exact(client_.options(), to_decimal(plan_.series->ids[series]), min_time_ms,
                          max_time_ms),
      .reads_only = true};
  std::vector<ColumnKind> columns = {ColumnKind::Bytes8, ColumnKind::Bytes8, ColumnKind::Bytes8};
  NativeReader reader(columns, [&](const NativeBlock& rows) {
    add_column(rows, 0, block.times);
    add_column(rows, 1, block.values);
    add_column(rows, 2, block.starts);
    return Result<void>();
  });
  TRY_VOID(client_.run(
      request, [&](std::string_view piece) { return reader.feed(piece); }, std::move(stop)));
  TRY_VOID(reader.finish());
  const auto none = [](int64_t start) { return start == 0; };
  if (std::all_of(block.starts.begin(), block.starts.end(), none)) block.starts.clear();
  return {};
}

std::string ClickHouseSelection::describe() const {
  const SampleQuery query{whole_metric() ? size_t{8} : size_t{4}, plan_.starts, whole_metric()};
  // As if no page were kept.
  const auto span = page_span(plan_.fragment, plan_.series->ids.size());
  const storage::Fragment asked = span ? fragment_of(*span, plan_.fragment) : plan_.fragment;
  std::string out = select_samples(client_.options(), asked, query);
  if (plan_.histograms) out += "\n" + select_histograms(client_.options(), asked, query);
  return out;
}

}  // namespace gnomon::clickhouse
