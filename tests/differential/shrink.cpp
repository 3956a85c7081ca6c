#include "tests/differential/shrink.h"

#include <algorithm>
#include <functional>

#include "src/promql/parser.h"
#include "src/promql/printer.h"
#include "src/promql/walk.h"

namespace gnomon::differential {
namespace {

bool still_differs(Case& candidate) {
  const World world(candidate.features, nullptr, {one_write(candidate.series)});
  const auto difference = world.compare(candidate.query);
  if (!difference || difference->between != candidate.difference.between) return false;
  candidate.difference = *difference;
  return true;
}

bool try_series(Case& found, std::vector<Series> series) {
  Case candidate = found;
  candidate.series = std::move(series);
  if (!still_differs(candidate)) return false;
  found = std::move(candidate);
  return true;
}

bool try_text(Case& found, const std::string& text) {
  if (text.size() >= found.query.text.size()) return false;
  Case candidate = found;
  candidate.query.text = text;
  if (!still_differs(candidate)) return false;
  found = std::move(candidate);
  return true;
}

// Calls visit(ExprPtr&) for every node, from the root down.
void for_each_node(promql::ExprPtr& node, const std::function<void(promql::ExprPtr&)>& visit) {
  visit(node);
  promql::for_each_child(*node, [&](promql::ExprPtr& child) { for_each_node(child, visit); });
}

// The query with one node replaced by one of its own parts of the same type.
std::vector<std::string> simpler_texts(const Case& found) {
  std::vector<std::string> texts;
  const auto parsed = promql::parse(found.query.text, found.features);
  if (!parsed.ok()) return texts;
  promql::ExprPtr root = promql::clone(**parsed);
  std::vector<promql::ExprPtr*> nodes;
  for_each_node(root, [&](promql::ExprPtr& node) { nodes.push_back(&node); });
  for (promql::ExprPtr* node : nodes) {
    std::vector<promql::ExprPtr> parts;
    promql::ExprPtr whole = promql::clone(**node);
    for_each_node(whole, [&](promql::ExprPtr& part) {
      if (part->type == (*node)->type) parts.push_back(promql::clone(*part));
    });
    for (promql::ExprPtr& part : parts) {
      std::swap(*node, part);
      texts.push_back(promql::to_string(*root));
      std::swap(*node, part);
    }
  }
  std::sort(texts.begin(), texts.end(),
            [](const auto& a, const auto& b) { return a.size() < b.size(); });
  return texts;
}

bool shrink_text(Case& found) {
  for (const std::string& text : simpler_texts(found)) {
    if (try_text(found, text)) return true;
  }
  return false;
}

// Drops runs of series, long ones first.
void shrink_series(Case& found) {
  for (size_t run = std::max<size_t>(found.series.size() / 2, 1); run > 0; run /= 2) {
    for (size_t at = 0; at < found.series.size();) {
      std::vector<Series> fewer = found.series;
      const size_t end = std::min(at + run, fewer.size());
      fewer.erase(fewer.begin() + at, fewer.begin() + end);
      if (!try_series(found, std::move(fewer))) at += run;
    }
  }
}

template <typename T>
void erase_run(std::vector<T>& from, size_t begin, size_t end) {
  from.erase(from.begin() + std::min(begin, from.size()),
             from.begin() + std::min(end, from.size()));
}

void shrink_samples(Case& found, size_t number) {
  const size_t all = found.series[number].samples.size();
  for (size_t run = std::max<size_t>(all / 2, 1); run > 0; run /= 2) {
    for (size_t at = 0; at < found.series[number].samples.size();) {
      std::vector<Series> fewer = found.series;
      model::SampleBlock& samples = fewer[number].samples;
      const size_t floats = samples.times.size();
      if (at < floats) {
        erase_run(samples.times, at, at + run);
        erase_run(samples.values, at, at + run);
      } else {
        erase_run(samples.histograms, at - floats, at - floats + run);
      }
      if (!try_series(found, std::move(fewer))) at += run;
    }
  }
}

// A range of one step, or of fewer.
void shrink_grid(Case& found) {
  if (found.query.instant) return;
  for (bool smaller = true; smaller && found.query.grid.steps() > 1;) {
    smaller = false;
    const model::TimeGrid grid = found.query.grid;
    const auto half = static_cast<int64_t>(grid.steps() / 2) * grid.step_ms;
    const model::TimeGrid parts[] = {{grid.start_ms, grid.last() - half, grid.step_ms},
                                     {grid.start_ms + half, grid.last(), grid.step_ms}};
    for (const model::TimeGrid& part : parts) {
      Case candidate = found;
      candidate.query.grid = part;
      if (part.steps() == grid.steps() || !still_differs(candidate)) continue;
      found = std::move(candidate);
      smaller = true;
      break;
    }
  }
}

}  // namespace

bool shrink(Case& found) {
  if (!still_differs(found)) return false;
  while (shrink_text(found)) continue;
  shrink_series(found);
  shrink_grid(found);
  for (size_t i = 0; i < found.series.size(); ++i) shrink_samples(found, i);
  while (shrink_text(found)) continue;
  return true;
}

}  // namespace gnomon::differential
