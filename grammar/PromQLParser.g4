// PromQL as of Prometheus 3.14, experimental constructs included: what a feature flag does not
// enable is refused later. One token of look-ahead decides nearly everywhere, so that an error is
// met in the rule and at the token where Prometheus reports it.
//
// src/promql/parse_exits.cpp listens to the exits of the rules and keeps no tree; it reads the
// labels.
parser grammar PromQLParser;

options { tokenVocab = PromQLLexer; }

query: expression EOF;
selector: vectorSelector EOF;

// Strongest first. A unary operator binds as * does, weaker than ^: -1^2 is -1.
expression
    : <assoc = right> expression op=POW matching expression                          # Binary
    | op=(ADD | SUB) expression                                                      # Unary
    | expression op=(MUL | DIV | MOD | ATAN2) matching expression                    # Binary
    | expression op=(ADD | SUB) matching expression                                  # Binary
    | expression op=(EQLC | NEQ | GTR | LSS | GTE | LTE | TRIM_UPPER | TRIM_LOWER)
      matching expression                                                            # Binary
    | expression op=(AND | UNLESS) matching expression                               # Binary
    | expression op=OR matching expression                                           # Binary
    | operand suffix*                                                                # Suffixed
    ;

operand
    : numberLiteral
    | string
    | parenthesized
    | aggregation
    | call
    | vectorSelector
    ;

numberLiteral: number;
number: value=(NUMBER | DURATION);
string: value=STRING;
parenthesized: open=LPAREN expression close=RPAREN;

// Calls.

call: function=(IDENTIFIER | START | END | STEP | RANGE | MAX_OF | MIN_OF) arguments;
arguments: open=LPAREN (firstArgument moreArguments*)? close=RPAREN;
firstArgument: expression;
moreArguments: comma=COMMA more=argument?;
argument: expression;

// Aggregations.

aggregation: op=aggregator (first=groupingModifier arguments | arguments last=groupingModifier?);
groupingModifier: kind=(BY | WITHOUT) grouping;
grouping: open=LPAREN groupingLabels;
groupingLabels: (groupingLabel (COMMA groupingLabel)* COMMA?)? RPAREN;

aggregator
    : SUM | AVG | COUNT | MIN | MAX | GROUP | STDDEV | STDVAR | TOPK | BOTTOMK | COUNT_VALUES
    | QUANTILE | LIMITK | LIMIT_RATIO
    ;

// Every word but without, inf and nan.
groupingLabel
    : name=(IDENTIFIER | METRIC_IDENTIFIER | STRING
    | AND | OR | UNLESS | ATAN2
    | SUM | AVG | COUNT | MIN | MAX | GROUP | STDDEV | STDVAR | TOPK | BOTTOMK | COUNT_VALUES
    | QUANTILE | LIMITK | LIMIT_RATIO
    | BOOL | BY | GROUP_LEFT | GROUP_RIGHT | FILL | FILL_LEFT | FILL_RIGHT | IGNORING | OFFSET | ON
    | ANCHORED | SMOOTHED | START | END | STEP | RANGE | MAX_OF | MIN_OF)
    ;

// Between a binary operator and its right side.

matching: boolean? (on include?)? fills;
boolean: BOOL;
on: kind=(ON | IGNORING) grouping;
include: kind=(GROUP_LEFT | GROUP_RIGHT) (open=INCLUDE_LPAREN groupingLabels)?;
fills: (fillBoth | fillLeft fillRight? | fillRight fillLeft?)?;
fillBoth: FILL fillValue;
fillLeft: FILL_LEFT fillValue;
fillRight: FILL_RIGHT fillValue;
fillValue: LPAREN sign=(ADD | SUB)? number RPAREN;

// Selectors.

vectorSelector: name=metricName matchers? | matchers;
matchers: open=LBRACE (matcher (COMMA matcher)* COMMA?)? close=RBRACE;
matcher
    : name=IDENTIFIER op=(ASSIGN | NEQ | EQL_REGEX | NEQ_REGEX) value=STRING
    | quoted=STRING (op=(ASSIGN | NEQ | EQL_REGEX | NEQ_REGEX) value=STRING)?
    ;

metricName
    : IDENTIFIER | METRIC_IDENTIFIER
    | AND | OR | UNLESS
    | SUM | AVG | COUNT | MIN | MAX | GROUP | STDDEV | STDVAR | TOPK | BOTTOMK | COUNT_VALUES
    | QUANTILE | LIMITK | LIMIT_RATIO
    | BY | WITHOUT | FILL | FILL_LEFT | FILL_RIGHT | OFFSET | ANCHORED | SMOOTHED
    | START | END | STEP | RANGE | MAX_OF | MIN_OF
    ;

// What follows an operand, in any number and order; what makes no sense is refused later.

suffix: range | offset | at | anchored | smoothed;

range: open=LBRACKET span (close=RBRACKET | colon=COLON step=span? close=RBRACKET);
span: duration;
anchored: ANCHORED;
smoothed: SMOOTHED;

at: AT (atNumber | atPreprocessor);
atNumber: sign=(ADD | SUB)? number;
atPreprocessor: kind=(START | END) LPAREN RPAREN;

// One literal or call, signed or not, belongs to the offset, and no operator after it does. What
// starts otherwise goes on for as long as it is a duration expression. Listed first wins.
offset: OFFSET length=offsetDuration;
offsetDuration
    : durationLiteral
    | durationCall
    | durationPick
    | sign=(ADD | SUB) (literal=number | durationCall | durationPick | wrapped=durationWrapped)
    | open=openDuration
    ;

// As duration, but what follows may be an operator of the expression: a rule of its own keeps the
// decisions of the other simple.
openDuration
    : <assoc = right> openDuration op=POW openDuration   # OpenBinary
    | op=(ADD | SUB) openDuration                        # OpenUnary
    | openDuration op=(MUL | DIV | MOD) openDuration     # OpenBinary
    | openDuration op=(ADD | SUB) openDuration           # OpenBinary
    | (durationLiteral | durationCall | durationPick | durationWrapped)  # OpenOperand
    ;

// Duration expressions.

duration
    : <assoc = right> duration op=POW duration   # DurationBinary
    | op=(ADD | SUB) duration                    # DurationUnary
    | duration op=(MUL | DIV | MOD) duration     # DurationBinary
    | duration op=(ADD | SUB) duration           # DurationBinary
    | (durationLiteral | durationCall | durationPick | durationWrapped)  # DurationOperand
    ;

durationLiteral: number;
durationCall: function=(STEP | RANGE) LPAREN close=RPAREN;
durationPick: function=(MAX_OF | MIN_OF) LPAREN duration COMMA duration close=RPAREN;
durationWrapped: LPAREN duration RPAREN;
