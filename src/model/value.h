#pragma once

#include <string>
#include <variant>
#include <vector>

#include "src/model/column.h"
#include "src/model/labels.h"
#include "src/model/sample.h"
#include "src/model/time_grid.h"

namespace gnomon::model {

struct Scalar {
  int64_t time_ms = 0;
  double value = 0;
};

struct String {
  int64_t time_ms = 0;
  std::string value;
};

// One element of an instant vector: a float, or a histogram when `histogram` is set.
struct VectorElement {
  Labels labels;
  int64_t time_ms = 0;
  double value = 0;
  HistogramPtr histogram;
};
using Vector = std::vector<VectorElement>;

// A range query's answer: every series a column over one grid. Sorted by labels.
struct GridSeries {
  Labels labels;
  Column column;
};
struct GridMatrix {
  TimeGrid grid;
  std::vector<GridSeries> series;
};

// An instant query of a range selector: the raw samples.
struct RawSeries {
  Labels labels;
  SampleBlock samples;
};
using RawMatrix = std::vector<RawSeries>;

using Value = std::variant<Scalar, String, Vector, GridMatrix, RawMatrix>;

}  // namespace gnomon::model
