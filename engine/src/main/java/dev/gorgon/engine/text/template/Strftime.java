package dev.gorgon.engine.text.template;

import java.time.ZonedDateTime;
import java.time.format.TextStyle;
import java.time.temporal.ChronoField;
import java.time.temporal.IsoFields;
import java.util.Locale;

/** Dates and times by C's format letters, in the C locale. */
final class Strftime {

    private Strftime() {}

    static String format(String format, ZonedDateTime time, Budget budget) {
        budget.string(format.length() * 16L);
        budget.work(format.length() * 8L);
        StringBuilder out = new StringBuilder();
        int i = 0;
        while (i < format.length()) {
            char c = format.charAt(i++);
            if (c != '%' || i == format.length()) {
                out.append(c);
                continue;
            }
            char letter = format.charAt(i++);
            boolean bare = letter == '-' && i < format.length(); // GNU's flag: no padding
            if (bare) {
                letter = format.charAt(i++);
            }
            String field = field(letter, time);
            out.append(bare ? field.replaceFirst("^[0 ]+(?=.)", "") : field);
        }
        return out.toString();
    }

    private static String field(char letter, ZonedDateTime time) {
        return switch (letter) {
            case 'a' ->
                time.getDayOfWeek()
                        .getDisplayName(TextStyle.FULL, Locale.ENGLISH)
                        .substring(0, 3);
            case 'A' -> time.getDayOfWeek().getDisplayName(TextStyle.FULL, Locale.ENGLISH);
            case 'b', 'h' -> month(time).substring(0, 3);
            case 'B' -> month(time);
            case 'c' -> fields("%a %b %e %H:%M:%S %Y", time);
            case 'C' -> two(time.getYear() / 100);
            case 'd' -> two(time.getDayOfMonth());
            case 'D', 'x' -> fields("%m/%d/%y", time);
            case 'e' -> spaced(time.getDayOfMonth());
            case 'f' -> digits(time.getNano() / 1000, 6);
            case 'F' -> fields("%Y-%m-%d", time);
            case 'g' -> two(time.get(IsoFields.WEEK_BASED_YEAR) % 100);
            case 'G' -> String.valueOf(time.get(IsoFields.WEEK_BASED_YEAR));
            case 'H' -> two(time.getHour());
            case 'I' -> two(time.get(ChronoField.CLOCK_HOUR_OF_AMPM));
            case 'j' -> digits(time.getDayOfYear(), 3);
            case 'k' -> spaced(time.getHour());
            case 'l' -> spaced(time.get(ChronoField.CLOCK_HOUR_OF_AMPM));
            case 'm' -> two(time.getMonthValue());
            case 'M' -> two(time.getMinute());
            case 'n' -> "\n";
            case 'p' -> time.getHour() < 12 ? "AM" : "PM";
            case 'P' -> time.getHour() < 12 ? "am" : "pm";
            case 'r' -> fields("%I:%M:%S %p", time);
            case 'R' -> fields("%H:%M", time);
            case 's' -> String.valueOf(time.toEpochSecond());
            case 'S' -> two(time.getSecond());
            case 't' -> "\t";
            case 'T', 'X' -> fields("%H:%M:%S", time);
            case 'u' -> String.valueOf(time.getDayOfWeek().getValue());
            case 'U' -> two((time.getDayOfYear() + 6 - time.getDayOfWeek().getValue() % 7) / 7);
            case 'V' -> two(time.get(IsoFields.WEEK_OF_WEEK_BASED_YEAR));
            case 'w' -> String.valueOf(time.getDayOfWeek().getValue() % 7);
            case 'W' -> two((time.getDayOfYear() + 7 - time.getDayOfWeek().getValue()) / 7);
            case 'y' -> two(time.getYear() % 100);
            case 'Y' -> String.valueOf(time.getYear());
            case 'z', 'Z' -> ""; // transformers' clock knows no zone
            case '%' -> "%";
            default -> "%" + letter;
        };
    }

    private static String fields(String format, ZonedDateTime time) {
        StringBuilder out = new StringBuilder();
        for (int i = 0; i < format.length(); i++) {
            out.append(format.charAt(i) == '%' ? field(format.charAt(++i), time) : format.substring(i, i + 1));
        }
        return out.toString();
    }

    private static String month(ZonedDateTime time) {
        return time.getMonth().getDisplayName(TextStyle.FULL, Locale.ENGLISH);
    }

    private static String two(int number) {
        return digits(number, 2);
    }

    private static String digits(int number, int width) {
        String digits = String.valueOf(number);
        return "0".repeat(Math.max(0, width - digits.length())) + digits;
    }

    private static String spaced(int number) {
        return (number < 10 ? " " : "") + number;
    }
}
