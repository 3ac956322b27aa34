package dev.gorgon.engine.text.template;

import java.math.BigDecimal;
import java.math.MathContext;
import java.math.RoundingMode;

/** Floats with a given number of digits. */
final class NumberFormat {

    private NumberFormat() {}

    /**
     * @param kind one of {@code f F e E g G}
     * @param precision digits after the point, or significant digits for {@code g}
     * @param keepZeros whether {@code g} keeps zeros at the end
     */
    static String real(double number, char kind, int precision, boolean keepZeros) {
        String text;
        if (!Double.isFinite(number)) {
            text = Repr.real(number);
        } else {
            text = switch (Character.toLowerCase(kind)) {
                case 'f' -> fixed(number, precision);
                case 'e' -> scientific(number, precision);
                default -> general(number, Math.max(1, precision), keepZeros);
            };
        }
        return Character.isUpperCase(kind) ? Text.upper(text) : text;
    }

    private static String signed(double number, String digits) {
        return number < 0 || 1 / number < 0 ? "-" + digits : digits;
    }

    private static String fixed(double number, int precision) {
        BigDecimal rounded = new BigDecimal(Math.abs(number)).setScale(precision, RoundingMode.HALF_EVEN);
        return signed(number, rounded.toPlainString());
    }

    private static String scientific(double number, int precision) {
        BigDecimal rounded =
                new BigDecimal(Math.abs(number)).round(new MathContext(precision + 1, RoundingMode.HALF_EVEN));
        int exponent = rounded.signum() == 0 ? 0 : rounded.precision() - rounded.scale() - 1;
        String digits = rounded.unscaledValue().toString();
        digits = digits + "0".repeat(Math.max(0, precision + 1 - digits.length()));
        digits = digits.substring(0, precision + 1);
        String mantissa = precision == 0 ? digits : digits.charAt(0) + "." + digits.substring(1);
        return signed(number, mantissa + exponent(exponent));
    }

    private static String exponent(int exponent) {
        int size = Math.abs(exponent);
        return (exponent < 0 ? "e-" : "e+") + (size < 10 ? "0" : "") + size;
    }

    private static String general(double number, int precision, boolean keepZeros) {
        if (number == 0) {
            return signed(number, "0");
        }
        BigDecimal rounded = new BigDecimal(Math.abs(number)).round(new MathContext(precision, RoundingMode.HALF_EVEN));
        int exponent = rounded.precision() - rounded.scale() - 1;
        if (exponent >= -4 && exponent < precision) {
            String text = fixed(number, precision - 1 - exponent);
            return keepZeros ? text : withoutZeros(text);
        }
        String text = scientific(number, precision - 1);
        int e = text.indexOf('e');
        return keepZeros ? text : withoutZeros(text.substring(0, e)) + text.substring(e);
    }

    private static String withoutZeros(String text) {
        return text.indexOf('.') < 0 ? text : text.replaceAll("\\.?0+$", "");
    }

    /** Zeros between the sign and the digits. */
    static String zeroPad(String text, int width, Budget budget) {
        int sign = text.startsWith("-") || text.startsWith("+") || text.startsWith(" ") ? 1 : 0;
        sign += text.startsWith("0x", sign) || text.startsWith("0o", sign) || text.startsWith("0X", sign) ? 2 : 0;
        return text.substring(0, sign) + Text.pad(text.substring(sign), width - (long) sign, '0', '>', budget);
    }
}
