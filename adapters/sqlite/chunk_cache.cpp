#include "adapters/sqlite/chunk_cache.h"

#include <utility>

#include "adapters/sqlite/schema.h"

namespace gnomon::sqlite {
namespace {

constexpr size_t kReadersMax = 8;
constexpr size_t kEntryBytes = 160;  // of the containers, about

bool is_day(const sql::ChunkTable& table) { return table.window_ms == storage::kDayMs; }

// A page's rows start at a multiple of at least 16: the lowest bit is free for the table.
int64_t cache_key(const sql::ChunkTable& table, int64_t first_row) {
  return first_row | (is_day(table) ? 1 : 0);
}

}  // namespace

// A connection with the statements of both tables.
struct ChunkCache::Reader {
  Connection connection;
  Query windows;
  Query days;
};

ChunkCache::ChunkCache(std::string path, size_t bytes_max)
    : path_(std::move(path)), bytes_max_(bytes_max) {}

ChunkCache::~ChunkCache() = default;

std::string_view ChunkPage::chunks(uint32_t series) const {
  const uint32_t i = series - first_;
  if (offsets_.empty()) return {};
  return std::string_view(data_).substr(offsets_[i], offsets_[i + 1] - offsets_[i]);
}

Result<std::unique_ptr<ChunkCache::Reader>> ChunkCache::reader() {
  {
    const std::lock_guard hold(readers_mutex_);
    if (!readers_.empty()) {
      auto reader = std::move(readers_.back());
      readers_.pop_back();
      return reader;
    }
  }
  TRY(Connection connection, Connection::open(path_, Connection::Mode::ReadOnly));
  TRY_VOID(configure_reader(connection));
  const auto text = [](const sql::ChunkTable& table) {
    return sql::read_chunks(sql::kSqlite, table, {}).text;
  };
  TRY(Query windows, connection.prepare(text(sql::kWindowChunks)));
  TRY(Query days, connection.prepare(text(sql::kDayChunks)));
  return std::make_unique<Reader>(std::move(connection), std::move(windows), std::move(days));
}

Result<ChunkPagePtr> ChunkCache::load(const sql::ChunkTable& table, sql::KeyRange range) {
  TRY(auto reader, this->reader());
  const sql::Statement statement = sql::read_chunks(sql::kSqlite, table, range);
  Query& query = is_day(table) ? reader->days : reader->windows;
  for (size_t i = 0; i < statement.parameters.size(); ++i) {
    query.bind(static_cast<int>(i) + 1, statement.parameters[i]);
  }
  auto page = std::make_shared<ChunkPage>();
  page->first_ = sql::series_of_key(range.first);
  while (true) {
    TRY(const bool row, query.step());
    if (!row) break;
    const uint32_t slot = sql::series_of_key(query.integer(0)) - page->first_;
    page->offsets_.resize(slot + 1, static_cast<uint32_t>(page->data_.size()));
    page->data_ += query.blob(1);
    if (page->data_.size() > UINT32_MAX) {
      return Error{ErrorKind::Internal, "a page of chunks is larger than 4 GiB"};
    }
    page->offsets_.push_back(static_cast<uint32_t>(page->data_.size()));
  }
  if (!page->offsets_.empty()) {
    page->offsets_.resize(table.page_series + 1, static_cast<uint32_t>(page->data_.size()));
    page->data_.shrink_to_fit();
  }
  const std::lock_guard hold(readers_mutex_);
  if (readers_.size() < kReadersMax) readers_.push_back(std::move(reader));
  return ChunkPagePtr(std::move(page));
}

Result<ChunkPagePtr> ChunkCache::page(const sql::ChunkTable& table, int64_t window,
                                      uint32_t series) {
  const sql::KeyRange range = sql::page_range(table, window, series);
  const int64_t key = cache_key(table, range.first);
  uint64_t generation;
  {
    const std::lock_guard hold(mutex_);
    const auto place = places_.find(key);
    if (place != places_.end()) {
      ++counts_.hits;
      entries_.splice(entries_.begin(), entries_, place->second);
      return place->second->page;
    }
    ++counts_.misses;
    generation = generation_;
  }
  TRY(ChunkPagePtr page, load(table, range));
  const std::lock_guard hold(mutex_);
  // A page read before a commit must not be kept after it.
  if (generation == generation_) keep(key, page);
  return page;
}

// With mutex_ held.
void ChunkCache::keep(int64_t key, const ChunkPagePtr& page) {
  if (places_.contains(key)) return;
  entries_.push_front({key, page});
  places_[key] = entries_.begin();
  counts_.bytes += page->bytes() + kEntryBytes;
  while (counts_.bytes > bytes_max_ && !entries_.empty()) {
    counts_.bytes -= entries_.back().page->bytes() + kEntryBytes;
    places_.erase(entries_.back().key);
    entries_.pop_back();
  }
}

void ChunkCache::invalidate(const sql::ChunkTable& table, int64_t window) {
  const std::lock_guard hold(mutex_);
  ++generation_;
  for (auto entry = entries_.begin(); entry != entries_.end();) {
    if (sql::window_of_key(entry->key) != window || (entry->key & 1) != (is_day(table) ? 1 : 0)) {
      ++entry;
      continue;
    }
    counts_.bytes -= entry->page->bytes() + kEntryBytes;
    places_.erase(entry->key);
    entry = entries_.erase(entry);
  }
}

ChunkCache::Counts ChunkCache::counts() const {
  const std::lock_guard hold(mutex_);
  return counts_;
}

}  // namespace gnomon::sqlite
