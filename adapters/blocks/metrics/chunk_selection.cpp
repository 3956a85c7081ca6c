#include "adapters/blocks/metrics/chunk_selection.h"

#include <algorithm>
#include <array>

#include "src/storage/metrics/chunk_list.h"

namespace gnomon::blocks {
namespace {

// Statements shown in full by describe(); of the others only their number.
constexpr size_t kStatementsShown = 4;
constexpr size_t kFetchBytes = 1024;
constexpr size_t kLineBytes = 64;

}  // namespace

class ChunkCursor : public storage::SeriesCursor {
 public:
  ChunkCursor(const ChunkSelection& selection, size_t begin, size_t end, std::stop_token stop)
      : selection_(selection), at_(begin), ahead_(begin), end_(end), stop_(std::move(stop)) {}

  Result<bool> next(model::SampleBlock& block) override {
    if (at_ == end_) return false;
    if (stop_.stop_requested()) return base::canceled();
    block.clear();
    if (at_ >= ahead_) TRY_VOID(read_ahead());
    const storage::SeriesId id = selection_.series_->ids[at_++];
    const int64_t min = selection_.min_time_ms_;
    const int64_t max = selection_.max_time_ms_;
    for (const auto& source : selection_.sources_) {
      TRY(const ChunkPage* page, this->page(source, static_cast<uint32_t>(id)));
      const std::string_view chunks = page->chunks(static_cast<uint32_t>(id));
      if (!chunks.empty()) TRY_VOID(storage::decode_chunks(chunks, min, max, block));
    }
    for (const auto& window : selection_.head_) TRY_VOID(window->read(id, min, max, block));
    fetch_ahead();
    return true;
  }

 private:
  // Series in label order lie anywhere in memory: the chunks of the next one come into the cache
  // while the caller works on this one.
  void fetch_ahead() {
    if (at_ == end_) return;
    const auto series = static_cast<uint32_t>(selection_.series_->ids[at_]);
    for (const auto& source : selection_.sources_) {
      const uint32_t page = series / source.table->page_series;
      const Kept& kept = this->kept(source, page);
      if (kept.source != &source || kept.page != page) continue;
      const std::string_view chunks = kept.data->chunks(series);
      const size_t size = std::min(chunks.size(), kFetchBytes);
      for (size_t i = 0; i < size; i += kLineBytes) __builtin_prefetch(chunks.data() + i);
    }
  }

  // The pages used last, by the lowest bits of their place: neighbours in label order are often
  // neighbours in number, too. Bounded, so that a cursor never holds its whole selection.
  struct Kept {
    const ChunkSelection::Source* source = nullptr;
    uint32_t page = 0;
    ChunkPagePtr data;
  };

  Kept& kept(const ChunkSelection::Source& source, uint32_t page) {
    return kept_[(page * 2 + static_cast<uint64_t>(source.window) * 17) % kept_.size()];
  }

  Result<const ChunkPage*> page(const ChunkSelection::Source& source, uint32_t series) {
    const uint32_t page = series / source.table->page_series;
    Kept& kept = this->kept(source, page);
    if (kept.source != &source || kept.page != page) {
      TRY(kept.data, selection_.cache_.page(*source.table, source.window, series, stop_));
      kept.source = &source;
      kept.page = page;
    }
    return kept.data.get();
  }

  // Where a question to the database costs more than a page, many are asked at once. One whose
  // place another one has taken is read when its turn comes.
  Result<void> read_ahead() {
    const size_t wanted = selection_.cache_.pages_at_once();
    if (wanted <= 1) {
      ahead_ = end_;
      return {};
    }
    std::vector<PageId> ids;
    std::vector<Kept*> places;
    for (; ahead_ < end_ && ids.size() < wanted; ++ahead_) {
      const auto series = static_cast<uint32_t>(selection_.series_->ids[ahead_]);
      for (const auto& source : selection_.sources_) {
        const uint32_t page = series / source.table->page_series;
        Kept& kept = this->kept(source, page);
        if (kept.source == &source && kept.page == page) continue;
        if (kept.source != nullptr && kept.data == nullptr) continue;  // taken just now
        kept = {&source, page, nullptr};
        ids.push_back({source.table, source.window, first_of_page(*source.table, series)});
        places.push_back(&kept);
      }
    }
    if (ids.empty()) return {};
    auto pages = selection_.cache_.pages(ids, stop_);
    if (!pages.ok()) {
      for (Kept* kept : places) *kept = {};
      return pages.error();
    }
    for (size_t i = 0; i < places.size(); ++i) places[i]->data = std::move((*pages)[i]);
    return {};
  }

  const ChunkSelection& selection_;
  size_t at_;
  size_t ahead_;  // pages of series before this were asked for
  const size_t end_;
  const std::stop_token stop_;
  std::array<Kept, 256> kept_;
};

ChunkSelection::ChunkSelection(ChunkCache& cache, const storage::Fragment& fragment,
                               const storage::HeadWindows& head, SealedWindowsPtr layout,
                               storage::SeriesListPtr series, Describe describe,
                               const std::string& place)
    : cache_(cache),
      describe_(describe),
      place_(place),
      min_time_ms_(fragment.min_time_ms),
      max_time_ms_(fragment.max_time_ms),
      layout_(std::move(layout)),
      series_(std::move(series)) {
  add_sources(kDayChunks, layout_->days);
  add_sources(kWindowChunks, layout_->windows);
  std::stable_sort(sources_.begin(), sources_.end(),
                   [](const Source& a, const Source& b) { return a.start_ms() < b.start_ms(); });
  for (const auto& window : head) {
    if (window->max_time_ms() >= min_time_ms_ && window->min_time_ms() <= max_time_ms_) {
      head_.push_back(window);
    }
  }
}

void ChunkSelection::add_sources(const ChunkTable& table, const std::vector<int64_t>& windows) {
  if (min_time_ms_ > max_time_ms_) return;
  const int64_t first = storage::window_of(min_time_ms_, table.window_ms);
  const int64_t last = storage::window_of(max_time_ms_, table.window_ms);
  auto at = std::lower_bound(windows.begin(), windows.end(), first);
  for (; at != windows.end() && *at <= last; ++at) sources_.push_back({&table, *at});
}

Result<std::unique_ptr<storage::SeriesCursor>> ChunkSelection::open(size_t begin, size_t end,
                                                                    std::stop_token stop) const {
  return std::unique_ptr<storage::SeriesCursor>(
      std::make_unique<ChunkCursor>(*this, begin, end, std::move(stop)));
}

std::string ChunkSelection::describe() const {
  std::string out;
  size_t more = 0;
  size_t shown = 0;
  for (const Source& source : sources_) {
    for (const auto& statement : describe_(place_, *source.table, source.window, series_->ids)) {
      if (shown == kStatementsShown) {
        ++more;
        continue;
      }
      if (shown++ != 0) out += '\n';
      out += to_string(statement);
    }
  }
  if (more > 0) out += "\nand " + std::to_string(more) + " more for other pages of these tables";
  return out;
}

}  // namespace gnomon::blocks
