#pragma once

// Elementary functions with the very results of Go's math package on amd64, which differ from the C
// library's in the last bit: log, trigonometry and powers of a query must equal Prometheus' bit for
// bit. The algorithms are the classic ones (Cephes, fdlibm, SLEEF), operation by operation.
namespace gnomon::functions::go {

double exp(double x);
double exp2(double x);
double log(double x);
double log1p(double x);
double log2(double x);
double log10(double x);
double pow(double x, double y);

double sin(double x);
double cos(double x);
double tan(double x);
double asin(double x);
double acos(double x);
double atan(double x);
double atan2(double y, double x);

double sinh(double x);
double cosh(double x);
double tanh(double x);
double asinh(double x);
double acosh(double x);
double atanh(double x);

}  // namespace gnomon::functions::go
