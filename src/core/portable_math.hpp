// exp, log and cos out of additions, multiplications and divisions alone. IEEE 754 fixes these to the last bit, and
// leaves libm's functions to each library: with libm the same seed would give other bytes on another system.
#pragma once

namespace tenfold::core {

// All are within 2 units in the last place of the true value.

// e to the x; 0 below about -708, infinity above about 709.
double portable_exp(double x);
// The natural logarithm of x > 0, x normal and finite.
double portable_log(double x);
// The cosine of `turns` full turns, 0 <= turns <= 1.
double portable_cos_turns(double turns);

}  // namespace tenfold::core
