#include "src/parsing/run.h"

#include <string>

namespace gnomon::parsing {

void FirstError::reportError(antlr4::Parser* parser, const antlr4::RecognitionException& error) {
  record(*parser, error.getOffendingToken());
}

void FirstError::recover(antlr4::Parser*, std::exception_ptr) {
  throw antlr4::ParseCancellationException();
}

antlr4::Token* FirstError::recoverInline(antlr4::Parser* parser) {
  record(*parser, parser->getCurrentToken());
  throw antlr4::ParseCancellationException();
}

void FirstError::record(antlr4::Parser& parser, const antlr4::Token* token) {
  listener_.stop();
  offending_ = token;
  error_ = describe(parser);
}

Result<void> run(antlr4::Parser& parser, RuleListener& listener, std::shared_ptr<FirstError> errors,
                 const std::function<void()>& rule) {
  parser.removeErrorListeners();
  parser.setErrorHandler(errors);
  parser.setBuildParseTree(false);
  parser.addParseListener(&listener);
  parser.getInterpreter<antlr4::atn::ParserATNSimulator>()->setPredictionMode(
      antlr4::atn::PredictionMode::SLL);
  try {
    rule();
  } catch (const antlr4::ParseCancellationException&) {
    // The strategy has kept the error.
  } catch (const std::exception& failure) {
    return Error{ErrorKind::Internal, std::string("parser: ") + failure.what()};
  }
  return {};
}

}  // namespace gnomon::parsing
