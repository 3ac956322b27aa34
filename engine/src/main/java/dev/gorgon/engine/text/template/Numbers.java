package dev.gorgon.engine.text.template;

import java.math.BigDecimal;
import java.math.BigInteger;

/** Python's numbers: whole ones of any size within the limit, floats, and booleans, which count as 0 and 1. */
final class Numbers {

    private Numbers() {}

    static boolean isNumber(Object value) {
        return value instanceof Double || isInteger(value);
    }

    /** Whether a value is a whole number or a boolean. */
    static boolean isInteger(Object value) {
        return value instanceof Long || value instanceof BigInteger || value instanceof Boolean;
    }

    /** The one form of a whole number: long if it fits. */
    static Object normal(BigInteger number) {
        return number.bitLength() < Long.SIZE ? (Object) number.longValue() : number;
    }

    /** A whole number or boolean as {@link Long} or {@link BigInteger}. */
    static Object integer(Object value) {
        return value instanceof Boolean flag ? (Object) (flag ? 1L : 0L) : value;
    }

    static BigInteger big(Object value) {
        return integer(value) instanceof BigInteger number ? number : BigInteger.valueOf((Long) integer(value));
    }

    static double real(Object value) {
        return switch (integer(value)) {
            case Double number -> number;
            case Long number -> number;
            default -> {
                double number = big(value).doubleValue();
                if (Double.isInfinite(number)) {
                    throw JinjaException.error("int too large to convert to float");
                }
                yield number;
            }
        };
    }

    /** A whole number that counts something. */
    static long index(Object value) {
        if (value instanceof Undefined undefined) {
            throw undefined.error();
        }
        if (!isInteger(value)) {
            throw JinjaException.error("'" + Values.typeName(value) + "' object cannot be interpreted as an integer");
        }
        if (!(integer(value) instanceof Long number)) {
            throw JinjaException.error("cannot fit 'int' into an index-sized integer");
        }
        return number;
    }

    static Object add(Object left, Object right, Budget budget) {
        if (left instanceof Double || right instanceof Double) {
            return real(left) + real(right);
        }
        if (integer(left) instanceof Long a && integer(right) instanceof Long b) {
            long sum = a + b;
            if (((a ^ sum) & (b ^ sum)) >= 0) {
                return sum;
            }
        }
        return checked(big(left).add(big(right)), budget);
    }

    static Object subtract(Object left, Object right, Budget budget) {
        return left instanceof Double || right instanceof Double
                ? (Object) (real(left) - real(right))
                : add(left, negate(right), budget);
    }

    static Object multiply(Object left, Object right, Budget budget) {
        if (left instanceof Double || right instanceof Double) {
            return real(left) * real(right);
        }
        budget.integer((long) big(left).bitLength() + big(right).bitLength() - 1);
        return checked(big(left).multiply(big(right)), budget);
    }

    static Object divide(Object left, Object right, Budget budget) {
        if (real(right) == 0) {
            boolean real = left instanceof Double || right instanceof Double;
            throw JinjaException.error(real ? "float division by zero" : "division by zero");
        }
        if (left instanceof Double || right instanceof Double || exact(left) && exact(right)) {
            return real(left) / real(right);
        }
        budget.scan((big(left).bitLength() + big(right).bitLength()) * 8L);
        return new BigDecimal(big(left))
                .divide(new BigDecimal(big(right)), new java.math.MathContext(60))
                .doubleValue();
    }

    private static boolean exact(Object value) {
        return integer(value) instanceof Long number && Math.abs(number) <= 1L << 53;
    }

    /** Rounded towards minus infinity. */
    static Object floorDivide(Object left, Object right, Budget budget) {
        if (left instanceof Double || right instanceof Double) {
            double divisor = real(right);
            if (divisor == 0) {
                throw JinjaException.error("float floor division by zero");
            }
            double dividend = real(left);
            double quotient = Math.rint((dividend - floorRemainder(dividend, divisor)) / divisor);
            return quotient == 0 ? Math.copySign(0, dividend / divisor) : quotient;
        }
        return quotientAndRemainder(left, right, budget)[0];
    }

    /** Has the sign of the divisor. */
    static Object remainder(Object left, Object right, Budget budget) {
        if (left instanceof Double || right instanceof Double) {
            if (real(right) == 0) {
                throw JinjaException.error("float modulo");
            }
            return floorRemainder(real(left), real(right));
        }
        return quotientAndRemainder(left, right, budget)[1];
    }

    private static double floorRemainder(double dividend, double divisor) {
        double remainder = dividend % divisor;
        if (remainder == 0) {
            return Math.copySign(0, divisor);
        }
        return remainder < 0 == divisor < 0 ? remainder : remainder + divisor;
    }

    private static Object[] quotientAndRemainder(Object left, Object right, Budget budget) {
        budget.scan(big(left).bitLength() * 2L);
        BigInteger divisor = big(right);
        if (divisor.signum() == 0) {
            throw JinjaException.error("integer division or modulo by zero");
        }
        BigInteger[] parts = big(left).divideAndRemainder(divisor);
        if (parts[1].signum() != 0 && parts[1].signum() != divisor.signum()) {
            parts[0] = parts[0].subtract(BigInteger.ONE);
            parts[1] = parts[1].add(divisor);
        }
        return new Object[] {normal(parts[0]), normal(parts[1])};
    }

    static Object power(Object base, Object exponent, Budget budget) {
        if (base instanceof Double
                || exponent instanceof Double
                || big(exponent).signum() < 0) {
            double result = Math.pow(real(base), real(exponent));
            if (real(base) == 0 && real(exponent) < 0) {
                throw JinjaException.error("0.0 cannot be raised to a negative power");
            }
            if (real(base) < 0 && Double.isNaN(result) && !Double.isNaN(real(exponent))) {
                throw JinjaException.error("complex numbers are not available");
            }
            if (Double.isInfinite(result) && Double.isFinite(real(base)) && Double.isFinite(real(exponent))) {
                throw JinjaException.error("(34, 'Numerical result out of range')");
            }
            return result;
        }
        BigInteger whole = big(base);
        if (whole.abs().bitLength() <= 1) {
            boolean one = big(exponent).signum() == 0
                    || whole.signum() > 0
                    || whole.signum() < 0 && !big(exponent).testBit(0);
            return one ? 1L : (Object) (long) whole.signum();
        }
        budget.integer(
                big(exponent).bitLength() > 31 ? Long.MAX_VALUE : (whole.abs().bitLength() - 1) * index(exponent));
        return checked(whole.pow(big(exponent).intValueExact()), budget);
    }

    private static Object checked(BigInteger result, Budget budget) {
        budget.integer(result.bitLength());
        budget.scan(result.bitLength());
        return normal(result);
    }

    static Object negate(Object value) {
        return value instanceof Double number
                ? (Object) (-number)
                : normal(big(value).negate());
    }

    /** Exact also between floats and whole numbers that no float can hold. NaN is left to the caller. */
    static int compare(Object left, Object right) {
        if (left instanceof Double || right instanceof Double) {
            double a = left instanceof Double number ? number : 0;
            double b = right instanceof Double number ? number : 0;
            if (left instanceof Double && right instanceof Double || Double.isInfinite(a) || Double.isInfinite(b)) {
                return a < b ? -1 : a > b ? 1 : 0;
            }
            return decimal(left).compareTo(decimal(right));
        }
        return big(left).compareTo(big(right));
    }

    private static BigDecimal decimal(Object value) {
        return value instanceof Double number ? new BigDecimal(number) : new BigDecimal(big(value));
    }

    static boolean isNaN(Object value) {
        return value instanceof Double number && number.isNaN();
    }
}
