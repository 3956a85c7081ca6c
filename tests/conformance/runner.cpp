#include "tests/conformance/runner.h"

#include <map>
#include <regex>

#include "src/base/worker_pool.h"
#include "src/engine/engine.h"
#include "tests/conformance/judge.h"
#include "tests/conformance/pin.h"

namespace gnomon::conformance {
namespace {

model::WriteBatch batch_of(const Load& load) {
  std::map<model::Labels, const SeriesLine*> lines;  // a later line replaces an earlier one
  for (const SeriesLine& line : load.series) lines[line.labels] = &line;
  model::WriteBatch batch;
  for (const auto& [labels, line] : lines) {
    batch.begin_row(labels.view());
    int64_t time_ms = 0;
    for (const Item& item : line->items) {
      if (item.histogram) {
        batch.add({time_ms, item.histogram});
      } else if (item.present) {
        batch.add({time_ms, item.value});
      }
      time_ms += load.step_ms;
    }
    batch.end_row();
  }
  return batch;
}

class Runner {
 public:
  Runner(const Script& script, const MakeBackend& make_backend)
      : script_(script), make_backend_(make_backend) {}

  Report run() {
    perform(Clear{});
    for (const Command& command : script_.commands) {
      line_ = command.line;
      std::visit([this](const auto& body) { perform(body); }, command.body);
    }
    return std::move(report_);
  }

 private:
  template <typename Body>
  void perform(const Body& body) {
    const Result<void> done = apply(body);
    if (!done.ok()) fail(done.error().message);
  }

  void fail(const std::string& why) {
    report_.failures.push_back("line " + std::to_string(line_) + ": " + why);
  }

  Result<void> apply(const Clear&) {
    backend_.reset();
    TRY(backend_, make_backend_());
    return {};
  }

  Result<void> apply(const Load& load) {
    TRY(const model::WriteOutcome outcome, backend_->store().append(batch_of(load), {}));
    for (const model::Refusal& refusal : outcome.refused.named()) {
      fail("refused: " + to_string(refusal));
    }
    return backend_->settle();
  }

  Result<void> apply(const Eval& eval) {
    ++report_.statements;
    engine::EngineOptions options;
    options.features = script_.features;
    options.push_down = backend_->push_down();
    const engine::Engine engine(backend_->store(), workers_, options);
    const auto answer = engine.run(request(eval), {});
    std::string wrong = judge(eval, answer);
    if (wrong.empty() && answer.ok() && has_middle(eval, *answer)) {
      wrong = judge_middle(eval, engine.run(around(eval), {}));
    }
    if (!wrong.empty()) fail(eval.expression + ": " + wrong);
    if (answer.ok() && !eval.fails) check_pinned(eval, engine);
    return {};
  }

  // The same answer at other times, when every selector says at which time it means.
  void check_pinned(const Eval& eval, const engine::Engine& engine) {
    if (eval.range || eval.range_vector || depends_on_grid(eval.expression)) return;
    const int64_t time_ms = eval.grid.start_ms;
    const auto text = pinned(eval.expression, script_.features, time_ms);
    if (!text) return;
    for (const int64_t at_ms : {int64_t{0}, time_ms / 5, 10 * time_ms}) {
      Eval there = eval;
      there.expression = *text;
      there.grid = model::TimeGrid::instant(at_ms);
      there.warnings.clear();  // their positions are those of the other text
      there.infos.clear();
      const std::string wrong = judge(there, engine.run(request(there), {}));
      if (!wrong.empty()) {
        fail(*text + " at " + std::to_string(at_ms) + " ms: " + wrong);
      }
    }
  }

  static engine::QueryRequest request(const Eval& eval) {
    engine::QueryRequest request;
    request.text = eval.expression;
    request.instant = !eval.range;
    request.grid = eval.range ? eval.grid : model::TimeGrid::instant(eval.grid.last());
    return request;
  }

  static engine::QueryRequest around(const Eval& eval) {
    engine::QueryRequest request;
    request.text = eval.expression;
    request.grid = {eval.grid.start_ms - 60'000, eval.grid.start_ms + 60'000, 60'000};
    return request;
  }

  static bool has_middle(const Eval& eval, const engine::QueryAnswer& answer) {
    return !eval.range && !eval.range_vector && !eval.ordered &&
           !std::holds_alternative<model::String>(answer.value) &&
           !depends_on_grid(eval.expression);
  }

  const Script& script_;
  const MakeBackend& make_backend_;
  base::WorkerPool workers_{2};
  std::unique_ptr<Backend> backend_;
  Report report_;
  int line_ = 0;
};

}  // namespace

bool depends_on_grid(std::string_view expression) {
  static const std::regex kCalls(R"(\b(start|end|range|step)\(\))");
  return std::regex_search(expression.begin(), expression.end(), kCalls);
}

Report run_script(const Script& script, const MakeBackend& make_backend) {
  return Runner(script, make_backend).run();
}

}  // namespace gnomon::conformance
