// Floating point: SSE and x87, rounding modes, exceptions, conversions, libm, printf of all of it.
// flags: -O0 -static -lm
// flags: -O2 -lm
// flags: -O3 -march=x86-64-v3 -lm
#include <fenv.h>
#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

static const double values[] = {0.0, -0.0, 1.0, -1.5, 1e-310, 3.14159265358979, 1e300, -1e308, DBL_MIN, DBL_MAX, 0.1, 123456789.125, INFINITY, -INFINITY};
enum { count = sizeof values / sizeof *values };

static void arithmetic(void) {
    for (int i = 0; i < count; ++i) {
        for (int j = 0; j < count; ++j) {
            volatile double a = values[i], b = values[j];
            feclearexcept(FE_ALL_EXCEPT);
            double sum = a + b, product = a * b, quotient = a / b, difference = a - b;
            int raised = fetestexcept(FE_ALL_EXCEPT);
            printf("%a %a: %a %a %a %a %d %d%d%d\n", a, b, sum, difference, product, isnan(quotient) ? 0 : quotient, raised, a < b,
                   a == b, a >= b);
        }
    }
}

static void rounding(void) {
    const int modes[] = {FE_TONEAREST, FE_DOWNWARD, FE_UPWARD, FE_TOWARDZERO};
    for (int mode = 0; mode < 4; ++mode) {
        fesetround(modes[mode]);
        volatile double third = 1.0 / 3.0, big = 1e15 + 0.3;
        volatile float narrow = (float)third;
        volatile long double extended = 1.0L / 3.0L;
        printf("%a %a %La %.0f %ld %ld %ld\n", third, narrow, extended, rint(-2.5), lrint(2.5), lrintf(-1.5f), (long)(big * -1));
    }
    fesetround(FE_TONEAREST);
}

static void functions(void) {
    for (double x = -3.0; x < 4.0; x += 0.7) {
        printf("%.17g %.17g %.17g %.17g %.17g\n", sin(x), cos(x), tan(x), atan(x), exp(x));
        printf("%.17g %.17g %.17g %.17g\n", sqrt(fabs(x)), cbrt(x), log(fabs(x)), pow(fabs(x), x));
        printf("%.21Lg %.21Lg %.21Lg %.21Lg\n", sinl(x), expl(x), logl(fabsl(x)), powl(fabsl(x), x));
        printf("%.9g %.9g %.9g\n", sinf(x), expf(x), fmodf(x, 0.3f));
        int exponent;
        double mantissa = frexp(x, &exponent);
        printf("%a %d %a %g %g %g\n", mantissa, exponent, ldexp(x, 40), floor(x), ceil(x), trunc(x));
    }
}

static void conversions(void) {
    const char* texts[] = {"1e-5", "123456789012345678", "0x1.8p3", "nan", "-inf", "4.9e-324", "1e400", "0.1"};
    for (unsigned i = 0; i < sizeof texts / sizeof *texts; ++i) {
        volatile double value = strtod(texts[i], NULL);
        printf("%g %a %.40g %Lg %g\n", value, value, value, strtold(texts[i], NULL), strtof(texts[i], NULL));
        if (fabs(value) < 1e18) printf("%d %ld %u %lu\n", (int)fmod(value, 1e9), (long)value, (unsigned)fabs(fmod(value, 1e9)), (unsigned long)fabs(value));
    }
    volatile unsigned long huge = 0xfffffffffffff800UL;
    volatile long negative = -123456789012345L;
    printf("%.1f %.1f %.1f %Lf\n", (double)huge, (double)negative, (float)negative, (long double)huge);
}

int main(void) {
    arithmetic();
    rounding();
    functions();
    conversions();
    return 0;
}
