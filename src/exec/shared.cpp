#include "src/exec/vectors.h"

namespace gnomon::exec {

class SharedInput {
 public:
  SharedInput(Context& context, OperatorPtr input) : input_(std::move(input)), kept_(context) {}

  const model::TimeGrid& grid() const { return input_->grid(); }

  Result<const Materialized*> read() {
    if (!filled_) TRY_VOID(kept_.fill(*input_));
    filled_ = true;
    return &kept_;
  }

 private:
  OperatorPtr input_;
  Materialized kept_;
  bool filled_ = false;
};

namespace {

class Reader final : public Operator {
 public:
  Reader(Context& context, std::shared_ptr<SharedInput> input)
      : Operator(context, input->grid()), input_(std::move(input)) {}

 private:
  Result<std::vector<SeriesMeta>> open() override {
    TRY(kept_, input_->read());
    return kept_->series;
  }
  Result<void> produce(model::Column& column) override {
    column = kept_->columns[next_++];
    return {};
  }

  std::shared_ptr<SharedInput> input_;
  const Materialized* kept_ = nullptr;
  size_t next_ = 0;
};

}  // namespace

std::shared_ptr<SharedInput> make_shared_input(Context& context, OperatorPtr input) {
  return std::make_shared<SharedInput>(context, std::move(input));
}

OperatorPtr make_reader(Context& context, std::shared_ptr<SharedInput> input) {
  return std::make_unique<Reader>(context, std::move(input));
}

}  // namespace gnomon::exec
