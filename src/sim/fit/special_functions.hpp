// Functions that distributions are made of.
#pragma once

namespace tenfold::sim {

// The logarithm of the gamma function at x > 0: Stirling's series from 10 on, below it by gamma(x) = gamma(x + 1) / x.
double log_gamma(double x);

// Its derivative (Abramowitz and Stegun, 6.3.18 and 6.3.5), and the derivative of that (6.4.12 and 6.4.6).
double digamma(double x);
double trigamma(double x);

// P(shape, x), the distribution function of gamma with scale 1: its series up to shape + 1, beyond it Lentz's continued
// fraction (Press et al., "Numerical Recipes", 3rd ed., 6.2).
double gamma_share(double shape, double x);

// Of the normal distribution with mean 0 and variance 1.
double normal_share(double x);

}  // namespace tenfold::sim
