// The tokens of PromQL as of Prometheus 3.14.
//
// Symbols are bytes, not code points: token positions are then byte offsets, which error texts and
// annotations need. Keywords are words in any case.
//
// What Prometheus decides by looking ahead or by counting stands in src/promql/parse_tokens.cpp and
// src/promql/lexical.cpp, which see every token before the parser does: how far a number reaches,
// whether an escape is valid, whether brackets match, and the words for what UNEXPECTED covers.
lexer grammar PromQLLexer;

// INCLUDE_LPAREN: a ( right after group_left or group_right, always of its label list.
tokens { DURATION, INCLUDE_LPAREN }

SPACE: [ \t\r\n]+ -> skip;
COMMENT: '#' ~[\r\n]* -> skip;

AND: [aA] [nN] [dD];
OR: [oO] [rR];
UNLESS: [uU] [nN] [lL] [eE] [sS] [sS];
ATAN2: [aA] [tT] [aA] [nN] '2';
SUM: [sS] [uU] [mM];
AVG: [aA] [vV] [gG];
COUNT: [cC] [oO] [uU] [nN] [tT];
MIN: [mM] [iI] [nN];
MAX: [mM] [aA] [xX];
GROUP: [gG] [rR] [oO] [uU] [pP];
STDDEV: [sS] [tT] [dD] [dD] [eE] [vV];
STDVAR: [sS] [tT] [dD] [vV] [aA] [rR];
TOPK: [tT] [oO] [pP] [kK];
BOTTOMK: [bB] [oO] [tT] [tT] [oO] [mM] [kK];
COUNT_VALUES: [cC] [oO] [uU] [nN] [tT] '_' [vV] [aA] [lL] [uU] [eE] [sS];
QUANTILE: [qQ] [uU] [aA] [nN] [tT] [iI] [lL] [eE];
LIMITK: [lL] [iI] [mM] [iI] [tT] [kK];
LIMIT_RATIO: [lL] [iI] [mM] [iI] [tT] '_' [rR] [aA] [tT] [iI] [oO];
OFFSET: [oO] [fF] [fF] [sS] [eE] [tT];
SMOOTHED: [sS] [mM] [oO] [oO] [tT] [hH] [eE] [dD];
ANCHORED: [aA] [nN] [cC] [hH] [oO] [rR] [eE] [dD];
BY: [bB] [yY];
WITHOUT: [wW] [iI] [tT] [hH] [oO] [uU] [tT];
ON: [oO] [nN];
IGNORING: [iI] [gG] [nN] [oO] [rR] [iI] [nN] [gG];
GROUP_LEFT: [gG] [rR] [oO] [uU] [pP] '_' [lL] [eE] [fF] [tT];
GROUP_RIGHT: [gG] [rR] [oO] [uU] [pP] '_' [rR] [iI] [gG] [hH] [tT];
FILL: [fF] [iI] [lL] [lL];
FILL_LEFT: [fF] [iI] [lL] [lL] '_' [lL] [eE] [fF] [tT];
FILL_RIGHT: [fF] [iI] [lL] [lL] '_' [rR] [iI] [gG] [hH] [tT];
BOOL: [bB] [oO] [oO] [lL];
START: [sS] [tT] [aA] [rR] [tT];
END: [eE] [nN] [dD];
STEP: [sS] [tT] [eE] [pP];
RANGE: [rR] [aA] [nN] [gG] [eE];
MAX_OF: [mM] [aA] [xX] '_' [oO] [fF];
MIN_OF: [mM] [iI] [nN] '_' [oO] [fF];

// Only the start of a number: inf and nan are whole, of others the first byte or two.
NUMBER: [iI] [nN] [fF] | [nN] [aA] [nN] | NUMBER_START;
fragment NUMBER_START: [0-9] | '.' [0-9];

IDENTIFIER: [a-zA-Z_] [a-zA-Z0-9_]*;
METRIC_IDENTIFIER: [a-zA-Z_:] [a-zA-Z0-9_:]*;
STRING: QUOTED;
fragment QUOTED
    : '"' ('\\' . | ~["\\\n])* '"'
    | '\'' ('\\' . | ~['\\\n])* '\''
    | '`' ~[`]* '`'
    ;

LPAREN: '(';
RPAREN: ')';
LBRACE: '{' -> pushMode(BRACES);
LBRACKET: '[' -> pushMode(BRACKETS);
COMMA: ',';
ASSIGN: '=';
AT: '@';
ADD: '+';
SUB: '-';
MUL: '*';
DIV: '/';
MOD: '%';
POW: '^';
EQLC: '==';
NEQ: '!=';
LTE: '<=';
LSS: '<';
GTE: '>=';
GTR: '>';
TRIM_UPPER: '</';
TRIM_LOWER: '>/';

BAD_REGEX_OPERATOR: '=~' -> type(UNEXPECTED);
UNEXPECTED: .;

// Between { and }: every word is a label name.
mode BRACES;
B_SPACE: [ \t\r\n]+ -> skip;
B_COMMENT: '#' ~[\r\n]* -> skip;
B_IDENTIFIER: [a-zA-Z_] [a-zA-Z0-9_]* -> type(IDENTIFIER);
B_STRING: QUOTED -> type(STRING);
B_COMMA: ',' -> type(COMMA);
B_ASSIGN: '=' -> type(ASSIGN);
B_NEQ: '!=' -> type(NEQ);
EQL_REGEX: '=~';
NEQ_REGEX: '!~';
RBRACE: '}' -> popMode;
B_UNEXPECTED: . -> type(UNEXPECTED);

// After [ and before the first number.
mode BRACKETS;
D_SPACE: [ \t\r\n]+ -> skip;
D_NUMBER: NUMBER_START -> type(NUMBER), mode(AFTER_NUMBER);
D_STEP: [sS] [tT] [eE] [pP] -> type(STEP);
D_RANGE: [rR] [aA] [nN] [gG] [eE] -> type(RANGE);
D_MAX_OF: [mM] [aA] [xX] '_' [oO] [fF] -> type(MAX_OF);
D_MIN_OF: [mM] [iI] [nN] '_' [oO] [fF] -> type(MIN_OF);
D_WORD: [a-zA-Z_]+ -> type(UNEXPECTED);
D_COLON: ':' -> type(COLON);
D_LPAREN: '(' -> type(LPAREN);
D_RPAREN: ')' -> type(RPAREN);
RBRACKET: ']' -> popMode;
D_ADD: '+' -> type(ADD);
D_SUB: '-' -> type(SUB);
D_MUL: '*' -> type(MUL);
D_DIV: '/' -> type(DIV);
D_MOD: '%' -> type(MOD);
D_POW: '^' -> type(POW);
D_COMMA: ',' -> type(COMMA);
D_UNEXPECTED: . -> type(UNEXPECTED);

// After the first number between [ and ]: everything but words, so that what is wrong there is the
// parser's to say.
mode AFTER_NUMBER;
A_SPACE: [ \t\r\n]+ -> skip;
A_COMMENT: '#' ~[\r\n]* -> skip;
A_NUMBER: NUMBER_START -> type(NUMBER);
A_STEP: [sS] [tT] [eE] [pP] -> type(STEP);
A_RANGE: [rR] [aA] [nN] [gG] [eE] -> type(RANGE);
A_MAX_OF: [mM] [aA] [xX] '_' [oO] [fF] -> type(MAX_OF);
A_MIN_OF: [mM] [iI] [nN] '_' [oO] [fF] -> type(MIN_OF);
A_WORD: [a-zA-Z_]+ -> type(UNEXPECTED);
COLON: ':';
A_STRING: QUOTED -> type(STRING);
A_LPAREN: '(' -> type(LPAREN);
A_RPAREN: ')' -> type(RPAREN);
A_LBRACE: '{' -> type(LBRACE), pushMode(BRACES);
A_RBRACKET: ']' -> type(RBRACKET), popMode;
A_COMMA: ',' -> type(COMMA);
A_ASSIGN: '=' -> type(ASSIGN);
A_AT: '@' -> type(AT);
A_ADD: '+' -> type(ADD);
A_SUB: '-' -> type(SUB);
A_MUL: '*' -> type(MUL);
A_DIV: '/' -> type(DIV);
A_MOD: '%' -> type(MOD);
A_POW: '^' -> type(POW);
A_EQLC: '==' -> type(EQLC);
A_NEQ: '!=' -> type(NEQ);
A_LTE: '<=' -> type(LTE);
A_LSS: '<' -> type(LSS);
A_GTE: '>=' -> type(GTE);
A_GTR: '>' -> type(GTR);
A_TRIM_UPPER: '</' -> type(TRIM_UPPER);
A_TRIM_LOWER: '>/' -> type(TRIM_LOWER);
A_BAD_REGEX_OPERATOR: '=~' -> type(UNEXPECTED);
A_UNEXPECTED: . -> type(UNEXPECTED);
