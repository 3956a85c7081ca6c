#include "src/model/write_batch.h"

namespace gnomon::model {

void WriteBatch::clear() {
  label_bytes.clear();
  rows.clear();
  samples.clear();
  starts.clear();
  histograms.clear();
  exemplars.clear();
  metadata.clear();
}

}  // namespace gnomon::model
