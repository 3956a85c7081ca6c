#include "src/exec/groups.h"

namespace gnomon::exec {

Groups make_groups(const Context& context, const plan::Aggregate& aggregate,
                   std::span<const SeriesMeta> series) {
  LabelKey key(!aggregate.without, aggregate.grouping, !context.delayed_name_removal);
  Groups groups;
  groups.of_series.reserve(series.size());
  KeyNumbers numbers;
  std::string packed;
  for (const auto& meta : series) {
    key.write(meta, packed);
    auto [number, added] = numbers.add(packed);
    if (added) groups.labels.emplace_back(packed);
    groups.of_series.push_back(number);
  }
  return groups;
}

}  // namespace gnomon::exec
