#include "src/model/column.h"

#include <algorithm>

namespace gnomon::model {

bool Column::empty() const {
  return std::all_of(values.begin(), values.end(), is_stale) &&
         std::all_of(histograms.begin(), histograms.end(),
                     [](const HistogramPtr& histogram) { return histogram == nullptr; });
}

}  // namespace gnomon::model
